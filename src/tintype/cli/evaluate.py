"""`tintype evaluate`: systems and true pictures in; a table and a report out."""

import platform
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tintype.errors import UsageError


def evaluate(
    models: Annotated[list[str], typer.Argument(help="Networks, ONNX files, gray, truth, levin, reinhard or folder:DIR.")],
    data: Annotated[Path, typer.Option(help="A folder of color photographs.")],
    hints: Annotated[int, typer.Option(min=0, help="Points of true color given for each picture.")] = 0,
    size: Annotated[int, typer.Option(min=64, max=2048, help="Side of the square that is measured.")] = 256,
    judge: Annotated[str, typer.Option(help="mobilenet_v2:PATH re-classifies the results.")] = "",
    labels: Annotated[Path | None, typer.Option(help="A CSV with name and imagenet_class.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first pictures.")] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="The report's name; four files are written.")] = Path("report"),
) -> None:
    """Measure how good colorizations are.

    Example: tintype evaluate default gray levin --data photos/ --hints 50 -o report
    """
    from tintype import __version__

    if judge and find_spec("torch") is None:
        raise UsageError("a judge needs PyTorch: pip install 'tintype[train]'")
    if find_spec("scipy") is None and "levin" in models:
        raise UsageError("levin needs SciPy: pip install scipy")
    if "levin" in models and not hints:
        raise UsageError("levin spreads hints and nothing else: give it some with --hints N")
    from tintype.evaluation.protocol import Protocol, find_pictures, run
    from tintype.evaluation.report import FIELDS, shown, summarize, write_report

    names = list(dict.fromkeys(models))
    protocol = Protocol(str(data), size, hints, judge, limit)
    pictures = find_pictures(protocol, labels)
    errors = Console(stderr=True)
    with Progress(console=errors) as progress:
        task = progress.add_task("measuring", total=len(names) * len(pictures.paths))
        cache = output.with_suffix(".rows.jsonl")
        results = run(names, protocol, pictures, cache, lambda what: progress.update(task, advance=1, description=what))
    how = asdict(protocol) | {"pictures": len(pictures.paths), "gray_left_out": pictures.gray, "tintype": __version__}
    files = write_report(output, results, how | {"machine": platform.platform()})
    rows = summarize(results)
    table = Table("measure", *(row["system"] for row in rows))
    for key in FIELDS:
        if any(key in row for row in rows):
            table.add_row(key, *(shown(row.get(key)) for row in rows))
    Console().print(table)
    if pictures.gray:
        typer.echo(f"left out {len(pictures.gray)} pictures without color", err=True)
    typer.echo(f"report: {', '.join(map(str, files))}")
