"""Twelve sectors of the hue circle: which one a color is in, and how rare those of a photograph
are."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.color import srgb_to_lab
from tintype.lab.data.samples import Bytes

HUE_SECTORS = 12
MIN_SATURATED_CHROMA, MIN_HUE_SHARE = 25.0, 0.02
"""What a photograph shows: colors of this chroma (CIELAB units) on this share of it."""
COUNTED_SIZE = (48, 48)
"""Pixels of the copy on which hues are counted."""


def hue_sectors(ab: Array, min_chroma: float) -> NDArray[np.intp]:
    """The sector of each color, 0..11, the first from +a* on; -1 where chroma is not above
    min_chroma. ab: …×2, CIELAB units."""
    share = np.arctan2(ab[..., 1], ab[..., 0]) % (2 * np.pi) / (2 * np.pi)
    sector = np.minimum(share * HUE_SECTORS, HUE_SECTORS - 1).astype(np.intp)
    return np.where(np.hypot(ab[..., 0], ab[..., 1]) > min_chroma, sector, -1)


def hue_rarity(pictures: Sequence[Bytes], exponent: float) -> NDArray[np.float64]:
    """How often each photograph is drawn for its hues: the rarity of the rarest sector that it
    shows, relative to the commonest one, to an exponent; 1 for gray ones. pictures: H×W×3 or more
    channels, uint8, sRGB first."""
    if not exponent:
        return np.ones(len(pictures))
    shows = np.stack([_shown_sectors(picture) for picture in pictures])
    rarity = max(shows.sum(0).max(), 1) / np.maximum(shows.sum(0), 1)
    return np.asarray(np.where(shows, rarity, 1).max(1) ** exponent)


def _shown_sectors(picture: Bytes) -> NDArray[np.bool_]:
    small = cv2.resize(picture[:, :, :3], COUNTED_SIZE, interpolation=cv2.INTER_AREA)
    sectors = hue_sectors(srgb_to_lab(small / np.float32(255))[..., 1:], MIN_SATURATED_CHROMA)
    counts = np.bincount(sectors[sectors >= 0], minlength=HUE_SECTORS)
    return np.asarray(counts >= MIN_HUE_SHARE * sectors.size)
