"""`tintype probe`: how well a linear classifier names gray pictures from a network's frozen
features."""

import csv
import io
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from tintype.cli.train_options import TrustCode, needing_train
from tintype.errors import DataError, UsageError
from tintype.files import whole_path, write_text

if TYPE_CHECKING:
    from tintype.lab.evaluation.probe import ProbeRow

Networks = Annotated[
    list[str],
    typer.Argument(help="Networks exported with their .safetensors, or folders of runs."),
]
Data = Annotated[
    list[Path],
    typer.Option(help="Folders of labeled photographs or tar shards; may be repeated."),
]
Teacher = Annotated[
    str,
    typer.Option(
        metavar="KIND:FILE", help="A classifier to compare with, such as mobilenet_v2:FILE."
    ),
]
Size = Annotated[
    int, typer.Option(min=64, max=512, help="Side of the squares, pixels; a multiple of 32.")
]
PerLabel = Annotated[
    int, typer.Option("--per-label", min=8, help="Maximum number of photographs per label.")
]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="Also write the table to this CSV file.")
]
Saliency = Annotated[
    Path | None,
    typer.Option(
        help="Also draw the saliency that the networks predict for some photographs: a sheet,"
        " NAME.png or NAME.jpg."
    ),
]


def probe(
    networks: Networks,
    data: Data,
    teacher: Teacher = "",
    size: Size = 128,
    per_label: PerLabel = 100,
    trust_code: TrustCode = False,
    output: Output = None,
    saliency: Saliency = None,
) -> None:
    """Fit a linear classifier on the frozen encoder's features of gray pictures, at each stride;
    compare with random weights.

    A photograph's label is its folder's name (LABEL/NAME.jpg), or the part of its name before the
    first dash (LABEL-NAME).

    Example: tintype probe default --data imagenette/val/ --teacher mobilenet_v2:FILE
    """
    if size % 32:
        raise UsageError(f"--size is a multiple of 32, not {size}")
    with needing_train():
        from tintype.lab.evaluation import probe as probing
    if saliency and saliency.suffix.lower() not in (".png", ".jpg"):
        raise UsageError(f"--saliency takes NAME.png or NAME.jpg, not {saliency.name}")
    opened = [(name, *probing.open_encoder(name, trusted=trust_code)) for name in networks]
    opened += [
        (f"{name}, random weights", *probing.open_encoder(name, True, trust_code))
        for name in networks
    ]
    opened += [(teacher.partition(":")[0], *probing.open_teacher(teacher))] if teacher else []
    pictures = probing.load_pictures(data, size, per_label)
    console = Console(soft_wrap=True)
    if saliency is not None:
        with whole_path(saliency, DataError) as beside:
            probing.saliency_sheet(opened[: len(networks)], pictures).save(beside)
    rows = [
        row
        for name, encoder, show in opened
        for row in probing.probe(name, encoder, show, pictures)
    ]
    table = Table("encoder", "stride", "channels", "accuracy", "±")
    for row in rows:
        numbers = str(row.stride), str(row.channels), f"{row.accuracy:.1%}", f"{row.error:.1%}"
        table.add_row(row.encoder, *numbers)
    console.print(table)
    chance = max((pictures.label == label).mean() for label in range(len(pictures.names)))
    held_out = int(pictures.held_out.sum())
    summary = (
        f"{len(pictures.names)} labels, {len(pictures.label) - held_out} photographs learned,"
        f" {held_out} held out; the most frequent label is {chance:.1%} of them"
    )
    console.print(summary, highlight=False)
    if output is not None:
        _write_table(output, rows)


def _write_table(output: Path, rows: "list[ProbeRow]") -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(asdict(rows[0])))
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    write_text(output, text.getvalue(), DataError)
