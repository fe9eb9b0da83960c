"""The options of `tintype data`."""

from pathlib import Path
from typing import Annotated

import typer

Photos = Annotated[
    list[Path],
    typer.Argument(metavar="DIR…", help="Folders, searched recursively, or tar shards."),
]
MinSide = Annotated[
    int,
    typer.Option(min=1, help="Short side, in pixels, below which a photograph is too small."),
]
ListFile = Annotated[
    Path | None, typer.Option("-o", "--output", help="Also write the list to this CSV file.")
]
MoveTo = Annotated[
    Path | None,
    typer.Option(help="Move unsuitable photographs here; without it, nothing is touched."),
]
Textures = Annotated[
    list[Path],
    typer.Argument(metavar="DIR…", help="Folders of seamless textures, searched recursively."),
]
Shard = Annotated[Path, typer.Option("-o", "--output", help="The shard to write, NAME.tar.")]
LabelShard = Annotated[
    Path, typer.Option("-o", "--output", help="The shard of label maps to write, NAME.tar.")
]
Segmentations = Annotated[
    list[Path],
    typer.Argument(metavar="DIR…", help="Folders of KEY.parts.png, or shards of them, with names."),
]
Networks = Annotated[
    Path,
    typer.Option(
        metavar="DIR",
        help="MediaPipe's networks of 2021: hair_segmentation.tflite, selfie_segmentation.tflite,"
        " face_detection_full_range.tflite and face_landmark.tflite.",
    ),
]
Outdoors = Annotated[
    str,
    typer.Option(
        metavar="SOURCE,…",
        help="Sources (what stands before a name's first hyphen) of photographs taken outdoors:"
        " their skies may have any color. In others only blue skies are recognized.",
    ),
]
Indoors = Annotated[
    str, typer.Option(metavar="SOURCE,…", help="Sources whose photographs show no sky.")
]
Cutouts = Annotated[
    list[Path] | None, typer.Option(help="A folder of cut-out objects: PNG with alpha.")
]
Backgrounds = Annotated[
    list[Path] | None, typer.Option(help="Photographs to compose grounds and objects into.")
]
Seed = Annotated[int, typer.Option(help="The same seed makes the same pictures.")]
ReplaceShard = Annotated[bool, typer.Option("--overwrite", help="Replace the shard.")]
Folders = Annotated[
    list[Path],
    typer.Argument(metavar="DIR…", help="Folders of photographs, searched recursively."),
]
Detector = Annotated[
    str,
    typer.Option(help="spectral-residual, fine-grained, default (the network's own) or FILE.onnx."),
]
ReplaceMaps = Annotated[bool, typer.Option("--overwrite", help="Replace existing maps.")]
