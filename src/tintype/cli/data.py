"""`tintype data`: checks training photographs, makes saliency maps for them, and composes rare
materials."""

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Annotated

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

from tintype.cli.consoles import notes
from tintype.cli.train import NEEDS_TRAIN
from tintype.errors import DataError, UsageError
from tintype.files import write_text

data = typer.Typer(help="Prepare photographs for training.", no_args_is_help=True)


@data.command()
def check(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="DIR…", help="Folders, searched recursively, or tar shards."),
    ],
    smallest: Annotated[
        int,
        typer.Option(min=1, help="Short side, in pixels, below which a photograph is too small."),
    ] = 96,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Also write the list to this CSV file.")
    ] = None,
    move_to: Annotated[
        Path | None,
        typer.Option(help="Move unsuitable photographs here; without it, nothing is touched."),
    ] = None,
) -> None:
    """Find photographs that are unsuitable for training: unreadable, small, gray, toned or
    near-duplicates; say why.

    Example: tintype data check photos/ --move-to dropped/
    """
    try:
        from tintype.lab.data.checks import Drop, move
        from tintype.lab.data.checks import check as look
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
        for key, drop in look(paths, smallest):
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
        table = io.StringIO(newline="")
        writer = csv.writer(table)
        writer.writerow(["source", "key", "kind", "reason"])
        writer.writerows([drop.source, drop.key, drop.kind, drop.reason] for drop in drops)
        write_text(output, table.getvalue(), DataError)
    failed = 0
    if move_to is not None:
        for drop in drops:
            try:
                move(drop, move_to)
            except DataError as error:
                failed += 1
                typer.echo(f"tintype: {error}", err=True)
    if failed:
        raise typer.Exit(1)


@data.command()
def materials(
    textures: Annotated[
        list[Path],
        typer.Argument(metavar="DIR…", help="Folders of seamless textures, searched recursively."),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The shard to write, NAME.tar.")],
    cutouts: Annotated[
        list[Path] | None, typer.Option(help="A folder of cut-out objects: PNG with alpha.")
    ] = None,
    photos: Annotated[
        list[Path] | None, typer.Option(help="Photographs to compose grounds and objects into.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same pictures.")] = 20160,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the shard.")] = False,
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

    if not output.name.endswith(".tar"):
        raise UsageError(f"{output} should be called NAME.tar")
    if output.exists() and not overwrite:
        raise UsageError(f"{output} exists already; --overwrite replaces it")
    if not output.resolve().parent.is_dir():
        raise UsageError(f"there is no folder {output.resolve().parent}")
    kinds: Counter[str] = Counter()
    columns = (
        TextColumn("{task.description}"),
        TextColumn("{task.completed}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=notes()) as progress:
        task = progress.add_task("composing", total=None)
        for key in write_shard(compose(textures, cutouts or [], photos or [], seed), output):
            kinds[key.partition("-")[0]] += 1
            progress.update(task, advance=1)
    typer.echo(f"{output}: {', '.join(f'{count} {kind}' for kind, count in kinds.items())}")


@data.command()
def saliency(
    folders: Annotated[
        list[Path],
        typer.Argument(metavar="DIR…", help="Folders of photographs, searched recursively."),
    ],
    detector: Annotated[
        str,
        typer.Option(
            help="spectral-residual, fine-grained, default (the network's own) or FILE.onnx."
        ),
    ] = "default",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing maps.")] = False,
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
