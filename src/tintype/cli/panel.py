"""The live line of a training run: stage, step, rate, time left, losses."""

from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from tintype.cli.consoles import notes
from tintype.lab.training.trainer import Progress


class Panel:
    """Shows each step on one line; to be used with `with`."""

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[told]}"),
        )
        self.bar = Bar(*columns, console=notes())
        self.task: TaskID | None = None

    def __enter__(self) -> "Panel":
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bar.stop()

    def show(self, progress: Progress) -> None:
        """Tell of one step."""
        losses = " ".join(f"{name} {value:.3f}" for name, value in progress.losses.items())
        told = f"{progress.pictures_a_second:.0f} pictures/s  {losses}"
        if self.task is None:
            self.task = self.bar.add_task(progress.stage, told=told)
        self.bar.update(
            self.task,
            description=progress.stage,
            total=progress.steps,
            completed=progress.step,
            told=told,
        )
