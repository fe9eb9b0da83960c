"""A picture takes on the color mood of another (Reinhard, Ashikhmin, Gooch, Shirley 2001)."""

import numpy as np

from tintype.arrays import Array

# Bands of lightness, each holding as many pixels as the others.
BANDS = 32


def transfer_statistics(lab: Array, reference: Array) -> Array:
    """Give a* and b* the mean and the deviation of the reference's (equations 10 to 12, in CIELAB;
    L* stays).

    lab: H×W×3 float32 CIELAB. reference: h×w×3 float32 CIELAB, of any size. Returns ab, H×W×2
    float32. A picture without color has no deviation to stretch: it gets the reference's mean
    color.
    """
    ab, target = lab[..., 1:].reshape(-1, 2), reference[..., 1:].reshape(-1, 2)
    spread = ab.std(0)
    factor = np.where(spread > 1e-3, target.std(0) / np.maximum(spread, 1e-3), 0)
    moved = (ab - ab.mean(0)) * factor + target.mean(0)
    return np.asarray(moved.reshape(*lab.shape[:2], 2), np.float32)


def transfer_by_lightness(lightness: Array, reference: Array) -> Array:
    """Color a gray picture by the reference's mean colors in bands of equal rank of lightness.

    The paper's statistics need a picture that has color; here shadows, middle tones and lights each
    take the mean color that the reference's have. lightness: H×W float32, 0..100. reference: h×w×3
    float32 CIELAB. Returns H×W×2 float32.
    """
    shares = (np.arange(BANDS) + 0.5) / BANDS
    theirs = reference.reshape(-1, 3)
    order = np.array_split(theirs[theirs[:, 0].argsort(kind="stable"), 1:], BANDS)
    means = np.stack([band.mean(0) if len(band) else theirs[:, 1:].mean(0) for band in order])
    levels = np.quantile(lightness, shares)
    return np.stack([np.interp(lightness, levels, means[:, c]) for c in range(2)], axis=-1).astype(
        np.float32
    )
