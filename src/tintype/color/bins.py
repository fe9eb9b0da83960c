"""The ab plane cut into bins: distributions over them, histograms, and the network's palette
input."""

from functools import cache

import numpy as np

from tintype.arrays import Array
from tintype.color.lab import srgb_to_lab
from tintype.contract import PALETTE_CELLS, PALETTE_SIZE

# Side of a bin, CIELAB units (Zhang et al. 2016).
AB_GRID = 10
# Side of a cell of the coarse histogram in the network's palette input, CIELAB units.
HISTOGRAM_GRID = 20
# Chroma factor applied to the gamut before it is cut into bins, so that a rounding error cannot
# add a bin that the gamut only touches.
GAMUT_SHRINKAGE = np.float32(0.9995)
# Standard deviation of the Gaussian by which distributions are smoothed over ab, CIELAB units.
SMOOTHING_SIGMA = 8.0


@cache
def ab_bins(grid: int = AB_GRID) -> Array:
    """Centers of the bins that hold at least one sRGB color: Q×2 float32, CIELAB units, sorted by
    a*, then b*.

    Every ab of sRGB occurs on the surface of the RGB cube, so its six faces are sampled. Zhang et
    al. 2016 cut the same plane.
    """
    side = np.stack(
        np.meshgrid(*[np.linspace(0, 1, 86, dtype=np.float32)] * 2, indexing="ij"), axis=-1
    ).reshape(-1, 2)
    faces = [np.insert(side, channel, value, axis=1) for channel in range(3) for value in (0, 1)]
    ab = srgb_to_lab(np.stack(faces))[..., 1:].reshape(-1, 2) * GAMUT_SHRINKAGE
    cells = np.round(ab / grid).astype(np.int64)
    centers = (np.unique(cells, axis=0) * grid).astype(np.float32)
    centers.setflags(write=False)
    return centers


def spread_of(odds: Array) -> Array:
    """The standard deviation of distributions over `ab_bins()`, CIELAB units: ...×Q in, ... out."""
    bins = ab_bins()
    mean = odds @ bins
    variance = odds @ np.square(bins).sum(1) - np.square(mean).sum(-1)
    return np.asarray(np.sqrt(np.maximum(variance, 0)), np.float32)


def smoothed(odds: Array) -> Array:
    """Distributions over `ab_bins()` smoothed over ab: ...×Q in and out, summing to 1."""
    return np.asarray(odds @ _smoother(), np.float32)


@cache
def _smoother() -> Array:
    bins = ab_bins()
    weights = np.exp(-np.square(bins[:, None] - bins).sum(-1) / (2 * SMOOTHING_SIGMA**2))
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)


def palette_vector(histogram: Array | None = None, mean_chroma: float | None = None) -> Array:
    """The network's `palette` input: desired shares of the coarse ab cells, and the desired mean
    chroma.

    histogram: `PALETTE_CELLS` float32 over `ab_bins(HISTOGRAM_GRID)`, any positive scale.
    mean_chroma: mean of sqrt(a*² + b*²) over the picture, CIELAB units.
    Returns `PALETTE_SIZE` float32: the shares (summing to 1), their flag, the mean chroma, its
    flag; all 0 where nothing is given. Raises ValueError for a wrong histogram.
    """
    vector = np.zeros(PALETTE_SIZE, np.float32)
    if histogram is not None:
        if histogram.shape != (PALETTE_CELLS,) or histogram.min() < 0 or histogram.sum() <= 0:
            raise ValueError(
                f"histogram must be {PALETTE_CELLS} values of at least 0, not all 0, but has shape"
                f" {histogram.shape}"
            )
        vector[:PALETTE_CELLS] = histogram / histogram.sum()
        vector[PALETTE_CELLS] = 1
    if mean_chroma is not None:
        vector[PALETTE_CELLS + 1 :] = mean_chroma, 1
    return vector


def ab_histogram(ab: Array) -> Array:
    """Shares of the pixels in each cell of `ab_bins(HISTOGRAM_GRID)`: ...×2 float32 in, K float32
    out, summing to 1."""
    centers = ab_bins(HISTOGRAM_GRID)
    distance = ((ab.reshape(-1, 1, 2) - centers[None]) ** 2).sum(-1)
    return (np.bincount(distance.argmin(1), minlength=len(centers)) / len(distance)).astype(
        np.float32
    )
