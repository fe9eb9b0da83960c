"""The weights in an artifact, back to PyTorch, so that training can start from what is shipped."""

from pathlib import Path

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor

from tintype.errors import ModelError


def read_weights(artifact: str | Path) -> dict[str, Tensor]:
    """The state of the network in an artifact, as `load_state_dict(..., strict=False)` takes it.

    Raises ModelError if the file is not an artifact of this project.
    """
    try:
        model = onnx.load(str(artifact))
    except (OSError, ValueError, DecodeError) as error:
        raise ModelError(f"{artifact} is not an ONNX file that can be read: {error}") from error
    state: dict[str, Tensor] = {}
    for tensor in model.graph.initializer:
        name = tensor.name.removesuffix(".fp16")
        if name.startswith("network."):
            values: NDArray[np.float32] = numpy_helper.to_array(tensor)
            state[name.removeprefix("network.")] = torch.from_numpy(values.astype(np.float32).copy())
    if not state:
        raise ModelError(f"{artifact} holds no weights of a Tintype network")
    return state
