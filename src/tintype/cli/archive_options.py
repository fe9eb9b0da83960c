"""The options of `tintype archive`."""

from pathlib import Path
from typing import Annotated

import typer

Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE", help="A folder, a manifest (.csv, .tsv, .txt, .parquet), or s3://…"
    ),
]
Output = Annotated[
    str, typer.Option("-o", "--output", metavar="TARGET", help="A folder, or s3://…")
]
Engine = Annotated[str, typer.Option(help="local: the cores of this machine. ray: a Ray cluster.")]
Address = Annotated[
    str | None,
    typer.Option(help="Address of the Ray cluster; default: a cluster on this machine."),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1, help="Photographs colored at the same time, each on one core; default: all."
    ),
]
Format = Annotated[
    str | None, typer.Option(help="jpg, png, tif, webp …; default: each source's own.")
]
Quality = Annotated[
    int | None,
    typer.Option(min=1, max=100, help="JPEG and WebP; default: at least the source's."),
]
Split = Annotated[
    bool,
    typer.Option(
        "--split", help="Write each photograph of an album page, straightened, to its own file."
    ),
]
Sidecar = Annotated[
    bool,
    typer.Option(
        "--sidecar", help="Write NAME.EXT.xmp beside all outputs, not only unlabeled formats."
    ),
]
Sign = Annotated[
    tuple[Path, Path] | None,
    typer.Option(metavar="CERTIFICATE KEY", help="Sign outputs with C2PA (PEM files)."),
]
Resume = Annotated[
    bool,
    typer.Option(help="Skip what is finished and unchanged; --no-resume repeats everything."),
]
Retry = Annotated[bool, typer.Option("--retry", help="Also try quarantined files again.")]
Plan = Annotated[
    bool,
    typer.Option("--plan", help="Only report what would be colored; write nothing."),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Exit with status 1 while any file is not colored; default: if one newly failed.",
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN",
        help="Leave out names, folders and files that fit, such as 'private/*'; repeatable.",
    ),
]
Verify = Annotated[
    bool,
    typer.Option("--verify", help="Only compare finished sources and outputs with their hashes."),
]
Report = Annotated[
    Path | None, typer.Option(help="Write an HTML report here, renewed every minute.")
]
Column = Annotated[str, typer.Option(help="The manifest's column that names the files.")]
Root = Annotated[str | None, typer.Option(help="Folder of a manifest's names; default: its own.")]
Books = Annotated[
    Path | None,
    typer.Option(help="Folder for the ledger and its lock; default: TARGET/.tintype."),
]
