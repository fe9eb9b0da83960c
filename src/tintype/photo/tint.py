"""Whether a photograph is in color, or monochrome: gray, toned (sepia, cyanotype), faded or scanned
with a cast."""

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.color.lab import srgb_to_lab
from tintype.photo.photo import WHITE_BY_DTYPE, Photo

SAMPLE_SIDE_PIXELS = 160
"""The photograph is looked at in this size, in which the chroma noise of sensors and JPEG is
gone."""
LIGHTNESS_CLASSES = 12
"""A tone gives each lightness one color: that of L* in this many classes."""
AVERAGE_PIXELS = 4
"""What differs from the tone is averaged over so many pixels each way: chroma noise has no
direction, and goes."""
DISTANCE_QUANTILE = 0.97
"""The quantile of the distances from the tone that is looked at: 3 % of the picture in color make a
color photograph."""
MIN_COLOR_DISTANCE = 6.0
"""CIELAB units. Toned prints at JPEG quality 60 and 160 pixels reach 6 (99 % of them; larger ones
stay far below); of 400 color photographs the 3 % below it are nearly gray or toned themselves."""


def is_color(photo: Photo) -> bool:
    """True for a color photograph. False for gray ones and for those whose color depends on
    lightness alone, as toning, fading and a scanner's cast make it."""
    return colorfulness_beyond_tone(photo) > MIN_COLOR_DISTANCE


def colorfulness_beyond_tone(photo: Photo) -> float:
    """How far, in CIELAB units, the most colorful places lie from the tone of their lightness."""
    if photo.pixels.ndim == 2:
        return 0.0
    step = max(1, max(photo.pixels.shape) // (AVERAGE_PIXELS * SAMPLE_SIDE_PIXELS))
    pixels = np.ascontiguousarray(photo.pixels[::step, ::step])
    height, width = pixels.shape[:2]
    scale = min(1.0, SAMPLE_SIDE_PIXELS / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    white = np.float32(WHITE_BY_DTYPE[str(photo.pixels.dtype)])
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32) / white
    lab = srgb_to_lab(small)
    rest = _beyond_tone(lab[..., 0].ravel(), lab[..., 1:].reshape(-1, 2)).reshape(
        size[1], size[0], 2
    )
    coarse = max(1, size[0] // AVERAGE_PIXELS), max(1, size[1] // AVERAGE_PIXELS)
    averaged = cv2.resize(rest, coarse, interpolation=cv2.INTER_AREA)
    return float(np.quantile(np.hypot(averaged[..., 0], averaged[..., 1]), DISTANCE_QUANTILE))


def _beyond_tone(lightness: Array, ab: Array) -> Array:
    """How ab differs from the tone, a curve through the medians of ab at quantiles of L*.
    lightness: N, ab: N×2."""
    parts = np.array_split(np.argsort(lightness), min(LIGHTNESS_CLASSES, len(lightness)))
    at = [float(np.median(lightness[part])) for part in parts]
    tone = [
        np.interp(lightness, at, [float(np.median(ab[part, axis])) for part in parts])
        for axis in (0, 1)
    ]
    return np.asarray(ab - np.stack(tone, axis=1), np.float32)
