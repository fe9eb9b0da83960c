"""The options of `tintype evaluate`."""

from pathlib import Path
from typing import Annotated

import typer

Systems = Annotated[
    list[str],
    typer.Argument(
        help="Networks, ONNX files, gray, truth, levin, reinhard, exemplar or folder:DIR."
    ),
]
Data = Annotated[Path, typer.Option(help="A folder of color photographs.")]
Hints = Annotated[
    str,
    typer.Option(
        help=(
            "Number of true-color hints per picture; several numbers, such as 0,1,10,50, give a"
            " curve."
        )
    ),
]
Size = Annotated[int, typer.Option(min=64, max=2048, help="Side of the evaluated square, pixels.")]
Judge = Annotated[
    str,
    typer.Option(
        help="Classifier for top-1, top-5 and the Fréchet distance: "
        "mobilenet_v2:FILE, efficientnet_lite1:FILE, vgg16:FILE, vgg16, resnet50."
    ),
]
Lpips = Annotated[
    str, typer.Option(help="Also compute LPIPS with the lpips package: alex, vgg or squeeze.")
]
Fid = Annotated[
    Path | None,
    typer.Option(help="Also FID, through this TorchScript file of Inception's weights."),
]
Labels = Annotated[Path | None, typer.Option(help="A CSV with name and imagenet_class.")]
Groups = Annotated[
    Path | None,
    typer.Option(help="A CSV with name and group: measures are also given for each group."),
]
Limit = Annotated[
    int | None, typer.Option(min=1, help="Use only this many pictures, the first ones.")
]
Film = Annotated[
    bool,
    typer.Option(
        "--film",
        help=(
            "Measure color films instead of photographs; NAME:frames colors each frame separately."
        ),
    ),
]
Study = Annotated[
    Path | None,
    typer.Option(help="Also make a page for a blind study with people in this folder."),
]
Question = Annotated[
    str,
    typer.Option(
        help="What the study asks: real (which picture is the true one), prefer, or scores (0 to 10"
        " for naturalness, bleeding, colorfulness)."
    ),
]
Output = Annotated[
    Path, typer.Option("-o", "--output", help="The report's name; four files are written.")
]
Split = Annotated[
    str,
    typer.Option(
        help="Test set of the literature in that folder: imagenet-val5k, imagenet-ctest10k,"
        " coco-stuff, ade20k, or a file of names."
    ),
]
Crop = Annotated[
    str,
    typer.Option(help="whole: squash each picture; center: cut the square in its middle."),
]
