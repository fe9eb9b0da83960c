"""Hints in; what they say about the rest of the picture, out."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

FAR = ((3.0, 20.0), (0.3, 30.0), (0.03, None))
"""Steps over the whole picture: how far each reaches (the smoother's weight, by the picture's pixels), and how far a hint may lie
from what the picture would be without it, in CIELAB units, to be news about the picture rather than a wish about one thing."""
NEAR = ((0.003, None),)
"""The last step, at the size of the picture."""
FADE = 0.01
"""Where the smoother leaves less than this share of a hint's weight, its own reach ends."""
EDGE = 8.0
"""Steps of L* above this, in 255ths of its range, hold colors back."""


def propagate_hints(ab: Array, lightness: Array, hint: Array, plain: Array | None = None) -> Array:
    """Spread what the hints correct over all that is of like lightness, from far to near.

    Each step spreads what is still lacking at the hints (normalized convolution, Knutsson and Westin 1993, with the edge-aware
    smoother of Min et al. 2014). ab: H×W×2, lightness: H×W, hint: H×W×3 (a*, b*, sureness), all float32.
    plain: H×W×2, what the colors would be without hints; None takes the last step alone. Returns H×W×2 float32.
    """
    guide = np.clip(lightness * 2.55, 0, 255).astype(np.uint8)
    sure = np.ascontiguousarray(hint[..., 2], np.float32)
    surprise = None if plain is None else np.linalg.norm(hint[..., :2] - plain, axis=-1)
    for reach, trust in NEAR if plain is None else FAR:
        smoother = cv2.ximgproc.createFastGlobalSmootherFilter(guide, reach * sure.size, EDGE)
        lack = (hint[..., :2] - ab) * sure[..., None]
        weight = np.maximum(smoother.filter(sure), 1e-9)
        if trust is None or surprise is None:
            weight += FADE * float(weight.max())
        else:
            lack = lack / (1 + (surprise[..., None] / trust) ** 4)
        spread = [smoother.filter(np.ascontiguousarray(lack[..., c] * sure, np.float32)) / weight for c in range(2)]
        ab = ab + np.dstack(spread)
    return np.asarray(ab, np.float32)


def honor_hints(ab: Array, lightness: Array, hint: Array) -> Array:
    """Draw ab to what the hints ask for: near them along the edges of L*, and exactly where they lie. Shapes as above."""
    ab = propagate_hints(ab, lightness, hint)
    return np.asarray(ab + (hint[..., :2] - ab) * hint[..., 2:], np.float32)


def shrink_hint(hint: Array, size: tuple[int, int]) -> Array:
    """A hint map to another size (H, W): the mean of the colors that are set; the sureness of the surest."""
    sure = hint[..., 2]
    weighted = np.dstack([hint[..., 0] * sure, hint[..., 1] * sure, sure]).astype(np.float32)
    how = cv2.INTER_AREA if size[0] <= sure.shape[0] else cv2.INTER_NEAREST
    small = cv2.resize(weighted, size[::-1], interpolation=how)
    total = small[..., 2]
    some = total > 1e-3
    peak = cv2.resize(cv2.dilate(sure.astype(np.float32), np.ones((3, 3))), size[::-1], interpolation=cv2.INTER_NEAREST)
    color = small[..., :2] / np.maximum(total, 1e-6)[..., None]
    sureness = np.where(some, np.maximum(peak, total), 0)
    return np.dstack([np.where(some[..., None], color, 0), sureness]).astype(np.float32)
