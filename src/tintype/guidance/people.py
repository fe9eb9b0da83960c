"""Parts of people and the sky by name, and colors for them."""

from typing import Literal, get_args

from tintype.guidance.colors import Color
from tintype.guidance.marks import Point, PositiveShare
from tintype.guidance.schema import schema

PartName = Literal["hair", "skin", "lips", "clothes", "sky"]
NAMED_PARTS: tuple[PartName, ...] = get_args(PartName)


@schema
class PartColor:
    """A color for a part of the people in a photograph, or for its sky.

    part: "hair", "skin", "lips", "clothes" or "sky". color: only its hue and chroma count. near: x
    and y of a place, as shares of the upright photograph's width and height; the color is for the
    nearest person only, which means nothing to the sky. confidence: 1 for exactly this color; less
    mixes it with the network's.
    """

    part: PartName
    color: Color
    near: Point | None = None
    confidence: PositiveShare = 1.0
