"""A key frame and what a person asks of it in; its ab at carry size out. The network works here and
nowhere else."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tintype.arrays import Array, Pixels
from tintype.engine import Colorizer
from tintype.film.follow import Ask, joined
from tintype.film.motion import resized
from tintype.guidance import Guidance

TWO_TONES = 0.90, 0.97
"""A frame is a title or leader as this share of it has one of two levels of gray: from fully
colored to fully gray."""


class Painter:
    """Colors key frames with one network. guidance: what holds for the whole film."""

    def __init__(self, colorizer: Colorizer, guidance: Guidance | None = None) -> None:
        self.colorizer = colorizer
        self.guidance = guidance or Guidance()

    def __call__(self, small: Pixels, size: tuple[int, int], asks: Sequence[Ask] = ()) -> Array:
        """small: H×W uint8 gray of full range. size: (h, w) of the result: h×w×2 float32, CIELAB
        units. Raises as the engine does."""
        shown = pictured_share(small)
        if shown == 0:
            return np.zeros((*size, 2), np.float32)
        guidance = without_line_art(joined(self.guidance, asks))
        return np.asarray(
            resized(self.colorizer.ab(self.colorizer.prepare(small), guidance), size)
            * np.float32(shown),
            np.float32,
        )


def pictured_share(gray: Pixels) -> float:
    """How much of a picture there is, 0..1: none in black frames, leader and titles, which hold two
    levels of gray. H×W uint8."""
    counts = np.bincount(gray[::2, ::2].ravel() >> 2, minlength=64).astype(np.float64)
    near = np.convolve(counts / counts.sum(), np.ones(5), "same")
    first = int(near.argmax())
    others = counts.copy()
    others[max(0, first - 2) : first + 3] = 0
    second = np.convolve(others / counts.sum(), np.ones(5), "same").max()
    low, high = TWO_TONES
    return float(np.clip((high - near[first] - second) / (high - low), 0, 1))


def without_line_art(guidance: Guidance) -> Guidance:
    """A frame is no drawing unless a person says so."""
    return replace(guidance, line_art=False) if guidance.line_art is None else guidance
