"""Small ab to the size of a large L*, along its edges."""

from dataclasses import dataclass, replace
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
    taps = _taps(np.ascontiguousarray(lightness, np.float32), small, sigma)
    planes = []
    for channel in range(2):
        plane = np.ascontiguousarray(ab[..., channel], np.float32)
        grown = _gather(plane, taps)
        for _ in range(passes):
            grown += _gather(plane - _shrink(grown, small), taps)
        planes.append(grown)
    return np.dstack(planes)


@dataclass(frozen=True)
class _Tap:
    """One of the nine neighbors of each place: where in the small picture it lies, and its weight."""

    columns: Any
    rows: Any
    weight: Array

    def take(self, small: Array) -> Array:
        return np.asarray(cv2.remap(small, self.columns, self.rows, cv2.INTER_NEAREST), np.float32)


def _shrink(picture: Array, size: tuple[int, int]) -> Array:
    return np.asarray(cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA), np.float32)


def _taps(lightness: Array, small: tuple[int, int], sigma: float) -> list[_Tap]:
    """The neighbors of each place; their weights sum to 1."""
    low = _shrink(lightness, small)
    where = []
    for length, count in zip(lightness.shape, small, strict=True):
        at = (np.arange(length, dtype=np.float32) + 0.5) * (count / length) - 0.5
        near = np.round(at)
        where.append([(np.clip(near + d, 0, count - 1), np.exp(-2 * (near + d - at) ** 2)) for d in (-1, 0, 1)])
    taps = []
    for rows, down in where[0]:
        for columns, across in where[1]:
            place = np.meshgrid(columns.astype(np.float32), rows.astype(np.float32))
            fixed, none = cv2.convertMaps(place[0], place[1], cv2.CV_16SC2, nninterpolation=True)
            tap = _Tap(fixed, none, np.empty(0, np.float32))
            difference = lightness - tap.take(low)
            weight = cv2.exp(difference * difference * np.float32(-1 / (2 * sigma**2))) + np.float32(1e-6)
            weight *= (down[:, None] * across[None]).astype(np.float32)
            taps.append(replace(tap, weight=weight))
    total = sum(tap.weight for tap in taps)
    return [replace(tap, weight=tap.weight / total) for tap in taps]


def _gather(plane: Array, taps: list[_Tap]) -> Array:
    result = np.zeros(taps[0].weight.shape, np.float32)
    for tap in taps:
        cv2.accumulateProduct(tap.take(plane), tap.weight, result)
    return result
