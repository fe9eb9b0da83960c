"""`tintype train`: from photographs to a network."""

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tintype.cli import train_options
from tintype.cli.consoles import notes
from tintype.cli.train_options import needing_train

if TYPE_CHECKING:
    from tintype.lab.training.trainer import StepReport


def train(
    recipe: train_options.Recipe,
    data: train_options.Data,
    output: train_options.Output,
    validation: train_options.Validation = None,
    labels: train_options.Labels = None,
    teacher: train_options.Teacher = "",
    steps: train_options.Steps = None,
    set_: train_options.Set = None,
    minutes: train_options.Minutes = None,
    resume: train_options.Resume = False,
    devices: train_options.Devices = 1,
    strategy: train_options.Strategy = "auto",
    precision: train_options.Precision = "32-true",
) -> None:
    """Train a network. Ctrl-C saves and stops after the current step; --resume continues with the
    same losses as without the stop.

    Example: tintype train tintype --data photos/ --output runs/a --teacher mobilenet_v2:FILE --set
    data.size=96
    """
    with needing_train():
        from tintype.lab.training.recipe import load_recipe, teach
        from tintype.lab.training.trainer import TrainingJob
        from tintype.lab.training.trainer import train as run
    overrides = list(set_ or [])
    if teacher:
        overrides = [*teach(recipe, overrides, teacher), *overrides]
    loaded = load_recipe(recipe, overrides)
    end = math.inf if minutes is None else time.monotonic() + 60 * minutes
    with step_bar() as show, interruptible() as interrupted:
        job = TrainingJob(
            loaded,
            data,
            output,
            validation=validation or (),
            labels=labels or (),
            steps=steps,
            resume=resume,
            devices=devices,
            strategy=strategy,
            precision=precision,
            stop=lambda: interrupted.is_set() or time.monotonic() >= end,
        )
        skipped = run(job, show)
    for key, reason in skipped.items():
        typer.echo(f"left out {key}: {reason}", err=True)
    if interrupted.is_set():
        typer.echo(
            f"tintype: stopped and saved; continue with --resume --output {output}", err=True
        )
        raise typer.Exit(130)


@contextmanager
def interruptible() -> Iterator[Event]:
    """An event that Ctrl-C sets. A second Ctrl-C stops at once."""
    interrupted = Event()

    def interrupt(number: int, frame: object) -> None:
        if interrupted.is_set():
            raise KeyboardInterrupt
        interrupted.set()

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def step_bar() -> Iterator[Callable[["StepReport"], None]]:
    """A function that shows each step on one line: stage, step, time left, losses."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[numbers]}"),
    )
    with Progress(*columns, console=notes()) as bar:
        task = bar.add_task("preparing", numbers="")

        def show(report: "StepReport") -> None:
            losses = " ".join(f"{name} {value:.3f}" for name, value in report.losses.items())
            bar.update(
                task,
                description=report.stage,
                total=report.steps,
                completed=report.step,
                numbers=f"{report.pictures_a_second:.0f} pictures/s  {losses}",
            )

        yield show
