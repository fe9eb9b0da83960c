"""Options that several commands share, and those of `tintype colorize` about files."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

FILES = "Files"
"""Panel of the help."""


class DamagedFiles(StrEnum):
    refuse = "refuse"
    keep = "keep"


class TonesName(StrEnum):
    smooth = "smooth"
    keep = "keep"


AsPublished = Annotated[
    bool,
    typer.Option(
        "--as-published",
        help="Use the network as its authors' program does, without the engine's improvements.",
    ),
]
Model = Annotated[
    str,
    typer.Option(
        help="A network of `tintype models`, or an ONNX file; a+b mixes the colors of two."
    ),
]
Device = Annotated[
    str,
    typer.Option(help="Where the network runs: auto, cpu, cuda, coreml, directml or openvino."),
]
Size = Annotated[
    int | None,
    typer.Option(
        min=64, max=2048, help="Inference resolution in pixels; default: the model's own."
    ),
]
Saturation = Annotated[
    float,
    typer.Option(min=0, max=4, help="Multiplies chroma: above 1 more color, below 1 less."),
]
Recolor = Annotated[
    bool,
    typer.Option(
        "--recolor",
        help="Also color what is left otherwise: photographs in color and likely negatives.",
    ),
]
Negative = Annotated[
    bool, typer.Option("--negative", help="The pictures are negatives: invert them first.")
]
LabelOutputs = Annotated[
    bool,
    typer.Option("--label/--no-label", help="State in the metadata that the color was computed."),
]

Inputs = Annotated[
    list[str],
    typer.Argument(metavar="INPUT…", help="Files, folders or patterns; - reads standard input."),
]
Output = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="PATH",
        help=(
            "A file, a folder ending in /, or - for standard output; default: NAME.color.EXT beside"
            " each input."
        ),
    ),
]
Tones = Annotated[
    TonesName,
    typer.Option(help="Black and white points: smooth them to grays that take color, or keep."),
]
Damaged = Annotated[
    DamagedFiles,
    typer.Option(help="Truncated files: refuse them, or color the part that is there."),
]
Workers = Annotated[int, typer.Option(min=1, max=64, help="Photographs colored at the same time.")]
GuidanceFile = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=FILES, help="Start from a guidance file. Example: photo.tintype.json."
    ),
]
SaveGuidance = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=FILES, help="Save the guidance to a file. Example: photo.tintype.json."
    ),
]
NoGuidance = Annotated[
    bool,
    typer.Option(
        "--no-guidance",
        rich_help_panel=FILES,
        help="In folders, ignore each NAME.tintype.json beside NAME.jpg.",
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=FILES,
        help="Output format: jpg, png, tif, webp …; default: the source's.",
    ),
]
Quality = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=100,
        rich_help_panel=FILES,
        help="JPEG or WebP quality; default: at least the source's.",
    ),
]
Compare = Annotated[
    bool,
    typer.Option(
        "--compare", rich_help_panel=FILES, help="Also write NAME.compare.jpg: before and after."
    ),
]
ContactSheet = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=FILES,
        help="Also write one sheet of all photographs. Example: album.jpg.",
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        rich_help_panel=FILES,
        help="Print one line of JSON per photograph to standard output.",
    ),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", rich_help_panel=FILES, help="Replace existing outputs.")
]
KeepDates = Annotated[
    bool,
    typer.Option(
        "--keep-dates", rich_help_panel=FILES, help="Give outputs the file time of their source."
    ),
]
