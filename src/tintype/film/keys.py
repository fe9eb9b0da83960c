"""A key frame and what a person asks of it in; its ab at carry size out. The network works here and nowhere else."""

from dataclasses import dataclass, replace

import numpy as np

from tintype.arrays import Array, Pixels
from tintype.engine import Colorizer
from tintype.film.motion import resized
from tintype.guidance import Guidance

TWO_TONES = 0.90, 0.97
"""A frame is a title or leader as this share of it has one of two levels of gray: from fully colored to fully gray."""


@dataclass(frozen=True)
class Wish:
    """What a person asks for at a time of the film, in seconds from its start; it holds through the shot."""

    time: float
    guidance: Guidance


@dataclass(frozen=True)
class Anchor:
    """What a later wish means for an earlier frame of its shot. sums: h×w×3 at carry size, what it adds to ab × weight, and weight."""

    time: float
    sums: Array


@dataclass(frozen=True)
class Key:
    """ab: h×w×2 at carry size, CIELAB units. wished: what a wish adds to it, the same shape, or None."""

    ab: Array
    wished: Array | None = None


class Painter:
    """Colors key frames with one network. guidance: what holds for the whole film."""

    def __init__(self, colorizer: Colorizer, guidance: Guidance | None = None) -> None:
        self.colorizer = colorizer
        self.guidance = without_line_art(guidance or Guidance())

    def __call__(self, small: Pixels, size: tuple[int, int], wish: Guidance | None = None) -> Key:
        """small: H×W uint8 gray of full range. size: (h, w) of the result."""
        shown = pictured_share(small)
        if shown == 0:
            return Key(np.zeros((*size, 2), np.float32))
        prepared = self.colorizer.prepare(small)
        ab = self.colorizer.ab(prepared, self.guidance)
        plain = np.asarray(resized(ab, size) * np.float32(shown), np.float32)
        if wish is None:
            return Key(plain)
        return Key(plain, np.asarray(resized(self.colorizer.ab(prepared, without_line_art(wish)) - ab, size), np.float32))


def pictured_share(gray: Pixels) -> float:
    """How much of a picture there is, 0..1: none in black frames, leader and titles, which hold two levels of gray. H×W uint8."""
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
