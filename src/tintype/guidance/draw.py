"""Dabs and strokes as the network takes them: a map of a*, b* and confidence."""

from collections.abc import Sequence

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.guidance.colors import color_ab
from tintype.guidance.marks import DEFAULT_RADIUS, DEFAULT_WIDTH, Hint, Stroke

FRACTION = 4
"""Fractional bits of coordinates in OpenCV's drawing."""


def draw_hints(marks: Sequence[Hint | Stroke], size: tuple[int, int]) -> Array:
    """Marks as a map of `size` (H, W) that holds a*, b*, confidence: H×W×3 float32, 0 where there
    is none.

    Later marks cover earlier ones; a mark smaller than a pixel still fills one.
    """
    drawn = np.zeros((*size, 3), np.float32)
    for mark in marks:
        value = (*(float(v) for v in color_ab(mark.color)), mark.confidence)
        if isinstance(mark, Hint):
            _disk(drawn, (mark.x, mark.y), (mark.radius or DEFAULT_RADIUS) * min(size), value)
        else:
            _line(drawn, mark, value)
    return drawn


def _disk(
    drawn: Array, center: tuple[float, float], radius: float, value: tuple[float, ...]
) -> None:
    height, width = drawn.shape[:2]
    x, y = center[0] * width, center[1] * height
    drawn[min(int(y), height - 1), min(int(x), width - 1)] = value
    if radius > 0.5:
        at = round((x - 0.5) * 2**FRACTION), round((y - 0.5) * 2**FRACTION)
        cv2.circle(drawn, at, round(radius * 2**FRACTION), value, cv2.FILLED, shift=FRACTION)


def _line(drawn: Array, stroke: Stroke, value: tuple[float, ...]) -> None:
    height, width = drawn.shape[:2]
    points = np.array(stroke.points) * (width, height) - 0.5
    thick = (stroke.width or DEFAULT_WIDTH) * min(height, width)
    path = np.rint(points * 2**FRACTION).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(drawn, [path], False, value, max(1, round(thick)), shift=FRACTION)
    for end in (stroke.points[0], stroke.points[-1]):
        _disk(drawn, end, thick / 2, value)
