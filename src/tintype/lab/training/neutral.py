"""Neutral values of a network's inputs, stored in its ONNX file, so that `lightness` alone runs."""

import numpy as np
import onnx
from onnx import helper, numpy_helper

from tintype.arrays import Array
from tintype.contract import PALETTE_SIZE

NEUTRAL: dict[str, Array] = {
    "hint": np.zeros((1, 3, 1, 1), np.float32),
    "region": np.ones((1, 1, 1, 1), np.float32),
    "palette": np.zeros((1, PALETTE_SIZE), np.float32),
}
"""Broadcast to the batch and the size of `lightness`."""


def store_neutral_inputs(model: onnx.ModelProto) -> None:
    """Give the inputs except `lightness` neutral values where they have none: an initializer of an
    input's name is its value where nothing is fed (ONNX IR, "Graphs")."""
    graph = model.graph
    stored = {tensor.name for tensor in graph.initializer}
    names = [each.name for each in graph.input if each.name in NEUTRAL.keys() - stored]
    if not names:
        return
    for node in graph.node:
        node.input[:] = [f"{name}.whole" if name in names else name for name in node.input]
    nodes = [
        helper.make_node("Shape", ["lightness"], ["picture_shape"]),
        helper.make_node("Shape", ["lightness"], ["batch"], start=0, end=1),
        helper.make_node("Concat", ["batch", "one"], ["palette_shape"], axis=0),
    ]
    for name in names:
        shape = "palette_shape" if name == "palette" else "picture_shape"
        nodes.append(helper.make_node("Expand", [name, shape], [f"{name}.whole"]))
    nodes += graph.node
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.append(numpy_helper.from_array(np.array([1], np.int64), "one"))
    graph.initializer.extend(numpy_helper.from_array(NEUTRAL[name], name) for name in names)
