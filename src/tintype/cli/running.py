"""Jobs in; the work done on several at once, what failed named, and a summary out."""

import io
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from tintype.cli.consoles import errors, notes
from tintype.cli.work import Work
from tintype.errors import PhotoError, TintypeError, UsageError
from tintype.jobs.plan import PlannedFile as Job
from tintype.threads import in_threads

MOST_NAMED = 10
"""Files of one sort, or sorts of files, that are named one by one at the end."""


class RateColumn(ProgressColumn):
    """Photographs a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:.1f}/s", style="progress.data.speed")


def through_pipe(work: Work, output: str | None, format: str | None) -> None:
    """Standard input in, standard output or a file out. Raises PhotoError and UsageError."""
    from tintype.photo import count_pages, format_named, format_of, left_out, write_photos

    if output is None and sys.stdout.isatty():
        raise UsageError(
            "a picture is not written to a terminal; send it to a file: tintype colorize - >"
            " photo.jpg"
        )
    data = sys.stdin.buffer.read()
    target: Path | io.BytesIO = io.BytesIO() if output is None else Path(output)
    count = count_pages(data)
    if format is None and output is not None and Path(output).suffix:
        format = Path(output).suffix
    sentence = left_out(count, format_named(format) if format else format_of(data))
    if sentence is not None:
        work.notes.append(f"the file {sentence}")
        count = 1
    pages = work.pages(data, "the file", count, None)
    first = next(pages)
    if count == 1 and first.is_left:
        work.left.append(Path("the file"))
        write_photos([first.before], target, work.quality, format)
    else:
        photos = chain([first.after], (page.after for page in pages))
        write_photos(photos, target, work.quality, format, work.label_of(None), count)
        work.finish(first.guidance)
    _tell(notes(), work)
    if isinstance(target, io.BytesIO):
        sys.stdout.buffer.write(target.getbuffer())
        sys.stdout.buffer.flush()


def run(
    work: Work, jobs: list[Job], skipped: Sequence[Job], workers: int, passed_over: Sequence[Path]
) -> None:
    """Color all, go on past what fails, and sum up; raises typer.Exit(1) if anything failed.

    A single photograph of which something impossible is asked raises its UsageError instead.
    """
    console = notes()
    failed: list[str] = []
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
    )
    colored = 0
    stopped = False
    for past in skipped:
        work.tell(past, "skipped", 0.0)

    def attempt(job: Job) -> tuple[Job, Exception | None]:
        try:
            work(job)
        except (TintypeError, OSError, MemoryError) as error:
            return job, error
        return job, None

    with Progress(*columns, console=console, disable=len(jobs) < 2) as progress:
        task = progress.add_task("coloring", total=len(jobs))
        try:
            for job, error in in_threads(attempt, jobs, workers, ahead=workers, ordered=False):
                if isinstance(error, UsageError) and len(jobs) == 1 and not skipped:
                    raise error
                if error is not None:
                    failed.append(_reason(job, error))
                    work.tell(job, "failed", 0.0, error=failed[-1])
                elif job.source not in work.left:
                    colored += 1
                    if len(jobs) == 1:
                        console.print(str(job.target), markup=False)
                progress.advance(task)
        except KeyboardInterrupt:
            stopped = True
    work.write_contact_sheet()
    _tell(console, work)
    _sum_up(console, colored, len(skipped), len(work.left), failed, passed_over)
    if stopped:
        console.print("stopped; the same command goes on with the rest", markup=False)
        raise typer.Exit(128 + signal.SIGINT)
    if failed:
        raise typer.Exit(1)


def _reason(job: Job, error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return f"{job.source} is too large for this machine's memory"
    if isinstance(error, OSError) and not isinstance(error, PhotoError):
        return f"{job.target} cannot be written: {error.strerror or error}"
    if isinstance(error, UsageError) and str(job.source) not in str(error):
        return f"{job.source}: {error}"
    return str(error)


def _tell(console: Console, work: Work) -> None:
    for note in work.notes:
        console.print(f"tintype: {note}", markup=False)
    for path in work.left[:MOST_NAMED]:
        console.print(
            f"tintype: {path} is in color and is left as it is; --recolor colors it anew",
            markup=False,
        )
    if len(work.left) > MOST_NAMED:
        console.print(
            f"tintype: {len(work.left) - MOST_NAMED} more are already in color and stay unchanged",
            markup=False,
        )


def _sum_up(
    console: Console,
    colored: int,
    skipped: int,
    left: int,
    failed: list[str],
    passed_over: Sequence[Path],
) -> None:
    for reason in failed:
        errors().print(f"tintype: {reason}", markup=False)
    if passed_over:
        kinds = Counter(path.suffix.lower() or path.name for path in passed_over)
        told = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(MOST_NAMED))
        console.print(
            f"tintype: passed over, for they are no pictures that are read: {told}", markup=False
        )
    if colored + skipped + left + len(failed) > 1 or skipped:
        parts = [f"{colored} colored"]
        if left:
            parts.append(f"{left} already in color, unchanged")
        if skipped:
            parts.append(f"{skipped} already there (--overwrite colors them again)")
        if failed:
            parts.append(f"{len(failed)} failed")
        console.print(", ".join(parts), markup=False)
