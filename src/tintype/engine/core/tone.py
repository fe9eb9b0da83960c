"""How the lightness of a photograph is spread: stretched where it is faded, and told where there is
nothing to see."""

import numpy as np

from tintype.arrays import Array

PERCENTILES = (1, 99)
WHOLE_RANGE = 80.0
"""A picture whose percentiles lie this far apart in L* is not faded."""
FADED_RANGE = 60.0
"""One whose percentiles lie no farther apart than this is stretched fully."""
LEAST_RANGE = 20.0
"""A stretch takes the range for no smaller than this: fog and blank paper stay what they are."""
BLANK_RANGE, SEEN_RANGE = 2.0, 8.0
"""A picture whose percentiles lie no farther apart than the first shows nothing; from the second on
it is a photograph."""
WARMTH_AB = np.array([3.0, 12.0], np.float32)
"""a* and b* that a warmth of 1 adds at L* 50, CIELAB units."""
TONES = 32
DRAWN_BITS, SHADED_BITS = 1.5, 2.5
"""Entropy of the tones of what is drawn in flat tones, and of what is shaded."""


def stretch_tone(lightness: Array) -> Array:
    """L* as the network was shown faded photographs in training: percentiles 1 and 99 brought to 0
    and 100.

    lightness: H×W float32, 0..100, at working size. Returns the same; a picture of full range comes
    back as it is.
    """
    low, high = np.percentile(lightness, PERCENTILES)
    reach = float(high - low)
    share = float(np.clip((WHOLE_RANGE - reach) / (WHOLE_RANGE - FADED_RANGE), 0, 1))
    if share == 0:
        return lightness
    middle, half = (low + high) / 2, max(reach, LEAST_RANGE) / 2
    stretched = np.clip(
        (lightness - middle) * (50 / half) + (50 if reach >= LEAST_RANGE else middle), 0, 100
    )
    return np.asarray(lightness + share * (stretched - lightness), np.float32)


def visible_share(lightness: Array) -> float:
    """How much there is to color, 0..1: nothing in a blank picture or a silhouette, whose colors
    cannot be inferred.

    lightness: H×W float32, 0..100, at working size. A picture shows something if its tones lie
    apart and are many beside the most frequent one, the paper: by the entropy of their histogram,
    in bits.
    """
    low, high = np.percentile(lightness, PERCENTILES)
    spread = float(np.clip((high - low - BLANK_RANGE) / (SEEN_RANGE - BLANK_RANGE), 0, 1))
    if spread == 0:
        return 0.0
    counts = np.histogram(np.clip(lightness, low, high), TONES)[0].astype(np.float64)
    counts[counts.argmax()] = 0
    shares = counts[counts > 0] / max(counts.sum(), 1)
    entropy = float(-(shares * np.log2(shares)).sum())
    return spread * float(np.clip((entropy - DRAWN_BITS) / (SHADED_BITS - DRAWN_BITS), 0, 1))


def warm_ab(lightness: Array, warmth: float) -> Array:
    """What a warmth of -1 to 1 adds to ab: H×W×2 for L* of H×W, nothing at black and white."""
    return np.asarray(
        WARMTH_AB
        * np.float32(warmth)
        * np.clip(1 - np.square(lightness / 50 - 1), 0, 1)[..., None],
        np.float32,
    )
