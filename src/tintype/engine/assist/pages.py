"""The parts of a picture that are colored separately: photographs on an album page, and windows
along a strip."""

from collections.abc import Sequence

import numpy as np

from tintype.arrays import Array, Pixels
from tintype.engine.core.network import Network
from tintype.engine.core.prepare import Part, Prepared, prepare
from tintype.engine.core.render import single_channel
from tintype.photo import Photo
from tintype.photo.album import beyond_paper, find_photographs, straighten

# Aspect ratio from which on a picture is processed in windows along it.
MIN_STRIP_ASPECT = 2.2
# Length of a window and overlap of neighboring windows, by the shorter side.
WINDOW_LENGTH, WINDOW_OVERLAP = 1.5, 0.4
MAX_WINDOWS = 16
# Shorter side, pixels, below which a strip is not split.
MIN_STRIP_SIDE = 24


def prepare_page(network: Network, photo: Photo, sizes: Sequence[int]) -> Prepared:
    """As `prepare`, with the parts that the picture has."""
    pixels = single_channel(photo.pixels)
    parts, ink = parts_of(photo.with_pixels(pixels))
    return prepare(network, photo, sizes, parts, ink)


def parts_of(photo: Photo) -> tuple[list[Part], Array | None]:
    """The parts of a photograph, none for an ordinary one; and, on an album page, where there is no
    paper: H×W of 0..1, small."""
    quads = find_photographs(photo.pixels)
    if quads:
        full = np.ones((2, 2), np.float32)
        parts = [Part(straighten(photo, quad).pixels, _outer(quad), full) for quad in quads]
        return parts, beyond_paper(photo.pixels, quads)
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
    if long < MIN_STRIP_ASPECT * short or short < MIN_STRIP_SIDE:
        return []
    step = (WINDOW_LENGTH - WINDOW_OVERLAP) * short
    count = min(MAX_WINDOWS, 1 + int(np.ceil((long - WINDOW_LENGTH * short) / step)))
    ramp = round(WINDOW_OVERLAP * short)
    side = min(long, max(round(WINDOW_LENGTH * short), -(-long // count) + ramp))
    windows = []
    for start in np.linspace(0, long - side, count).round().astype(int).tolist():
        at = np.arange(side)
        fade = np.minimum(1, np.minimum(at + 1, side - at) / ramp).astype(np.float32)
        if start == 0:
            fade[: side // 2] = 1
        if start + side == long:
            fade[side // 2 :] = 1
        if width > height:
            rows, columns, weight = (0, height), (start, start + side), np.repeat(fade[None], 2, 0)
        else:
            rows, columns = (start, start + side), (0, width)
            weight = np.repeat(fade[:, None], 2, 1)
        corners = [(x, y) for y in rows for x in columns]
        corners[2:] = corners[:1:-1]  # around the window
        windows.append(
            Part(pixels[slice(*rows), slice(*columns)], np.array(corners, np.float32) - 0.5, weight)
        )
    return windows
