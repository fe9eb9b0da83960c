"""The effect of hints on the rest of the picture, and near themselves."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.engine.core.sizes import resize, shrink_hint
from tintype.engine.core.upsample import edge_smoother

# Standard deviations of the Gaussian kernels: of L* and ab (CIELAB units), of the network's
# distributions over ab bins (Hellinger distance, 0..1.41) and of places (by the longer side).
# First residuals are spread among all places with similar errors, then among those of one object.
SHARED_SIGMAS, OBJECT_SIGMAS = (30.0, 30.0, 1.0, 2.0), (10.0, 11.0, 0.5, 0.6)
# Observation noise of a hint, relative to the kernel's variance.
HINT_NOISE = 0.4
# Hinted cells above this number are thinned out evenly: their matrix is inverted as a whole.
MAX_HINT_CELLS = 400
# Weight of the smoother that spreads what is missing near hints, by the picture's pixels.
SMOOTHER_WEIGHT = 0.003
# Share of the largest smoothed confidence at which the effect of a hint is halved.
MIN_WEIGHT_SHARE = 0.01
# Steps of L* above this hold colors back, 255ths of its range.
EDGE_STEP = 8.0


def hint_correction(
    ab: Array, plain: Array, lightness: Array, hint: Array, trust: Array, roots: Array | None = None
) -> Array:
    """Correct the whole picture from the residuals at the hints: similar places receive similar
    corrections (Gaussian-process regression, Rasmussen and Williams 2006, equation 2.25).

    Places are similar in lightness, in the plain coloring and in the network's distribution over
    colors. Residuals that the whole picture may share are spread first with the wide kernel, then
    the remainder with the narrow one.
    ab: h×w×2, to be corrected. plain: h×w×2, ab without hints. lightness: h×w. hint: H×W×3 (a*, b*,
    confidence), no smaller. trust: any size, 0..1, the share of each hint's residual that the whole
    picture may share. roots: `Prediction.roots`, at their own size ×Q, or None. All float32.
    Returns the correction, h×w×2.
    """
    coarse = shrink_hint(hint, lightness.shape).reshape(-1, 3)
    coverage = np.asarray(
        cv2.resize(hint[..., 2], lightness.shape[::-1], interpolation=cv2.INTER_AREA), np.float32
    )
    cells = _hinted_cells(coverage)
    if not len(cells):
        return np.zeros_like(ab)
    # the rim of a dab is mostly of other objects
    highest = cv2.dilate(coverage, np.ones((3, 3), np.uint8)).ravel()[cells]
    confidence = coarse[cells, 2] * coverage.ravel()[cells] / highest
    noise = np.diag(HINT_NOISE / np.maximum(confidence, 1e-6))
    residual = coarse[cells, :2] - ab.reshape(-1, 2)[cells]
    shared = residual * resize(trust, lightness.shape).reshape(-1, 1)[cells]
    spread = np.zeros_like(ab).reshape(-1, 2)
    distances = _distances(lightness, plain, roots, cells)
    for sigmas, target in ((SHARED_SIGMAS, shared), (OBJECT_SIGMAS, residual)):
        exponents = [squares / (2 * s**2) for squares, s in zip(distances, sigmas, strict=True)]
        kernel = np.exp(-sum(exponents))
        spread += kernel @ np.linalg.solve(kernel[cells] + noise, target - spread[cells])
    return spread.reshape(ab.shape)


def _hinted_cells(coverage: Array) -> NDArray[np.intp]:
    """The cell of each block of 2×2 that hints cover most, as indices of the flat grid; at most
    `MAX_HINT_CELLS`. coverage: h×w."""
    height, width = coverage.shape
    half = -(-height // 2), -(-width // 2)
    even = np.pad(coverage, ((0, height % 2), (0, width % 2)))
    blocks = even.reshape(half[0], 2, half[1], 2).transpose(0, 2, 1, 3).reshape(*half, 4)
    rows, columns = np.nonzero(blocks.max(-1) > 0)
    fullest = blocks[rows, columns].argmax(-1)
    cells = (2 * rows + fullest // 2) * width + 2 * columns + fullest % 2
    return cells[np.linspace(0, len(cells) - 1, min(len(cells), MAX_HINT_CELLS)).astype(int)]


def _distances(
    lightness: Array, plain: Array, roots: Array | None, cells: NDArray[np.intp]
) -> list[Array]:
    """Squared distances of all places (rows) from some of them (columns), in the order of the
    kernels' standard deviations."""
    height, width = lightness.shape
    rows, columns = np.mgrid[:height, :width].astype(np.float32) / max(height, width)
    kinds = (lightness[..., None], plain, np.dstack([rows, columns]))
    of_lightness, of_ab, of_place = (
        squared_distances(kind.reshape(height * width, -1), cells) for kind in kinds
    )
    of_bins = np.zeros_like(of_ab)
    if roots is not None:
        small = roots.shape[:2]
        there = (cells // width * small[0] // height) * small[1] + cells % width * small[1] // width
        planes = squared_distances(roots.reshape(-1, roots.shape[-1]), there).T
        large = [cv2.resize(plane.reshape(small), (width, height)).ravel() for plane in planes]
        of_bins = np.stack(large, 1)
    return [of_lightness, of_ab, of_bins, of_place]


def squared_distances(vectors: Array, others: NDArray[np.intp] | None = None) -> Array:
    """Squared Euclidean distances of n vectors, n×d, from some of them (None: from all): n×m."""
    there = slice(None) if others is None else others
    squares = np.square(vectors).sum(1)
    products = 2 * vectors @ vectors[there].T
    return np.asarray(np.maximum(squares[:, None] + squares[there] - products, 0))


def honor_hints(ab: Array, lightness: Array, hint: Array) -> Array:
    """Move ab toward the hints: near them along the edges of L*, and exactly at them.

    What is missing is spread by normalized convolution (Knutsson and Westin 1993).
    ab: H×W×2, lightness: H×W, hint: H×W×3 (a*, b*, confidence), all float32. Returns H×W×2 float32.
    """
    *colors, confidence = cv2.split(np.asarray(hint, np.float32))
    smoother = edge_smoother(lightness, SMOOTHER_WEIGHT, EDGE_STEP)
    weight = np.maximum(smoother.filter(confidence), np.float32(1e-9))
    weight += np.float32(MIN_WEIGHT_SHARE * weight.max())
    squares = cv2.multiply(confidence, confidence)
    planes = []
    for plane, color in zip(cv2.split(ab), colors, strict=True):
        near = smoother.filter(cv2.multiply(cv2.subtract(color, plane), squares))
        moved = cv2.add(plane, cv2.divide(near, weight))
        planes.append(cv2.add(moved, cv2.multiply(cv2.subtract(color, moved), confidence)))
    return np.asarray(cv2.merge(planes), np.float32)
