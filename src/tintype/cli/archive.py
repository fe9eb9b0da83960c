"""`tintype archive`: a folder, a manifest or an object store in, the same in color out; interrupted
runs go on where they were."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tintype.cli.consoles import notes
from tintype.errors import UsageError

ENGINES = ("local", "ray")


def archive(
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="A folder, a manifest (.csv, .parquet), or s3://…"),
    ],
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="TARGET", help="A folder, or s3://…")
    ],
    engine: Annotated[
        str, typer.Option(help="local: the cores of this machine. ray: a Ray cluster.")
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option(help="Address of the Ray cluster; default: a cluster on this machine."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, help="Photographs colored at the same time, each on one core; default: all."
        ),
    ] = None,
    model: Annotated[
        str, typer.Option(help="A network of `tintype models`, or an ONNX file.")
    ] = "default",
    size: Annotated[
        int | None,
        typer.Option(min=64, max=2048, help="Inference resolution; default: the model's."),
    ] = None,
    device: Annotated[
        str,
        typer.Option(help="Where the network runs: auto, cpu, cuda, coreml, directml or openvino."),
    ] = "auto",
    saturation: Annotated[
        float,
        typer.Option(min=0, max=4, help="Multiplies chroma: above 1 more color, below 1 less."),
    ] = 1.0,
    format: Annotated[
        str | None, typer.Option(help="jpg, png, tif, webp …; default: each source's own.")
    ] = None,
    quality: Annotated[
        int | None,
        typer.Option(min=1, max=100, help="JPEG and WebP; default: at least the source's."),
    ] = None,
    split: Annotated[
        bool,
        typer.Option(
            "--split", help="Write each photograph of an album page, straightened, to its own file."
        ),
    ] = False,
    negative: Annotated[
        bool, typer.Option("--negative", help="The pictures are negatives: invert them first.")
    ] = False,
    recolor: Annotated[
        bool, typer.Option("--recolor", help="Also recolor photographs that are already in color.")
    ] = False,
    label: Annotated[
        bool, typer.Option(help="State in each output's metadata that its color was computed.")
    ] = True,
    sidecar: Annotated[
        bool,
        typer.Option(
            "--sidecar", help="Write NAME.EXT.xmp beside all outputs, not only unlabeled formats."
        ),
    ] = False,
    sign: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="CERTIFICATE KEY", help="Sign outputs with C2PA (PEM files)."),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(help="Skip what is finished and unchanged; --no-resume repeats everything."),
    ] = True,
    retry: Annotated[
        bool, typer.Option("--retry", help="Also try quarantined files again.")
    ] = False,
    plan: Annotated[
        bool,
        typer.Option(
            "--plan", help="Only list and hash the sources and report what would be colored."
        ),
    ] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Only compare finished sources and outputs with their hashes."
        ),
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write an HTML report here, renewed every minute.")
    ] = None,
    column: Annotated[
        str, typer.Option(help="The manifest's column that names the files.")
    ] = "path",
    root: Annotated[
        str | None, typer.Option(help="Folder of a manifest's names; default: its own.")
    ] = None,
    books: Annotated[
        Path | None,
        typer.Option(help="Folder for the ledger and its lock; default: TARGET/.tintype."),
    ] = None,
) -> None:
    """Color a whole archive. After an interruption at any moment, the same command continues;
    nothing is done twice.

    A ledger keeps what became of each file. A file is colored again when its source, the settings
    or the network changed.
    """
    if engine not in ENGINES:
        raise UsageError(f"--engine is {' or '.join(ENGINES)}, not {engine}")
    from tintype.archive.run import Archive, local_engine, make_settings, run_archive
    from tintype.archive.run import verify as compare
    from tintype.archive.sources import SourceListing

    console = notes()
    place = Archive.of(SourceListing(source, column, root), output, books)
    if verify:
        found = compare(place)
        for sentence in found:
            console.print(sentence, markup=False)
        console.print(
            (
                "every finished file is as the ledger says"
                if not found
                else f"{len(found)} differences"
            ),
            markup=False,
        )
        raise typer.Exit(1 if found else 0)
    settings = make_settings(
        model,
        size=size,
        saturation=saturation,
        format=format,
        quality=quality,
        split=split,
        negative=negative,
        label=label,
        recolor=recolor,
        sidecar=sidecar,
        sign=sign,
    )
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=plan) as progress:
        task = progress.add_task("coloring", total=None)
        if plan:
            chosen = None
        elif engine == "ray":
            from tintype.archive.cluster import ray_engine

            chosen = ray_engine(
                address, model, device, size, workers, lambda _: progress.advance(task)
            )
        else:
            chosen = local_engine(model, device, size, workers, lambda _: progress.advance(task))
        states = run_archive(
            place,
            settings,
            chosen,
            engine,
            resume,
            retry,
            sign,
            report,
            lambda due: progress.update(task, total=due),
        )
    parts = [f"{states[state]} {word}" for state, word in WORDS.items() if states.get(state)]
    console.print(", ".join(parts) or "nothing to do", markup=False)
    if states.get("failed") or states.get("quarantined"):
        console.print(
            f"{output}/quarantine.csv lists the files that were not colored, and why", markup=False
        )
        raise typer.Exit(1)


WORDS = {
    "done": "done",
    "due": "due",
    "failed": "failed (tried again by the next run)",
    "quarantined": "quarantined",
    "gone": "no longer in the source",
}
"""How each state of the ledger is told."""
