"""Hints in; what they say about the rest of the picture, out."""

from dataclasses import astuple, dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.engine.core.sizes import resize, shrink_hint
from tintype.engine.core.upsample import edge_smoother


@dataclass(frozen=True)
class Likeness:
    """How much may lie between two places that are alike, as standard deviations: of L* and ab
    (CIELAB units), of the network's distributions over ab bins (Hellinger distance, 0..1.41) and of
    where they are (shares of the longer side).
    """

    lightness: float
    ab: float
    bins: float
    place: float


ALIKE, SAME = Likeness(30, 30, 1.0, 2.0), Likeness(10, 11, 0.5, 0.6)
"""Places that err alike; places that belong to one thing."""
NOISE = 0.4
"""Of what a hint says, as a share of the variance."""
MOST_CELLS = 400
"""More hinted cells than this are thinned out evenly: their matrix is solved whole."""
NEAR = 0.003
"""How far a hint reaches where it is honored: the smoother's weight, by the picture's pixels."""
FADE = 0.01
"""Where the smoother leaves less than this share of a hint's weight, its own reach ends."""
EDGE = 8.0
"""Steps of L* above this, in 255ths of its range, hold colors back."""


def hint_correction(
    ab: Array, plain: Array, lightness: Array, hint: Array, trust: Array, roots: Array | None = None
) -> Array:
    """Correct the whole picture from the residuals at the hints: similar places receive similar
    corrections (Gaussian-process regression, Rasmussen and Williams 2006, equation 2.25).

    Places are similar in lightness, in the plain coloring and in the network's distribution over
    colors. Residuals that the picture as a whole may share are spread first, among all that errs
    alike; what then still lacks among what belongs to the same thing.
    ab: h×w×2, what is corrected. plain: h×w×2, what the colors would be without hints. lightness:
    h×w. hint: H×W×3 (a*, b*, confidence), no smaller. trust: any size, 0..1, how much of each hint
    the picture as a whole may share. roots: of the distributions over ab bins, at their own size ×Q
    (`Prediction.roots`), where the network tells them. All float32. Returns the
    correction, h×w×2.
    """
    coarse = shrink_hint(hint, lightness.shape)
    filled = np.asarray(
        cv2.resize(hint[..., 2], lightness.shape[::-1], interpolation=cv2.INTER_AREA), np.float32
    )
    cells = _hinted_cells(filled)
    if not len(cells):
        return np.zeros_like(ab)
    color, sure = coarse.reshape(-1, 3)[cells, :2], coarse.reshape(-1, 3)[cells, 2]
    fullest = cv2.dilate(filled, np.ones((3, 3), np.uint8)).ravel()[cells]
    sure = sure * filled.ravel()[cells] / fullest  # the rim of a dab is mostly of other things
    lack = color - ab.reshape(-1, 2)[cells]
    shared = lack * resize(trust, lightness.shape).reshape(-1, 1)[cells]
    spread = np.zeros_like(ab).reshape(-1, 2)
    apart = _distances(lightness, plain, roots, cells)
    for likeness, told in ((ALIKE, shared), (SAME, lack)):
        kernel = np.exp(
            -sum(
                squares / (2 * width**2)
                for squares, width in zip(apart, astuple(likeness), strict=True)
            )
        )
        spread += kernel @ np.linalg.solve(
            kernel[cells] + np.diag(NOISE / np.maximum(sure, 1e-6)), told - spread[cells]
        )
    return spread.reshape(ab.shape)


def _hinted_cells(filled: Array) -> NDArray[np.intp]:
    """Of each block of 2×2 cells the one that hints fill most, as indices of the flat grid; at most
    `MOST_CELLS`."""
    height, width = filled.shape
    half = -(-height // 2), -(-width // 2)
    even = np.pad(filled, ((0, height % 2), (0, width % 2)))
    blocks = even.reshape(half[0], 2, half[1], 2).transpose(0, 2, 1, 3).reshape(*half, 4)
    rows, columns = np.nonzero(blocks.max(-1) > 0)
    fullest = blocks[rows, columns].argmax(-1)
    cells = (2 * rows + fullest // 2) * width + 2 * columns + fullest % 2
    return cells[np.linspace(0, len(cells) - 1, min(len(cells), MOST_CELLS)).astype(int)]


def _distances(
    lightness: Array, plain: Array, roots: Array | None, cells: NDArray[np.intp]
) -> list[Array]:
    """Squared distances of all places (rows) from some of them (columns), in the order of
    `Likeness`."""
    height, width = lightness.shape
    rows, columns = np.mgrid[:height, :width].astype(np.float32) / max(height, width)
    kinds = (lightness[..., None], plain, np.dstack([rows, columns]))
    of_lightness, of_ab, of_place = (
        _squares(kind.reshape(height * width, -1), cells) for kind in kinds
    )
    if roots is None:
        return [of_lightness, of_ab, np.zeros_like(of_ab), of_place]
    small = roots.shape[:2]
    there = (cells // width * small[0] // height) * small[1] + cells % width * small[1] // width
    planes = _squares(roots.reshape(-1, roots.shape[-1]), there).T.reshape(len(cells), *small)
    of_bins = np.stack(
        [
            cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR).ravel()
            for plane in planes
        ],
        1,
    )
    return [of_lightness, of_ab, of_bins, of_place]


def _squares(places: Array, cells: NDArray[np.intp]) -> Array:
    """|p - q|² of all rows p and of some rows q."""
    squares = (places**2).sum(1)
    return np.asarray(
        np.maximum(squares[:, None] + squares[cells] - 2 * places @ places[cells].T, 0), np.float32
    )


def honor_hints(ab: Array, lightness: Array, hint: Array) -> Array:
    """Move ab toward the hints: near them along the edges of L*, and exactly at them.

    What still lacks is spread by normalized convolution (Knutsson and Westin 1993).
    ab: H×W×2, lightness: H×W, hint: H×W×3 (a*, b*, confidence), all float32. Returns H×W×2 float32.
    """
    *wished, sure = cv2.split(np.asarray(hint, np.float32))
    smoother = edge_smoother(lightness, NEAR, EDGE)
    weight = np.maximum(smoother.filter(sure), np.float32(1e-9))
    weight += np.float32(FADE * weight.max())
    squares = cv2.multiply(sure, sure)
    planes = []
    for plane, color in zip(cv2.split(ab), wished, strict=True):
        near = smoother.filter(cv2.multiply(cv2.subtract(color, plane), squares))
        moved = cv2.add(plane, cv2.divide(near, weight))
        planes.append(cv2.add(moved, cv2.multiply(cv2.subtract(color, moved), sure)))
    return np.asarray(cv2.merge(planes), np.float32)
