"""Published checkpoints and our networks: the same tensors, some under other names and in other
units."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from tintype.errors import ModelError
from tintype.lab.nets import colorful
from tintype.lab.nets.colorful import Colorful
from tintype.lab.nets.ddcolor import LARGE_DEPTHS, LARGE_WIDTHS, DDColor
from tintype.lab.nets.deoldify import DeOldify
from tintype.lab.nets.zhang17 import Zhang17

NORM_NAMES = (
    ("parametrizations.weight.original0", "weight_g"),
    ("parametrizations.weight.original1", "weight_v"),
    ("parametrizations.weight.original", "weight_orig"),
    ("parametrizations.weight.0._u", "weight_u"),
    ("parametrizations.weight.0._v", "weight_v"),
)
"""How PyTorch names the parts of a normed weight now, and how it did when the checkpoints were
written."""
WRAPPER_KEYS = ("params_ema", "params", "state_dict", "model")
"""Keys under which training programs keep a state dict."""
COUNTERS = "num_batches_tracked"
"""Buffers that no answer depends on, and that some tools leave out."""
MAX_NAMED_KEYS = 4
"""How many keys an error names."""


def then_named(name: str) -> str:
    """The name of a tensor of our state dict in a checkpoint whose parts are named as ours."""
    for now, then in NORM_NAMES:
        if name.endswith(now):
            return name.removesuffix(now) + then
    return name


def as_it_is(name: str, value: Tensor) -> Tensor:
    """A value that needs no conversion."""
    return value


@dataclass(frozen=True)
class Published:
    """How a published checkpoint becomes one of our networks.

    system: the network's name among the systems. mark: a tensor's name and shape that no other of
    them has. network: arguments.
    their_name: of a tensor of our state dict in the checkpoint. our_value: of the checkpoint's
    tensor of that name.
    """

    system: str
    build: Callable[..., nn.Module]
    mark: tuple[str, tuple[int, ...]]
    network: dict[str, Any] = field(default_factory=dict)
    their_name: Callable[[str], str] = then_named
    our_value: Callable[[str, Tensor], Tensor] = as_it_is

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape, there, of each tensor of the checkpoint but for the counters."""
        with torch.device("meta"):
            own = self.build(**self.network).state_dict()
        result = {self.their_name(name): tuple(value.shape) for name, value in own.items()}
        if self.build is Colorful:
            result["model_out.weight"] = (2, colorful.PUBLISHED_BINS, 1, 1)
        return {name: shape for name, shape in result.items() if not name.endswith(COUNTERS)}

    def load(self, state: Mapping[str, Tensor]) -> nn.Module:
        """Our network with the checkpoint's weights, ready to answer. Raises ModelError if they do
        not fit."""
        network = self.build(**self.network)
        own = network.state_dict()
        result = {}
        for name, value in own.items():
            their = self.their_name(name)
            if their in state:
                result[name] = self.our_value(their, state[their].to(value.dtype))
            elif their.endswith(COUNTERS):
                result[name] = value
        try:
            network.load_state_dict(result)
        except RuntimeError as error:
            raise ModelError(
                f"the checkpoint's tensors do not fit {self.system}:"
                f" {str(error).splitlines()[-1].strip()}"
            ) from error
        return network.eval()


PUBLISHED: dict[str, Published] = {
    "ddcolor-tiny": Published("ddcolor", DDColor, ("encoder.arch.norm0.weight", (96,))),
    "ddcolor-large": Published(
        "ddcolor",
        DDColor,
        ("encoder.arch.norm0.weight", (192,)),
        {"widths": LARGE_WIDTHS, "depths": LARGE_DEPTHS},
    ),
    "deoldify-artistic": Published(
        "deoldify", DeOldify, ("layers.11.0.weight_v", (303,)), {"kind": "deep"}
    ),
    "deoldify-stable": Published(
        "deoldify", DeOldify, ("layers.11.0.weight_v", (259,)), {"kind": "wide"}
    ),
    "zhang16": Published(
        "colorful",
        Colorful,
        ("model8.6.bias", (colorful.PUBLISHED_BINS,)),
        {"published": True, "temperature": 1.0},
        colorful.published_name,
        colorful.own_value,
    ),
    "zhang17": Published("zhang17", Zhang17, ("model_class.0.bias", (529,))),
}
"""The known architectures of published checkpoints."""


def unwrap(checkpoint: object) -> dict[str, Tensor]:
    """The state dict inside of what a checkpoint file holds, without a prefix that all of its keys
    share.

    Raises ModelError if there is none.
    """
    result = checkpoint
    for key in WRAPPER_KEYS:
        if isinstance(result, Mapping) and isinstance(result.get(key), Mapping):
            result = result[key]
            break
    if not isinstance(result, Mapping):
        raise ModelError("the file holds no state dict")
    state = {str(key): value for key, value in result.items() if isinstance(value, Tensor)}
    if not state:
        raise ModelError("the file holds no tensors")
    if all(key.startswith("module.") for key in state):
        state = {key.removeprefix("module."): value for key, value in state.items()}
    return state


def identify(state: Mapping[str, Tensor]) -> str:
    """The name in PUBLISHED of the architecture whose tensors these are.

    Raises ModelError, which names some of the keys that are missing or too many, if they are those
    of none.
    """
    given = {key: tuple(value.shape) for key, value in state.items() if not key.endswith(COUNTERS)}
    marked = [
        name for name, known in PUBLISHED.items() if given.get(known.mark[0]) == known.mark[1]
    ]
    wanted = {name: _shapes(name) for name in marked or PUBLISHED}
    shared = {name: len(given.items() & shapes.items()) for name, shapes in wanted.items()}
    nearest = max(shared, key=lambda name: shared[name] / len(wanted[name]))
    missing = sorted(wanted[nearest].keys() - given.keys())
    extra = sorted(given.keys() - wanted[nearest].keys())
    other = sorted(
        key for key in given.keys() & wanted[nearest].keys() if given[key] != wanted[nearest][key]
    )
    if not missing and not extra and not other:
        return nearest
    if not shared[nearest]:
        raise ModelError(
            f"the checkpoint is of none of the known systems ({', '.join(PUBLISHED)});"
            f" {_some('it holds', extra)}"
        )
    faults = [
        _some(what, keys)
        for what, keys in (("missing", missing), ("too many", extra), ("of another shape", other))
        if keys
    ]
    raise ModelError(f"the checkpoint is nearly {nearest}, but {'; '.join(faults)}")


@cache
def _shapes(name: str) -> dict[str, tuple[int, ...]]:
    return PUBLISHED[name].shapes()


def _some(what: str, keys: list[str]) -> str:
    more = f" and {len(keys) - MAX_NAMED_KEYS} more" if len(keys) > MAX_NAMED_KEYS else ""
    return f"{what}: {', '.join(keys[:MAX_NAMED_KEYS])}{more}"
