"""A gray photograph at full size colored by ab of any size, strip by strip; and L* of pixels."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array, Pixels
from tintype.color.gamut import fit_gamut_fast
from tintype.color.lab import LUMINANCE, lab_to_srgb, luminance_to_lightness, srgb_to_linear
from tintype.photo.photo import WHITE_BY_DTYPE

# Pixels of a strip, about: small enough for caches and memory.
STRIP_PIXELS = 2**17
# L* closer than this to black or white becomes black or white in bytes, without chroma.
SOLID_LIGHTNESS = 0.1
# Strips that are colored at once.
WORKERS = min(4, os.cpu_count() or 1)

_BYTE_LIGHTNESS = luminance_to_lightness(srgb_to_linear(np.arange(256, dtype=np.float32) / 255))
_BYTE_LINEAR = srgb_to_linear(np.arange(256, dtype=np.float32) / 255)
_FINE_LIGHTNESS = luminance_to_lightness(np.arange(65536, dtype=np.float32) / 65535)


def lightness_of(pixels: Pixels) -> Array:
    """L* of pixels of any kind (uint8, uint16, float32; gray or sRGB): H×W float32, 0..100."""
    if pixels.dtype == np.uint8:
        if pixels.ndim == 2:
            return np.asarray(cv2.LUT(pixels, _BYTE_LIGHTNESS), np.float32)
        luminance = cv2.transform(cv2.LUT(pixels, _BYTE_LINEAR), LUMINANCE[None])
    else:
        linear = srgb_to_linear(
            pixels.astype(np.float32) / np.float32(WHITE_BY_DTYPE[str(pixels.dtype)])
        )
        if pixels.ndim == 2:
            return luminance_to_lightness(linear)
        luminance = linear @ LUMINANCE
        return luminance_to_lightness(luminance)
    return np.asarray(_FINE_LIGHTNESS[(luminance * 65535 + 0.5).astype(np.uint16)], np.float32)


def is_monochrome(pixels: Pixels) -> bool:
    """Whether the three channels of a uint8 picture are equal everywhere, so that one suffices."""
    if pixels.ndim == 2 or pixels.dtype != np.uint8:
        return False
    first = pixels[:: max(1, len(pixels) // 64)]
    same = (first[..., 0] == first[..., 1]).all() and (first[..., 1] == first[..., 2]).all()
    return bool(same and all(_same(pixels[rows]) for rows in strips(*pixels.shape[:2])))


def single_channel(pixels: Pixels) -> Pixels:
    """The pixels, H×W where the three channels are equal everywhere."""
    return np.ascontiguousarray(pixels[..., 0]) if is_monochrome(pixels) else pixels


def _same(strip: NDArray[np.uint8]) -> bool:
    r, g, b = cv2.split(strip)
    return not (cv2.absdiff(r, g).any() or cv2.absdiff(g, b).any())


def strips(height: int, width: int, multiple: int = 1) -> Iterator[slice]:
    """Rows in strips of about `STRIP_PIXELS`, a multiple of some number except the last."""
    rows = max(1, STRIP_PIXELS // (width * multiple)) * multiple
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))


def shrink(pixels: Pixels, factor: int) -> Pixels:
    """The means of factor×factor pixels; the last row and column are repeated to fill up:
    ceil(H/factor)×ceil(W/factor)."""
    if factor == 1:
        return pixels
    height, width = pixels.shape[:2]
    if height % factor or width % factor:
        pixels = cv2.copyMakeBorder(
            pixels, 0, -height % factor, 0, -width % factor, cv2.BORDER_REPLICATE
        )
    size = pixels.shape[1] // factor, pixels.shape[0] // factor
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), pixels.dtype)


def render(pixels: Pixels, ab: Array, factor: int = 1, region: Array | None = None) -> Pixels:
    """Color a photograph at its own L*.

    pixels: H×W or H×W×3, uint8, uint16 or float32. ab: ceil(H/factor)×ceil(W/factor)×2 float32,
    CIELAB units; grown bilinearly. region: as large as ab, float32 that ab is multiplied by, or
    None. Returns H×W×3 of the pixels' kind. Where ab does not fit into sRGB at a pixel's L*, its
    chroma is reduced. Strips keep the memory beside input and output small.
    """
    height, width = pixels.shape[:2]
    ab = np.asarray(ab if region is None else ab * region[..., None], np.float32)
    # with a place for L*, so that nothing is put together again at full size
    blank = np.empty((*ab.shape[:2], 3), np.float32)
    cv2.mixChannels([ab], [blank], [0, 1, 1, 2])
    out = np.empty((height, width, 3), pixels.dtype)

    def color(rows: slice) -> None:
        # maybe a view of `blank`, whose rows serve this strip alone
        lab = np.ascontiguousarray(_grown_rows(blank, rows, factor)[:, :width])
        cv2.insertChannel(lightness_of(pixels[rows]), lab, 0)
        out[rows] = _to_bytes(lab) if pixels.dtype == np.uint8 else _to_deep(lab, pixels.dtype)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(color, strips(height, width, factor)))
    return out


def _grown_rows(ab: Array, rows: slice, factor: int) -> Array:
    """The rows of ab as `cv2.resize` of the whole would give them; rows.start is a multiple of the
    factor."""
    first, last = rows.start // factor, -(-rows.stop // factor)
    above = min(1, first)
    part: Any = ab[first - above : last + 1]
    if factor > 1:
        part = cv2.resize(part, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
    top = above * factor
    return np.asarray(part[top : top + rows.stop - rows.start], np.float32)


def _to_bytes(lab: Array) -> NDArray[np.uint8]:
    rgb = np.asarray(cv2.convertScaleAbs(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), alpha=255), np.uint8)
    at_edge = np.flatnonzero(cv2.inRange(rgb, (1, 1, 1), (254, 254, 254)) == 0)
    # a pixel as one value of 12 or 3 bytes: NumPy picks these several times as fast as rows of
    # three
    exact, put = lab.view("V12").ravel(), rgb.view("V3").ravel()
    lightness = lab.reshape(-1, 3)[at_edge, 0]
    black, white = lightness < SOLID_LIGHTNESS, lightness > 100 - SOLID_LIGHTNESS
    put[at_edge[black]] = np.full(3, 0, np.uint8).view("V3")
    put[at_edge[white]] = np.full(3, 255, np.uint8).view("V3")
    at_edge = at_edge[~(black | white)]
    if len(at_edge):
        colors = exact[at_edge].view(np.float32).reshape(-1, 3)
        fitted = cv2.convertScaleAbs(
            cv2.cvtColor(fit_gamut_fast(colors)[None], cv2.COLOR_Lab2RGB), alpha=255
        )
        put[at_edge] = fitted.view("V3").ravel()
    return rgb


def _to_deep(lab: Array, kind: np.dtype) -> Pixels:  # type: ignore[type-arg]
    rgb = lab_to_srgb(fit_gamut_fast(lab.reshape(-1, 3)).reshape(lab.shape))
    return np.rint(rgb * 65535).astype(np.uint16) if kind == np.uint16 else rgb
