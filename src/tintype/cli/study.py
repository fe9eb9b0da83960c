"""`tintype study`: the answers of a blind study in; how often each system was taken for the truth
out."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table


def study(
    results: Annotated[
        list[Path], typer.Argument(help="Answer files saved by the study's page, one per person.")
    ],
    key: Annotated[Path, typer.Option(help="key.json of the study's folder.")],
) -> None:
    """Compute how often people chose each system's picture over the true one.

    Example: tintype study anna.jsonl ben.jsonl --key study/key.json
    """
    from tintype.lab.evaluation.study import rates

    table = Table("system", "trials", "chosen over the truth", "95 % interval", box=None)
    for row in rates(key, results):
        low, high = row["interval"]
        table.add_row(
            row["system"], str(row["trials"]), f"{row['rate']:.1%}", f"{low:.1%} to {high:.1%}"
        )
    Console().print(table)
