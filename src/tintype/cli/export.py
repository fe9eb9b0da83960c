"""`tintype export`: from a run to a network file that colors photographs."""

from pathlib import Path

import typer

from tintype.cli import export_options as options
from tintype.cli.export_options import Layout, Values
from tintype.cli.train_options import TrustCode, needing_train
from tintype.errors import ModelError, UsageError, how_to_install
from tintype.files import whole_path


def export(
    run: options.Run = None,
    output: options.Output = None,
    set_: options.Set = None,
    int8: options.Int8 = None,
    trust_code: TrustCode = False,
    release: options.Release = None,
    rgb: options.Rgb = False,
    layout: options.LayoutOfRgb = Layout.NCHW,
    values: options.ValuesOfRgb = Values.UNIT,
    all_inputs: options.AllInputs = False,
) -> None:
    """Write a run's network as NAME.onnx, for `tintype colorize --model`, and NAME.safetensors, for
    training to start from.

    Example: tintype export runs/a -o a.onnx --set decision.temperature=0.5

    A release: tintype export runs/a --release src/tintype/weights/ --set license=Apache-2.0

    For other programs: tintype export --rgb

    For JavaScript: tintype export --all-inputs
    """
    if rgb:
        if release is not None or int8 is not None or set_:
            raise UsageError("--rgb takes neither --set, --int8 nor --release")
        return _export_rgb(run or "default", output or Path("tintype-rgb.onnx"), layout, values)
    if all_inputs:
        if release is not None or int8 is not None or set_:
            raise UsageError("--all-inputs takes neither --set, --int8 nor --release")
        return _export_all_inputs(run or "default", output or Path("tintype-all-inputs.onnx"))
    if run is None:
        raise UsageError("name the folder of a run, or add --rgb for the shipped network")
    if (layout, values) != (Layout.NCHW, Values.UNIT):
        raise UsageError("--layout and --values belong to --rgb")
    if release is not None and (output is not None or int8 is not None):
        raise UsageError("--release names its files itself and takes neither --output nor --int8")
    target = output or run / f"{run.resolve().name}.onnx"
    if release is not None:
        target = release / "default.onnx"
    _export_run(run, target, set_ or [], int8, release is not None, trust_code)


def _export_run(
    run: Path, target: Path, overrides: list[str], int8: Path | None, licensed: bool, trusted: bool
) -> None:
    """int8: photographs to calibrate with. licensed: the network needs a license."""
    with needing_train():
        from tintype.lab.data.photographs import load_photographs
        from tintype.lab.data.settings import plain_data
        from tintype.lab.training.export import export_run
        from tintype.lab.training.quantize import quantize
    calibration = load_photographs([int8], plain_data(limit=200)) if int8 is not None else None
    difference = export_run(run, target, overrides, licensed=licensed, trusted=trusted)
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


def _export_all_inputs(network: str | Path, target: Path) -> None:
    from tintype.engine.core.network import find_model
    from tintype.engine.core.onnx_bytes import without_defaults

    source = find_model(network)
    try:
        whole = without_defaults(source.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{source} cannot be read as an ONNX file") from error
    with whole_path(target, ModelError) as beside:
        beside.write_bytes(whole)
    typer.echo(f"{target}: a network whose inputs all must be fed")
