"""An ONNX graph under construction, and operations on pictures in it: resampling, blurs, shifts."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

CUBIC = -0.75
"""The coefficient of OpenCV's cubic interpolation."""


class GraphValue:
    """A tensor of a graph under construction; arithmetic on it adds nodes."""

    def __init__(self, graph: "Graph", name: str) -> None:
        self.graph, self.name = graph, name

    def __add__(self, other: Any) -> "GraphValue":
        return self.graph.Add(self, other)

    def __sub__(self, other: Any) -> "GraphValue":
        return self.graph.Sub(self, other)

    def __rsub__(self, other: Any) -> "GraphValue":
        return self.graph.Sub(other, self)

    def __mul__(self, other: Any) -> "GraphValue":
        return self.graph.Mul(self, other)

    def __truediv__(self, other: Any) -> "GraphValue":
        return self.graph.Div(self, other)

    def __rtruediv__(self, other: Any) -> "GraphValue":
        return self.graph.Div(other, self)

    def __neg__(self) -> "GraphValue":
        return self.graph.Neg(self)

    def __matmul__(self, other: "GraphValue") -> "GraphValue":
        return self.graph.MatMul(self, other)

    def to_float(self) -> "GraphValue":
        return self.graph.Cast(self, to=TensorProto.FLOAT)

    def to_int(self) -> "GraphValue":
        return self.graph.Cast(self, to=TensorProto.INT64)


class Graph:
    """Nodes and constants. `graph.Op(inputs, attributes)` adds a node of any operator and returns
    its (first) result; numbers become float32 constants, lists and whole-number arrays int64."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def __getattr__(self, op: str) -> Callable[..., GraphValue]:
        def add(*inputs: Any, **attributes: Any) -> GraphValue:
            name = f"{op.lower()}_{len(self.nodes)}"
            names = [self.value(given).name for given in inputs]
            results = [name, f"{name}_places"] if op == "TopK" else [name]
            self.nodes.append(helper.make_node(op, names, results, **attributes))
            return GraphValue(self, name)

        return add

    def value(self, given: Any) -> GraphValue:
        """A tensor of this graph: a value as it is, anything else as a constant; None is an input
        that is left out."""
        if isinstance(given, GraphValue):
            return given
        if given is None:
            return GraphValue(self, "")
        array = np.asarray(given)
        kind = np.int64 if isinstance(given, list) or array.dtype.kind == "i" else np.float32
        array = array.astype(np.float32 if isinstance(given, int) else kind)
        key = f"{array.dtype}{array.shape}{array.tobytes().hex()}"
        name = f"constant_{len(self.constants)}"
        tensor = self.constants.setdefault(key, numpy_helper.from_array(array, name))
        return GraphValue(self, tensor.name)

    def length(self, picture: GraphValue, axis: int) -> GraphValue:
        """The length of an axis, a float scalar."""
        return self.Gather(self.Shape(picture), np.int64(axis)).to_float()

    def count(self, n: GraphValue) -> GraphValue:
        """0, 1, ... n - 1 as floats; n is a float scalar."""
        return self.Range(0.0, n, 1.0)

    def column(self, values: GraphValue) -> GraphValue:
        return self.Unsqueeze(values, [1])

    def joined(self, *numbers: GraphValue | int) -> GraphValue:
        """Scalars as one int64 vector: a shape."""
        vectors = [
            self.value([number])
            if isinstance(number, int)
            else self.Unsqueeze(number.to_int(), [0])
            for number in numbers
        ]
        return self.Concat(*vectors, axis=0)

    def bounded(self, value: GraphValue, low: Any, high: Any) -> GraphValue:
        return self.Min(self.Max(value, low), high)


def power(g: Graph, base: GraphValue, exponent: float) -> GraphValue:
    """base ** exponent for what is positive; several times as fast as Pow."""
    return g.Exp(g.Log(base) * exponent)


def bent(
    g: Graph, x: GraphValue, knee: float, slope: float, curve: Callable[[GraphValue], GraphValue]
) -> GraphValue:
    """The curve above the knee, below it the line of this slope that meets it there. A sum of both,
    since Where takes several times as long."""
    return g.Min(x - knee, 0.0) * slope + curve(g.Max(x, knee))


def mixed(g: Graph, matrix: Any, picture: GraphValue) -> GraphValue:
    """A matrix K×C times the C channels of each pixel. A 1×1 convolution would reorder memory."""
    shape = g.Shape(picture)
    flat = g.Reshape(picture, [0, 0, -1])
    rest = g.Slice(shape, [2], [4])
    size = g.Concat(g.Slice(shape, [0], [1]), [len(matrix)], rest, axis=0)
    return g.Reshape(g.value(np.asarray(matrix, np.float32)) @ flat, size)


def shrunk(
    g: Graph, picture: GraphValue, height: GraphValue, width: GraphValue, factor: GraphValue
) -> GraphValue:
    """Means of factor×factor pixels of N×1×H×W; the last row and column are repeated to fill
    up."""
    rows, columns = g.Ceil(height / factor), g.Ceil(width / factor)
    below, right = rows * factor - height, columns * factor - width
    zeros = g.value([0, 0, 0, 0, 0, 0])
    whole = g.Pad(picture, g.Concat(zeros, g.joined(below, right), axis=0), None, mode="edge")
    across = g.Reshape(whole, g.joined(-1, rows, factor, columns, factor))
    down = g.ReduceMean(g.ReduceMean(across, [4], keepdims=0), [2], keepdims=0)
    return g.Unsqueeze(down, [1])


def resampling(
    g: Graph, before: GraphValue, after: GraphValue, rows: GraphValue | None = None
) -> GraphValue:
    """The matrix after×before that resizes an axis: means where it shrinks, linear where it grows.

    rows: which rows of it, floats; None: all.
    """
    scale = before / after
    i, j = g.column(rows or g.count(after)), g.count(before)
    overlap = g.Min((i + 1.0) * scale, j + 1.0) - g.Max(i * scale, j)
    center = g.bounded((i + 0.5) * scale - 0.5, 0.0, before - 1.0)
    hat = g.Relu(1.0 - g.Abs(center - j))
    return g.Where(g.Greater(scale, 1.0), g.Relu(overlap) / scale, hat)


def resized(g: Graph, picture: GraphValue, like: GraphValue) -> GraphValue:
    """A picture at the height and width of another one."""
    down, across = (resampling(g, g.length(picture, axis), g.length(like, axis)) for axis in (2, 3))
    return down @ picture @ g.Transpose(across, perm=[1, 0])


def grown(g: Graph, picture: GraphValue, like: GraphValue) -> GraphValue:
    """A picture at the height and width of a larger one, bilinear; faster than a product there."""
    size = g.Concat(g.Slice(g.Shape(picture), [0], [2]), g.Slice(g.Shape(like), [2], [4]), axis=0)
    return g.Resize(picture, None, None, size, mode="linear")


def cubic(g: Graph, before: GraphValue, after: GraphValue) -> GraphValue:
    """The matrix after×(before + 4) that enlarges an axis with 2 repeated pixels at both ends."""
    center = (g.column(g.count(after)) + 0.5) * (before / after) - 0.5
    d = g.Abs(center - (g.count(before + 4.0) - 2.0))
    near = (d * (CUBIC + 2) - (CUBIC + 3)) * d * d + 1.0
    far = ((d * CUBIC - 5 * CUBIC) * d + 8 * CUBIC) * d - 4 * CUBIC
    return g.Where(g.Less(d, 1.0), near, g.Where(g.Less(d, 2.0), far, 0.0))


def enlarged(g: Graph, picture: GraphValue, like: GraphValue) -> GraphValue:
    """A picture at the height and width of a larger one, bicubic."""
    down, across = (cubic(g, g.length(picture, axis), g.length(like, axis)) for axis in (2, 3))
    wide = g.Pad(picture, [0, 0, 2, 2, 0, 0, 2, 2], None, mode="edge")
    return down @ wide @ g.Transpose(across, perm=[1, 0])


def sum_of(values: Iterable[GraphValue]) -> GraphValue:
    """The sum of values."""
    first, *rest = values
    for value in rest:
        first = first + value
    return first


def mean3(g: Graph, picture: GraphValue) -> GraphValue:
    """Means of 3×3 pixels, mirrored at the edges."""
    wide = g.Pad(picture, [0, 0, 1, 1, 0, 0, 1, 1], None, mode="reflect")
    return g.AveragePool(wide, kernel_shape=[3, 3])


def most3(g: Graph, picture: GraphValue) -> GraphValue:
    """The largest of 3×3 pixels."""
    return g.MaxPool(picture, kernel_shape=[3, 3], pads=[1, 1, 1, 1])


def shifted(g: Graph, picture: GraphValue, axis: int, step: int, keep: bool = False) -> GraphValue:
    """A picture moved along an axis toward its end (step > 0) or start, zeros moved in; keep: all
    of it, one longer by the zeros."""
    pads = [0] * 8
    pads[axis + (4 if step < 0 else 0)] = abs(step)
    if keep or step > 0:
        wide = g.Pad(picture, pads, 0.0)
        if keep:
            return wide
        return g.Slice(wide, [0], [-step], [axis])
    return g.Slice(g.Pad(picture, pads, 0.0), [-step], [np.iinfo(np.int32).max], [axis])
