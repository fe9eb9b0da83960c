"""A decoded PIL image of any mode; gray or sRGB pixels and alpha, with its profile, its gamma and
its transparency honored."""

from typing import Any

import numpy as np
from PIL import Image, ImageCms

from tintype.arrays import Pixels
from tintype.photo.png import Colors
from tintype.photo.profile import convert, to_srgb
from tintype.photo.ranges import signed_pixels, unit_range


def pixels_of(image: Image.Image) -> tuple[Pixels, Pixels | None]:
    """H×W or H×W×3 uint8, uint16 or float32, and alpha or None, not turned upright. Raises
    ValueError for what makes no sense."""
    mode, profile = image.mode, image.info.get("icc_profile")
    if mode == "I" or mode.startswith("I;16"):
        deep = signed_pixels(np.asarray(image))
        key = image.info.get("transparency")
        alpha = None
        if isinstance(key, int) and deep.dtype == np.uint16:
            alpha = np.where(deep == key, 0, 65535).astype(np.uint16)
        return _in_srgb(deep, image, profile), alpha
    if mode == "F":
        return _in_srgb(unit_range(np.asarray(image)), image, profile), None
    if mode == "CMYK":
        if profile is not None:
            try:
                return convert(np.asarray(image), profile, "CMYK"), None
            except ValueError:
                pass
        return np.array(image.convert("RGB")), None
    if mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        return (
            np.array(
                ImageCms.profileToProfile(
                    image, lab, ImageCms.createProfile("sRGB"), outputMode="RGB"
                )
            ),
            None,
        )
    if mode == "1" and image.format == "PSD":  # 1 is ink there, which Pillow takes for light
        return np.where(np.asarray(image), np.uint8(0), np.uint8(255)), None
    transparent = mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info
    gray = mode in ("1", "L", "LA", "La")
    if mode == "La":
        image = image.convert("LA")
    wanted = ("LA" if gray else "RGBA") if transparent else ("L" if gray else "RGB")
    color, alpha = split(np.array(image.convert(wanted)))
    return _in_srgb(color, image, profile), alpha


def split(array: Pixels) -> tuple[Pixels, Pixels | None]:
    """Color and alpha of H×W (gray) or H×W×2..4 pixels."""
    if array.ndim == 2 or array.shape[2] == 3:
        return array, None
    color = array[..., 0] if array.shape[2] == 2 else array[..., :3]
    return np.ascontiguousarray(color), np.ascontiguousarray(array[..., -1])


def _in_srgb(pixels: Pixels, image: Image.Image, profile: Any) -> Pixels:
    if isinstance(profile, bytes) and profile:
        return to_srgb(pixels, profile)
    gamma = image.info.get("gamma")
    if image.format in ("PNG", None) and isinstance(gamma, float) and "srgb" not in image.info:
        chroma = image.info.get("chromaticity")
        colors = Colors.of(
            gamma, chroma if isinstance(chroma, tuple) and len(chroma) == 8 else None
        )
        return pixels if colors is None else colors.to_srgb(pixels)
    return pixels


def upright(pixels: Pixels, alpha: Pixels | None, orientation: int) -> tuple[Pixels, Pixels | None]:
    """Undo one of the eight orientations of EXIF (CIPA DC-008, tag 0x0112)."""
    if alpha is not None:
        alpha, _ = upright(alpha, None, orientation)
    if orientation in (5, 6, 7, 8):
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels), alpha
