"""The steps of an exported graph give what their twins in the engine give."""

import cv2
import numpy as np
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper
from skimage import data

from tintype.color import srgb_to_lab
from tintype.engine.core import upsample
from tintype.lab.models import graph, rgb_steps
from tintype.lab.models.graph import Graph, GraphValue

SIZE, SMALL = (48, 80), (12, 20)
LAB = srgb_to_lab(data.coffee()[60:156:2, 160:320:2].astype(np.float32) / 255)
LIGHTNESS = np.ascontiguousarray(LAB[..., 0])
AB = cv2.resize(np.ascontiguousarray(LAB[..., 1:]), SMALL[::-1], interpolation=cv2.INTER_AREA)


def planes(array: np.ndarray) -> np.ndarray:
    """H×W or H×W×C as 1×C×H×W."""
    return np.ascontiguousarray(np.atleast_3d(array).transpose(2, 0, 1)[None], np.float32)


def run(build, /, *arrays: np.ndarray, **options) -> np.ndarray:
    """What a step of the graph makes of arrays, H×W×C."""
    g = Graph()
    names = [f"given_{i}" for i in range(len(arrays))]
    result = build(g, *(GraphValue(g, name) for name in names), **options)
    any_size = [None] * 4
    model = helper.make_model(
        helper.make_graph(
            g.nodes,
            "step",
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, any_size) for name in names],
            [helper.make_tensor_value_info(result.name, TensorProto.FLOAT, any_size)],
            list(g.constants.values()),
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=9,
    )
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (made,) = session.run(None, dict(zip(names, map(planes, arrays), strict=True)))
    return made[0].transpose(1, 2, 0)


def test_ab_is_enlarged_as_the_engine_does_it():
    made = run(rgb_steps.upsampled, AB, LIGHTNESS, smooth=True)
    assert np.abs(made - upsample.upsample_ab(AB, LIGHTNESS)).max() < 0.05


def test_edges_are_cleaned_as_the_engine_does_it():
    large = upsample.upsample_ab(AB, LIGHTNESS)
    expected = upsample.clean_edges(large, AB, LIGHTNESS)
    assert np.abs(expected - large).max() > 2, "there is something to clean"
    made = run(rgb_steps.cleaned, large, AB, LIGHTNESS)
    assert np.abs(made - expected).mean() < 0.05 and np.abs(made - expected).max() < 0.5


def test_planes_are_smoothed_as_the_engine_does_it():
    smoother = upsample.edge_smoother(LIGHTNESS, upsample.SMOOTHER_WEIGHT, upsample.EDGE_STEP)
    plane = np.ascontiguousarray(LAB[..., 2])
    made = run(rgb_steps.smoothed, plane, LIGHTNESS)[..., 0]
    assert np.abs(made - smoother.filter(plane)).max() < 0.05


@pytest.mark.parametrize(("axis", "step"), [(2, 3), (2, -5), (3, 2), (3, -4)])
def test_a_picture_is_moved_and_zeros_come_in(axis, step):
    moved = np.roll(LIGHTNESS, step, axis - 2)
    begin, end = (0, step) if step > 0 else (step, None)
    moved[(slice(begin, end), slice(None)) if axis == 2 else (slice(None), slice(begin, end))] = 0
    made = run(graph.shifted, LIGHTNESS, axis=axis, step=step)[..., 0]
    assert np.array_equal(made, moved)


@pytest.mark.parametrize("size", [(30, 50), (48, 50), (70, 96)])
def test_a_picture_takes_the_size_of_another(size):
    like = np.zeros(size, np.float32)
    made = run(graph.resized, LIGHTNESS, like)[..., 0]
    across, down = (
        cv2.INTER_AREA if a < b else cv2.INTER_LINEAR
        for a, b in zip(size[::-1], SIZE[::-1], strict=True)
    )
    expected = cv2.resize(LIGHTNESS, (size[1], SIZE[0]), interpolation=across)
    expected = cv2.resize(expected, size[::-1], interpolation=down)
    assert np.abs(made - expected).max() < 0.05
