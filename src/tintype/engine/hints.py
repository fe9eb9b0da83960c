"""Hints in; what they say about the rest of the picture, out."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Likeness:
    """How much may lie between two places that are alike, as standard deviations: of L* and ab (CIELAB units), of the network's
    distributions over ab bins (Hellinger distance, 0..1.41) and of where they are (shares of the longer side)."""

    lightness: float
    ab: float
    bins: float
    place: float


ALIKE, SAME = Likeness(30, 30, 1.0, 2.0), Likeness(10, 11, 0.5, 0.6)
"""Places that err alike; places that belong to one thing."""
TRUST = 30.0
"""A hint that lies this far (CIELAB units) from what the picture would be without it is half news about the picture and half a
wish about one thing."""
NOISE = 0.2
"""Of what a hint says, as a share of the variance."""
MOST_CELLS = 400
"""More hinted cells than this are thinned out evenly: their matrix is solved whole."""
NEAR = 0.003
"""How far a hint reaches where it is honored: the smoother's weight, by the picture's pixels."""
FADE = 0.01
"""Where the smoother leaves less than this share of a hint's weight, its own reach ends."""
EDGE = 8.0
"""Steps of L* above this, in 255ths of its range, hold colors back."""


def spread_hints(ab: Array, plain: Array, lightness: Array, hint: Array, logits: Array | None = None) -> Array:
    """What hints tell of the whole picture: the mean of a Gaussian process (Rasmussen and Williams 2006, equation 2.25).

    What lacks at the hints lacks at the places that are like them, in lightness, in what the network painted there and in what
    else it held possible. First what can be believed is spread among all that errs alike, then what still lacks among what
    belongs to the same thing.
    ab: h×w×2, what is corrected. plain: h×w×2, what the colors would be without hints. lightness: h×w. hint: H×W×3 (a*, b*,
    sureness), no smaller. logits: h×w×Q over ab bins, where the network tells them. All float32. Returns the correction, h×w×2.
    """
    coarse = shrink_hint(hint, lightness.shape)
    filled = cv2.resize(hint[..., 2], lightness.shape[::-1], interpolation=cv2.INTER_AREA)
    cells = np.flatnonzero(filled > 0)
    if not len(cells):
        return np.zeros_like(ab)
    cells = cells[np.linspace(0, len(cells) - 1, min(len(cells), MOST_CELLS)).astype(int)]
    color, sure = coarse.reshape(-1, 3)[cells, :2], coarse.reshape(-1, 3)[cells, 2]
    fullest = cv2.dilate(filled, np.ones((3, 3), np.uint8)).ravel()[cells]
    sure = sure * filled.ravel()[cells] / fullest  # the rim of a dab is mostly of other things
    lack = color - ab.reshape(-1, 2)[cells]
    surprise = np.linalg.norm(color - plain.reshape(-1, 2)[cells], axis=1, keepdims=True)
    believed = lack / (1 + (surprise / TRUST) ** 4)
    spread = np.zeros_like(ab).reshape(-1, 2)
    for likeness, told in ((ALIKE, believed), (SAME, lack)):
        kernel = _kernel(_describe(lightness, plain, logits, likeness), cells)
        spread += kernel @ np.linalg.solve(kernel[cells] + np.diag(NOISE / sure), told - spread[cells])
    return spread.reshape(ab.shape)


def _describe(lightness: Array, plain: Array, logits: Array | None, likeness: Likeness) -> Array:
    """Each place as a row, in which places that are alike lie near to each other."""
    height, width = lightness.shape
    rows, columns = np.mgrid[:height, :width].astype(np.float32) / max(height, width)
    parts = [lightness[..., None] / likeness.lightness, plain / likeness.ab, np.dstack([rows, columns]) / likeness.place]
    if logits is not None:
        odds = np.exp(logits - logits.max(-1, keepdims=True))
        parts.append(np.sqrt(odds / odds.sum(-1, keepdims=True)) / likeness.bins)
    return np.concatenate(parts, -1).reshape(height * width, -1).astype(np.float32)


def _kernel(places: Array, cells: NDArray[np.intp]) -> Array:
    """exp(-d²/2) of all places (rows) and some of them (columns)."""
    squares = (places**2).sum(1)
    distance = squares[:, None] + squares[cells] - 2 * places @ places[cells].T
    return np.asarray(np.exp(-np.maximum(distance, 0) / 2), np.float32)


def honor_hints(ab: Array, lightness: Array, hint: Array) -> Array:
    """Draw ab to what the hints ask for: near them along the edges of L*, and exactly where they lie.

    What still lacks is spread by normalized convolution (Knutsson and Westin 1993) with the edge-aware smoother of Min et al. 2014.
    ab: H×W×2, lightness: H×W, hint: H×W×3 (a*, b*, sureness), all float32. Returns H×W×2 float32.
    """
    guide = np.clip(lightness * 2.55, 0, 255).astype(np.uint8)
    sure = np.ascontiguousarray(hint[..., 2], np.float32)
    smoother = cv2.ximgproc.createFastGlobalSmootherFilter(guide, NEAR * sure.size, EDGE)
    lack = (hint[..., :2] - ab) * sure[..., None] ** 2
    weight = np.maximum(smoother.filter(sure), 1e-9)
    weight += FADE * float(weight.max())
    near = np.dstack([smoother.filter(np.ascontiguousarray(lack[..., c], np.float32)) / weight for c in range(2)])
    ab = ab + near
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
