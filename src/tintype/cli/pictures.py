"""Pictures that options name: masks, references and palettes."""

from pathlib import Path
from typing import Any

import numpy as np

from tintype.errors import TintypeError, UsageError


def mask_array(path: Path) -> Any:
    """A mask file as H×W uint8: its alpha where it has any, else its gray; of a picture with a
    palette, what is not black.

    Raises UsageError if it is no picture.
    """
    from PIL import Image, ImageOps

    try:
        # from a file without a name: Pillow scrambles turned ones that it maps into memory
        with path.open("rb") as file, Image.open(file) as opened:
            picture = ImageOps.exif_transpose(opened)
            palette = picture.mode == "P"
            has_alpha = "A" in picture.getbands() or "transparency" in picture.info
            alpha = np.asarray(picture.convert("RGBA").getchannel("A")) if has_alpha else None
            deep = picture.mode.startswith("I") or picture.mode == "F"
            gray = np.asarray(picture) if deep else np.asarray(picture.convert("L"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = "does not exist" if not path.exists() else "is not a picture that can be read"
        raise UsageError(f"the mask {path} {reason}") from error
    if alpha is not None and alpha.min() < 255:
        return alpha
    if deep:
        gray = np.asarray(
            np.rint(gray.astype(np.float64) * (255 / max(1.0, float(gray.max())))), np.uint8
        )
    return np.asarray(gray > 0, np.uint8) * 255 if palette else gray


def read_palette(text: str) -> tuple[str, ...]:
    """Colors of '#a1b2c3,gold', of a named palette, of a picture or of a palette file.
    Raises UsageError for none of these."""
    from tintype.guidance import color_hex
    from tintype.guidance.palette_files import PALETTE_SUFFIXES, read_palette_file
    from tintype.guidance.palettes import named_palette, palette_of

    path = Path(text)
    if path.suffix.lower() in PALETTE_SUFFIXES:
        return read_palette_file(path)
    if path.suffix and (path.exists() or "," not in text):
        return palette_of(color_pixels(path, "the picture for the palette"))
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) == 1 and not parts[0].startswith("#"):
        try:
            return (color_hex(parts[0]),)
        except UsageError:
            return named_palette(parts[0]).colors
    if not parts:
        raise UsageError(
            "--palette holds no color; write '#a1b2c3,gold', a name such as autochrome, or a"
            " picture file"
        )
    return tuple(color_hex(part) for part in parts)


def color_pixels(path: Path, what: str) -> Any:
    """A color photograph as H×W×3 uint8. Raises UsageError if it cannot be read or is gray."""
    from tintype.photo import read_photo
    from tintype.photo.photo import to_uint8

    if not path.exists():
        raise UsageError(f"{what}, {path}, does not exist")
    try:
        pixels = to_uint8(read_photo(path).pixels)
    except TintypeError as error:
        raise UsageError(f"{what} cannot be used: {error}") from error
    if pixels.ndim != 3:
        raise UsageError(f"{what}, {path}, is gray, so it has no colors to give")
    return pixels
