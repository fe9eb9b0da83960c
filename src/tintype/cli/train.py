"""`tintype train` and `tintype export`: photographs to a network, and a network to a file that colors photographs."""

import math
import signal
import time
from pathlib import Path
from types import FrameType, TracebackType
from typing import Annotated, Any

import typer

from tintype.errors import UsageError

TEACHER = "What losses look through and encoders start from: efficientnet_lite1:FILE or mobilenet_v2:FILE."
NEEDS_TRAIN = "training needs PyTorch: pip install 'tintype[train]'"


def train(
    recipe: Annotated[str, typer.Argument(help="A recipe's name, or a YAML file.")],
    data: Annotated[list[Path], typer.Option(help="Folders of photographs or tar shards; may be repeated.")],
    output: Annotated[Path, typer.Option(help="The run's folder.")],
    validation: Annotated[list[Path] | None, typer.Option(help="Photographs to measure on; may be repeated.")] = None,
    teacher: Annotated[str, typer.Option(metavar="KIND:FILE", help=TEACHER)] = "",
    steps: Annotated[int | None, typer.Option(min=1, help="Stop here, before the recipe's end.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a key; may be repeated.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0, help="Save and stop after so long; --resume goes on.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the run in the folder stopped.")] = False,
    devices: Annotated[int, typer.Option(min=1, help="Processes or GPUs.")] = 1,
    strategy: Annotated[str, typer.Option(help="auto, ddp or fsdp.")] = "auto",
    precision: Annotated[str, typer.Option(help="32-true, bf16-mixed or 16-mixed.")] = "32-true",
) -> None:
    """Train a network. Ctrl-C saves and stops after the step; --resume goes on from there, as if it had never stopped.

    Example: tintype train tintype --data photos/ --output runs/a --teacher mobilenet_v2:FILE --set data.size=96
    """
    try:
        from tintype.training.recipe import load_recipe, teach
        from tintype.training.trainer import Job
        from tintype.training.trainer import train as run
    except ImportError as error:
        raise UsageError(f"{NEEDS_TRAIN} ({error.name} is missing)") from error
    overrides = list(set_ or [])
    if teacher:
        overrides = [*teach(recipe, overrides, teacher), *overrides]
    loaded = load_recipe(recipe, overrides)
    from tintype.cli.panel import Panel

    with Panel() as panel, Stop(minutes) as stop:
        job = Job(loaded, data, output, validation or [], steps, resume, devices, "auto", strategy, precision, stop)
        skipped = run(job, panel.show)
    for key, reason in skipped.items():
        typer.echo(f"left out {key}: {reason}", err=True)
    if stop.asked:
        typer.echo(f"tintype: stopped and saved; go on with --resume --output {output}", err=True)
        raise typer.Exit(130)


class Stop:
    """Says when a run should save and stop: after so many minutes, or after Ctrl-C. A second Ctrl-C stops at once."""

    def __init__(self, minutes: float | None) -> None:
        self.asked = False
        self._end = math.inf if minutes is None else time.monotonic() + 60 * minutes
        self._before: Any = signal.SIG_DFL

    def __call__(self) -> bool:
        return self.asked or time.monotonic() >= self._end

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def __enter__(self) -> "Stop":
        self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        signal.signal(signal.SIGINT, self._before)


def export(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The ONNX file; else NAME.onnx in the run's folder.")
    ] = None,
    int8: Annotated[Path | None, typer.Option(help="Photographs that set the ranges of an 8-bit network: smaller, faster.")] = None,
) -> None:
    """Write a run's network to one file that `tintype colorize --model FILE` takes.

    Example: tintype export runs/a -o a.onnx
    """
    try:
        from tintype.data.photographs import load_photographs
        from tintype.data.settings import plain_data
        from tintype.training.export import export_run
        from tintype.training.quantize import quantize
    except ImportError as error:
        raise UsageError(f"{NEEDS_TRAIN} ({error.name} is missing)") from error
    target = output or run / f"{run.resolve().name}.onnx"
    given = load_photographs([int8], plain_data(limit=200)) if int8 is not None else None
    difference = export_run(run, target)
    if difference is None:
        typer.echo(f"{target.with_suffix('.safetensors')}: a network without colors of its own, for other recipes to start from")
        return
    if given is not None:
        quantize(target, target, given)
    typer.echo(f"{target}: differs from the trained network by at most {difference:.2g} CIELAB units")
