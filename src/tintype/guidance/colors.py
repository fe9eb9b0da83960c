"""A color as people write it; the same as a code, and as a* and b*."""

from functools import lru_cache
from typing import Annotated

import numpy as np
from PIL import ImageColor
from pydantic import PlainValidator, WithJsonSchema

from tintype.arrays import Array
from tintype.color.gamut import fitted_srgb
from tintype.color.lab import srgb_to_lab
from tintype.errors import UsageError

PIGMENTS = {
    "auburn": "#7b3a25",
    "blond": "#c8a466",
    "blonde": "#c8a466",
    "brunette": "#553826",
    "burgundy": "#800020",
    "chestnut": "#6f3f28",
    "cream": "#fff1cc",
    "denim": "#3f5e8c",
    "ginger": "#b5602b",
    "mustard": "#d2a32c",
    "rose": "#d8607e",
    "ruby": "#9b1537",
}
"""Names of hair, cloth and lip colors beside those of CSS, as codes."""


def named_colors() -> dict[str, str]:
    """The code of each name: those of CSS and `PIGMENTS`."""
    return {name: color_hex(name) for name in sorted({*ImageColor.colormap, *PIGMENTS})}


def color_hex(color: str | tuple[int, int, int]) -> str:
    """The code, as "#b03060", of "#b03060", "crimson", "auburn" or (176, 48, 96). Raises UsageError
    if it is no color."""
    try:
        rgb = (
            ImageColor.getrgb(PIGMENTS.get(color.strip().lower(), color))[:3]
            if isinstance(color, str)
            else tuple(int(value) for value in color)
        )
        if len(rgb) != 3 or not all(0 <= value <= 255 for value in rgb):
            raise ValueError
    except (ValueError, TypeError) as error:
        raise UsageError(
            f"{color!r} is not a color; write it as '#b03060', as a name or as three numbers of 0"
            " to 255"
        ) from error
    return "#{:02x}{:02x}{:02x}".format(*rgb)


Color = Annotated[
    str | tuple[int, int, int],
    PlainValidator(color_hex),
    WithJsonSchema(
        {
            "type": "string",
            "format": "color",
            "pattern": (f"^(#[0-9A-Fa-f]{{6}}|#[0-9A-Fa-f]{{3}}|{'|'.join(named_colors())})$"),
            "examples": ["#b03060", "crimson"],
        }
    ),
]
"""As people write it; a guidance holds its code, as "#b03060"."""


@lru_cache(4096)
def color_ab(color: Color) -> Array:
    """a* and b* of a color: 2 float32, CIELAB units. Raises UsageError if it is no color."""
    ab = srgb_to_lab(np.array([color_rgb(color)], np.float32))[0, 1:]
    ab.setflags(write=False)
    return ab


def color_of(lightness: float, ab: Array) -> str:
    """The code of the color of an L* and an ab (2, CIELAB units), drawn into the sRGB gamut at that
    L*."""
    rgb = fitted_srgb(np.array([[lightness, *ab]], np.float32))[0]
    return color_hex(tuple(int(value) for value in np.rint(rgb * 255)))  # type: ignore[arg-type]


def color_rgb(color: Color) -> tuple[float, float, float]:
    """Red, green and blue of a color, 0..1 in sRGB. Raises UsageError if it is no color."""
    code = color_hex(color)
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue
