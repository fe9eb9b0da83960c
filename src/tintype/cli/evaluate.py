"""`tintype evaluate`: systems and true pictures in; a table and a report out."""

import os
import platform
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tintype.cli import evaluate_options as options
from tintype.cli.consoles import notes
from tintype.errors import UsageError, how_to_install

if TYPE_CHECKING:
    from tintype.lab.evaluation.protocol import Protocol, TruePictures

    Results = Mapping[str, Sequence[dict[str, Any]]]


def evaluate(
    models: options.Systems,
    data: options.Data,
    hints: options.Hints = "0",
    size: options.Size = 256,
    judge: options.Judge = "",
    lpips: options.Lpips = "",
    fid: options.Fid = None,
    labels: options.Labels = None,
    groups: options.Groups = None,
    split: options.Split = "",
    crop: options.Crop = "whole",
    limit: options.Limit = None,
    film: options.Film = False,
    study: options.Study = None,
    question: options.Question = "real",
    output: options.Output = Path("report"),
) -> None:
    """Measure the quality of colorizations.

    Example: tintype evaluate default gray levin --data photos/ --hints 50 -o report
    """
    from tintype import __version__

    if film:
        return _films(list(dict.fromkeys(models)), data, limit, output)
    _require_packages(needs_torch=bool(judge or lpips or fid))
    counts = _counts(hints)
    if "levin" in models and counts == [0]:
        raise UsageError("levin needs hints: give some with --hints N")
    from tintype.lab.evaluation.page import choose
    from tintype.lab.evaluation.protocol import GEOMETRIES, Protocol, SystemPainter, find_pictures
    from tintype.lab.evaluation.report import write_report
    from tintype.lab.evaluation.study import QUESTIONS, judged, write_study

    names = list(dict.fromkeys(models))
    _check("crop", crop, GEOMETRIES)
    _check("question", question, QUESTIONS)
    people_judge = judged(names) if study is not None else []
    protocol = Protocol(
        str(data), size, counts[0], judge, lpips, str(fid or ""), limit, crop=crop, split=split
    )
    pictures = find_pictures(protocol, labels, groups)
    results = _measure(names, protocol, counts, pictures, output.with_suffix(".rows.jsonl"))
    how = asdict(protocol) | {
        "hints": counts,
        "pictures": len(pictures.paths),
        "pictures_of_the_split": pictures.expected,
        "gray_left_out": pictures.gray,
        "geometry": GEOMETRIES[crop],
    }
    how |= {"tintype": __version__, "machine": platform.platform(), "processors": os.cpu_count()}
    painter = SystemPainter(protocol, pictures)
    files = write_report(output, results, how, choose(results, painter))
    _print_table(results)
    _print_notes(names, pictures, has_frechet=bool(judge or fid))
    typer.echo(f"report: {', '.join(map(str, files))}")
    if study is not None:
        page = write_study(study, people_judge, pictures, painter, protocol.seed, question)
        typer.echo(f"study: {page}")


def _check(option: str, value: str, values: Collection[str]) -> None:
    if value not in values:
        raise UsageError(f"--{option} is {' or '.join(values)}, not {value!r}")


def _require_packages(needs_torch: bool) -> None:
    if find_spec("skimage") is None:
        raise UsageError(f"measuring needs scikit-image; {how_to_install('train')}")
    if needs_torch and find_spec("torch") is None:
        raise UsageError(f"a judge, LPIPS and FID need PyTorch; {how_to_install('train')}")


def _measure(
    names: list[str],
    protocol: "Protocol",
    counts: list[int],
    pictures: "TruePictures",
    cache: Path,
) -> "Results":
    """Rows by system, measured under a progress bar."""
    from tintype.lab.evaluation.protocol import WITHOUT_HINTS, run_counts

    total = len(pictures.paths) * sum(1 if name in WITHOUT_HINTS else len(counts) for name in names)
    with Progress(console=notes()) as progress:
        task = progress.add_task("measuring", total=total)

        def show(what: str) -> None:
            progress.update(task, advance=1, description=what)

        return run_counts(names, protocol, counts, pictures, cache, show)


def _print_table(results: "Results") -> None:
    from tintype.lab.evaluation.page import shown
    from tintype.lab.evaluation.report import MEASURES, summarize

    rows = summarize(results)
    table = Table("measure", *(row["system"] for row in rows))
    for key in MEASURES:
        if any(key in row for row in rows):
            table.add_row(key, *(shown(row.get(key)) for row in rows))
    Console().print(table)


def _print_notes(names: list[str], pictures: "TruePictures", has_frechet: bool) -> None:
    """Print what was left out of the measures."""
    from tintype.lab.evaluation.protocol import without_truth

    for name in names:
        if name.startswith("folder:") and (
            alone := without_truth(Path(name.removeprefix("folder:")), pictures)
        ):
            typer.echo(
                f"{name}: left out {len(alone)} results that have no truth, the first is"
                f" {alone[0]}",
                err=True,
            )
    if pictures.expected and pictures.expected != len(pictures.paths):
        typer.echo(
            f"{len(pictures.paths)} pictures of the split's {pictures.expected} were measured",
            err=True,
        )
    if pictures.gray:
        typer.echo(f"left out {len(pictures.gray)} pictures without color", err=True)
    if has_frechet and "truth" in names and len(pictures.paths) < 2:
        typer.echo("a Fréchet distance needs at least two pictures, so there is none", err=True)


def _films(names: list[str], data: Path, limit: int | None, output: Path) -> None:
    if find_spec("av") is None:
        raise UsageError(f"films need PyAV; {how_to_install('film')}")
    from tintype.lab.evaluation.film import MEASURES, evaluate_films, find_films, write_film_report

    with Progress(console=notes()) as progress:
        task = progress.add_task("measuring", total=len(find_films(data)) * len(names))
        results = evaluate_films(
            names, data, limit, lambda what: progress.update(task, advance=1, description=what)
        )
    table = Table("film", "system", *MEASURES)
    for n, row in enumerate(results[names[0]]):
        for name in names:
            table.add_row(row["film"], name, *(f"{results[name][n][key]:.3f}" for key in MEASURES))
    Console().print(table)
    typer.echo(f"report: {', '.join(map(str, write_film_report(output, results)))}")


def _counts(hints: str) -> list[int]:
    try:
        counts = sorted({int(word) for word in hints.split(",")})
    except ValueError as error:
        raise UsageError(f"--hints takes numbers as 10 or 0,1,10,50, not {hints!r}") from error
    if counts[0] < 0 or counts[-1] > 10_000:
        raise UsageError(f"--hints takes numbers of 0 to 10000, not {hints!r}")
    return counts
