"""Regions: where color is wanted."""

import math
from dataclasses import field
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from tintype.errors import UsageError
from tintype.guidance.marks import MAX_POINTS, Point
from tintype.guidance.people import NAMED_PARTS, PartName
from tintype.guidance.pictures import PngFile, decode_png, encode_picture
from tintype.guidance.schema import Several, schema

MAX_POLYGONS = 1000
MIN_WHITE_SHARE = 0.1
"""A mask whose largest value is a smaller share of its type's white has probably another range."""
Polygon = Annotated[Several[Point], Field(min_length=3, max_length=MAX_POINTS)]
Points = Annotated[Several[Point], Field(max_length=MAX_POINTS)]
NAMED_AREAS = ("person", *NAMED_PARTS)


def _as_bytes(mask: NDArray[Any]) -> NDArray[np.uint8]:
    """A mask of another range as 0..255. Raises UsageError for values that make no sense."""
    if mask.ndim != 2 or 0 in mask.shape:
        raise UsageError(f"a mask must be H×W, but has shape {mask.shape}")
    if mask.dtype == bool:
        return mask.astype(np.uint8) * 255
    low, high = (
        (float(mask.min()), float(mask.max())) if mask.dtype.kind in "iuf" else (0.0, math.nan)
    )
    if not (math.isfinite(low) and math.isfinite(high)) or low < 0:
        raise UsageError("mask values must be finite and not below 0")
    if high <= 1:
        white: float | None = 1.0
    elif mask.dtype.kind in "iu" and set(np.unique(mask).tolist()) <= {0, 255}:
        white = 255.0
    else:
        white = {"uint8": 255.0, "uint16": 65535.0}.get(str(mask.dtype))
    if white is None:
        raise UsageError(
            f"a mask of {mask.dtype} must hold values between 0 and 1, not up to {high:g}"
        )
    if 0 < high < MIN_WHITE_SHARE * white:
        raise UsageError(
            f"the mask is nearly black: its largest value is {high:g} where white is {white:g}"
        )
    return np.asarray(np.rint(mask * (255 / white)), np.uint8)


def _encoded(mask: Any) -> Any:
    """A mask given as an array, as PNG."""
    if isinstance(mask, np.ndarray):
        return encode_picture(_as_bytes(mask), "the mask")
    return mask


if TYPE_CHECKING:
    Mask = bytes | NDArray[Any]
else:
    Mask = Annotated[PngFile, BeforeValidator(_encoded)]

KINDS = {
    "oneOf": [
        {
            "properties": {"kind": {"const": "mask"}, "mask": {"type": "string"}},
            "required": ["mask"],
        },
        {
            "properties": {"kind": {"const": "polygons"}, "polygons": {"minItems": 1}},
            "required": ["polygons"],
        },
        {
            "properties": {"kind": {"const": "objects"}, "keep": {"minItems": 1}},
            "required": ["keep"],
        },
        {"properties": {"kind": {"enum": ["subject", "background", *NAMED_AREAS]}}},
    ]
}
"""JSON Schema: what a region of each kind needs."""


@schema
class Region:
    """Where color is wanted; elsewhere the photograph stays as it is.

    kind: "mask" (mask: a PNG, or an array as `from_mask` takes it, white where color is wanted, of
    any size of the photograph's shape), "polygons" (polygons: areas, each of at least three
    points), "objects" (keep: points on objects that are wanted, skip: points on objects that are
    not), "subject" or "background" (by the network's saliency, and people), "person", "hair",
    "skin", "lips" or "clothes" (of all people), "sky".
    """

    kind: Literal["mask", "polygons", "objects", "subject", "background", "person", PartName]
    mask: Mask | None = field(default=None, repr=False)
    polygons: Annotated[Several[Polygon], Field(max_length=MAX_POLYGONS)] = ()
    keep: Points = ()
    skip: Points = ()

    @property
    def has_places(self) -> bool:
        """Whether it belongs to the places of one photograph: drawn, or objects at points."""
        return self.kind in ("mask", "polygons", "objects")

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if self.kind == "mask" and self.mask is None:
            raise UsageError("a region of the kind mask needs a mask")
        if self.kind == "polygons" and not self.polygons:
            raise UsageError("a region of the kind polygons needs at least one polygon")
        if self.kind == "objects" and not self.keep:
            raise UsageError("a region of the kind objects needs at least one point to keep")
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        made = handler(core)
        handler.resolve_ref_schema(made).update(KINDS)
        return made

    @classmethod
    def from_mask(cls, mask: NDArray[Any]) -> "Region":
        """mask: H×W; bool, float of 0..1, or integers of 0 and 1, 0 and 255, or the whole range of
        uint8 or uint16. 0: stays gray."""
        region = cls("mask", mask=np.asarray(mask))
        region.mask_array()
        return region

    def mask_array(self) -> NDArray[np.uint8]:
        """The mask as H×W uint8, 0..255. Raises UsageError for one that is damaged, empty or not
        there."""
        if self.mask is None:
            raise UsageError(f"a region of the kind {self.kind} has no mask")
        mask = decode_png(bytes(self.mask), "the mask", cv2.IMREAD_GRAYSCALE)
        if not mask.any():
            raise UsageError("the mask is empty (black everywhere), so there is nothing to color")
        return mask
