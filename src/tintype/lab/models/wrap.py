"""A public ONNX file of DDColor or DeOldify (RGB in, ab or RGB out) in, the same network under
Tintype's contract out; no PyTorch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnxruntime as ort

from tintype.arrays import Array
from tintype.color.lab import FROM_RELATIVE_XYZ, KAPPA
from tintype.contract import NetworkMetadata
from tintype.errors import ModelError, UsageError, how_to_install
from tintype.lab.models.catalog import SIGHTS

Values = Literal["unit", "byte", "imagenet"]
SCALES: dict[Values, tuple[Array, Array]] = {
    "byte": (np.zeros(3, np.float32), np.full(3, 1 / 255, np.float32)),
    "imagenet": (
        np.array([0.485, 0.456, 0.406], np.float32),
        np.array([0.229, 0.224, 0.225], np.float32),
    ),
    "unit": (np.zeros(3, np.float32), np.ones(3, np.float32)),
}
"""How files hold RGB, the widest range first: shown = (rgb - offset) / scale."""
PROBE_SIDE = 256
MAX_LUMA_DIFFERENCE = 0.12
"""Mean difference of luma, of 1, between what is shown and a colored answer to it."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
MIN_OPSET = 11
DEFAULT_SIZES = {
    "ddcolor": SIGHTS["ddcolor-large"].size,
    "deoldify": SIGHTS["deoldify-stable"].size,
}
"""Of files that take any size."""
MAX_AB = 300.0

BEFORE = """
tintype_before (float[n,1,h,w] lightness) => (float[n,3,h,w] tintype_shown) <
  float tintype_16 = {16}, float tintype_116 = {116}, float tintype_knee = {0.20689655},
  float tintype_kappa = {KAPPA},
  float tintype_3 = {3}, float tintype_dark = {0.0031308}, float tintype_12 = {12.92},
  float tintype_1055 = {1.055},
  float tintype_055 = {0.055}, float tintype_power = {0.41666667},
  float tintype_tiny = {1e-4}, float tintype_0 = {0},
  float tintype_1 = {1}
> {
  tintype_l16 = Add (lightness, tintype_16)
  tintype_f = Div (tintype_l16, tintype_116)
  tintype_cube = Pow (tintype_f, tintype_3)
  tintype_line = Div (lightness, tintype_kappa)
  tintype_is_high = Greater (tintype_f, tintype_knee)
  tintype_y = Where (tintype_is_high, tintype_cube, tintype_line)
  tintype_linear = Clip (tintype_y, tintype_0, tintype_1)
  tintype_low = Mul (tintype_linear, tintype_12)
  tintype_positive = Max (tintype_linear, tintype_tiny)
  tintype_root = Pow (tintype_positive, tintype_power)
  tintype_stretched = Mul (tintype_root, tintype_1055)
  tintype_high = Sub (tintype_stretched, tintype_055)
  tintype_is_light = Greater (tintype_linear, tintype_dark)
  tintype_gray = Where (tintype_is_light, tintype_high, tintype_low)
  tintype_shown = Concat <axis=1> (tintype_gray, tintype_gray, tintype_gray)
}
"""
AFTER = """
tintype_after (float[n,3,h,w] tintype_rgb, float[n,1,h,w] tintype_gray) => (float[n,2,h,w] ab) <
  float tintype_0 = {0}, float tintype_1 = {1}, float tintype_116 = {116},
  float tintype_kappa = {KAPPA}, float tintype_16 = {16},
  float tintype_12 = {12.92}, float tintype_1055 = {1.055}, float tintype_055 = {0.055},
  float tintype_tiny = {1e-4},
  float tintype_light = {0.04045}, float tintype_gamma = {2.4}, float tintype_third = {0.33333333},
  float tintype_bend = {0.00885645},
  float[1,3,1,1] tintype_luma = {0.299, 0.587, 0.114}, float[3,3,1,1] tintype_xyz = {XYZ},
  float[2,3,1,1] tintype_opponent = {500, -500, 0, 0, 200, -200}
> {
  tintype_own = Conv (tintype_rgb, tintype_luma)
  tintype_shift = Sub (tintype_gray, tintype_own)
  tintype_moved = Add (tintype_rgb, tintype_shift)
  tintype_colored = Clip (tintype_moved, tintype_0, tintype_1)
  tintype_slow = Div (tintype_colored, tintype_12)
  tintype_raised = Add (tintype_colored, tintype_055)
  tintype_scaled = Div (tintype_raised, tintype_1055)
  tintype_fast = Pow (tintype_scaled, tintype_gamma)
  tintype_is_fast = Greater (tintype_colored, tintype_light)
  tintype_lights = Where (tintype_is_fast, tintype_fast, tintype_slow)
  tintype_relative = Conv (tintype_lights, tintype_xyz)
  tintype_some = Max (tintype_relative, tintype_tiny)
  tintype_roots = Pow (tintype_some, tintype_third)
  tintype_times = Mul (tintype_relative, tintype_kappa)
  tintype_plus = Add (tintype_times, tintype_16)
  tintype_straight = Div (tintype_plus, tintype_116)
  tintype_is_bent = Greater (tintype_relative, tintype_bend)
  tintype_fs = Where (tintype_is_bent, tintype_roots, tintype_straight)
  ab = Conv (tintype_fs, tintype_opponent)
}
"""


@dataclass(frozen=True)
class GraphPart:
    """A piece of an ONNX graph."""

    nodes: Sequence[Any]
    constants: Sequence[Any]


@dataclass(frozen=True)
class Foreign:
    """What a public file takes and gives. size: the side it is fixed to, or None. channels: of its
    answer, 2 for ab, 3 for RGB."""

    model: Any
    input: str
    output: str
    half: bool
    batch: int | None
    size: tuple[int, int] | None
    channels: int


def wrap(file: Path, target: Path, metadata: NetworkMetadata, values: Values | None = None) -> str:
    """Write a public ONNX file to `target` as a network that follows the contract.

    metadata: what it says of itself, but for its system, size and shape. values: how the file holds
    RGB; None: find it out by the luma of its answer (a file that answers with ab is taken to see
    0..1).
    Returns the system: "ddcolor" answers with ab, "deoldify" with RGB. Raises ModelError for a file
    that is damaged, or takes or gives anything else; UsageError if onnx is not installed.
    """
    onnx = _onnx()
    foreign = examine(file)
    if values is None:
        values = "unit" if foreign.channels == 2 else find_values(file, foreign)
    graph = foreign.model.graph
    parts = [
        _parsed(onnx, BEFORE),
        _toward(onnx, foreign, values),
        GraphPart(graph.node, graph.initializer),
        _back(onnx, foreign),
    ]
    constants = {tensor.name: tensor for part in parts for tensor in part.constants}
    value, batch = onnx.helper.make_tensor_value_info, foreign.batch or "n"
    lightness, ab = (
        value(name, onnx.TensorProto.FLOAT, [batch, c, "h", "w"])
        for name, c in (("lightness", 1), ("ab", 2))
    )
    nodes = [node for part in parts for node in part.nodes]
    whole = onnx.helper.make_model(
        onnx.helper.make_graph(nodes, "tintype", [lightness], [ab], list(constants.values())),
        opset_imports=foreign.model.opset_import,
        ir_version=foreign.model.ir_version,
        functions=foreign.model.functions,
    )
    system = "ddcolor" if foreign.channels == 2 else "deoldify"
    size = (
        round((foreign.size[0] * foreign.size[1]) ** 0.5) if foreign.size else DEFAULT_SIZES[system]
    )
    described = replace(metadata, system=system, size=size, shape="square")
    onnx.helper.set_model_props(whole, described.properties())
    onnx.save(whole, str(target))
    _try_out(target)
    return system


def parse_values(text: str | None) -> Values | None:
    """The name of one of SCALES. Raises UsageError for another one."""
    for values in SCALES:
        if text == values:
            return values
    if text is not None:
        raise UsageError(f"--values is {', '.join(SCALES)}, not {text!r}")
    return None


def examine(file: Path) -> Foreign:
    """Read a public file. Raises ModelError if it is damaged, or has another form than RGB in, ab
    or RGB out."""
    onnx = _onnx()
    try:
        model = onnx.load(str(file))
    except Exception as error:  # protobuf's errors share no other base
        raise ModelError(f"{file} is not an ONNX file, or a damaged one") from error
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [entry for entry in model.graph.input if entry.name not in constants]
    opset = opset_of(model)
    if len(inputs) != 1 or not model.graph.output or opset < MIN_OPSET:
        raise ModelError(
            f"{file} has {len(inputs)} inputs and opset {opset}; "
            f"a network of this kind has one input and opset {MIN_OPSET} or newer"
        )
    type_ = inputs[0].type.tensor_type
    sides = [dim.dim_value or None for dim in type_.shape.dim]
    kinds = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
    if type_.elem_type not in kinds or len(sides) != 4 or sides[1] not in (3, None):
        raise ModelError(f"{file} takes {sides or 'something else'}, and not RGB pictures N×3×H×W")
    size = (sides[2], sides[3]) if sides[2] and sides[3] else None
    half = type_.elem_type == onnx.TensorProto.FLOAT16
    there = Foreign(model, inputs[0].name, model.graph.output[0].name, half, sides[0], size, 0)
    answer = _run(file, there, _gray_picture(*(size or (PROBE_SIDE, PROBE_SIDE))))
    if answer.ndim != 4 or answer.shape[1] not in (2, 3):
        raise ModelError(
            f"{file} answers with {'×'.join(map(str, answer.shape))}, and not with ab or RGB,"
            " N×2×H×W or N×3×H×W"
        )
    return replace(there, channels=answer.shape[1])


def find_values(file: Path, foreign: Foreign) -> Values:
    """The widest of SCALES under which an RGB answer has the luma of the gray picture that is
    shown.

    A network keeps the luma of all that lies within its own range, and its answers are bounded to
    that. Raises ModelError if none fits.
    """
    gray = _gray_picture(*(foreign.size or (PROBE_SIDE, PROBE_SIDE)))
    for values, (offset, scale) in SCALES.items():
        shown = (gray - offset[:, None, None]) / scale[:, None, None]
        answer = _run(file, foreign, shown)[0] * scale[:, None, None] + offset[:, None, None]
        luma = np.tensordot(LUMA, np.clip(answer, -1, 2), 1)
        own = (
            gray[0]
            if luma.shape == gray.shape[1:]
            else np.full(luma.shape, gray[0].mean(), np.float32)
        )
        if np.abs(luma - own).mean() < MAX_LUMA_DIFFERENCE:
            return values
    raise ModelError(
        f"{file} does not answer with the gray picture in color that it is shown; name the range of"
        " its RGB by --values"
    )


def _gray_picture(height: int, width: int) -> Array:
    """3×H×W float32, 0..1: slopes from black to white, a disk and a stripe."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    gray = 0.7 * x + 0.3 * y
    gray[(x - 0.5) ** 2 + (y - 0.4) ** 2 < 0.05] = 0.95
    gray[np.abs(y - 0.8) < 0.05] = 0.05
    return np.repeat(gray[None], 3, 0)


def _run(file: Path, foreign: Foreign, shown: Array) -> Array:
    return _answer(
        file,
        foreign.input,
        shown[None].astype(np.float16 if foreign.half else np.float32),
        foreign.output,
        str(file),
    )


def _answer(file: Path, name: str, picture: Array, output: str, called: str) -> Array:
    """What a file of one input answers to a picture, 1×C×H×W, or to as many copies as its batch is
    fixed to.

    called: what an error calls the file.
    """
    try:
        session = ort.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        batch = session.get_inputs()[0].shape[0]
        feed = {name: np.repeat(picture, batch if isinstance(batch, int) else 1, 0)}
        return np.asarray(session.run([output], feed)[0], np.float32)
    except Exception as error:  # ONNX Runtime's errors share no other base
        raise ModelError(
            f"ONNX Runtime cannot run {called}: {str(error).splitlines()[0]}"
        ) from error


def _parsed(onnx: Any, text: str) -> GraphPart:
    xyz = ", ".join(f"{value:.9g}" for value in np.linalg.inv(FROM_RELATIVE_XYZ).ravel())
    graph = onnx.parser.parse_graph(text.replace("KAPPA", f"{KAPPA:.9g}").replace("XYZ", xyz))
    return GraphPart(list(graph.node), list(graph.initializer))


def _toward(onnx: Any, foreign: Foreign, values: Values) -> GraphPart:
    """From gray sRGB, 0..1, at the size of L*, to what the file takes."""
    make, tensor = onnx.helper.make_node, onnx.numpy_helper.from_array
    offset, scale = (each.reshape(1, 3, 1, 1) for each in SCALES[values])
    constants = [tensor(offset, "tintype_offset"), tensor(scale, "tintype_scale")]
    nodes, at = [], "tintype_shown"
    if foreign.size:
        constants += [
            tensor(np.array(foreign.size, np.int64), "tintype_fixed"),
            tensor(np.array([0], np.int64), "tintype_at0"),
            tensor(np.array([2], np.int64), "tintype_at2"),
            tensor(np.array([4], np.int64), "tintype_at4"),
            tensor(np.empty(0, np.float32), "tintype_none"),
        ]
        nodes += [make("Shape", ["lightness"], ["tintype_shape"])]
        nodes += [make("Slice", ["tintype_shape", "tintype_at2", "tintype_at4"], ["tintype_size"])]
        nodes += _resize(onnx, at, "tintype_fixed", "tintype_fit")
        at = "tintype_fit"
    nodes += [make("Sub", [at, "tintype_offset"], ["tintype_centered"])]
    nodes += [make("Div", ["tintype_centered", "tintype_scale"], ["tintype_exact"])]
    kind = onnx.TensorProto.FLOAT16 if foreign.half else onnx.TensorProto.FLOAT
    nodes += [make("Cast", ["tintype_exact"], [foreign.input], to=kind)]
    return GraphPart(nodes, constants)


def _back(onnx: Any, foreign: Foreign) -> GraphPart:
    """From what the file answers to ab at the size of L*."""
    make = onnx.helper.make_node
    nodes, at = (
        [make("Cast", [foreign.output], ["tintype_answer"], to=onnx.TensorProto.FLOAT)],
        "tintype_answer",
    )
    if foreign.channels == 3:
        nodes += [make("Mul", [at, "tintype_scale"], ["tintype_unscaled"])]
        nodes += [make("Add", ["tintype_unscaled", "tintype_offset"], ["tintype_wide"])]
        nodes += [make("Clip", ["tintype_wide", "tintype_0", "tintype_1"], ["tintype_narrow"])]
        at = "tintype_narrow"
    last = "ab" if foreign.channels == 2 else "tintype_rgb"
    nodes += (
        _resize(onnx, at, "tintype_size", last)
        if foreign.size
        else [make("Identity", [at], [last])]
    )
    if foreign.channels == 2:
        return GraphPart(nodes, [])
    to_ab = _parsed(onnx, AFTER)
    return GraphPart([*nodes, *to_ab.nodes], to_ab.constants)


def _resize(onnx: Any, picture: str, size: str, result: str) -> list[Any]:
    """Bilinear, to the height and width that `size` names."""
    make, start = onnx.helper.make_node, f"{result}_shape"
    return [
        make("Shape", [picture], [start]),
        make("Slice", [start, "tintype_at0", "tintype_at2"], [f"{result}_batch"]),
        make("Concat", [f"{result}_batch", size], [f"{result}_size"], axis=0),
        make(
            "Resize",
            [picture, "tintype_none", "tintype_none", f"{result}_size"],
            [result],
            mode="linear",
        ),
    ]


def _try_out(file: Path) -> None:
    """Raises ModelError if the wrapped network does not answer with ab to a picture of another size
    than its own."""
    ab = _answer(
        file,
        "lightness",
        np.linspace(0, 100, 96 * 64, dtype=np.float32).reshape(1, 1, 96, 64),
        "ab",
        "the wrapped network",
    )
    if ab.shape[1:] != (2, 96, 64) or not np.isfinite(ab).all() or np.abs(ab).max() > MAX_AB:
        raise ModelError("the network does not answer with a* and b* in CIELAB units")


def opset_of(model: Any) -> int:
    """The version of ONNX's own operators that a model uses; 0 for none."""
    versions = (each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
    return next(versions, 0)


def _onnx() -> Any:
    try:
        import onnx
        import onnx.parser
    except ImportError as error:
        raise UsageError(
            f"wrapping an ONNX file needs the package onnx; {how_to_install('hub')}"
        ) from error
    return onnx
