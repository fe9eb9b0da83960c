"""Values for every tensor of a published checkpoint from its own name, with which the original
code's answers were computed."""

import zlib

import numpy as np
import torch
from torch import Tensor, nn

from tintype.lab.nets.published import Published
from tintype.lab.nets.shuffled import IMAGENET_DEVIATION, IMAGENET_MEAN

FIXED = {"mean": IMAGENET_MEAN, "std": IMAGENET_DEVIATION}
"""Buffers that are constants of a network."""


def known_network(published: Published) -> nn.Module:
    """Our network, filled as the original was."""
    return published.load(known_state(published.shapes()))


def known_state(shapes: dict[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """Normal values over the root of the fan-in for weights, scales near 1, all else small; u and v
    of spectral norms that fit."""
    state = {}
    for name, shape in shapes.items():
        state[name] = (
            np.float32(FIXED[name]).reshape(shape) if name in FIXED else known_values(name, shape)
        )
    for name in [name for name in shapes if name.endswith("weight_u")]:
        stem = name.removesuffix("_u")
        matrix = state[f"{stem}_orig"].reshape(shapes[name][0], -1).astype(np.float64)
        u = known_values(name, shapes[name]).astype(np.float64)
        for _ in range(5):
            v = matrix.T @ u
            v /= np.linalg.norm(v)
            u = matrix @ v
            u /= np.linalg.norm(u)
        state[name], state[f"{stem}_v"] = u.astype(np.float32), v.astype(np.float32)
    return {name: torch.from_numpy(np.ascontiguousarray(values)) for name, values in state.items()}


def known_values(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """float32 of a shape, drawn from the name."""
    drawn = (
        np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape).astype(np.float32)
    )
    if name.endswith("running_var"):
        return 1 + 0.1 * np.abs(drawn)
    if name.endswith("weight_g") or (name.endswith("weight") and len(shape) == 1):
        return 1 + 0.1 * drawn
    return drawn / np.sqrt(np.prod(shape[1:])) if len(shape) >= 2 else 0.05 * drawn
