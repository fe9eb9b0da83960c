"""`tintype data`: checks training photographs, makes saliency maps for them, and composes rare
materials."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from tintype.cli import data_options
from tintype.cli.consoles import notes
from tintype.cli.train_options import NEEDS_TRAIN
from tintype.errors import DataError, UsageError
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
    try:
        from tintype.lab.data.checks import check as check_photos
    except ImportError as error:
        raise UsageError(f"{NEEDS_TRAIN} ({error.name} is missing)") from error
    console = Console(soft_wrap=True, highlight=False)
    drops: list[Drop] = []
    seen: set[str] = set()
    columns = (
        TextColumn("{task.description}"),
        TextColumn("{task.completed}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=notes()) as progress:
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
def materials(
    textures: data_options.Textures,
    output: data_options.Shard,
    cutouts: data_options.Cutouts = None,
    photos: data_options.Backgrounds = None,
    seed: data_options.Seed = 20160,
    overwrite: data_options.ReplaceShard = False,
) -> None:
    """Create a shard of what photographs seldom show close up: lawns, bricks, wood, stone, soil,
    roofs; and of rare objects.

    A texture is used if its name says what it is (grass, brick, …) and its color is one that the
    material has.

    Example: tintype data materials game/textures/ --cutouts stamps/ --photos photos/ -o
    materials.tar
    """
    try:
        from tintype.lab.data.materials import compose, write_shard
    except ImportError as error:
        raise UsageError(f"{NEEDS_TRAIN} ({error.name} is missing)") from error

    _check_shard(output, overwrite)
    written = write_shard(compose(textures, cutouts or [], photos or [], seed), output)
    _report_shard(output, "composing", written)


def _check_shard(output: Path, overwrite: bool) -> None:
    """Raises UsageError if a shard cannot or should not be written there."""
    if not output.name.endswith(".tar"):
        raise UsageError(f"{output} should be called NAME.tar")
    if output.exists() and not overwrite:
        raise UsageError(f"{output} exists already; --overwrite replaces it")
    if not output.resolve().parent.is_dir():
        raise UsageError(f"there is no folder {output.resolve().parent}")


def _report_shard(output: Path, doing: str, keys: Iterable[str]) -> None:
    """Show progress while a shard is written; then say how many keys of each source it holds."""
    sources: Counter[str] = Counter()
    columns = (
        TextColumn("{task.description}"),
        TextColumn("{task.completed}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=notes()) as progress:
        task = progress.add_task(doing, total=None)
        for key in keys:
            sources[key.partition("-")[0]] += 1
            progress.update(task, advance=1)
    typer.echo(f"{output}: {', '.join(f'{count} {source}' for source, count in sources.items())}")


@data.command()
def labels(
    folders: data_options.Segmentations,
    output: data_options.LabelShard,
    overwrite: data_options.ReplaceShard = False,
) -> None:
    """Convert segmentations drawn by people to label maps of things, kinds and parts of people.

    Beside the segmentations lie labels-SOURCE.txt for keys SOURCE-…, or labels.txt: a value and its
    name on each line.

    Example: tintype data labels segmentations/ -o labels.tar
    """
    try:
        from tintype.lab.data.human_maps import convert
        from tintype.lab.data.label_maps import write_labels
    except ImportError as error:
        raise UsageError(f"{NEEDS_TRAIN} ({error.name} is missing)") from error
    _check_shard(output, overwrite)
    _report_shard(output, "converting", write_labels(convert(folders), output))


@data.command()
def people(
    photos: data_options.Photos,
    output: data_options.LabelShard,
    networks: data_options.Networks,
    overwrite: data_options.ReplaceShard = False,
) -> None:
    """Make label maps of skin, lips, eyes, mouth, hair and persons with MediaPipe's networks.

    Example: tintype data people photos/ -o people.tar --networks mediapipe/
    """
    try:
        from tintype.lab.data.label_maps import write_labels
        from tintype.lab.data.people_maps import PeopleNetworks, make_people_maps
    except ImportError as error:
        raise UsageError(f"{NEEDS_TRAIN} ({error.name} is missing)") from error
    _check_shard(output, overwrite)
    skipped: dict[str, str] = {}
    maps = make_people_maps(photos, PeopleNetworks.open(networks), skipped)
    _report_shard(output, "labeling", write_labels(maps, output))
    for key, reason in skipped.items():
        typer.echo(f"left out {key}: {reason}", err=True)


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
    try:
        from tintype.lab.data.saliency_maps import make_maps, open_detector, plan_maps
    except ImportError as error:
        raise UsageError(f"{NEEDS_TRAIN} ({error.name} is missing)") from error
    plan = plan_maps(folders, overwrite)
    detect = open_detector(detector)
    console = notes()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    made, failed = 0, plan.failed
    with Progress(*columns, console=console) as progress:
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
