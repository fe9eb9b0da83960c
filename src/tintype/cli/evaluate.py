"""`tintype evaluate`: systems and true pictures in; a table and a report out."""

import os
import platform
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tintype.cli.consoles import notes
from tintype.errors import UsageError, how_to_install


def evaluate(
    models: Annotated[
        list[str],
        typer.Argument(
            help="Networks, ONNX files, gray, truth, levin, reinhard, exemplar or folder:DIR."
        ),
    ],
    data: Annotated[Path, typer.Option(help="A folder of color photographs.")],
    hints: Annotated[
        str,
        typer.Option(
            help=(
                "Number of true-color hints per picture; several numbers, such as 0,1,10,50, give a"
                " curve."
            )
        ),
    ] = "0",
    size: Annotated[
        int, typer.Option(min=64, max=2048, help="Side of the evaluated square, pixels.")
    ] = 256,
    judge: Annotated[
        str,
        typer.Option(
            help="Classifier for top-1, top-5 and the Fréchet distance: "
            "mobilenet_v2:FILE, efficientnet_lite1:FILE, vgg16, resnet50."
        ),
    ] = "",
    lpips: Annotated[
        str, typer.Option(help="Also compute LPIPS with the lpips package: alex, vgg or squeeze.")
    ] = "",
    fid: Annotated[
        Path | None,
        typer.Option(help="Also FID, through this TorchScript file of Inception's weights."),
    ] = None,
    labels: Annotated[Path | None, typer.Option(help="A CSV with name and imagenet_class.")] = None,
    groups: Annotated[
        Path | None,
        typer.Option(help="A CSV with name and group: measures are also given for each group."),
    ] = None,
    split: Annotated[
        str,
        typer.Option(
            help="Test set of the literature in that folder: imagenet-val5k, imagenet-ctest10k,"
            " coco-stuff, ade20k, or a file of names."
        ),
    ] = "",
    crop: Annotated[
        str,
        typer.Option(help="whole: squash each picture; center: cut the square in its middle."),
    ] = "whole",
    limit: Annotated[
        int | None, typer.Option(min=1, help="Use only this many pictures, the first ones.")
    ] = None,
    film: Annotated[
        bool,
        typer.Option(
            "--film",
            help=(
                "Measure color films instead of photographs; NAME:frames colors each frame"
                " separately."
            ),
        ),
    ] = False,
    study: Annotated[
        Path | None,
        typer.Option(help="Also make a page for a blind study with people in this folder."),
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The report's name; four files are written.")
    ] = Path("report"),
) -> None:
    """Measure the quality of colorizations.

    Example: tintype evaluate default gray levin --data photos/ --hints 50 -o report
    """
    from tintype import __version__

    if film:
        _films(list(dict.fromkeys(models)), data, limit, output)
        return
    if find_spec("skimage") is None:
        raise UsageError(f"measuring needs scikit-image; {how_to_install('train')}")
    if (judge or lpips or fid) and find_spec("torch") is None:
        raise UsageError(f"a judge, LPIPS and FID need PyTorch; {how_to_install('train')}")
    counts = _counts(hints)
    if "levin" in models and counts == [0]:
        raise UsageError("levin needs hints: give some with --hints N")
    from tintype.lab.evaluation.page import choose, shown
    from tintype.lab.evaluation.protocol import (
        GEOMETRIES,
        WITHOUT_HINTS,
        Protocol,
        SystemPainter,
        find_pictures,
        run_counts,
        without_truth,
    )
    from tintype.lab.evaluation.report import MEASURES, summarize, write_report
    from tintype.lab.evaluation.study import write_study

    names = list(dict.fromkeys(models))
    if crop not in GEOMETRIES:
        raise UsageError(f"--crop is {' or '.join(GEOMETRIES)}, not {crop!r}")
    protocol = Protocol(
        str(data), size, counts[0], judge, lpips, str(fid or ""), limit, crop=crop, split=split
    )
    pictures = find_pictures(protocol, labels, groups)
    errors = notes()
    total = len(pictures.paths) * sum(1 if name in WITHOUT_HINTS else len(counts) for name in names)
    with Progress(console=errors) as progress:
        task = progress.add_task("measuring", total=total)
        cache = output.with_suffix(".rows.jsonl")
        results = run_counts(
            names,
            protocol,
            counts,
            pictures,
            cache,
            lambda what: progress.update(task, advance=1, description=what),
        )
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
    rows = summarize(results)
    table = Table("measure", *(row["system"] for row in rows))
    for key in MEASURES:
        if any(key in row for row in rows):
            table.add_row(key, *(shown(row.get(key)) for row in rows))
    Console().print(table)
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
    if (judge or fid) and "truth" in names and len(pictures.paths) < 2:
        typer.echo("a Fréchet distance needs at least two pictures, so there is none", err=True)
    typer.echo(f"report: {', '.join(map(str, files))}")
    if study is not None:
        shown_to_people = [name for name in results if name not in ("gray", "truth")]
        typer.echo(
            f"study: {write_study(study, shown_to_people, pictures, painter, protocol.seed)}"
        )


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
