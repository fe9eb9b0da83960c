"""The ab plane cut into bins: from ab to a soft distribution over bins, and from a distribution to
ab."""

from functools import cache

import numpy as np

from tintype.arrays import Array
from tintype.color.lab import srgb_to_lab

AB_GRID = 10
"""Side of a bin in CIELAB units (Zhang et al. 2016)."""

HISTOGRAM_GRID = 20
"""Side of a cell of the coarse histogram by which a palette is wished for."""

INWARD = np.float32(0.9995)
"""The gamut is drawn in by this before it is cut, so that a rounding error cannot add a cell that
it only touches."""


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
    ab = srgb_to_lab(np.stack(faces))[..., 1:].reshape(-1, 2) * INWARD
    cells = np.round(ab / grid).astype(np.int64)
    centers = (np.unique(cells, axis=0) * grid).astype(np.float32)
    centers.setflags(write=False)
    return centers


def encode_soft(
    ab: Array, bins: Array | None = None, neighbors: int = 5, sigma: float = 5.0
) -> Array:
    """Spread each color over its nearest bins with Gaussian weights (Zhang et al. 2016, section
    2.2).

    ab: ...×2 float32, CIELAB units. Returns ...×Q float32; each distribution sums to 1.
    """
    centers = ab_bins() if bins is None else bins
    flat = ab.reshape(-1, 2)
    distance = ((flat[:, None, :] - centers[None]) ** 2).sum(-1)
    nearest = np.argpartition(distance, neighbors, axis=1)[:, :neighbors]
    near = np.take_along_axis(distance, nearest, axis=1)
    weight = np.exp(-(near - near.min(axis=1, keepdims=True)) / (2 * sigma**2))
    soft = np.zeros(distance.shape, np.float32)
    np.put_along_axis(
        soft, nearest, (weight / weight.sum(axis=1, keepdims=True)).astype(np.float32), axis=1
    )
    return soft.reshape(*ab.shape[:-1], len(centers))


def annealed_mean(logits: Array, bins: Array | None = None, temperature: float = 0.38) -> Array:
    """The mean color of a sharpened distribution (Zhang et al. 2016, equation 5).

    logits: ...×Q float32, unnormalized log-probabilities. temperature: 1 gives the mean, toward 0
    the mode.
    Returns ...×2 float32, CIELAB units. Raises ValueError if temperature is not positive.
    """
    if temperature <= 0:
        raise ValueError(f"temperature must be above 0, not {temperature}")
    centers = ab_bins() if bins is None else bins
    scaled = logits / temperature
    scaled = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    probability = scaled / scaled.sum(axis=-1, keepdims=True)
    return (probability @ centers).astype(np.float32)


def palette_vector(histogram: Array | None = None, mean_chroma: float | None = None) -> Array:
    """The network's `palette` input: wished shares of the coarse ab cells, and the wished mean
    chroma.

    histogram: K float32 over `ab_bins(HISTOGRAM_GRID)`, any positive scale, or None for no wish.
    mean_chroma: mean of sqrt(a*² + b*²) over the picture, CIELAB units, or None for no wish.
    Returns K+3 float32: the shares (summing to 1), their flag, the mean chroma, its flag; all 0
    where there is no wish.
    """
    cells = len(ab_bins(HISTOGRAM_GRID))
    vector = np.zeros(cells + 3, np.float32)
    if histogram is not None:
        if histogram.shape != (cells,) or histogram.min() < 0 or histogram.sum() <= 0:
            raise ValueError(
                f"histogram must be {cells} values of at least 0, not all 0, but has shape"
                f" {histogram.shape}"
            )
        vector[:cells] = histogram / histogram.sum()
        vector[cells] = 1
    if mean_chroma is not None:
        vector[cells + 1] = mean_chroma
        vector[cells + 2] = 1
    return vector


def ab_histogram(ab: Array) -> Array:
    """Shares of the pixels in each cell of `ab_bins(HISTOGRAM_GRID)`: ...×2 float32 in, K float32
    out, summing to 1."""
    centers = ab_bins(HISTOGRAM_GRID)
    distance = ((ab.reshape(-1, 1, 2) - centers[None]) ** 2).sum(-1)
    return (np.bincount(distance.argmin(1), minlength=len(centers)) / len(distance)).astype(
        np.float32
    )
