"""Luma planes in, in order; the same with their chroma planes out, as fast as the cores go: motion,
network and edges overlap."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from tintype.arrays import Array, Pixels
from tintype.engine.core.render import lightness_of
from tintype.engine.core.upsample import upsample_ab
from tintype.film.chroma import chroma_of, gray_of
from tintype.film.motion import resized
from tintype.film.plan import Still
from tintype.film.source import Frame, Look
from tintype.film.steady import Colors, Steady

WINDOW_BYTES = 2**28
"""Luma planes that wait in a window take no more than this."""
LEAST_WINDOW, MOST_WINDOW = 32, 96


@dataclass(frozen=True)
class Colored:
    """A frame with its colors. ab: at half size, CIELAB units. chroma: the same as Cb and Cr of the
    look's depth. shot: its number, from 0; cut: it begins here."""

    still: Still
    ab: Array
    chroma: tuple[Pixels, Pixels]
    shot: int
    cut: bool
    returns: int | None


def window_of(look: Look) -> int:
    """Frames in a window, so that memory stays bounded."""
    plane = look.width * look.height * (1.25 if look.depth == 8 else 2.25) + 900_000
    return int(np.clip(WINDOW_BYTES / plane * 0.7, LEAST_WINDOW, MOST_WINDOW))


def color_frames(
    frames: Iterable[Frame], look: Look, steady: Steady, seconds: Callable[[Frame], float]
) -> Iterator[list[Colors]]:
    """Steady colors of the frames, one list a window, in order. seconds: the time of a frame."""
    for frame in frames:
        steady.add(
            Still(seconds(frame), frame.pts, gray_of(frame.luma, look), frame.luma, frame.broken)
        )
        yield from steady.ready()
    yield from steady.ready(last=True)


def render(colors: Colors, look: Look) -> Colored:
    """Raise the colors of a frame to half its size, and make its chroma planes."""
    gray = colors.still.gray
    ab = raised(colors.ab, lightness_of(gray))
    return Colored(
        colors.still, ab, chroma_of(gray, ab, look), colors.shot, colors.cut, colors.returns
    )


def raised(ab: Array, lightness: Array) -> Array:
    """ab (h×w×2) to the size of lightness (H×W, 0..100) along its edges. They were clean in the
    keys and moved with the picture."""
    if lightness.shape[0] < ab.shape[0] or lightness.shape[1] < ab.shape[1]:
        ab = resized(ab, lightness.shape[:2])
    return upsample_ab(ab, lightness)
