"""Pixels in the color space that a file's ICC profile describes; the same pixels in sRGB."""

import io
import struct

import imagecodecs
import numpy as np
from PIL import ImageCms

from tintype.arrays import Pixels

_CREATED = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
_MADE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SRGB_PROFILE: bytes = _MADE[:24] + _CREATED + _MADE[36:]
"""With a fixed time of creation, so that the same photograph always gives the same file (ICC.1,
7.2.1)."""
STRIP_PIXELS = 2**22
SPACES = {"L": "gray", "RGB": "rgb", "CMYK": "cmyk"}


def convert(pixels: Pixels, profile: bytes, mode: str) -> Pixels:
    """From an ICC profile to sRGB (Little CMS, perceptual intent), in strips.

    pixels: H×W ("L"), H×W×3 ("RGB") or H×W×4 ("CMYK", 0 is no ink); uint8, uint16 or float32 of
    0..1. Returns sRGB of the same type, gray for "L", RGB otherwise. Raises ValueError if the
    profile is damaged or does not fit pixels of this mode.
    """
    if pixels.dtype == np.float32:
        fine = convert(np.rint(np.clip(pixels, 0, 1) * 65535).astype(np.uint16), profile, mode)
        return (fine / np.float32(65535)).astype(np.float32)
    out = np.empty(pixels.shape[:2] if mode == "L" else (*pixels.shape[:2], 3), pixels.dtype)
    rows = max(1, STRIP_PIXELS // pixels.shape[1])
    for top in range(0, len(pixels), rows):
        strip = np.ascontiguousarray(pixels[top : top + rows])
        try:
            rgb = imagecodecs.cms_transform(
                strip, profile, SRGB_PROFILE, colorspace=SPACES[mode], outcolorspace="rgb"
            )
        except (RuntimeError, ValueError) as error:
            raise ValueError(f"the ICC profile cannot be used: {error}") from error
        out[top : top + rows] = rgb[..., 1] if mode == "L" else rgb
    return out


def is_srgb(profile: bytes) -> bool:
    """Whether a profile calls itself sRGB, so that nothing needs converting."""
    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError):
        return False
    return "srgb" in name.lower()


def to_srgb(pixels: Pixels, profile: bytes | None) -> Pixels:
    """Gray or RGB pixels in sRGB. An unusable profile is ignored, as viewers do."""
    if profile is None or is_srgb(profile):
        return pixels
    try:
        return convert(pixels, profile, "L" if pixels.ndim == 2 else "RGB")
    except ValueError:
        return pixels
