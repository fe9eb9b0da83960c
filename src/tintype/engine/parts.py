"""The parts of a picture that are to be seen by themselves: photographs on an album page, and windows along a strip."""

from dataclasses import dataclass

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.photo.album import find_photographs

STRIP = 2.2
"""A picture whose longer side is so many times the shorter one, or more, is looked at in windows along it."""
WINDOW, OVERLAP = 1.5, 0.4
"""Length of a window and how far neighboring windows overlap, by the shorter side."""
MOST_WINDOWS = 16
SHORTEST = 24
"""Pixels of the shorter side below which a strip shows nothing in windows."""


@dataclass(frozen=True)
class Part:
    """rows, columns: where it lies in the picture, pixels. weight: H×W of that box, 0..1, how much its own coloring counts at each place."""

    rows: slice
    columns: slice
    weight: Array


def parts_of(pixels: Pixels) -> list[Part]:
    """None for an ordinary photograph. pixels: H×W or H×W×3 of any kind."""
    return _photographs(pixels) or _windows(*pixels.shape[:2])


def _photographs(pixels: Pixels) -> list[Part]:
    found = []
    height, width = pixels.shape[:2]
    for quad in find_photographs(pixels):
        left, top = np.maximum(np.floor(quad.min(0)).astype(int), 0)
        right, bottom = np.minimum(np.ceil(quad.max(0)).astype(int) + 1, (width, height))
        weight = np.zeros((bottom - top, right - left), np.float32)
        cv2.fillConvexPoly(weight, np.rint(quad - (left, top)).astype(np.int32), 1.0)
        found.append(Part(slice(int(top), int(bottom)), slice(int(left), int(right)), weight))
    return found


def _windows(height: int, width: int) -> list[Part]:
    """Overlapping windows along the longer side, each fading into the next."""
    short, long = sorted((height, width))
    if long < STRIP * short or short < SHORTEST:
        return []
    side = round(WINDOW * short)
    count = min(MOST_WINDOWS, 1 + int(np.ceil((long - side) / (side - OVERLAP * short))))
    side = max(side, round(long / count + OVERLAP * short)) if count == MOST_WINDOWS else side
    ramp = max(1, round(OVERLAP * short))
    found = []
    for start in np.linspace(0, long - side, count).round().astype(int):
        along = np.minimum(np.minimum(np.arange(side) + 1, side - np.arange(side)) / ramp, 1).astype(np.float32)
        along[: ramp if start == 0 else 0] = 1
        along[side - ramp if start + side >= long else side :] = 1
        span = slice(int(start), int(start) + side)
        if height < width:
            found.append(Part(slice(0, height), span, np.repeat(along[None], height, 0)))
        else:
            found.append(Part(span, slice(0, width), np.repeat(along[:, None], width, 1)))
    return found
