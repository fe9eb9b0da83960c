"""Negatives: inverted to positives; color negative film is recognized by its orange mask."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Pixels
from tintype.photo.photo import WHITE_BY_DTYPE, Photo

SAMPLE_PIXELS = 50_000
"""About as many pixels are sampled to measure the film base."""
MIN_MASK_SPREAD = 0.1
"""Of the channels' bases, 0..1: closer ones mean a film without a mask."""


def invert(photo: Photo) -> Photo:
    """The positive of a scanned negative: white minus each value; the mask of color film is divided
    out first.

    Gray pictures come back when inverted twice. uint8, uint16 and float32; alpha and metadata stay.
    """
    pixels = photo.pixels
    white = pixels.dtype.type(photo.white)
    if pixels.ndim == 2:
        return replace(photo, pixels=white - pixels)
    base = _film_base(pixels)
    if base.max() - base.min() < MIN_MASK_SPREAD:
        return replace(photo, pixels=white - pixels)
    out = np.empty_like(pixels)
    for row in range(len(pixels)):
        scaled = np.minimum(pixels[row] / np.maximum(base, 0.05).astype(np.float32), photo.white)
        out[row] = photo.white - scaled + (0.5 if photo.white > 1 else 0)
    return replace(photo, pixels=out)


def looks_negative(photo: Photo) -> bool:
    """Whether the brightest parts have the orange of color negative film's base.

    `tintype.engine.assist.negative` recognizes black-and-white ones.
    """
    if photo.pixels.ndim == 2:
        return False
    red, green, blue = _film_base(photo.pixels)
    darkest = _quantiles(photo.pixels, 0.02)
    masked = red > 0.5 and 0.4 < green / red < 0.8 and blue / red < 0.6 and blue < green
    # the base shines through everywhere: even the densest parts keep some red
    return bool(masked and darkest[0] > 0.15 and darkest[0] > darkest[2])


def _film_base(pixels: Pixels) -> NDArray[np.float64]:
    return _quantiles(pixels, 0.995)


def _quantiles(pixels: Pixels, at: float) -> NDArray[np.float64]:
    """R, G, B of 0..1."""
    some = pixels.reshape(-1, 3)[:: max(1, pixels.size // 3 // SAMPLE_PIXELS)]
    return np.asarray(np.quantile(some, at, axis=0) / WHITE_BY_DTYPE[str(pixels.dtype)], np.float64)
