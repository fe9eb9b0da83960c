"""`tintype train` and `tintype export`: from photographs to a network, and from a network to a file
that colors photographs."""

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tintype.cli.consoles import notes
from tintype.errors import UsageError, how_to_install

if TYPE_CHECKING:
    from tintype.lab.training.trainer import StepReport

TEACHER = (
    "A pre-trained classifier for losses and encoders: efficientnet_lite1:FILE or"
    " mobilenet_v2:FILE."
)
TrustCode = Annotated[
    bool,
    typer.Option(
        "--trust-code", help="Allow the run to import its own network (module:Class), as code."
    ),
]
NEEDS_TRAIN = f"training needs PyTorch; {how_to_install('train')}"


def train(
    recipe: Annotated[str, typer.Argument(help="A recipe's name, or a YAML file.")],
    data: Annotated[
        list[Path], typer.Option(help="Folders of photographs or tar shards; may be repeated.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The run's folder.")],
    validation: Annotated[
        list[Path] | None, typer.Option(help="Held-out photographs; may be repeated.")
    ] = None,
    teacher: Annotated[str, typer.Option(metavar="KIND:FILE", help=TEACHER)] = "",
    steps: Annotated[
        int | None, typer.Option(min=0, help="Save and stop at this step, before the recipe's end.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Override a key of the recipe; may be repeated."
        ),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Save and stop after this time; --resume continues.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the run in the folder.")
    ] = False,
    devices: Annotated[int, typer.Option(min=1, help="Processes or GPUs.")] = 1,
    strategy: Annotated[str, typer.Option(help="auto, ddp or fsdp.")] = "auto",
    precision: Annotated[str, typer.Option(help="32-true, bf16-mixed or 16-mixed.")] = "32-true",
) -> None:
    """Train a network. Ctrl-C saves and stops after the current step; --resume continues with the
    same losses as without the stop.

    Example: tintype train tintype --data photos/ --output runs/a --teacher mobilenet_v2:FILE --set
    data.size=96
    """
    try:
        from tintype.lab.training.recipe import load_recipe, teach
        from tintype.lab.training.trainer import TrainingJob
        from tintype.lab.training.trainer import train as run
    except ImportError as error:
        raise UsageError(f"{NEEDS_TRAIN} ({error.name} is missing)") from error
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


class Layout(StrEnum):
    """Of the RGB file's pictures: N×3×H×W or N×H×W×3."""

    NCHW = "nchw"
    NHWC = "nhwc"


class Values(StrEnum):
    """Of the RGB file's pictures: float32 0..1 or uint8."""

    UNIT = "unit"
    BYTE = "byte"


def export(
    run: Annotated[
        Path | None,
        typer.Argument(
            help="The folder of a run; with --rgb, a network: a name or an ONNX file.",
            show_default="default, with --rgb",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="NAME.onnx, or NAME.safetensors for the weights alone; default: NAME.onnx in the"
            " run's folder NAME.",
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Override decision, size, detail, vividness or license; may be repeated.",
        ),
    ] = None,
    int8: Annotated[
        Path | None,
        typer.Option(help="Photographs to calibrate an 8-bit network with: smaller, faster."),
    ] = None,
    trust_code: TrustCode = False,
    release: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write default.onnx and default.safetensors here, for the package."
        ),
    ] = None,
    rgb: Annotated[
        bool,
        typer.Option(
            "--rgb",
            help="Write the whole automatic coloring as one file, RGB in, RGB out; default:"
            " tintype-rgb.onnx.",
        ),
    ] = False,
    layout: Annotated[
        Layout, typer.Option(help="Of --rgb: channels before or after the pixels.")
    ] = Layout.NCHW,
    values: Annotated[
        Values, typer.Option(help="Of --rgb: float32 from 0 to 1, or bytes (uint8).")
    ] = Values.UNIT,
) -> None:
    """Write a run's network as NAME.onnx, for `tintype colorize --model`, and NAME.safetensors, for
    training to start from.

    Example: tintype export runs/a -o a.onnx --set decision.temperature=0.5

    A release: tintype export runs/a --release src/tintype/weights/ --set license=Apache-2.0

    For other programs: tintype export --rgb
    """
    if rgb:
        if release is not None or int8 is not None or set_:
            raise UsageError("--rgb takes neither --set, --int8 nor --release")
        return _export_rgb(run or "default", output or Path("tintype-rgb.onnx"), layout, values)
    if run is None:
        raise UsageError("name the folder of a run, or add --rgb for the shipped network")
    if (layout, values) != (Layout.NCHW, Values.UNIT):
        raise UsageError("--layout and --values belong to --rgb")
    try:
        from tintype.lab.data.photographs import load_photographs
        from tintype.lab.data.settings import plain_data
        from tintype.lab.training.export import export_run
        from tintype.lab.training.quantize import quantize
    except ImportError as error:
        raise UsageError(f"{NEEDS_TRAIN} ({error.name} is missing)") from error
    if release is not None and (output is not None or int8 is not None):
        raise UsageError("--release names its files itself and takes neither --output nor --int8")
    target = (
        release / "default.onnx"
        if release is not None
        else output or run / f"{run.resolve().name}.onnx"
    )
    calibration = load_photographs([int8], plain_data(limit=200)) if int8 is not None else None
    difference = export_run(
        run, target, set_ or [], licensed=release is not None, trusted=trust_code
    )
    if difference is None:
        typer.echo(f"{target.with_suffix('.safetensors')}: weights for training to start from")
        return
    if calibration is not None:
        quantize(target, target, calibration)
    typer.echo(
        f"{target}: differs from the trained network by at most {difference:.2g} CIELAB units"
    )


def _export_rgb(network: str | Path, target: Path, layout: Layout, values: Values) -> None:
    from tintype.engine.core.network import find_model

    try:
        from tintype.lab.models.rgb import export_rgb
    except ImportError as error:
        raise UsageError(f"--rgb needs the package onnx; {how_to_install('hub')}") from error
    export_rgb(find_model(network), target, layout.value, values.value)
    typer.echo(f"{target}: RGB in, RGB out, {target.stat().st_size / 1e6:.1f} MB")
