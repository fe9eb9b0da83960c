"""The options of `tintype film`."""

from pathlib import Path
from typing import Annotated

import typer

EPILOG = """Examples:\n
  tintype film wedding.mp4\n
  tintype film reel.mkv -o reel-in-color.mkv --codec hevc --quality 90\n
  tintype film reel.mp4 --preview 10\n
  tintype film reel.mp4 --shots shots/\n
  tintype film reel.mp4 --guidance-dir shots/ --reference 1:02=kitchen.jpg\n
  tintype film reel.mp4 --cast cast/"""

Inputs = Annotated[
    list[Path],
    typer.Argument(metavar="INPUT…", help="Films, numbered images or animated WebP."),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="A file or folder; default: NAME.color.EXT."),
]
Start = Annotated[str | None, typer.Option("--from", help="Begin here: seconds or H:MM:SS.")]
Stop = Annotated[str | None, typer.Option("--to", help="End here: seconds or H:MM:SS.")]
Guidance = Annotated[
    list[str] | None,
    typer.Option(help="T=FILE.json: a guidance file for the shot at this time; may be repeated."),
]
GuidanceDir = Annotated[
    Path | None, typer.Option(help="Use the edited guidance files of this --shots folder.")
]
Reference = Annotated[
    list[str] | None,
    typer.Option(
        help=(
            "FILE or T=FILE: use the colors of this picture, in the whole film or in the shot"
            " at T; may be repeated."
        )
    ),
]
Cast = Annotated[
    Path | None,
    typer.Option(
        help=(
            "A folder of color pictures of people, things and scenes, or of pictures with guidance"
            " files: each is found in the shots that show it and colors them."
        )
    ),
]
Quality = Annotated[int, typer.Option(min=1, max=100, help="Encoding quality.")]
Codec = Annotated[
    str | None,
    typer.Option(help="h264, hevc, vp9, av1, ffv1 or prores; default: h264, vp9 in .webm."),
]
Preview = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        help="Color only this many seconds, spread over the film, and draw a strip of frames.",
    ),
]
Shots = Annotated[
    Path | None,
    typer.Option(
        help=(
            "Only list the shots: write a frame and an empty guidance file for each into this"
            " folder."
        )
    ),
]
Restart = Annotated[
    bool,
    typer.Option(
        "--restart", help="Begin anew, instead of going on where the same command stopped."
    ),
]
Sound = Annotated[
    str,
    typer.Option(
        help=(
            "auto (copied, or encoded where the container cannot hold it), copy, transcode or none."
        )
    ),
]
Rate = Annotated[
    str | None,
    typer.Option(help="Frames per second of an image sequence: 24 (default), 24000/1001."),
]
Deinterlace = Annotated[
    str,
    typer.Option(help="auto (frames marked as interlaced), on, double (a frame a field) or off."),
]
Telecine = Annotated[
    bool,
    typer.Option("--telecine", help="Undo 3:2 pulldown: 24 frames per second of 30 or 60 fields."),
]
Recolor = Annotated[
    bool,
    typer.Option("--recolor", help="Color shots that are in color anew, instead of keeping them."),
]
Hdr = Annotated[str, typer.Option(help="PQ and HLG films: refuse, or tonemap to SDR.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")]
