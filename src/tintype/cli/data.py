"""`tintype data`: checks training photographs and makes saliency maps for them; the commands that
write shards are in `data_shards.py`."""

import csv
import io
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from tintype.cli import data_options
from tintype.cli.consoles import counter, notes, progress_bar
from tintype.cli.data_shards import labels, materials, people
from tintype.cli.train_options import needing_train
from tintype.errors import DataError
from tintype.files import write_text

if TYPE_CHECKING:
    from tintype.lab.data.checks import Drop

data = typer.Typer(help="Prepare photographs for training.", no_args_is_help=True)


@data.command()
def check(
    paths: data_options.Photos,
    smallest: data_options.MinSide = 96,
    output: data_options.ListFile = None,
    move_to: data_options.MoveTo = None,
) -> None:
    """Find photographs that are unsuitable for training: unreadable, small, gray, toned or
    near-duplicates; say why.

    Example: tintype data check photos/ --move-to dropped/
    """
    with needing_train():
        from tintype.lab.data.checks import check as check_photos
    console = Console(soft_wrap=True, highlight=False)
    drops: list[Drop] = []
    seen: set[str] = set()
    with counter(notes()) as progress:
        task = progress.add_task("checking", total=None)
        for key, drop in check_photos(paths, smallest):
            seen.add(key)
            progress.update(task, completed=len(seen))
            if drop is not None:
                drops.append(drop)
    for drop in drops:
        console.print(f"{drop.key}: {drop.kind}, {drop.reason}", markup=False)
    kinds = ", ".join(
        f"{count} {kind}" for kind, count in Counter(drop.kind for drop in drops).most_common()
    )
    console.print(
        f"{len(seen)} photographs, {len(drops)} unsuitable{': ' if kinds else ''}{kinds}",
        markup=False,
    )
    if output is not None:
        _write_list(output, drops)
    if move_to is not None and not _move_all(drops, move_to):
        raise typer.Exit(1)


def _write_list(output: Path, drops: "list[Drop]") -> None:
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(["source", "key", "kind", "reason"])
    writer.writerows([drop.source, drop.key, drop.kind, drop.reason] for drop in drops)
    write_text(output, table.getvalue(), DataError)


def _move_all(drops: "list[Drop]", folder: Path) -> bool:
    """Whether all could be moved."""
    from tintype.lab.data.checks import move

    failed = 0
    for drop in drops:
        try:
            move(drop, folder)
        except DataError as error:
            failed += 1
            typer.echo(f"tintype: {error}", err=True)
    return not failed


@data.command()
def saliency(
    folders: data_options.Folders,
    detector: data_options.Detector = "default",
    overwrite: data_options.ReplaceMaps = False,
) -> None:
    """Write a saliency map beside each photograph, NAME.saliency.webp, for the losses that compare
    saliency.

    FILE.onnx is any salient-object detector that takes an N×3×H×W picture normalized as for
    ImageNet and returns a map.

    Example: tintype data saliency photos/ --detector u2net.onnx
    """
    with needing_train():
        from tintype.lab.data.saliency_maps import make_maps, open_detector, plan_maps
    plan = plan_maps(folders, overwrite)
    detect = open_detector(detector)
    console = notes()
    made, failed = 0, plan.failed
    with progress_bar(console) as progress:
        for path, problem in progress.track(
            make_maps(plan.todo, detect), total=len(plan.todo), description="detecting"
        ):
            if problem is None:
                made += 1
            else:
                failed[path] = problem
    for path, problem in failed.items():
        console.print(f"tintype: {path}: {problem}", markup=False)
    parts = [f"{made} maps made"]
    if plan.kept:
        parts.append(f"{plan.kept} already there (--overwrite replaces them)")
    if failed:
        parts.append(f"{len(failed)} failed")
    console.print(", ".join(parts), markup=False)
    if failed:
        raise typer.Exit(1)


for command in (materials, labels, people):
    data.command()(command)
