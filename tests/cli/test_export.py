"""Where `tintype export` writes, and what it refuses."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tintype.cli import app
from tintype.errors import UsageError

export_module = pytest.importorskip("tintype.lab.training.export")


@pytest.mark.parametrize(
    ("options", "target", "difference", "shown"),
    [
        ([], "a/a.onnx", 0.0123, "a.onnx: differs from the trained network by at most 0.012"),
        (["-o", "other/b.onnx"], "other/b.onnx", 0.0, "at most 0 CIELAB"),
        (["--release", "weights"], "weights/default.onnx", 0.5, "default.onnx"),
        ([], "a/a.onnx", None, "a.safetensors: weights for training to start from"),
    ],
)
def test_an_export_has_the_name_of_its_run_or_the_one_that_is_given(
    options, target, difference, shown, monkeypatch
):
    seen = []

    def export_run(run, target, overrides, licensed, trusted):
        seen.append((run, target, overrides, licensed, trusted))
        return difference

    monkeypatch.setattr(export_module, "export_run", export_run)
    run = CliRunner().invoke(app, ["export", "a", *options, "--set", "license=CC0-1.0"])
    assert run.exit_code == 0 and shown in " ".join(run.output.split())
    licensed = "--release" in options
    assert seen == [(Path("a"), Path(target), ["license=CC0-1.0"], licensed, False)]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ([], "name the folder of a run"),
        (["a", "--layout", "nhwc"], "belong to --rgb"),
        (["a", "--values", "byte"], "belong to --rgb"),
        (["a", "--release", "w", "-o", "b.onnx"], "neither --output nor --int8"),
        (["a", "--release", "w", "--int8", "photos"], "neither --output nor --int8"),
        (["--rgb", "--set", "name=b"], "--rgb takes neither"),
        (["--rgb", "--release", "w"], "--rgb takes neither"),
        (["--all-inputs", "--int8", "photos"], "--all-inputs takes neither"),
    ],
)
def test_options_that_exclude_each_other_are_refused(options, reason):
    run = CliRunner().invoke(app, ["export", *options])
    assert isinstance(run.exception, UsageError) and reason in str(run.exception)
