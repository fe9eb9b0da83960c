"""A gray picture borrows color from a photograph, place by place (Welsh, Ashikhmin, Mueller 2002)."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

WINDOW = 5
SAMPLES = 256
"""About as many as the paper's 200, as a 16×16 grid with jitter."""


def match_exemplar(lightness: Array, reference: Array, seed: int = 0) -> Array:
    """Color each pixel as the sample of the reference of most like lightness and texture, half and half (section 3).

    lightness: H×W float32, 0..100. reference: h×w×3 float32 CIELAB. The reference's lightness is first brought to the
    picture's mean and deviation. Texture is the deviation of L* in 5×5 pixels. Returns H×W×2 float32, CIELAB units.
    """
    samples = _samples(reference.shape[0], reference.shape[1], np.random.default_rng(seed))
    theirs = np.asarray(reference[..., 0], np.float32)
    scale = lightness.std() / max(float(theirs.std()), 1e-3)
    theirs = (theirs - theirs.mean()) * np.float32(scale) + lightness.mean()
    wanted = np.stack([theirs, _texture(theirs)], axis=-1)[samples]
    given = np.stack([lightness, _texture(lightness)], axis=-1)
    ab = np.empty((*lightness.shape, 2), np.float32)
    colors = reference[..., 1:][samples]
    for row, out in zip(given, ab, strict=True):
        out[...] = colors[np.abs(row[:, None] - wanted[None]).sum(-1).argmin(1)]
    return ab


def _texture(lightness: Array) -> Array:
    shifted = np.asarray(lightness, np.float32) - 50
    mean = cv2.blur(shifted, (WINDOW, WINDOW))
    return np.asarray(np.sqrt(np.maximum(cv2.blur(shifted**2, (WINDOW, WINDOW)) - mean**2, 0)))


def _samples(height: int, width: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    side = round(SAMPLES**0.5)
    steps = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij"), -1).reshape(-1, 2)
    places = (steps + rng.random(steps.shape)) / side
    return (places[:, 0] * height).astype(np.int64), (places[:, 1] * width).astype(np.int64)
