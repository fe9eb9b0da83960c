"""Luma codes of a frame and ab at half its size in; its two chroma planes out."""

from functools import cache
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.color.gamut import fit_gamut_fast
from tintype.color.lab import luminance_to_lightness, srgb_to_linear
from tintype.film.source import MATRICES, Look

_GRAY = np.arange(256, dtype=np.float32) / 255
_LIGHTNESS = luminance_to_lightness(srgb_to_linear(_GRAY))


def gray_of(luma: Pixels, look: Look) -> Pixels:
    """Luma codes (H×W uint8 or uint16) as gray of full range: ceil(H/2)×ceil(W/2) uint8, the means
    of 2×2 pixels."""
    height, width = luma.shape
    if height % 2 or width % 2:
        luma = cv2.copyMakeBorder(luma, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    half = cv2.resize(luma, (luma.shape[1] // 2, luma.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return (
        np.asarray(_codes(look)[half], np.uint8)
        if half.dtype != np.uint8
        else cv2.LUT(half, _codes(look))
    )


def chroma_of(gray: Pixels, ab: Array, look: Look) -> tuple[Pixels, Pixels]:
    """Cb and Cr that give ab at the luma that is there, drawn in where the gamut ends.

    gray: h×w uint8, full range. ab: h×w×2 float32, CIELAB units. Returns two planes h×w of the
    look's depth.
    """
    kr, kb = (np.float32(k) for k in MATRICES[look.matrix])
    kg = 1 - kr - kb
    luma: Any = gray.astype(np.float32) * np.float32(1 / 255)
    lightness = cv2.LUT(gray, _LIGHTNESS)
    lab: Any = cv2.merge([lightness, *cv2.split(ab)])
    rgb: Any = cv2.cvtColor(lab, cv2.COLOR_Lab2RGB)
    clipped = cv2.inRange(rgb, (1e-4,) * 3, (1 - 1e-4,) * 3) == 0
    outside = np.flatnonzero(
        clipped & (gray > 3) & (gray < 252)
    )  # black and white have no hue to keep
    if len(outside):
        flat = lab.reshape(-1, 3)
        flat[outside] = fit_gamut_fast(flat[outside])
        rgb.reshape(-1, 3)[outside] = cv2.cvtColor(flat[outside][:, None], cv2.COLOR_Lab2RGB)[:, 0]
    # a color has another luma than the gray of its L*; its differences to that luma are nearly the
    # same at the luma that is there
    r, g, b = cv2.split(rgb)
    found = kr * r + kg * g + kb * b
    # the share of the color that fits: no channel leaves 0..1
    most, least = cv2.max(cv2.max(r, g), b) - found, cv2.min(cv2.min(r, g), b) - found
    tiny = np.float32(1e-4)
    room = np.minimum((1 - luma) / np.maximum(most, tiny), luma / np.maximum(-least, tiny))
    room = np.minimum(room, np.float32(1))
    top = 255 << (look.depth - 8) if look.depth == 8 else 1023
    middle = 128 << (look.depth - 8)
    span = np.float32(top if look.full else 224 << (look.depth - 8))
    kind: Any = np.uint8 if look.depth == 8 else np.uint16
    cb, cr = (
        room * offset * (span / (2 * (1 - k))) + np.float32(middle + 0.5)
        for offset, k in ((b - found, kb), (r - found, kr))
    )
    return tuple(np.clip(plane, 0, top).astype(kind) for plane in (cb, cr))  # type: ignore[return-value]


def picture_of(luma: Pixels, chroma: tuple[Pixels, Pixels] | None, look: Look) -> Pixels:
    """A frame as a player shows it: H×W×3 uint8 RGB. luma: H×W. chroma: Cb and Cr at about half
    size, or None for gray."""
    y = (luma.astype(np.float32) - look.black) / np.float32(look.span)
    if chroma is None:
        return np.asarray(
            cv2.cvtColor(np.rint(np.clip(y, 0, 1) * 255).astype(np.uint8), cv2.COLOR_GRAY2RGB)
        )
    kr, kb = MATRICES[look.matrix]
    reach = np.float32(look.span if look.full else 224 << (look.depth - 8))
    height, width = luma.shape
    middle = 128 << (look.depth - 8)
    grown = (
        cv2.resize(plane.astype(np.float32) - middle, None, fx=2, fy=2)[:height, :width] / reach
        for plane in chroma
    )
    blue, red = grown
    r, b = y + 2 * (1 - kr) * red, y + 2 * (1 - kb) * blue
    g = (y - kr * r - kb * b) / (1 - kr - kb)
    return np.asarray(np.rint(np.clip(cv2.merge([r, g, b]), 0, 1) * 255), np.uint8)


@cache
def _codes(look: Look) -> Pixels:
    codes = np.arange(1 << look.depth, dtype=np.float32)
    return np.rint(np.clip((codes - look.black) * (255 / look.span), 0, 255)).astype(np.uint8)
