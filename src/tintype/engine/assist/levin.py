"""Dabs of color spread over a gray picture: neighbors of similar lightness get similar color
(Levin, Lischinski, Weiss 2004)."""

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.engine.assist.multigrid import NEIGHBORS, Stencil, solve
from tintype.errors import UsageError

# Pixels above which the picture is solved smaller, and its colors are upsampled along the edges of
# L*; and below which there is no coarser start.
MAX_SOLVED_PIXELS, MIN_SOLVED_PIXELS = 1_050_000, 2_500
# Steps of the solver at the requested size, and at each smaller size that gives it its start.
STEPS, FIRST_STEPS = 8, 4
# Small pictures take more steps: up to so many, and so many pixels in all of them.
MAX_STEPS, MAX_STEP_PIXELS = 40, 4_000_000
# Variance of L* that a window has at least, so that a flat one does not divide by 0.
MIN_VARIANCE = 0.04
# Weight that a link has at least, which keeps a lone speck part of the picture.
MIN_LINK = 1e-6


def propagate_hints(lightness: Array, hint: Array) -> Array:
    """Solve for the color of every pixel (equation 1: its color is the weighted mean of its
    neighbors').

    lightness: H×W float32, 0..100. hint: H×W×3 float32, a*, b* and confidence (above 0 where a
    color is set).
    Returns H×W×2 float32, CIELAB units; all 0 where there is no hint. Raises UsageError for shapes
    that differ.
    """
    if lightness.ndim != 2 or hint.shape != (*lightness.shape, 3):
        raise UsageError(
            f"lightness must be H×W and hint H×W×3, but they have shapes {lightness.shape} and"
            f" {hint.shape}"
        )
    if not (hint[..., 2] > 0).any():
        return np.zeros((*lightness.shape, 2), np.float32)
    lightness, hint = np.asarray(lightness, np.float32), np.asarray(hint, np.float32)
    factor = (lightness.size / MAX_SOLVED_PIXELS) ** 0.5
    if factor <= 1:
        return _solved(
            lightness, hint, min(MAX_STEPS, max(STEPS, MAX_STEP_PIXELS // lightness.size))
        )
    small = max(1, int(lightness.shape[1] / factor)), max(1, int(lightness.shape[0] / factor))
    ab = _solved(
        np.asarray(cv2.resize(lightness, small, interpolation=cv2.INTER_AREA), np.float32),
        _shrunk(hint, small),
        STEPS,
    )
    large = cv2.resize(ab, lightness.shape[::-1], interpolation=cv2.INTER_LINEAR)
    guide = lightness / 100
    ab = np.dstack(
        [
            cv2.ximgproc.guidedFilter(guide, large[..., c], 2 * int(np.ceil(factor)), 1e-4)
            for c in range(2)
        ]
    )
    given = hint[..., 2] > 0
    ab[given] = hint[given, :2]
    return np.asarray(ab, np.float32)


def _solved(lightness: Array, hint: Array, steps: int) -> Array:
    """ab at this size, its start the solution at half the size."""
    height, width = lightness.shape
    given = np.asarray(np.moveaxis(hint[..., :2], 2, 0), np.float32)
    free = (hint[..., 2] <= 0).astype(np.float32)
    start = np.zeros_like(given)
    if lightness.size > MIN_SOLVED_PIXELS and min(lightness.shape) > 3:
        half = ((width + 1) // 2, (height + 1) // 2)
        smaller = np.asarray(cv2.resize(lightness, half, interpolation=cv2.INTER_AREA), np.float32)
        coarse = _solved(smaller, _shrunk(hint, half), FIRST_STEPS)
        start = np.moveaxis(
            np.asarray(
                cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.float32
            ),
            2,
            0,
        )
    system = Stencil(np.ones_like(lightness), _weights(lightness) * free, free)
    ab = solve(system, given * (1 - free), start * free + given * (1 - free), steps)
    return np.ascontiguousarray(np.moveaxis(ab, 0, 2))


def _shrunk(hint: Array, size: tuple[int, int]) -> Array:
    """The hint map at a smaller size (W, H): the mean of the colors that are set in each cell."""
    sure = (hint[..., 2:] > 0).astype(np.float32)
    share = cv2.resize(sure[..., 0], size, interpolation=cv2.INTER_AREA)[..., None]
    color = cv2.resize(hint[..., :2] * sure, size, interpolation=cv2.INTER_AREA) / np.maximum(
        share, 1e-6
    )
    return np.concatenate([color, share], axis=2)


def _weights(lightness: Array) -> Array:
    """Equation 2, exp(-(Y(r) - Y(s))² / 2σ²), 2σ² being 0.6 of the variance in the 3×3 window as in
    the authors' program.

    Returns 8×H×W float32, summing to 1 over the 8.
    """
    height, width = lightness.shape
    mean = cv2.blur(lightness, (3, 3))
    variance = np.maximum(cv2.blur((lightness - 50) ** 2, (3, 3)) - (mean - 50) ** 2, MIN_VARIANCE)
    padded = cv2.copyMakeBorder(lightness, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    inside = cv2.copyMakeBorder(np.ones_like(lightness), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    weights = np.empty((len(NEIGHBORS), height, width), np.float32)
    for weight, (dy, dx) in zip(weights, NEIGHBORS, strict=True):
        cut = np.s_[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
        weight[...] = (
            np.maximum(np.exp(-((padded[cut] - lightness) ** 2) / (0.6 * variance)), MIN_LINK)
            * inside[cut]
        )
    return np.asarray(weights / weights.sum(0))
