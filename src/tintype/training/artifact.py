"""The weights of a network in a file of their own, so that training can start from what is shipped."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from tintype.errors import ModelError

SMALLEST_HALVED = 256
"""Tensors of fewer values stay float32: they weigh nothing, and batch statistics need their range."""


def save_weights(network: nn.Module, path: Path) -> None:
    """Write a network's state as safetensors, the large tensors in float16."""
    state = {}
    for name, value in network.state_dict().items():
        halved = value.dtype == torch.float32 and value.numel() >= SMALLEST_HALVED and bool((value.abs() < 6e4).all())
        state[name] = (value.half() if halved else value).contiguous()
    beside = path.with_name(f".{path.name}.part")
    save_file(state, beside)
    beside.replace(path)


def read_weights(path: str | Path) -> dict[str, Tensor]:
    """What `save_weights` wrote, in float32. Raises ModelError if the file is missing or of another kind."""
    try:
        state = load_file(str(path))
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} holds no weights to start from: {error}") from error
    return {name: value.float() if value.dtype == torch.float16 else value for name, value in state.items()}
