"""Public ONNX files of other tools become networks under the contract, without PyTorch."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tintype.color import lab_to_srgb, srgb_to_lab
from tintype.contract import NetworkMetadata
from tintype.engine import Network
from tintype.errors import ModelError, UsageError
from tintype.lab.models.wrap import SCALES, examine, find_values, parse_values, wrap
from tintype.lab.nets.shuffled import IMAGENET_DEVIATION, IMAGENET_MEAN

LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def tool(path, matrix, bias, size=None, half=False, opset=12, bounds=(-1e4, 1e4)) -> Path:
    """A file of another tool: one 1×1 convolution from RGB, whose answer is bounded."""
    kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    type_ = np.float16 if half else np.float32
    sides = [1, 3, size, size] if size else ["n", 3, "height", "width"]
    values = {
        "w": matrix[:, :, None, None],
        "b": bias,
        "low": np.array(bounds[0]),
        "high": np.array(bounds[1]),
    }
    weights = [numpy_helper.from_array(value.astype(type_), name) for name, value in values.items()]
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["input", "w", "b"], ["wide"]),
            helper.make_node("Clip", ["wide", "low", "high"], ["output"]),
        ],
        "tool",
        [helper.make_tensor_value_info("input", kind, sides)],
        [helper.make_tensor_value_info("output", kind, [sides[0], len(matrix), *sides[2:]])],
        weights,
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), path
    )
    return path


def ab_tool(path: Path, **options) -> Path:
    """a* is 40 times the gray, b* is 20 less the gray times 40."""
    matrix = np.repeat(np.array([[40 / 3], [-40 / 3]], np.float32), 3, 1)
    return tool(path, matrix, np.array([0, 20], np.float32), **options)


def rgb_tool(path: Path, values: str, **options) -> Path:
    """Gives back the gray with more red and less blue: r + 0.1, b - 0.2; in the file's own
    values."""
    shift = np.array([0.1, 0.0, -0.2], np.float32) / SCALES[values][1]
    bounds = {"unit": (0, 1), "byte": (0, 255), "imagenet": (-3, 3)}[values]
    return tool(path, np.eye(3, dtype=np.float32), shift, bounds=bounds, **options)


def lightness(height: int = 64, width: int = 96) -> np.ndarray:
    return np.linspace(3, 97, height * width, dtype=np.float32).reshape(1, 1, height, width)


def gray_of(shown: np.ndarray) -> np.ndarray:
    return lab_to_srgb(
        np.dstack([shown, np.zeros_like(shown), np.zeros_like(shown)]).astype(np.float32)
    )[..., 0]


@pytest.mark.parametrize("options", [{}, {"opset": 18}, {"half": True}])
def test_ab_of_gray_rgb_comes_through(tmp_path, options):
    system = wrap(
        ab_tool(tmp_path / "tool.onnx", **options),
        tmp_path / "net.onnx",
        NetworkMetadata(license="MIT"),
    )
    network = Network.load(tmp_path / "net.onnx", "cpu")
    assert (system, network.metadata.system, network.metadata.license) == (
        "ddcolor",
        "ddcolor",
        "MIT",
    )
    assert (network.size, network.metadata.shape) == (512, "square")
    gray = gray_of(lightness()[0, 0])
    ab = network.predict(lightness()).ab[0]
    assert np.abs(ab[0] - 40 * gray).max() < (0.2 if "half" in options else 0.02)
    assert np.abs(ab[1] - (20 - 40 * gray)).max() < (0.2 if "half" in options else 0.02)


@pytest.mark.parametrize("values", list(SCALES))
@pytest.mark.parametrize("half", [False, True])
def test_the_chroma_of_rgb_goes_on_the_pictures_own_luma(tmp_path, values, half):
    file = rgb_tool(tmp_path / "tool.onnx", values, half=half)
    assert find_values(file, examine(file)) == values
    assert wrap(file, tmp_path / "net.onnx", NetworkMetadata()) == "deoldify"
    gray = gray_of(lightness()[0, 0])
    answer = np.clip(gray[..., None] + np.array([0.1, 0, -0.2]), 0, 1)
    wanted = np.clip(answer + (gray - answer @ LUMA)[..., None], 0, 1).astype(np.float32)
    ab = Network.load(tmp_path / "net.onnx", "cpu").predict(lightness()).ab[0].transpose(1, 2, 0)
    assert np.abs(ab - srgb_to_lab(wanted)[..., 1:]).max() < (1.5 if half else 0.1)


@pytest.mark.parametrize(
    "make", [ab_tool, lambda path, **options: rgb_tool(path, "byte", **options)]
)
def test_a_file_of_one_size_sees_every_picture_at_it(tmp_path, make):
    whole, fixed = make(tmp_path / "whole.onnx"), make(tmp_path / "fixed.onnx", size=128)
    for file in (whole, fixed):
        wrap(file, tmp_path / f"net-{file.name}", NetworkMetadata())
    network = Network.load(tmp_path / "net-fixed.onnx", "cpu")
    assert network.size == 128
    smooth = np.broadcast_to(np.linspace(20, 80, 96, dtype=np.float32), (1, 1, 64, 96))
    ab = network.predict(smooth).ab
    assert ab.shape == (1, 2, 64, 96)
    assert (
        np.abs(ab - Network.load(tmp_path / "net-whole.onnx", "cpu").predict(smooth).ab).mean()
        < 0.5
    )


def test_what_is_no_such_file_is_told(tmp_path):
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(ModelError, match="not an ONNX file, or a damaged one"):
        examine(tmp_path / "text.onnx")
    cut = ab_tool(tmp_path / "tool.onnx").read_bytes()[:-40]
    (tmp_path / "cut.onnx").write_bytes(cut)
    with pytest.raises(ModelError, match="ONNX"):
        examine(tmp_path / "cut.onnx")
    four = tool(tmp_path / "four.onnx", np.ones((4, 3), np.float32), np.zeros(4, np.float32))
    with pytest.raises(ModelError, match="not with ab or RGB"):
        examine(four)
    far = tool(tmp_path / "far.onnx", np.zeros((3, 3), np.float32), np.full(3, 700, np.float32))
    with pytest.raises(ModelError, match="--values"):
        wrap(far, tmp_path / "net.onnx", NetworkMetadata())
    with pytest.raises(UsageError, match="byte, imagenet, unit"):
        parse_values("float")


def test_a_network_of_the_contract_is_not_taken_for_one_of_another_tool(warm_network):
    with pytest.raises(ModelError, match="not RGB pictures"):
        examine(warm_network)


def test_the_scales_are_those_of_the_field():
    assert {name: scale[0].tolist() for name, (_, scale) in SCALES.items()} == pytest.approx(
        {"byte": 1 / 255, "imagenet": IMAGENET_DEVIATION[0], "unit": 1.0}
    )
    offset, scale = SCALES["imagenet"]
    assert offset.tolist() == pytest.approx(IMAGENET_MEAN)
    assert scale.tolist() == pytest.approx(IMAGENET_DEVIATION)
    assert not SCALES["byte"][0].any() and not SCALES["unit"][0].any()
