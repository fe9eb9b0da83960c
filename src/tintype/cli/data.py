"""`tintype data`: what is to be learned from, looked at before it is learned from, and made where there is too little of it."""

import csv
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from tintype.cli.train import NEEDS_TRAIN
from tintype.errors import UsageError

data = typer.Typer(help="Look at what a network should learn from, or make more of it.", no_args_is_help=True)


@data.callback()
def _commands() -> None:
    """Look at what a network should learn from, or make more of it."""


@data.command()
def check(
    paths: Annotated[list[Path], typer.Argument(metavar="DIR…", help="Folders of photographs, walked whole, or tar shards.")],
    smallest: Annotated[int, typer.Option(min=1, help="Short side, in pixels, below which a photograph is too small.")] = 96,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Also write what would be dropped to this CSV.")] = None,
    move_to: Annotated[Path | None, typer.Option(help="Move what would be dropped here; without it nothing is touched.")] = None,
) -> None:
    """Find what should not be learned from: unreadable, small, gray and toned pictures, and near-duplicates; say why.

    Example: tintype data check photos/ --move-to dropped/
    """
    try:
        from tintype.data.checks import Drop, move
        from tintype.data.checks import check as look
    except ImportError as error:
        raise UsageError(f"{NEEDS_TRAIN} ({error.name} is missing)") from error
    from tintype.errors import DataError

    console = Console(soft_wrap=True, highlight=False)
    drops: list[Drop] = []
    seen: set[str] = set()
    columns = (TextColumn("{task.description}"), TextColumn("{task.completed}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("looking", total=None)
        for key, drop in look(paths, smallest):
            seen.add(key)
            progress.update(task, completed=len(seen))
            if drop is not None:
                drops.append(drop)
    for drop in drops:
        console.print(f"{drop.key}: {drop.kind}, {drop.reason}", markup=False)
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(drop.kind for drop in drops).most_common())
    console.print(f"{len(seen)} photographs, {len(drops)} to be dropped{': ' if kinds else ''}{kinds}", markup=False)
    if output is not None:
        beside = output.with_name(f".{output.name}.part")
        with beside.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["source", "key", "kind", "reason"])
            writer.writerows([drop.source, drop.key, drop.kind, drop.reason] for drop in drops)
        beside.replace(output)
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
    textures: Annotated[list[Path], typer.Argument(metavar="DIR…", help="Folders of seamless textures, walked whole.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The shard to be written, NAME.tar.")],
    cutouts: Annotated[list[Path] | None, typer.Option(help="A folder of things cut out: PNG with alpha.")] = None,
    photos: Annotated[list[Path] | None, typer.Option(help="Photographs to put grounds and things in.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same pictures.")] = 20160,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the shard.")] = False,
) -> None:
    """Make a shard of what photographs seldom show from near: lawns, bricks, wood, stone, soil, roofs, and things of rare kinds.

    A texture counts by its name (grass, brick, …) and if its color is one that the material has.

    Example: tintype data materials game/textures/ --cutouts stamps/ --photos photos/ -o materials.tar
    """
    try:
        from tintype.data.materials import compose, write_shard
    except ImportError as error:
        raise UsageError(f"{NEEDS_TRAIN} ({error.name} is missing)") from error

    if not output.name.endswith(".tar"):
        raise UsageError(f"{output} should be called NAME.tar")
    if output.exists() and not force:
        raise UsageError(f"{output} exists already; --force overwrites it")
    if not output.resolve().parent.is_dir():
        raise UsageError(f"there is no folder {output.resolve().parent}")
    kinds: Counter[str] = Counter()
    columns = (TextColumn("{task.description}"), TextColumn("{task.completed}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("composing", total=None)
        for key in write_shard(compose(textures, cutouts or [], photos or [], seed), output):
            kinds[key.partition("-")[0]] += 1
            progress.update(task, advance=1)
    typer.echo(f"{output}: {', '.join(f'{count} {kind}' for kind, count in kinds.items())}")
