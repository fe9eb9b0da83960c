"""What a person may ask for, as one value with one JSON form."""

from tintype.guidance.colors import Color, color_ab, color_hex, color_of, color_rgb
from tintype.guidance.draw import draw_hints
from tintype.guidance.guidance import Guidance
from tintype.guidance.parts import Hint, Region, Stroke, encode_picture

__all__ = [
    "Color",
    "Guidance",
    "Hint",
    "Region",
    "Stroke",
    "color_ab",
    "color_hex",
    "color_of",
    "color_rgb",
    "draw_hints",
    "encode_picture",
]
