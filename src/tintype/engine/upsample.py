"""Small ab to the size of a large L*, along its edges."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.errors import UsageError

Array = NDArray[np.floating[Any]]

RANGE_SIGMA = 12.0
"""How much L* may differ, in units of L*, for two places to share their color."""


def upsample_ab(ab: Array, lightness: Array, sigma: float = RANGE_SIGMA, passes: int = 2) -> Array:
    """Joint bilateral upsampling (Kopf et al. 2007) with back-projection (Irani and Peleg 1991).

    Each place takes the mean of the 3×3 nearest small ab, weighted by distance and by how like their L* is to its own; then
    what the result, shrunk again, lacks of the small ab is added, `passes` times.
    ab: h×w×2 float32, CIELAB units. lightness: H×W float32, 0..100, H >= h and W >= w.
    Returns H×W×2 float32, CIELAB units. Raises UsageError if lightness is smaller than ab.
    """
    small, large = ab.shape[:2], lightness.shape
    if large[0] < small[0] or large[1] < small[1]:
        raise UsageError(f"ab of {small[0]}×{small[1]} cannot be brought to a smaller {large[0]}×{large[1]}")
    if small == large:
        return ab
    taps, weights = _taps(lightness, small, sigma)
    result = _gather(ab, taps, weights)
    for _ in range(passes):
        lack = ab - _shrink(result, small)
        result += _gather(lack, taps, weights)
    return result


def _shrink(picture: Array, size: tuple[int, int]) -> Array:
    return np.asarray(cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA), np.float32)


def _taps(
    lightness: Array, small: tuple[int, int], sigma: float
) -> tuple[list[tuple[NDArray[np.intp], NDArray[np.intp]]], list[Array]]:
    """Rows and columns of the nine neighbors of each place, and their weights, which sum to 1."""
    low = _shrink(lightness, small)
    where = []
    for length, count in zip(lightness.shape, small, strict=True):
        at = (np.arange(length, dtype=np.float32) + 0.5) * (count / length) - 0.5
        near = np.round(at).astype(np.intp)
        indices = [np.clip(near + d, 0, count - 1) for d in (-1, 0, 1)]
        closeness = [np.exp(-((near + d - at) ** 2) / 0.5).astype(np.float32) for d in (-1, 0, 1)]
        where.append(list(zip(indices, closeness, strict=True)))
    taps, weights = [], []
    total = np.full(lightness.shape, 1e-12, np.float32)
    for rows, down in where[0]:
        for columns, across in where[1]:
            difference = lightness - low[rows][:, columns]
            np.multiply(difference, difference, out=difference)
            weight = cv2.exp(difference * np.float32(-1 / (2 * sigma**2))) + np.float32(1e-6)
            weight *= down[:, None]
            weight *= across[None]
            total += weight
            taps.append((rows, columns))
            weights.append(weight)
    for weight in weights:
        weight /= total
    return taps, weights


def _gather(ab: Array, taps: list[tuple[NDArray[np.intp], NDArray[np.intp]]], weights: list[Array]) -> Array:
    result = np.zeros((*weights[0].shape, 2), np.float32)
    for (rows, columns), weight in zip(taps, weights, strict=True):
        result += ab[rows][:, columns] * weight[..., None]
    return result
