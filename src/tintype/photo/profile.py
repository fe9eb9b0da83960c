"""Pixels in the color space that a file's ICC profile describes; the same pixels in sRGB."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from tintype.photo.photo import Pixels

SRGB = ImageCms.createProfile("sRGB")
SRGB_PROFILE: bytes = ImageCms.ImageCmsProfile(SRGB).tobytes()
STRIP = 512
LATTICE = 18
"""Points along each axis of the table for 16-bit pixels: 255 / 17 is whole, so that each point is an exact 8-bit color."""


class Conversion:
    """From an ICC profile to sRGB. Raises ValueError if the profile is damaged, is no display, scanner or camera profile,
    or does not fit pixels of this mode ("L", "RGB" or "CMYK")."""

    def __init__(self, profile: bytes, mode: str) -> None:
        self.mode = mode
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            goal = ImageCms.createProfile("sRGB")
            self.transform = ImageCms.buildTransform(source, goal, mode, "RGB")
        except (ImageCms.PyCMSError, OSError) as error:
            raise ValueError(f"the ICC profile cannot be used: {error}") from error

    def __call__(self, pixels: Pixels) -> Pixels:
        """H×W, H×W×3 or H×W×4 (CMYK) in; sRGB of the same kind out, gray where gray came in. Works in strips."""
        if pixels.dtype != np.uint8:
            return self._fine(pixels)
        shape = pixels.shape[:2] if self.mode == "L" else (*pixels.shape[:2], 3)
        out = pixels if pixels.shape == shape and pixels.flags.writeable else np.empty(shape, np.uint8)
        for top in range(0, len(pixels), STRIP):
            out[top : top + STRIP] = self._convert(pixels[top : top + STRIP])
        return out

    def _convert(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        image = ImageCms.applyTransform(Image.fromarray(np.ascontiguousarray(pixels), mode=self.mode), self.transform)
        converted = np.asarray(image)
        return converted[..., 1] if self.mode == "L" else converted

    def _fine(self, pixels: Pixels) -> Pixels:
        """16-bit and float pixels through a table of 8-bit conversions, interpolated, so that no steps are seen."""
        white = 65535.0 if pixels.dtype == np.uint16 else 1.0
        points = np.linspace(0, 255, LATTICE).astype(np.uint8)
        if self.mode == "L":
            ramp = self._convert(np.arange(256, dtype=np.uint8)[None])[0].astype(np.float32)
            fine = np.interp(np.clip(pixels / white, 0, 1) * 255, np.arange(256), ramp) / 255
            return (fine * white + (0.5 if white > 1 else 0)).astype(pixels.dtype)
        grid = np.stack(np.meshgrid(points, points, points, indexing="ij"), -1).reshape(LATTICE, -1, 3)
        table = self._convert(grid).reshape(LATTICE, LATTICE, LATTICE, 3).astype(np.float32) / 255
        out = np.empty_like(pixels)
        for top in range(0, len(pixels), STRIP):
            strip = np.clip(pixels[top : top + STRIP].astype(np.float32) / white, 0, 1) * (LATTICE - 1)
            fine = _trilinear(table, strip.astype(np.float32))
            out[top : top + STRIP] = fine * white + (0.5 if white > 1 else 0)
        return out


def _trilinear(table: Pixels, at: Pixels) -> NDArray[np.float32]:
    low = np.minimum(at.astype(np.int64), LATTICE - 2)
    part = at - low
    total = np.zeros_like(at)
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod(np.where(np.array(corner) == 1, part, 1 - part), axis=-1, keepdims=True)
        total += weight * table[tuple(np.moveaxis(low + corner, -1, 0))]
    return total


def is_srgb(profile: bytes) -> bool:
    """Whether a profile calls itself sRGB, so that nothing needs converting."""
    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError):
        return False
    return "srgb" in name.lower()
