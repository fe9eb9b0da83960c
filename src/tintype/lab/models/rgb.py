"""A network under the contract in, the whole automatic coloring as one ONNX file out: RGB to RGB,
for hosts that have ONNX Runtime and nothing of Tintype."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import onnx
import onnx.version_converter
from onnx import TensorProto, helper

from tintype import __version__
from tintype.color.lab import EPSILON, KAPPA
from tintype.contract import PALETTE_SIZE
from tintype.engine.core import prepare
from tintype.engine.core.header import Header
from tintype.errors import ModelError
from tintype.files import whole_path
from tintype.lab.models.graph import Graph, GraphValue, bent, power, resampling, resized, shrunk
from tintype.lab.models.rgb_steps import (
    broad,
    cropped,
    luminance_of,
    percentiles,
    raised,
    rendered,
    stretched,
    view_of,
    visible,
)
from tintype.lab.models.wrap import opset_of

Layout = Literal["nchw", "nhwc"]
Values = Literal["unit", "byte"]
INPUT, OUTPUT = "rgb", "colored"
OPSET = 18
IR_VERSION = 8
"""The file format of opset 18, which ONNX Runtime reads from 1.14 on."""
DESCRIPTION = (
    "Colors black-and-white photographs. The colors are computed by a neural network: they are"
    " plausible, not documented."
)


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
    if opset_of(source) >= OPSET:
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
    """Add the steps from `INPUT` to `OUTPUT`."""
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


def network_ab(g: Graph, source: Any, header: Header, guide: GraphValue) -> GraphValue:
    """ab of the views that the network gets, joined as `predict.predict` joins them: N×2×h×w."""
    square = header.metadata.shape == "square"
    ab, strength = None, None
    for turn, size in enumerate(header.sizes):
        view = view_of(g, guide, size, square)
        low, high = percentiles(g, view.shown)
        if strength is None:
            strength = visible(g, view.shown, low, high) * header.metadata.vividness
        outputs = answer(g, source, header, stretched(g, view.padded, low, high), f"view{turn}")
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
    """Add the network, its other inputs neutral. The weights of several copies are the same."""
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
