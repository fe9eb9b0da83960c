"""An artifact to a faster one: weights and activations in 8 bits, their ranges taken from
photographs."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from tintype.color.bins import palette_vector
from tintype.color.lab import lightness
from tintype.errors import ModelError
from tintype.files import whole_path
from tintype.lab.data.photographs import PhotoStore
from tintype.lab.training.export import halve_weights

SIDE = 256


class Photographs(CalibrationDataReader):  # type: ignore[misc]
    """The store's pictures, as the network sees them without wishes; a third with a grid of
    true-looking hints."""

    def __init__(self, store: PhotoStore, inputs: set[str], count: int) -> None:
        self.feeds: Iterator[dict[str, np.ndarray]] = (
            self.feed(store, i, inputs) for i in range(min(count, len(store)))
        )

    def feed(self, store: PhotoStore, index: int, inputs: set[str]) -> dict[str, np.ndarray]:
        picture = (
            cv2.resize(store.picture(index), (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(
                np.float32
            )
            / 255
        )
        hint = np.zeros((1, 3, SIDE, SIDE), np.float32)
        if index % 3 == 0:
            hint[:, :, 20::60, 20::60] = np.array(
                [30.0, -30.0 if index % 2 else 40.0, 1.0], np.float32
            )[:, None, None]
        made = {
            "lightness": lightness(picture)[None, None],
            "hint": hint,
            "region": np.ones((1, 1, SIDE, SIDE), np.float32),
            "palette": palette_vector(None, 20.0 if index % 4 == 0 else None)[None],
        }
        return {name: made[name] for name in inputs}

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.feeds, None)


def quantize(artifact: Path, target: Path, store: PhotoStore, count: int = 200) -> None:
    """Write an 8-bit artifact: convolutions in the QDQ format, one scale a channel; the last layers
    stay as they are.

    store: photographs like those to be colored; `count` of them set the ranges. Metadata is kept,
    with "variant" added.
    """
    model = onnx.load(str(artifact))
    properties = {entry.key: entry.value for entry in model.metadata_props}
    _widen_weights(model)
    with tempfile.TemporaryDirectory() as folder:
        plain, ready, small = (
            str(Path(folder) / f"{name}.onnx") for name in ("plain", "ready", "small")
        )
        onnx.save(model, plain)
        quant_pre_process(plain, ready, skip_symbolic_shape=True)
        prepared = onnx.load(ready)
        inputs = {entry.name for entry in prepared.graph.input}
        quantize_static(
            ready,
            small,
            Photographs(store, inputs, count),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=_last_layers(prepared),
            per_channel=True,
            weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8,
            extra_options={"CalibMovingAverage": True, "CalibMovingAverageConstant": 0.05},
        )
        made = onnx.load(small)
    halve_weights(made)
    del made.metadata_props[:]
    helper.set_model_props(made, {**properties, "variant": "int8"})
    with whole_path(target, ModelError) as beside:
        onnx.save(made, str(beside))


def _widen_weights(model: onnx.ModelProto) -> None:
    """Undo `halve_weights`, which the quantizer does not look through."""
    halved = {
        tensor.name: tensor for tensor in model.graph.initializer if tensor.name.endswith(".fp16")
    }
    for tensor in halved.values():
        values = numpy_helper.to_array(tensor).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name.removesuffix(".fp16")))
    nodes = [
        node
        for node in model.graph.node
        if not (node.op_type == "Cast" and node.input[0].endswith(".fp16"))
    ]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _last_layers(model: onnx.ModelProto) -> list[str]:
    """The convolutions nearest to each output: their errors would be seen as they are."""
    maker = {name: node for node in model.graph.node for name in node.output}
    found = []
    for output in model.graph.output:
        node = maker.get(output.name)
        while node is not None and node.op_type != "Conv":
            node = next((maker[name] for name in node.input if name in maker), None)
        if node is not None:
            found.append(node.name)
    return found
