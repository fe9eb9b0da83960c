"""The tones of a photograph: stretched where they are faded, judged where there may be nothing to
color, and warmed."""

import numpy as np

from tintype.arrays import Array

# Percentiles of L* between which the range of a picture lies.
PERCENTILES = (1, 99)
# Range of L* from which on a picture is not faded, and up to which it is stretched fully.
MIN_FULL_RANGE, MAX_FADED_RANGE = 80.0, 60.0
# Range of L* that a stretch assumes at least: fog and blank paper stay what they are.
MIN_STRETCH_RANGE = 20.0
# Range of L* from which on a picture is not very faded, and up to which its blacks stay gray fully.
MIN_COLORED_BLACK_RANGE, MAX_GRAY_BLACK_RANGE = 32.0, 22.0
# L* of percentile 1 from which on a picture's blacks are lifted.
MIN_LIFTED_BLACK = 35.0
# Part of the range, from black on, over which colors grow to their full chroma.
BLACK_SHARE = 0.3
# Range of L* up to which a picture is blank, and from which on it is a photograph.
MAX_BLANK_RANGE, MIN_VISIBLE_RANGE = 2.0, 8.0
# a* and b* that a warmth of 1 adds at L* 50, CIELAB units.
WARMTH_AB = np.array([3.0, 12.0], np.float32)
# Bins of the histogram of L*, and its entropy in bits for flat tones and for shading.
TONE_BINS, FLAT_TONES_BITS, SHADED_TONES_BITS = 32, 1.5, 2.5


def stretch_tone(lightness: Array) -> Array:
    """L* as the network was shown faded photographs in training: percentiles 1 and 99 brought to 0
    and 100.

    lightness: H×W float32, 0..100, at working size. Returns the same; a picture of full range comes
    back as it is.
    """
    low, high = np.percentile(lightness, PERCENTILES)
    reach = float(high - low)
    share = float(np.clip((MIN_FULL_RANGE - reach) / (MIN_FULL_RANGE - MAX_FADED_RANGE), 0, 1))
    if share == 0:
        return lightness
    middle, half = (low + high) / 2, max(reach, MIN_STRETCH_RANGE) / 2
    stretched = np.clip(
        (lightness - middle) * (50 / half) + (50 if reach >= MIN_STRETCH_RANGE else middle), 0, 100
    )
    return np.asarray(lightness + share * (stretched - lightness), np.float32)


def chroma_share(lightness: Array) -> Array | None:
    """The share of its chroma that each place of a very faded picture keeps: its black stays black,
    which a network that sees stretched tones colors as if it were a shadow in full light.

    lightness: H×W float32, 0..100. Returns H×W float32, 0..1, or None for other pictures.
    """
    low, high = (float(value) for value in np.percentile(lightness, PERCENTILES))
    reach = high - low
    fading = MIN_COLORED_BLACK_RANGE - MAX_GRAY_BLACK_RANGE
    faded = float(np.clip((MIN_COLORED_BLACK_RANGE - reach) / fading, 0, 1))
    if faded == 0 or reach <= MAX_BLANK_RANGE or low < MIN_LIFTED_BLACK:
        return None
    share = np.clip((lightness - low) / (BLACK_SHARE * reach), 0, 1)
    return np.asarray(1 - faded * (1 - share), np.float32)


def visible_share(lightness: Array) -> float:
    """How much there is to color, 0..1: nothing in a blank picture or a silhouette, whose colors
    cannot be inferred.

    lightness: H×W float32, 0..100, at working size. A picture shows something if its tones lie
    apart and are many beside the most frequent one, the paper: by the entropy of their histogram,
    in bits.
    """
    low, high = np.percentile(lightness, PERCENTILES)
    spread = float(
        np.clip((high - low - MAX_BLANK_RANGE) / (MIN_VISIBLE_RANGE - MAX_BLANK_RANGE), 0, 1)
    )
    if spread == 0:
        return 0.0
    counts = np.histogram(np.clip(lightness, low, high), TONE_BINS)[0].astype(np.float64)
    counts[counts.argmax()] = 0
    shares = counts[counts > 0] / max(counts.sum(), 1)
    entropy = float(-(shares * np.log2(shares)).sum())
    return spread * float(
        np.clip((entropy - FLAT_TONES_BITS) / (SHADED_TONES_BITS - FLAT_TONES_BITS), 0, 1)
    )


def warm_ab(lightness: Array, warmth: float) -> Array:
    """What a warmth of -1 to 1 adds to ab: H×W×2 float32 for L* of H×W; 0 at black and white."""
    return np.asarray(
        WARMTH_AB
        * np.float32(warmth)
        * np.clip(1 - np.square(lightness / 50 - 1), 0, 1)[..., None],
        np.float32,
    )
