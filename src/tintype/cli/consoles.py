"""What a command says beside its results: notes and progress on standard error, silenced by
--quiet."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

LOUDNESS = {"quiet": False, "verbose": False}
"""Set by the options of `tintype` itself, before a command runs."""


class RateColumn(ProgressColumn):
    """Items a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:.1f}/s", style="progress.data.speed")


def notes() -> Console:
    """For notes and progress bars: standard error, nothing with --quiet. Errors have a console of
    their own."""
    return Console(stderr=True, highlight=False, soft_wrap=True, quiet=LOUDNESS["quiet"])


def errors() -> Console:
    """For what failed: standard error, always."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def progress_bar(console: Console, *, transient: bool = False, disable: bool = False) -> Progress:
    """Description, bar, count, rate and remaining time. transient: it is cleared at the end."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=transient,
        disable=disable,
    )


def counter(console: Console) -> Progress:
    """Description, count and elapsed time, of work whose amount is not known."""
    return Progress(
        TextColumn("{task.description}"),
        TextColumn("{task.completed}"),
        TimeElapsedColumn(),
        console=console,
    )
