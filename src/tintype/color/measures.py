"""How colorful a picture is, and of how many hues."""

import numpy as np

from tintype.arrays import Array

# Sectors of 30 degrees; the first begins at +a*.
HUE_SECTORS = 12
# Chroma up to which a pixel has no nameable hue, CIELAB units.
MAX_GRAY_CHROMA = 6.0


def colorfulness(rgb: Array) -> float:
    """Hasler and Süsstrunk 2003, equation for M̂(3). rgb: H×W×3 float32 sRGB, 0..1. Returns 0
    (gray) to about 110."""
    r, g, b = np.moveaxis(np.asarray(rgb, np.float64) * 255, -1, 0)
    red_green, yellow_blue = r - g, (r + g) / 2 - b
    spread = np.hypot(red_green.std(), yellow_blue.std())
    offset = np.hypot(red_green.mean(), yellow_blue.mean())
    return float(spread + 0.3 * offset)


def hue_histogram(ab: Array) -> Array:
    """Chroma in each of the 12 hue sectors, as a mean over all pixels; pixels of chroma up to 6
    count as 0.

    ab: ...×2 CIELAB. Returns 12 float64, CIELAB units. Histograms of several pictures are added to
    get that of the set.
    """
    a, b = np.asarray(ab[..., 0], np.float64).ravel(), np.asarray(ab[..., 1], np.float64).ravel()
    chroma = np.hypot(a, b)
    colored = chroma > MAX_GRAY_CHROMA
    degrees = np.degrees(np.arctan2(b[colored], a[colored])) % 360
    sector = np.minimum(degrees * (HUE_SECTORS / 360), HUE_SECTORS - 1).astype(np.int64)
    return np.asarray(np.bincount(sector, chroma[colored], HUE_SECTORS) / max(1, len(chroma)))


def hues(histogram: Array) -> float:
    """The effective number of hues: exp of the entropy of a hue histogram (Hill number of order 1;
    Hill 1973).

    histogram: 12 values of at least 0, any scale. Returns 1 (one sector) to 12 (all alike); 0 where
    there is no color.
    """
    total = float(np.sum(histogram))
    if total <= 0:
        return 0.0
    shares = np.asarray(histogram, np.float64) / total
    shares = shares[shares > 0]
    return float(np.exp(-(shares * np.log(shares)).sum()))
