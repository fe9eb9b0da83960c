"""What a person may ask for, as one value with one JSON form."""

from tintype.guidance.colors import Color, color_ab, color_hex, color_of, color_rgb
from tintype.guidance.draw import draw_hints
from tintype.guidance.guidance import GUIDANCE_SUFFIX, Guidance
from tintype.guidance.marks import (
    DEFAULT_RADIUS,
    DEFAULT_WIDTH,
    Hint,
    Point,
    Reach,
    Stroke,
    check_point,
)
from tintype.guidance.people import NAMED_PARTS, PartColor, PartName
from tintype.guidance.pictures import decode_png, encode_picture
from tintype.guidance.region import NAMED_AREAS, Region

__all__ = [
    "DEFAULT_RADIUS",
    "DEFAULT_WIDTH",
    "GUIDANCE_SUFFIX",
    "NAMED_AREAS",
    "NAMED_PARTS",
    "Color",
    "Guidance",
    "Hint",
    "PartColor",
    "PartName",
    "Point",
    "Reach",
    "Region",
    "Stroke",
    "check_point",
    "color_ab",
    "color_hex",
    "color_of",
    "color_rgb",
    "decode_png",
    "draw_hints",
    "encode_picture",
]
