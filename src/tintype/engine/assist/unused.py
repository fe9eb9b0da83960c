"""Hints and strokes that colored nothing, so that nobody wonders."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Pixels, size_within
from tintype.engine.core.sizes import resize
from tintype.guidance import Guidance, Stroke, color_ab, draw_hints
from tintype.notices import Notice, NoticeCode
from tintype.photo.photo import WHITE_BY_DTYPE

JUDGED_SIDE = 800
"""Longer side at which a result is judged, pixels."""
MIN_CHROMA = 10.0
"""CIELAB units; paler colors of hints are not looked for."""
MIN_TINT = 0.02
"""Difference of a pixel's channels, as a share of white, from which on it has color."""


def find_unused(pixels: Pixels, guidance: Guidance) -> list[int]:
    """The numbers, from 1, of the marks whose places have no color in the result.

    pixels: H×W×3, the result. Black and white hold no color, nor does what lies outside the region.
    """
    width, height = size_within(pixels.shape, JUDGED_SIDE)
    tint = (pixels.max(-1).astype(np.float32) - pixels.min(-1)) / WHITE_BY_DTYPE[str(pixels.dtype)]
    tint = resize(tint, (height, width))
    numbers = []
    for number, mark in enumerate(guidance.marks, 1):
        if np.hypot(*color_ab(mark.color)) < MIN_CHROMA:
            continue
        places = draw_hints([mark], (height, width))[..., 2] > 0
        if places.any() and tint[places].max() < MIN_TINT:
            numbers.append(number)
    return numbers


def unused_hints(guidance: Guidance, numbers: Sequence[int] | NDArray[np.int_]) -> list[Notice]:
    """A notice about marks that were not used. numbers: of `guidance.marks`, from 1."""
    if len(numbers) == 0:
        return []
    marks = [guidance.marks[int(number) - 1] for number in numbers]
    x, y = marks[0].points[0] if isinstance(marks[0], Stroke) else (marks[0].x, marks[0].y)
    more = len(marks) - 1
    others = f" and {more} other{'s' * (more > 1)}" if more else ""
    lies = "they lie" if more else "it lies"
    text = (
        f"the hint {marks[0].color} at {x:.0%}, {y:.0%}{others} colored nothing: {lies} on black"
        " or white, outside the region, or under another hint"
    )
    return [Notice(NoticeCode.HINT_UNUSED, text)]
