"""Dabs of color spread over a gray picture: neighbors of like lightness get like color (Levin, Lischinski, Weiss 2004)."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.errors import UsageError

Array = NDArray[np.floating[Any]]

NEIGHBORS = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx)
DIRECT_PIXELS = 70_000
"""Up to this size the linear system is solved outright; above, its solution at half size is refined."""
SWEEPS = 12
LEAST_VARIANCE = 0.04  # of L*, so that a flat window does not divide by 0


def spread_hints(lightness: Array, hint: Array) -> Array:
    """Solve for the color of every pixel (equation 1: its color is the weighted mean of its neighbors').

    lightness: H×W float32, 0..100. hint: H×W×3 float32, a*, b* and sureness (above 0 where a color is set).
    Returns H×W×2 float32, CIELAB units; all 0 where there is no hint. Raises UsageError for shapes that differ, and where
    SciPy is missing.
    """
    if lightness.ndim != 2 or hint.shape != (*lightness.shape, 3):
        raise UsageError(f"lightness must be H×W and hint H×W×3, but they have shapes {lightness.shape} and {hint.shape}")
    if not (hint[..., 2] > 0).any():
        return np.zeros((*lightness.shape, 2), np.float32)
    return _spread(np.asarray(lightness, np.float32), np.asarray(hint, np.float32))


def _spread(lightness: Array, hint: Array) -> Array:
    weights = _weights(lightness)
    if lightness.size <= DIRECT_PIXELS or min(lightness.shape) < 4:
        return _solve(weights, hint)
    height, width = lightness.shape
    half = ((width + 1) // 2, (height + 1) // 2)
    smaller = np.asarray(cv2.resize(lightness, half, interpolation=cv2.INTER_AREA), np.float32)
    coarse = _spread(smaller, _halve(hint, half))
    ab: Array = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    given = hint[..., 2] > 0
    for _ in range(SWEEPS):
        ab[given] = hint[given, :2]
        padded = cv2.copyMakeBorder(ab, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
        total = np.zeros_like(ab)
        for weight, (dy, dx) in zip(weights, NEIGHBORS, strict=True):
            total += weight[..., None] * padded[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
        ab = total
    ab[given] = hint[given, :2]
    return np.asarray(ab, np.float32)


def _halve(hint: Array, size: tuple[int, int]) -> Array:
    sure = (hint[..., 2:] > 0).astype(np.float32)
    share = cv2.resize(sure[..., 0], size, interpolation=cv2.INTER_AREA)[..., None]
    color = cv2.resize(hint[..., :2] * sure, size, interpolation=cv2.INTER_AREA) / np.maximum(share, 1e-6)
    return np.concatenate([color, share], axis=2)


def _weights(lightness: Array) -> Array:
    """Equation 2, exp(-(Y(r) - Y(s))² / 2σ²), 2σ² being 0.6 of the variance in the 3×3 window as in the authors' program.

    Returns 8×H×W float32, summing to 1 over the 8.
    """
    height, width = lightness.shape
    mean = cv2.blur(lightness, (3, 3))
    variance = np.maximum(cv2.blur((lightness - 50) ** 2, (3, 3)) - (mean - 50) ** 2, LEAST_VARIANCE)
    padded = cv2.copyMakeBorder(lightness, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    inside = cv2.copyMakeBorder(np.ones_like(lightness), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    weights = np.empty((8, height, width), np.float32)
    for weight, (dy, dx) in zip(weights, NEIGHBORS, strict=True):
        cut = np.s_[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
        # the floor keeps a lone speck, unlike all its neighbors, part of the picture
        weight[...] = np.maximum(np.exp(-((padded[cut] - lightness) ** 2) / (0.6 * variance)), 1e-6) * inside[cut]
    return np.asarray(weights / weights.sum(0))


def _solve(weights: Array, hint: Array) -> Array:
    try:
        from scipy.sparse import coo_array, eye_array
        from scipy.sparse.linalg import splu
    except ImportError as error:
        raise UsageError("spreading hints by Levin's method needs SciPy: pip install scipy") from error
    height, width = hint.shape[:2]
    index = np.arange(height * width).reshape(height, width)
    padded = np.pad(index, 1, mode="edge")
    free = hint[..., 2] <= 0
    columns = [padded[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width][free] for dy, dx in NEIGHBORS]
    rows = np.tile(index[free], len(NEIGHBORS))
    values = weights[:, free].astype(np.float64).ravel()
    links = coo_array((values, (rows, np.concatenate(columns))), shape=(index.size, index.size))
    system = (eye_array(index.size) - links).tocsc()
    right = np.where(free[..., None], 0, hint[..., :2]).reshape(-1, 2).astype(np.float64)
    return np.asarray(splu(system).solve(right).reshape(height, width, 2), np.float32)
