"""A network under the contract in, the whole automatic coloring as one ONNX file out: RGB to RGB,
for hosts that have ONNX Runtime and nothing of Tintype."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
import onnx.version_converter
from onnx import TensorProto, helper, numpy_helper

from tintype import __version__
from tintype.color.lab import EPSILON, FROM_RELATIVE_XYZ, KAPPA, LUMINANCE
from tintype.contract import PALETTE_SIZE, STRIDE
from tintype.engine.core import predict, prepare, sizes, tone, upsample
from tintype.engine.core.header import Header
from tintype.errors import ModelError
from tintype.files import whole_path

Layout = Literal["nchw", "nhwc"]
Values = Literal["unit", "byte"]
INPUT, OUTPUT = "rgb", "colored"
OPSET = 18
IR_VERSION = 8
"""The file format of opset 18, which ONNX Runtime reads from 1.14 on."""
CUBIC = -0.75
"""The coefficient of OpenCV's cubic interpolation."""
SMOOTHER_PASSES = ((1.0, 7), (0.25, 6), (0.0625, 5))
"""Of the edge-aware smoother: factor of its weight, and the steps of cyclic reduction that solve
it."""
CLEANED = 2
"""Edges are cleaned at this many times the size of the network's ab, and no larger than L*."""
DESCRIPTION = (
    "Colors black-and-white photographs. The colors are computed by a neural network: they are"
    " plausible, not documented."
)


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


def export_rgb(
    network: Path, target: Path, layout: Layout = "nchw", values: Values = "unit"
) -> None:
    """Write the whole automatic coloring with a network as one ONNX file.

    network: an ONNX file under the contract. layout: of input and output, N×3×H×W or N×H×W×3.
    values: "unit" for float32 0..1, "byte" for uint8. Raises ModelError if the network cannot be
    read or the file cannot be written.
    """
    header = Header.read(network)
    source = load(network)
    graph = Graph()
    color(graph, source, header, layout, values)
    kind = TensorProto.FLOAT if values == "unit" else TensorProto.UINT8
    sides = ("batch", 3, "height", "width") if layout == "nchw" else ("batch", "height", "width", 3)
    ends = [helper.make_tensor_value_info(name, kind, sides) for name in (INPUT, OUTPUT)]
    constants = [*source.graph.initializer, *graph.constants.values()]
    nodes = needed(graph.nodes, OUTPUT)
    used = {name for node in nodes for name in node.input}
    model = helper.make_model(
        helper.make_graph(
            nodes, "tintype", ends[:1], ends[1:], [c for c in constants if c.name in used]
        ),
        opset_imports=source.opset_import,
        ir_version=IR_VERSION,
        producer_name="tintype",
        producer_version=__version__,
    )
    helper.set_model_props(model, properties(header, layout, values))
    with whole_path(target, ModelError) as beside:
        onnx.save(model, str(beside))


def load(network: Path) -> Any:
    """An ONNX file in the operators of `OPSET` or newer. Raises ModelError if it cannot be."""
    source = onnx.load(str(network))
    opset = max(entry.version for entry in source.opset_import if entry.domain in ("", "ai.onnx"))
    if opset >= OPSET:
        return source
    try:
        return onnx.version_converter.convert_version(source, OPSET)
    except (RuntimeError, onnx.version_converter.ConvertError) as error:
        raise ModelError(f"{network} cannot be brought to opset {OPSET}: {error}") from error


def properties(header: Header, layout: Layout, values: Values) -> dict[str, str]:
    """What the file says of itself to a host."""
    metadata = header.metadata
    return {
        "tintype_rgb": "1",
        "description": DESCRIPTION,
        "system": metadata.system,
        "network": metadata.name or "default",
        "size": ", ".join(map(str, header.sizes)),
        "layout": layout,
        "values": values,
        "license": metadata.license,
        "data": metadata.data,
        "version": __version__,
    }


def needed(nodes: Sequence[Any], output: str) -> list[Any]:
    """The nodes that an output depends on, in their order."""
    wanted, kept = {output}, []
    for node in reversed(nodes):
        if wanted & set(node.output):
            wanted |= set(node.input)
            kept.append(node)
    return kept[::-1]


def color(g: Graph, source: Any, header: Header, layout: Layout, values: Values) -> None:
    """Add the way of a photograph from `INPUT` to `OUTPUT`."""
    rgb = GraphValue(g, INPUT)
    if layout == "nhwc":
        rgb = g.Transpose(rgb, perm=[0, 3, 1, 2])
    if values == "byte":
        rgb = rgb.to_float() * (1 / 255)
    luminance = luminance_of(g, rgb)
    root = bent(g, luminance, EPSILON, KAPPA / 116, lambda y: power(g, y, 1 / 3))
    lightness = root * 116.0 - 16.0
    height, width = g.length(lightness, 2), g.length(lightness, 3)
    factor = g.Max(g.Round(g.Sqrt(height * width / float(prepare.GUIDED_PIXELS))), 1.0)
    guide = shrunk(g, lightness, height, width, factor)
    ab = network_ab(g, source, header, guide)
    ab = raised(g, ab, guide)
    rows, columns = (g.length(guide, axis) * factor for axis in (2, 3))
    large = g.Resize(
        ab,
        None,
        None,
        g.Concat(g.Slice(g.Shape(ab), [0], [2]), g.joined(rows, columns), axis=0),
        mode="linear",
    )
    large = g.Slice(large, [0, 0], g.joined(height, width), [2, 3])
    out = rendered(g, luminance, root, large)
    if values == "byte":
        out = g.Cast(g.Round(out * 255.0), to=TensorProto.UINT8)
    if layout == "nhwc":
        out = g.Transpose(out, perm=[0, 2, 3, 1])
    g.nodes.append(helper.make_node("Identity", [out.name], [OUTPUT]))


def power(g: Graph, base: GraphValue, exponent: float) -> GraphValue:
    """base ** exponent for what is positive; several times as fast as Pow."""
    return g.Exp(g.Log(base) * exponent)


def bent(
    g: Graph, x: GraphValue, knee: float, slope: float, curve: Callable[[GraphValue], GraphValue]
) -> GraphValue:
    """The curve above the knee, below it the line of this slope that meets it there. A sum of both,
    since Where takes several times as long."""
    return g.Min(x - knee, 0.0) * slope + curve(g.Max(x, knee))


def luminance_of(g: Graph, rgb: GraphValue) -> GraphValue:
    """Relative luminance of sRGB, N×1×H×W, 0..1."""
    linear = bent(
        g, rgb, 0.04045, 1 / 12.92, lambda x: power(g, x * (1 / 1.055) + 0.055 / 1.055, 2.4)
    )
    return g.Clip(mixed(g, LUMINANCE[None], linear), 0.0, 1.0)


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


@dataclass(frozen=True)
class NetworkView:
    """The picture as the network sees it once: L* without padding and with it, and the size
    (height, width) of both, float scalars."""

    shown: GraphValue
    padded: GraphValue
    size: tuple[GraphValue, GraphValue]
    full: tuple[GraphValue, GraphValue]


def view_of(g: Graph, guide: GraphValue, size: int, square: bool) -> NetworkView:
    """L* at a working size, mirrored up to multiples of STRIDE."""
    lengths = g.length(guide, 2), g.length(guide, 3)
    scale = float(size) / g.Sqrt(lengths[0] * lengths[1])
    sides, full, matrices = [], [], []
    for length in lengths:
        side = (
            g.value(float(size))
            if square
            else g.bounded(g.Round(length * scale), 1.0, float(sizes.MAX_VIEW_ASPECT * size))
        )
        whole = g.Ceil(side / float(STRIDE)) * float(STRIDE)
        i = g.count(whole)
        mirrored = g.Max(g.Min(i, side * 2.0 - 1.0 - i), 0.0)
        matrices.append(resampling(g, length, side, mirrored))
        sides.append(side)
        full.append(whole)
    padded = matrices[0] @ guide @ g.Transpose(matrices[1], perm=[1, 0])
    shown = g.Slice(padded, [0, 0], g.joined(*sides), [2, 3])
    return NetworkView(shown, padded, (sides[0], sides[1]), (full[0], full[1]))


def percentiles(g: Graph, shown: GraphValue) -> tuple[GraphValue, GraphValue]:
    """The 1st and 99th percentile of L*, N×1×1×1."""
    flat = g.Flatten(shown)
    last = g.length(flat, 1) - 1.0
    found = []
    for largest, percent in zip((0, 1), tone.PERCENTILES, strict=True):
        place = last * (percent / 100 if not largest else 1 - percent / 100)
        below = g.Floor(place)
        k = g.Min(below + 2.0, last + 1.0)
        few = g.TopK(flat, g.joined(k), largest=largest, axis=1)
        low, high = (
            g.Gather(few, g.Min(at, k - 1.0).to_int(), axis=1) for at in (below, below + 1.0)
        )
        value = low + (high - low) * (place - below)
        found.append(g.Reshape(value, [-1, 1, 1, 1]))
    return found[0], found[1]


def stretched(g: Graph, padded: GraphValue, low: GraphValue, high: GraphValue) -> GraphValue:
    """L* of a faded photograph stretched as `tone.stretch_tone` does it."""
    reach = high - low
    share = g.Clip(
        (tone.MIN_FULL_RANGE - reach) / (tone.MIN_FULL_RANGE - tone.MAX_FADED_RANGE), 0.0, 1.0
    )
    middle, half = (low + high) / 2.0, g.Max(reach, tone.MIN_STRETCH_RANGE) / 2.0
    target = g.Where(g.Less(reach, tone.MIN_STRETCH_RANGE), middle, 50.0)
    wide = g.Clip((padded - middle) * (50.0 / half) + target, 0.0, 100.0)
    return padded + share * (wide - padded)


def visible(g: Graph, shown: GraphValue, low: GraphValue, high: GraphValue) -> GraphValue:
    """How much there is to color, N×1×1×1, 0..1, as `tone.visible_share` tells it."""
    spread = g.Clip(
        (high - low - tone.MAX_BLANK_RANGE) / (tone.MIN_VISIBLE_RANGE - tone.MAX_BLANK_RANGE),
        0.0,
        1.0,
    )
    place = (shown - low) / g.Max(high - low, 1e-3) * float(tone.TONE_BINS)
    cell = g.Flatten(g.Clip(g.Floor(place), 0.0, float(tone.TONE_BINS - 1)))
    marks = g.OneHot(cell.to_int(), np.int64(tone.TONE_BINS), np.array([0, 1], np.float32))
    counts = g.ReduceSum(marks, [1], keepdims=0)
    most = g.Equal(g.count(g.value(float(tone.TONE_BINS))), g.ArgMax(counts, axis=1).to_float())
    counts = g.Where(most, 0.0, counts)
    shares = counts / g.Max(g.ReduceSum(counts, [1]), 1.0)
    entropy = g.ReduceSum(shares * g.Log(g.Max(shares, 1e-12)), [1]) * float(-1 / np.log(2))
    many = (entropy - tone.FLAT_TONES_BITS) / (tone.SHADED_TONES_BITS - tone.FLAT_TONES_BITS)
    return spread * g.Reshape(g.Clip(many, 0.0, 1.0), [-1, 1, 1, 1])


def network_ab(g: Graph, source: Any, header: Header, guide: GraphValue) -> GraphValue:
    """ab of the network's looks at the picture, joined as `predict.predict` joins them: N×2×h×w."""
    square = header.metadata.shape == "square"
    ab, strength = None, None
    for turn, size in enumerate(header.sizes):
        view = view_of(g, guide, size, square)
        low, high = percentiles(g, view.shown)
        if strength is None:
            strength = visible(g, view.shown, low, high) * header.metadata.vividness
        outputs = answer(g, source, header, stretched(g, view.padded, low, high), f"look{turn}")
        closer = cropped(g, outputs["ab"], view)
        if ab is None:
            ab = closer
        elif "saliency" in outputs:
            own = resized(g, cropped(g, outputs["saliency"], view), closer)
            ab = closer - (1.0 - own) * broad(g, closer - resized(g, ab, closer))
    assert ab is not None and strength is not None
    smaller = [g.Min(g.length(ab, axis), g.length(guide, axis)) for axis in (2, 3)]
    down, across = (
        resampling(g, g.length(ab, axis), side) for axis, side in zip((2, 3), smaller, strict=True)
    )
    return down @ ab @ g.Transpose(across, perm=[1, 0]) * strength


def answer(
    g: Graph, source: Any, header: Header, padded: GraphValue, prefix: str
) -> dict[str, GraphValue]:
    """Add the network, its wishes left empty. The weights of several copies are the same."""
    weights = {tensor.name for tensor in source.graph.initializer}
    n, height, width = (g.length(padded, axis) for axis in (0, 2, 3))
    empty = {
        "hint": lambda: g.Expand(0.0, g.joined(n, 3, height, width)),
        "region": lambda: g.Expand(1.0, g.joined(n, 1, height, width)),
        "palette": lambda: g.Expand(0.0, g.joined(n, PALETTE_SIZE)),
    }
    names = {"": "", "lightness": padded.name}
    names |= {name: make().name for name, make in empty.items() if name in header.inputs}

    def named(name: str) -> str:
        return name if name in weights else names.setdefault(name, f"{prefix}_{name}")

    for node in source.graph.node:
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copy.name = ""
        copy.input[:] = [named(name) for name in node.input]
        copy.output[:] = [named(name) for name in node.output]
        g.nodes.append(copy)
    return {entry.name: GraphValue(g, names[entry.name]) for entry in source.graph.output}


def cropped(g: Graph, output: GraphValue, view: NetworkView) -> GraphValue:
    """What is picture of an output for the padded picture."""
    ends = [
        g.Max(g.Round(g.length(output, axis) * side / whole), 1.0)
        for axis, side, whole in zip((2, 3), view.size, view.full, strict=True)
    ]
    return g.Slice(output, [0, 0], g.joined(*ends), [2, 3])


def broad(g: Graph, ab: GraphValue) -> GraphValue:
    """Gaussian blur of the standard deviation `predict.BROAD_SIGMA`, mirrored at the edges."""
    height, width = g.length(ab, 2), g.length(ab, 3)
    sigma = g.Sqrt(height * width) * predict.BROAD_SIGMA
    matrices = []
    for length in (height, width):
        i, j = g.column(g.count(length)), g.count(length)
        period = length * 2.0 - 2.0
        kernel = sum_of(
            g.Exp((d * d) * (-0.5) / (sigma * sigma)) for d in (i - j, i + j, i + j - period)
        )
        inside = g.Greater(j, 0.0), g.Less(j, length - 1.0)
        first = g.Exp((i - j) * (i - j) * (-0.5) / (sigma * sigma))
        kernel = g.Where(g.And(*inside), kernel, first)
        matrices.append(kernel / g.ReduceSum(kernel, [1]))
    return matrices[0] @ ab @ g.Transpose(matrices[1], perm=[1, 0])


def sum_of(values: Any) -> GraphValue:
    """The sum of values."""
    first, *rest = values
    for value in rest:
        first = first + value
    return first  # type: ignore[no-any-return]


def raised(g: Graph, ab: GraphValue, guide: GraphValue) -> GraphValue:
    """ab at the size of L*: its edges cleaned at `CLEANED` times its own size, then enlarged."""
    sides = [g.Min(g.length(ab, axis) * float(CLEANED), g.length(guide, axis)) for axis in (2, 3)]
    down, across = (
        resampling(g, g.length(guide, axis), side) for axis, side in zip((2, 3), sides, strict=True)
    )
    lightness = down @ guide @ g.Transpose(across, perm=[1, 0])
    clean = cleaned(g, upsampled(g, ab, lightness, True), ab, lightness)
    return upsampled(g, clean, guide, False)


def mean3(g: Graph, picture: GraphValue) -> GraphValue:
    """Means of 3×3 pixels, mirrored at the edges."""
    wide = g.Pad(picture, [0, 0, 1, 1, 0, 0, 1, 1], None, mode="reflect")
    return g.AveragePool(wide, kernel_shape=[3, 3])


def most3(g: Graph, picture: GraphValue) -> GraphValue:
    """The largest of 3×3 pixels."""
    return g.MaxPool(picture, kernel_shape=[3, 3], pads=[1, 1, 1, 1])


def upsampled(g: Graph, ab: GraphValue, lightness: GraphValue, smooth: bool) -> GraphValue:
    """`upsample.upsample_ab`. smooth: bicubic, else bilinear."""
    low = resized(g, lightness, ab)
    mean, mean_ab = mean3(g, low), mean3(g, ab)
    variance = mean3(g, low * low) - mean * mean
    slope = (mean3(g, ab * low) - mean_ab * mean) / (variance + upsample.TEXTURE_LIGHTNESS**2)
    enlarge = enlarged if smooth else grown
    detail = lightness - enlarge(g, low, lightness)
    large = enlarge(g, ab, lightness) + grown(g, slope, lightness) * detail
    least, most = -most3(g, -ab), most3(g, ab)
    return g.Min(g.Max(large, grown(g, least, lightness)), grown(g, most, lightness))


def cleaned(g: Graph, ab: GraphValue, small: GraphValue, lightness: GraphValue) -> GraphValue:
    """`upsample.clean_edges`."""
    slope = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32) / 8
    sobel = np.zeros((4, 1, 3, 3), np.float32)
    sobel[0::2, 0], sobel[1::2, 0] = slope, slope.T
    wide = g.Pad(small, [0, 0, 1, 1, 0, 0, 1, 1], None, mode="reflect")
    changes = g.Conv(wide, sobel, group=2)
    pixels = g.length(small, 2) * g.length(small, 3)
    fast = g.ReduceSum(changes * changes, [1]) * pixels
    believed = grown(g, 1.0 / (fast * (1 / upsample.HALF_TRUST_GRADIENT**2) + 1.0), lightness)
    planes = smoothed(g, g.Concat(ab * believed, believed, axis=1), lightness)
    total = g.Slice(planes, [2], [3], [1])
    return g.Slice(planes, [0], [2], [1]) / g.Max(total, 1e-6)


def smoothed(g: Graph, planes: GraphValue, lightness: GraphValue) -> GraphValue:
    """`upsample.edge_smoother` of planes N×C×H×W: three times along the rows and the columns, each
    a tridiagonal system (Min et al. 2014), solved by cyclic reduction (Hockney 1965)."""
    guide = g.Floor(g.Clip(lightness * 2.55, 0.0, 255.0))
    reach = g.length(guide, 2) * g.length(guide, 3) * upsample.SMOOTHER_WEIGHT
    links = {}
    for axis in (3, 2):
        end = g.Slice(guide, [1], [np.iinfo(np.int32).max], [axis])
        step = g.Abs(end - g.Slice(guide, [0], [-1], [axis]))
        links[axis] = shifted(g, g.Exp(step * (-1 / upsample.EDGE_STEP)), axis, 1, keep=True)
    for factor, steps in SMOOTHER_PASSES:
        for axis in (3, 2):
            planes = solved(g, links[axis] * -(reach * factor), planes, axis, steps)
    return planes


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


def solved(g: Graph, before: GraphValue, planes: GraphValue, axis: int, steps: int) -> GraphValue:
    """x with before·x[i-1] + (1 - before - after)·x[i] + after·x[i+1] = planes[i] along an axis;
    after is `before` of the next place."""
    after = shifted(g, before, axis, -1)
    middle = 1.0 - before - after
    for power_ in range(steps):
        step = 2**power_
        inverse = 1.0 / middle
        down = before * shifted(g, inverse, axis, step)
        up = after * shifted(g, inverse, axis, -step)
        middle = (
            middle - down * shifted(g, after, axis, step) - up * shifted(g, before, axis, -step)
        )
        planes = (
            planes - down * shifted(g, planes, axis, step) - up * shifted(g, planes, axis, -step)
        )
        before, after = (
            -(down * shifted(g, before, axis, step)),
            -(up * shifted(g, after, axis, -step)),
        )
    return planes / middle


def rendered(g: Graph, luminance: GraphValue, root: GraphValue, ab: GraphValue) -> GraphValue:
    """sRGB of a luminance, its compressed form in CIELAB and ab. Colors outside of sRGB are mixed
    with the gray of their own luminance until they fit."""
    knee = 6 / 29
    moved = ab * np.array([1 / 500, -1 / 200], np.float32).reshape(1, 2, 1, 1) + root
    high = g.Max(moved, knee)
    xz = high * high * high + (g.Min(moved, knee) - knee) * (116 / KAPPA)
    beyond = mixed(g, FROM_RELATIVE_XYZ[:, [0, 2]], xz - luminance)
    channels = [g.Slice(beyond, [c], [c + 1], [1]) for c in range(3)]
    most, least = g.Max(*channels, 1e-6), g.Min(*channels, -1e-6)
    share = g.Min((1.0 - luminance) / most, luminance / -least, 1.0)
    linear = beyond * share + luminance
    srgb = bent(g, linear, 0.0031308, 12.92, lambda y: power(g, y, 1 / 2.4) * 1.055 - 0.055)
    return g.Clip(srgb, 0.0, 1.0)
