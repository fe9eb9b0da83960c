"""`tintype saliency`: folders of photographs in, a saliency map beside each out."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tintype.cli.train import NEEDS_TRAIN
from tintype.errors import UsageError


def saliency(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR…", help="Folders of photographs, walked whole.")],
    detector: Annotated[
        str, typer.Option(help="spectral-residual, fine-grained, default (the network's own) or FILE.onnx.")
    ] = "default",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Make again what is already there.")] = False,
) -> None:
    """Make a saliency map for each photograph, once: NAME.saliency.webp beside it, for the attention loss.

    FILE.onnx is any salient-object detector: a picture of N×3×H×W, normalized as for ImageNet, in; a map out.

    Example: tintype saliency photos/ --detector u2net.onnx
    """
    try:
        from tintype.data.saliency_maps import make_maps, open_detector, plan_maps
    except ImportError as error:
        raise UsageError(f"{NEEDS_TRAIN} ({error.name} is missing)") from error
    plan = plan_maps(folders, overwrite)
    detect = open_detector(detector)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    made, failed = 0, plan.failed
    with Progress(*columns, console=console) as progress:
        for path, problem in progress.track(make_maps(plan.todo, detect), total=len(plan.todo), description="looking"):
            if problem is None:
                made += 1
            else:
                failed[path] = problem
    for path, problem in failed.items():
        console.print(f"tintype: {path}: {problem}", markup=False)
    parts = [f"{made} maps made"]
    if plan.kept:
        parts.append(f"{plan.kept} already there (--overwrite makes them again)")
    if failed:
        parts.append(f"{len(failed)} failed")
    console.print(", ".join(parts), markup=False)
    if failed:
        raise typer.Exit(1)
