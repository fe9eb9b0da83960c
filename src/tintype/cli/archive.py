"""`tintype archive`: a folder, a manifest or an object store in, the same in color out."""

from collections.abc import Callable
from functools import partial

import typer

from tintype.archive.run import (
    Archive,
    RunResult,
    local_engine,
    make_settings,
    plan_archive,
    run_archive,
)
from tintype.archive.run import verify as verify_archive
from tintype.archive.sources import SourceListing
from tintype.cli import archive_options, color_options, options
from tintype.cli.consoles import notes, progress_bar
from tintype.cli.options import DamagedFiles
from tintype.errors import UsageError
from tintype.jobs import Policy

ENGINES = ("local", "ray")


def archive(
    source: archive_options.Source,
    output: archive_options.Output,
    engine: archive_options.Engine = "local",
    address: archive_options.Address = None,
    workers: archive_options.Workers = None,
    model: options.Model = "default",
    size: options.Size = None,
    device: options.Device = "auto",
    saturation: options.Saturation = 1.0,
    format: archive_options.Format = None,
    quality: archive_options.Quality = None,
    split: archive_options.Split = False,
    negative: options.Negative = False,
    recolor: options.Recolor = False,
    damaged: options.Damaged = DamagedFiles.refuse,
    keep_color: color_options.KeepColor = False,
    tone: color_options.Tone = None,
    label: options.LabelOutputs = True,
    keep_dates: options.KeepDates = False,
    sidecar: archive_options.Sidecar = False,
    sign: archive_options.Sign = None,
    resume: archive_options.Resume = True,
    retry: archive_options.Retry = False,
    plan: archive_options.Plan = False,
    strict: archive_options.Strict = False,
    verify: archive_options.Verify = False,
    report: archive_options.Report = None,
    column: archive_options.Column = "path",
    root: archive_options.Root = None,
    exclude: archive_options.Exclude = None,
    books: archive_options.Books = None,
) -> None:
    """Color a whole archive. After an interruption at any moment, the same command continues;
    nothing is done twice.

    A ledger keeps what became of each file. A file is colored again when its source, the settings
    or the network changed.
    """
    place = Archive.of(SourceListing(source, column, root, exclude or ()), output, books)
    if verify:
        print_differences(place)
    policy = Policy(recolor, negative, damaged.value, format, quality, label, keep_dates=keep_dates)
    how = partial(make_settings, model, policy, size=size, saturation=saturation, tone=tone)
    settings = how(split=split, sidecar=sidecar, sign=sign, keep_color=keep_color)
    run = run_engine(engine, address, model, device, size, workers)
    if plan:
        return print_states(plan_archive(place, settings, resume, retry, report), output, False)
    with progress_bar(notes()) as progress:
        task = progress.add_task("coloring", total=None)
        result = run_archive(
            place,
            settings,
            partial(run, watch=lambda _: progress.advance(task)),
            engine,
            *(resume, retry, sign, report),
            lambda due: progress.update(task, total=due),
        )
    print_states(result, output, strict)


def print_differences(place: Archive) -> None:
    """Compare sources and outputs with the ledger, print what differs, and end the command."""
    differences = verify_archive(place)
    for sentence in differences:
        notes().print(sentence, markup=False)
    count = f"{len(differences)} differences"
    notes().print(count if differences else "every finished file is as the ledger says")
    raise typer.Exit(1 if differences else 0)


def print_states(result: RunResult, output: str, strict: bool) -> None:
    """Print how many items are in each state. Raises typer.Exit(1) if one failed that did not
    before; strict: if any is not colored."""
    states = result.states
    parts = [f"{states[state]} {word}" for state, word in WORDS.items() if states.get(state)]
    notes().print(", ".join(parts) or "nothing to do", markup=False)
    if states.get("failed") or states.get("quarantined"):
        notes().print(
            f"{output}/quarantine.csv lists the files that were not colored, and why", markup=False
        )
        if strict or result.new_failures:
            raise typer.Exit(1)


def run_engine(
    engine: str, address: str | None, model: str, device: str, size: int | None, workers: int | None
) -> Callable[..., None]:
    """What works on the due items. Raises UsageError for an engine that is not there."""
    if engine not in ENGINES:
        raise UsageError(f"--engine is {' or '.join(ENGINES)}, not {engine}")
    if engine == "ray":
        from tintype.archive.cluster import ray_engine

        return ray_engine(address, model, device, size, workers)
    return local_engine(model, device, size, workers)


WORDS = {
    "done": "done",
    "due": "due",
    "failed": "failed (tried again by the next run)",
    "quarantined": "quarantined",
    "gone": "no longer in the source",
}
"""Each state of the ledger, for people."""
