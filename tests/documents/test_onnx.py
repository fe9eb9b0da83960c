"""The examples of docs/onnx.md in other languages, and what it says of the shipped network."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from tests.documents.blocks import ROOT, blocks
from tintype.engine import Network, list_models
from tintype.engine.core.network import find_model
from tintype.engine.core.onnx_bytes import without_defaults

PAGE = ROOT / "docs" / "onnx.md"
MODULES = Path(os.environ.get("TINTYPE_NODE_MODULES", ROOT / "build" / "node_modules"))
HEADERS = Path(os.environ.get("TINTYPE_ONNXRUNTIME", ROOT / "build" / "onnxruntime")) / "include"
"""Headers of any ONNX Runtime for C++ that is not newer than the installed one."""
HEADER = next(HEADERS.glob("**/onnxruntime_cxx_api.h"), None)
LIBRARY = next(Path(ort.__file__).parent.glob("capi/libonnxruntime.so.*"), None)
"""Python's package holds the library with the C interface, whose versions are compatible."""


def example(language: str, folder: Path) -> Path:
    block = next(each for each in blocks(PAGE) if each.language == language)
    path = folder / str(block.file)
    path.write_text(block.text, encoding="utf-8")
    return path


def output_of(*command: str | Path, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_the_table_is_that_of_the_shipped_network():
    path = list_models()["default"]
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(path, options)
    shapes = {"lightness": (2, 1, 64, 96)}
    names = [each.name for each in session.get_outputs()]
    values = session.run(names, {"lightness": np.full(shapes["lightness"], 50, np.float32)})
    text = PAGE.read_text(encoding="utf-8")
    for name, value in zip(names, values, strict=True):
        _, channels, height, width = value.shape
        by = 64 // height
        assert (height, width) == (64 // by, 96 // by)
        assert f"|`{name}`|N×{channels}×H/{by}×W/{by}|" in text
    network = Network.load("default")
    for name in network.inputs:
        assert f"|`{name}`|N×" in text
    for key in network.metadata.properties():
        assert f"`{key}`" in text or key in ("name", "measures", "affinity_dims")
    assert (network.metadata.size, network.metadata.detail_size) == (192, 320)


@pytest.mark.skipif(
    not os.environ.get("CI")
    and (shutil.which("node") is None or not (MODULES / "onnxruntime-node").exists()),
    reason="needs Node.js, and onnxruntime-node in TINTYPE_NODE_MODULES",
)
def test_the_javascript_example_runs_alone_and_with_a_hint(tmp_path):
    (tmp_path / "node_modules").symlink_to(MODULES)
    program = example("javascript", tmp_path)
    (tmp_path / "all.onnx").write_bytes(without_defaults(find_model("default").read_bytes()))
    plain, hinted = (
        json.loads(output_of("node", program, path, folder=tmp_path))
        for path in (find_model("default"), tmp_path / "all.onnx")
    )
    assert plain["dims"] == hinted["dims"] == [1, 2, 80, 112]
    assert hinted["at"] > plain["at"] + 20


@pytest.mark.skipif(
    shutil.which("g++") is None or HEADER is None or LIBRARY is None,
    reason="needs g++, and ONNX Runtime's headers in TINTYPE_ONNXRUNTIME",
)
def test_the_cpp_example_compiles_and_runs(tmp_path):
    assert HEADER is not None and LIBRARY is not None
    program = example("cpp", tmp_path)
    (tmp_path / "libonnxruntime.so.1").symlink_to(LIBRARY)  # the name that programs look for
    flags = ("-std=c++17", "-Wall", f"-isystem{HEADER.parent}", f"-Wl,-rpath,{tmp_path}")
    output_of("g++", *flags, program, LIBRARY, "-o", "color", folder=tmp_path)
    height, width, a = output_of("./color", find_model("default"), folder=tmp_path).split()
    assert (int(height), int(width)) == (80, 112)
    assert float(a) > 20
