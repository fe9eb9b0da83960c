"""Full-size pixels of a gray photograph and ab of any size; the same photograph in color, strip by strip."""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.color.gamut import fit_gamut_fast
from tintype.color.lab import LUMINANCE, lab_to_srgb, luminance_to_lightness, srgb_to_linear
from tintype.photo.photo import LARGEST, Pixels

Array = NDArray[np.floating[Any]]

STRIP_PIXELS = 2**20
"""A strip holds about this many pixels: small enough for caches and memory, large enough for two cores."""

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
        linear = srgb_to_linear(pixels.astype(np.float32) / np.float32(LARGEST[str(pixels.dtype)]))
        if pixels.ndim == 2:
            return luminance_to_lightness(linear)
        luminance = linear @ LUMINANCE
        return luminance_to_lightness(luminance)
    return np.asarray(_FINE_LIGHTNESS[(luminance * 65535 + 0.5).astype(np.uint16)], np.float32)


def is_monochrome(pixels: Pixels) -> bool:
    """Whether the three channels of an uint8 picture are the same everywhere, so that one of them tells all."""
    if pixels.ndim == 2 or pixels.dtype != np.uint8:
        return False
    first = pixels[:: max(1, len(pixels) // 64)]
    same = (first[..., 0] == first[..., 1]).all() and (first[..., 1] == first[..., 2]).all()
    return bool(same and all(_same(pixels[rows]) for rows in strips(*pixels.shape[:2])))


def _same(strip: NDArray[np.uint8]) -> bool:
    r, g, b = cv2.split(strip)
    return not (cv2.absdiff(r, g).any() or cv2.absdiff(g, b).any())


def strips(height: int, width: int) -> Iterator[slice]:
    """Rows in strips of about `STRIP_PIXELS`."""
    rows = max(1, STRIP_PIXELS // width)
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))


def render(pixels: Pixels, ab: Array, region: Array | None = None) -> Pixels:
    """Color a photograph at its own L*.

    pixels: H×W or H×W×3, uint8, uint16 or float32. ab: h×w×2 float32, CIELAB units, of any size; grown bilinearly.
    region: h×w float32 that ab is multiplied by, or None. Returns H×W×3 of the pixels' kind. Where ab does not fit into sRGB
    at a pixel's L*, its chroma is reduced. Strips keep the memory beside input and output small.
    """
    height, width = pixels.shape[:2]
    ab = ab if region is None else ab * region[..., None]
    out = np.empty((height, width, 3), pixels.dtype)
    for rows in strips(height, width):
        lightness = lightness_of(pixels[rows])
        grown = _grow(ab, rows, height, width)
        out[rows] = _to_bytes(lightness, grown) if pixels.dtype == np.uint8 else _to_deep(lightness, grown, pixels.dtype)
    return out


def _grow(ab: Array, rows: slice, height: int, width: int) -> Array:
    """The rows of ab as `cv2.resize` of the whole would give them."""
    h, w = ab.shape[:2]
    if (h, w) == (height, width):
        return ab[rows]
    scale = h / height
    first = max(0, int((rows.start + 0.5) * scale - 0.5))
    last = min(h, int((rows.stop - 0.5) * scale - 0.5) + 2)
    part = ab[first:last]
    wide = cv2.resize(part, (width, len(part)), interpolation=cv2.INTER_LINEAR).reshape(len(part), width * 2)
    at = np.clip((np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5) * scale - 0.5 - first, 0, len(part) - 1)
    low = np.minimum(at.astype(np.intp), max(len(part) - 2, 0))
    share = (at - low)[:, None].astype(np.float32)
    grown = wide[low] * (1 - share)
    grown += wide[np.minimum(low + 1, len(part) - 1)] * share
    return np.asarray(grown.reshape(-1, width, 2), np.float32)


def _to_bytes(lightness: Array, ab: Array) -> NDArray[np.uint8]:
    lab = np.asarray(cv2.merge([lightness, *cv2.split(ab)]), np.float32)
    rgb = cv2.convertScaleAbs(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), alpha=255)
    inside = cv2.inRange(rgb, (1, 1, 1), (254, 254, 254))
    at_edge = np.flatnonzero(inside == 0)
    if len(at_edge):
        colors = lab.reshape(-1, 3)[at_edge]
        fitted = cv2.cvtColor(fit_gamut_fast(colors)[:, None], cv2.COLOR_Lab2RGB)
        rgb.reshape(-1, 3)[at_edge] = np.rint(fitted[:, 0] * 255).astype(np.uint8)
    return np.asarray(rgb, np.uint8)


def _to_deep(lightness: Array, ab: Array, kind: np.dtype) -> Pixels:  # type: ignore[type-arg]
    lab = fit_gamut_fast(np.dstack([lightness, ab]).reshape(-1, 3)).reshape(*lightness.shape, 3)
    rgb = lab_to_srgb(lab)
    return np.rint(rgb * 65535).astype(np.uint16) if kind == np.uint16 else rgb
