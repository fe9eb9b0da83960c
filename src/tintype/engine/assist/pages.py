"""The parts of a picture that are to be seen by themselves: photographs on an album page, and
windows along a strip."""

import numpy as np

from tintype.arrays import Array, Pixels
from tintype.engine.core.network import Network
from tintype.engine.core.prepare import Part, Prepared, prepare
from tintype.engine.core.render import single_channel
from tintype.photo import Photo
from tintype.photo.album import beyond_paper, find_photographs, straighten

STRIP = 2.2
"""A picture whose longer side is so many times the shorter one, or more, is looked at in windows
along it."""
WINDOW, OVERLAP = 1.5, 0.4
"""Length of a window and how far neighboring windows overlap, by the shorter side."""
MOST_WINDOWS = 16
SHORTEST = 24
"""Pixels of the shorter side below which a strip shows nothing in windows."""


def prepare_page(network: Network, photo: Photo, sizes: list[int]) -> Prepared:
    """As `prepare`, with the parts that the picture has."""
    pixels = single_channel(photo.pixels)
    parts, ink = parts_of(photo.with_pixels(pixels))
    return prepare(network, photo, sizes, parts, ink)


def parts_of(photo: Photo) -> tuple[list[Part], Array | None]:
    """The parts of a photograph, none for an ordinary one; and, on an album page, where there is no
    paper: H×W of 0..1, small."""
    quads = find_photographs(photo.pixels)
    if quads:
        cut = [straighten(photo, quad).pixels for quad in quads]
        parts = [
            Part(pixels, _outer(quad), np.ones((2, 2), np.float32))
            for pixels, quad in zip(cut, quads, strict=True)
        ]
        return parts, beyond_paper(photo.pixels)
    return _windows(photo.pixels), None


def _outer(quad: Array) -> Array:
    """The corners of the outermost pixels' outer edges, of a quad that names the pixels'
    middles."""
    middle = quad.mean(0)
    away = quad - middle
    lengths = np.linalg.norm(away, axis=1, keepdims=True)
    return np.asarray(middle + away * (1 + 0.7 / np.maximum(lengths, 1)), np.float32)


def _windows(pixels: Pixels) -> list[Part]:
    """Overlapping windows along the longer side, each fading into the next."""
    height, width = pixels.shape[:2]
    short, long = sorted((height, width))
    if long < STRIP * short or short < SHORTEST:
        return []
    step = (WINDOW - OVERLAP) * short
    count = min(MOST_WINDOWS, 1 + int(np.ceil((long - WINDOW * short) / step)))
    ramp = round(OVERLAP * short)
    side = min(long, max(round(WINDOW * short), -(-long // count) + ramp))
    found = []
    for start in np.linspace(0, long - side, count).round().astype(int).tolist():
        places = np.arange(side)
        along = np.minimum(1, np.minimum(places + 1, side - places) / ramp).astype(np.float32)
        if start == 0:
            along[: side // 2] = 1
        if start + side == long:
            along[side // 2 :] = 1
        if width > height:
            top, left, high, wide, weight = 0, start, height, side, np.repeat(along[None], 2, 0)
        else:
            top, left, high, wide, weight = start, 0, side, width, np.repeat(along[:, None], 2, 1)
        corners = (
            np.array(
                [(left, top), (left + wide, top), (left + wide, top + high), (left, top + high)],
                np.float32,
            )
            - 0.5
        )
        found.append(Part(pixels[top : top + high, left : left + wide], corners, weight))
    return found
