"""`tintype models`: the networks that are there, and how others are installed and removed."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Column, Table

from tintype.cli.consoles import notes

models = typer.Typer(
    help="List the networks that are installed; install and remove others.",
    invoke_without_command=True,
)

Replace = Annotated[
    bool, typer.Option("--replace", help="Install over a network of the same name.")
]


@models.callback()
def list_all(context: typer.Context) -> None:
    """List the networks that are installed, and the known ones that `tintype models get` downloads.

    Example: tintype models; then: tintype colorize photo.jpg --model default
    """
    if context.invoked_subcommand is not None:
        return
    from tintype.engine import describe_models, list_models
    from tintype.errors import ModelError
    from tintype.lab.models.catalog import KNOWN

    whole = ("name", "system", "file")
    columns = (*whole, "resolution", "takes", "license")
    table = Table(*(Column(name, no_wrap=name in whole, min_width=8) for name in columns), box=None)
    files = list_models()
    for name, header in describe_models().items():
        if isinstance(header, ModelError):
            table.add_row(name, "damaged", style="red")
            continue
        sees = ", ".join(f"{side}×{side}" for side in header.sizes)
        takes = ", ".join(sorted(header.inputs - {"lightness"}))
        size = f"{files[name].stat().st_size / 1e6:.1f} MB"
        table.add_row(
            name,
            header.metadata.system,
            size,
            sees,
            takes,
            header.metadata.license.partition(";")[0] or "not stated",
        )
    console = Console()
    console.print(table)
    waiting = {name: known for name, known in KNOWN.items() if name not in files}
    if waiting:
        more = Table(
            Column("to download: tintype models get", no_wrap=True), "", "license", box=None
        )
        for name, known in waiting.items():
            more.add_row(name, known.summary, known.license)
        console.print()
        console.print(more)


@models.command()
def add(
    name: Annotated[str, typer.Argument(help="The name to install it under, as for --model.")],
    file: Annotated[
        Path, typer.Argument(help="A checkpoint (.pth, .pt, .bin, .safetensors) or an .onnx file.")
    ],
    source: Annotated[str, typer.Option(help="Its origin, recorded in the installed file.")] = "",
    license: Annotated[str, typer.Option(help="Its license; default: not stated.")] = "",
    values: Annotated[
        str | None,
        typer.Option(
            help=(
                "How an ONNX file holds RGB: unit (0..1), byte (0..255) or imagenet; default:"
                " detected."
            )
        ),
    ] = None,
    replace: Replace = False,
) -> None:
    """Install a published checkpoint of DDColor, DeOldify or Zhang et al. 2016 and 2017, or an ONNX
    file of the first two.

    A checkpoint is recognized by its tensors, converted to ONNX, and compared with PyTorch, which
    must be installed; an ONNX file is wrapped as it is. Example: tintype models add artistic
    ColorizeArtistic_gen.pth
    """
    from tintype.lab.models.convert import Origin
    from tintype.lab.models.convert import add as install
    from tintype.lab.models.wrap import parse_values

    _report(name, install(name, file, Origin(source, license), parse_values(values), replace))


@models.command()
def get(
    name: Annotated[str, typer.Argument(help="A known network of `tintype models`.")],
    accept_license: Annotated[
        bool, typer.Option("--accept-license", help="Accept the license without being asked.")
    ] = False,
    replace: Replace = False,
) -> None:
    """Download a known network from where its authors publish it, and install it.

    Proxies are taken from the environment (HTTPS_PROXY). An interrupted download is resumed.
    Example: tintype models get ddcolor-tiny
    """
    from tintype.errors import UsageError
    from tintype.lab.models.convert import find_known
    from tintype.lab.models.convert import get as fetch
    from tintype.lab.models.store import Remembered, recall, remember

    known = find_known(name)
    before = recall(name)
    if before.license != known.license:
        typer.echo(f"{name}: {known.summary}. License: {known.license}; see {known.page}", err=True)
        if not accept_license and not _confirmed():
            raise UsageError(
                f"{name} is not downloaded unless you accept its license (--accept-license)"
            )
        remember(name, Remembered(known.license, before.sha256))
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=notes()) as progress:
        task = progress.add_task(name, total=None)
        added = fetch(
            name, lambda done, total: progress.update(task, completed=done, total=total), replace
        )
    _report(name, added)


@models.command()
def remove(
    name: Annotated[str, typer.Argument(help="An installed network of `tintype models`.")],
) -> None:
    """Delete an installed network. Those that come with Tintype stay."""
    from tintype.lab.models.store import remove as delete

    typer.echo(f"removed {delete(name)}", err=True)


def _confirmed() -> bool:
    """Whether the license is accepted; False where nobody can be asked."""
    try:
        return typer.confirm("Do you accept the license?", err=True)
    except typer.Abort:
        return False


def _report(name: str, added: object) -> None:
    from tintype.lab.models.convert import Added

    assert isinstance(added, Added)
    agrees = (
        ""
        if added.difference is None
        else f", agrees with PyTorch to {added.difference:.2g} CIELAB units"
    )
    typer.echo(
        f"installed {added.architecture} as {name}{agrees}; use it with --model {name}", err=True
    )
    typer.echo(f"{added.path}   SHA-256 of the original {added.sha256}", err=True)
