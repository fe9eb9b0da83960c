"""An artifact to a faster one: weights and activations in 8 bits, their ranges taken from
photographs."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnx import helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from tintype.color.bins import palette_vector
from tintype.color.lab import lightness
from tintype.errors import ModelError
from tintype.files import whole_path
from tintype.lab.data.photographs import PhotoStore
from tintype.lab.training.export import halve_weights

CALIBRATION_SIDE = 256


class Photographs(CalibrationDataReader):  # type: ignore[misc]
    """The store's pictures, as the network sees them without conditioning; a third with a grid of
    true-looking hints."""

    def __init__(self, store: PhotoStore, inputs: set[str], count: int) -> None:
        self.feeds: Iterator[dict[str, np.ndarray]] = (
            self.feed(store, i, inputs) for i in range(min(count, len(store)))
        )

    def feed(self, store: PhotoStore, index: int, inputs: set[str]) -> dict[str, np.ndarray]:
        picture = store.square(index, CALIBRATION_SIDE)
        hint = np.zeros((1, 3, CALIBRATION_SIDE, CALIBRATION_SIDE), np.float32)
        if index % 3 == 0:
            hint[:, :, 20::60, 20::60] = np.array(
                [30.0, -30.0 if index % 2 else 40.0, 1.0], np.float32
            )[:, None, None]
        made = {
            "lightness": lightness(picture)[None, None],
            "hint": hint,
            "region": np.ones((1, 1, CALIBRATION_SIDE, CALIBRATION_SIDE), np.float32),
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
    with tempfile.TemporaryDirectory() as folder:
        ready, small = (str(Path(folder) / f"{name}.onnx") for name in ("ready", "small"))
        quant_pre_process(str(artifact), ready, skip_symbolic_shape=True)
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


def _last_layers(model: onnx.ModelProto) -> list[str]:
    """The convolutions nearest to each output: their errors would be seen as they are."""
    maker = {name: node for node in model.graph.node for name in node.output}
    names = []
    for output in model.graph.output:
        node = maker.get(output.name)
        while node is not None and node.op_type != "Conv":
            node = next((maker[name] for name in node.input if name in maker), None)
        if node is not None:
            names.append(node.name)
    return names
