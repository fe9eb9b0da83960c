"""`tintype train` and `tintype export`: from photographs to a network, and from a network to a file
that colors photographs."""

import math
import signal
import time
from pathlib import Path
from types import FrameType, TracebackType
from typing import Annotated, Any

import typer

from tintype.errors import UsageError, how_to_install

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
        from tintype.lab.training.trainer import Job
        from tintype.lab.training.trainer import train as run
    except ImportError as error:
        raise UsageError(f"{NEEDS_TRAIN} ({error.name} is missing)") from error
    overrides = list(set_ or [])
    if teacher:
        overrides = [*teach(recipe, overrides, teacher), *overrides]
    loaded = load_recipe(recipe, overrides)
    from tintype.cli.panel import Panel

    with Panel() as panel, Stop(minutes) as stop:
        job = Job(
            loaded,
            data,
            output,
            validation or [],
            steps,
            resume,
            devices,
            "auto",
            strategy,
            precision,
            stop,
        )
        skipped = run(job, panel.show)
    for key, reason in skipped.items():
        typer.echo(f"left out {key}: {reason}", err=True)
    if stop.asked:
        typer.echo(
            f"tintype: stopped and saved; continue with --resume --output {output}", err=True
        )
        raise typer.Exit(130)


class Stop:
    """Tells when a run should save and stop: after so many minutes, or after Ctrl-C. A second
    Ctrl-C stops at once."""

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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.signal(signal.SIGINT, self._before)


def export(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
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
) -> None:
    """Write a run's network as NAME.onnx, for `tintype colorize --model`, and NAME.safetensors, for
    training to start from.

    Example: tintype export runs/a -o a.onnx --set decision.temperature=0.5

    A release: tintype export runs/a --release src/tintype/weights/ --set license=Apache-2.0
    """
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
