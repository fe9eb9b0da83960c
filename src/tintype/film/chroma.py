"""Luma codes and ab in, chroma planes and pictures out."""

from functools import cache
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.color.gamut import fit_gamut_fast
from tintype.color.lab import luminance_to_lightness, srgb_to_linear
from tintype.engine.core.upsample import upsample_ab
from tintype.film.motion import resized
from tintype.film.pixels import MATRICES, PixelFormat

_GRAY = np.arange(256, dtype=np.float32) / 255
_LIGHTNESS = luminance_to_lightness(srgb_to_linear(_GRAY))


def gray_of(luma: Pixels, pixel_format: PixelFormat) -> Pixels:
    """Full-range gray at half size, ceil(H/2)×ceil(W/2) uint8, from luma codes, H×W uint8 or
    uint16: the means of 2×2 pixels."""
    height, width = luma.shape
    if height % 2 or width % 2:
        luma = cv2.copyMakeBorder(luma, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    half = cv2.resize(luma, (luma.shape[1] // 2, luma.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return gray_levels(half, pixel_format)


def gray_levels(luma: Pixels, pixel_format: PixelFormat) -> Pixels:
    """Full-range gray of luma codes, uint8, of the same size."""
    levels = _levels_of_codes(pixel_format)
    return np.asarray(cv2.LUT(luma, levels) if luma.dtype == np.uint8 else levels[luma], np.uint8)


def upsampled(ab: Array, lightness: Array) -> Array:
    """ab (h×w×2) at the size of lightness (H×W, 0..100), along its edges."""
    if lightness.shape[0] < ab.shape[0] or lightness.shape[1] < ab.shape[1]:
        ab = resized(ab, lightness.shape[:2])
    return upsample_ab(ab, lightness)


def chroma_of(gray: Pixels, ab: Array, pixel_format: PixelFormat) -> tuple[Pixels, Pixels]:
    """Cb and Cr codes (h×w each) that give ab at the luma of the frame, within the RGB gamut.

    gray: h×w uint8, full range. ab: h×w×2 float32, CIELAB units.
    """
    kr, kb = (np.float32(k) for k in MATRICES[pixel_format.matrix])
    kg = 1 - kr - kb
    luma: Any = gray.astype(np.float32) * np.float32(1 / 255)
    lightness = cv2.LUT(gray, _LIGHTNESS)
    lab: Any = cv2.merge([lightness, *cv2.split(ab)])
    rgb: Any = cv2.cvtColor(lab, cv2.COLOR_Lab2RGB)
    clipped = cv2.inRange(rgb, (1e-4,) * 3, (1 - 1e-4,) * 3) == 0
    outside = np.flatnonzero(clipped & (gray > 3) & (gray < 252))  # black and white have no hue
    if len(outside):
        flat = lab.reshape(-1, 3)
        flat[outside] = fit_gamut_fast(flat[outside])
        rgb.reshape(-1, 3)[outside] = cv2.cvtColor(flat[outside][:, None], cv2.COLOR_Lab2RGB)[:, 0]
    # The luma of a color differs from the gray of its L*. The color differences R'-Y' and B'-Y' at
    # that luma are nearly right at the frame's luma too.
    r, g, b = cv2.split(rgb)
    y = kr * r + kg * g + kb * b
    # share of the chroma that keeps every channel within 0..1
    above, below = cv2.max(cv2.max(r, g), b) - y, cv2.min(cv2.min(r, g), b) - y
    tiny = np.float32(1e-4)
    room = np.minimum((1 - luma) / np.maximum(above, tiny), luma / np.maximum(-below, tiny))
    room = np.minimum(room, np.float32(1))
    middle, top = pixel_format.chroma_middle, pixel_format.codes - 1
    span = np.float32(pixel_format.chroma_span)
    kind: Any = np.uint8 if pixel_format.depth == 8 else np.uint16
    cb, cr = (
        room * difference * (span / (2 * (1 - k))) + np.float32(middle + 0.5)
        for difference, k in ((b - y, kb), (r - y, kr))
    )
    return np.clip(cb, 0, top).astype(kind), np.clip(cr, 0, top).astype(kind)


def picture_of(
    luma: Pixels,
    chroma: tuple[Pixels, Pixels] | None,
    pixel_format: PixelFormat,
    deep: bool = False,
) -> Pixels:
    """A frame as a player shows it: H×W×3 RGB, uint8 or, if `deep`, uint16. luma: H×W. chroma: Cb
    and Cr at half size, or None for gray."""
    white, kind = (65535, np.uint16) if deep else (255, np.uint8)
    y = (luma.astype(np.float32) - pixel_format.black) / np.float32(pixel_format.span)
    if chroma is None:
        gray = np.rint(np.clip(y, 0, 1) * white).astype(kind)
        return np.asarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB))
    kr, kb = MATRICES[pixel_format.matrix]
    span = np.float32(pixel_format.chroma_span)
    height, width = luma.shape
    blue, red = (
        cv2.resize(plane.astype(np.float32) - pixel_format.chroma_middle, None, fx=2, fy=2)[
            :height, :width
        ]
        / span
        for plane in chroma
    )
    r, b = y + 2 * (1 - kr) * red, y + 2 * (1 - kb) * blue
    g = (y - kr * r - kb * b) / (1 - kr - kb)
    return np.asarray(np.rint(np.clip(cv2.merge([r, g, b]), 0, 1) * white), kind)


@cache
def _levels_of_codes(pixel_format: PixelFormat) -> Pixels:
    """The full-range gray of every luma code."""
    codes = np.arange(pixel_format.codes, dtype=np.float32)
    levels = (codes - pixel_format.black) * (255 / pixel_format.span)
    return np.rint(np.clip(levels, 0, 255)).astype(np.uint8)
