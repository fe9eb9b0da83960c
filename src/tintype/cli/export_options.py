"""The options of `tintype export`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Layout(StrEnum):
    """Of the RGB file's pictures: N×3×H×W or N×H×W×3."""

    NCHW = "nchw"
    NHWC = "nhwc"


class Values(StrEnum):
    """Of the RGB file's pictures: float32 0..1 or uint8."""

    UNIT = "unit"
    BYTE = "byte"


Run = Annotated[
    Path | None,
    typer.Argument(
        help="The folder of a run; with --rgb or --all-inputs, a network: a name or an ONNX file.",
        show_default="default, with --rgb or --all-inputs",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        help="NAME.onnx, or NAME.safetensors for the weights alone; default: NAME.onnx in the"
        " run's folder NAME.",
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override decision, size, detail, vividness or license; may be repeated.",
    ),
]
Int8 = Annotated[
    Path | None,
    typer.Option(help="Photographs to calibrate an 8-bit network with: smaller, faster."),
]
Release = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Write default.onnx and default.safetensors here, for the package."
    ),
]
Rgb = Annotated[
    bool,
    typer.Option(
        "--rgb",
        help="Write the whole automatic coloring as one file, RGB in, RGB out; default:"
        " tintype-rgb.onnx.",
    ),
]
AllInputs = Annotated[
    bool,
    typer.Option(
        "--all-inputs",
        help="Copy a network without its inputs' default values, which JavaScript's ONNX Runtime"
        " cannot replace; default: tintype-all-inputs.onnx.",
    ),
]
LayoutOfRgb = Annotated[Layout, typer.Option(help="Of --rgb: channels before or after the pixels.")]
ValuesOfRgb = Annotated[
    Values, typer.Option(help="Of --rgb: float32 from 0 to 1, or bytes (uint8).")
]
