"""Thin lines in color on a monochrome print, such as those of a pen, which vanish in the size in
which its tone is fitted."""

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.photo.photo import WHITE_BY_DTYPE
from tintype.photo.toning import Toning

DETAIL_SIDE_PIXELS = 3000
"""Lines are sought in this size at most: one of 2 pixels on a scan of 6000 is still one wide."""
STRIP_ROWS = 256
LINE_DISTANCE, NOISE_FACTOR = 13.0, 8.0
"""CIELAB units from the tone at which a pixel belongs to a line, after smoothing by one pixel; at
least so many times the median."""
MIN_LINE_PIXELS, MIN_LINE_LENGTH = 40, 16


def thin_line_map(pixels: Pixels, toning: Toning, size: tuple[int, int]) -> Array:
    """Where lines are. pixels: H×W×3. Returns float32 of 0 or 1, of the height and width `size`."""
    factor = -(-max(pixels.shape) // DETAIL_SIDE_PIXELS)
    height, width = (max(1, side // factor) for side in pixels.shape[:2])
    white = np.float32(WHITE_BY_DTYPE[str(pixels.dtype)])
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    lightness = np.empty((height, width), np.float32)
    beyond = np.empty((height, width, 2), np.float32)
    for top in range(0, height, STRIP_ROWS):
        rows = slice(top, top + STRIP_ROWS)
        lab = cv2.cvtColor(small[rows].astype(np.float32) / white, cv2.COLOR_RGB2Lab)
        lightness[rows] = lab[..., 0]
        beyond[rows] = lab[..., 1:] - toning.ab(lightness[rows], top, height)
    distance = np.linalg.norm(cv2.GaussianBlur(beyond, (0, 0), 1.0), axis=2)
    limit = max(LINE_DISTANCE, NOISE_FACTOR * float(np.median(distance)))
    if distance.max() <= limit:
        return np.zeros(size, np.float32)
    near = (distance - _steps(lightness) > limit).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(near)
    lengths = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    is_line = (stats[:, cv2.CC_STAT_AREA] >= MIN_LINE_PIXELS) & (lengths >= MIN_LINE_LENGTH)
    is_line[0] = False
    lines = is_line[labels].astype(np.float32)
    shares = cv2.resize(lines, size[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(shares > 0, np.float32)


def _steps(lightness: Array) -> Array:
    """How much L* differs near each pixel, without lines of at most 4 pixels: H×W float32. Where
    the channels of a lens or scanner do not match, the fringes are about as colorful as the step
    between light and dark is high."""
    heights = [
        cv2.morphologyEx(
            cv2.morphologyEx(lightness, without_lines, np.ones((5, 5))),
            cv2.MORPH_GRADIENT,
            np.ones((7, 7)),
        )
        for without_lines in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN)
    ]
    return np.asarray(np.minimum(*heights), np.float32)
