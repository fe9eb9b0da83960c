"""The weights of a network in a file of their own, with what a training that starts from them
inherits."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from tintype.errors import ModelError
from tintype.files import whole_path

MIN_HALVED_VALUES = 256
"""Tensors of fewer values stay float32: they weigh nothing, and batch statistics need their
range."""
PRIOR_KEY = "decision.prior"
ABOUT_KEY = "tintype"
"""The entry of the file's metadata that holds `Weights.about` as JSON."""


@dataclass(frozen=True)
class Weights:
    """state: a network's parameters and buffers, float32. prior: Q, the share of each ab bin in the
    photographs that it learned from, for networks whose decision uses it. about: how it is to be
    used and described, as `export.describe` gives it.
    """

    state: dict[str, Tensor]
    prior: Tensor | None = None
    about: dict[str, Any] = field(default_factory=dict)


def save_weights(
    path: Path, network: nn.Module, prior: Tensor | None = None, about: dict[str, Any] | None = None
) -> None:
    """Write `Weights` as safetensors, the network's large tensors in float16. Raises ModelError if
    they cannot be written."""
    state = {}
    for name, value in network.state_dict().items():
        halved = (
            value.dtype == torch.float32
            and value.numel() >= MIN_HALVED_VALUES
            and bool((value.abs() < 6e4).all())
        )
        state[name] = (value.half() if halved else value).contiguous()
    if prior is not None:
        state[PRIOR_KEY] = prior.float().contiguous()
    try:
        with whole_path(path, ModelError) as beside:
            save_file(state, beside, {ABOUT_KEY: json.dumps(about or {}, ensure_ascii=False)})
    except SafetensorError as error:
        raise ModelError(f"{path} cannot be written: {error}") from error


def read_weights(path: str | Path) -> Weights:
    """What `save_weights` wrote. Raises ModelError if the file is missing or of another kind."""
    try:
        with safe_open(str(path), "pt") as file:
            names = file.keys()
            state = {name: file.get_tensor(name) for name in names}
            about = json.loads((file.metadata() or {}).get(ABOUT_KEY, "{}"))
    except (OSError, SafetensorError, ValueError) as error:
        raise ModelError(f"{path} holds no weights to start from: {error}") from error
    state = {
        name: value.float() if value.dtype == torch.float16 else value
        for name, value in state.items()
    }
    return Weights(state, state.pop(PRIOR_KEY, None), about)
