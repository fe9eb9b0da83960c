"""`tintype study`: the answers of a blind study in; how often each system was taken for the truth,
or its mean scores, out."""

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
    """Compute how often people chose each system's picture over the true one, or its mean scores.

    Example: tintype study anna.jsonl ben.jsonl --key study/key.json
    """
    from tintype.lab.evaluation.study import SCALES, question_of, rates, scores

    if question_of(key) == "scores":
        table = Table("system", "trials", *SCALES, box=None)
        for row in scores(key, results):
            shown = [
                f"{mean:.2f}" if half is None else f"{mean:.2f} ± {half:.2f}"
                for mean, half in (row[scale] for scale in SCALES)
            ]
            table.add_row(row["system"], str(row["trials"]), *shown)
    else:
        table = Table("system", "trials", "chosen over the truth", "95 % interval", box=None)
        for row in rates(key, results):
            low, high = row["interval"]
            table.add_row(
                row["system"], str(row["trials"]), f"{row['rate']:.1%}", f"{low:.1%} to {high:.1%}"
            )
    Console().print(table)
