"""The parts of a guidance: dabs and strokes of color, and where color is wanted. Frozen, validated,
equal by content."""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.errors import UsageError
from tintype.guidance.colors import Color, color_hex

Reach = Literal["place", "thing", "alike"]
"""How far a color spreads: to its surroundings, within the thing that it lies on, or to all that
looks like it."""
Point = tuple[float, float]
"""x and y, as shares (0..1) of the width and the height of the upright photograph."""
RegionKind = Literal["mask", "polygons", "subject", "background", "objects"]

DEFAULT_RADIUS = 0.01
DEFAULT_WIDTH = 0.02
MOST_POINTS = 10_000
"""Of one stroke or polygon."""
MOST_MASK_PIXELS = 100_000_000
FAINTEST = 0.1
"""A mask whose largest value is a smaller share of white has another range than its type says."""
REFERENCE_SIDE = 512


def check_point(point: Sequence[float], what: str) -> Point:
    """Raises UsageError unless the point lies in the photograph."""
    try:
        x, y = (float(value) for value in point)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{what} needs two numbers, x and y, not {point!r}") from error
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise UsageError(
            f"{what} at ({x:g}, {y:g}) lies outside of the photograph, whose sides go from 0 to 1"
        )
    return x, y


def check_number(value: Any, low: float, high: float, what: str, above: bool = False) -> float:
    """A finite number within low..high (above: not low itself). Raises UsageError."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float | np.number)
        or not math.isfinite(value)
    ):
        raise UsageError(f"{what} must be a number, not {value!r}")
    if not low <= value <= high or (above and value == low):
        bounds = (
            f"greater than {low:g} and at most {high:g}"
            if above
            else f"between {low:g} and {high:g}"
        )
        raise UsageError(f"{what} must be {bounds}, not {value:g}")
    return float(value)


def _check_choice(value: Any, choices: tuple[str, ...], what: str) -> None:
    if value not in choices:
        raise UsageError(f"{what} must be one of {', '.join(choices)}, not {value!r}")


@dataclass(frozen=True)
class Hint:
    """A dab of color. x, y: its center, shares of width and height. color: only its hue and chroma
    count.

    radius: a share of the shorter side; None is a hundredth. confidence: above 0, at most 1. reach:
    see `Reach`.
    Raises UsageError for values out of range.
    """

    x: float
    y: float
    color: Color
    radius: float | None = None
    confidence: float = 1.0
    reach: Reach = "thing"

    def __post_init__(self) -> None:
        _set(
            self,
            x=check_point((self.x, self.y), "a hint")[0],
            y=float(self.y),
            color=color_hex(self.color),
        )
        if self.radius is not None:
            _set(self, radius=check_number(self.radius, 0, 1, "a hint's radius", above=True))
        _set(
            self, confidence=check_number(self.confidence, 0, 1, "a hint's confidence", above=True)
        )
        _check_choice(self.reach, get_args(Reach), "a hint's reach")


@dataclass(frozen=True)
class Stroke:
    """A line of color. points: at least one, as (x, y). width: a share of the shorter side; None is
    a fiftieth. Else as `Hint`."""

    points: tuple[Point, ...]
    color: Color
    width: float | None = None
    confidence: float = 1.0
    reach: Reach = "thing"

    def __post_init__(self) -> None:
        _set(self, points=_path(self.points, 1, "a stroke"), color=color_hex(self.color))
        if self.width is not None:
            _set(self, width=check_number(self.width, 0, 1, "a stroke's width", above=True))
        _set(
            self,
            confidence=check_number(self.confidence, 0, 1, "a stroke's confidence", above=True),
        )
        _check_choice(self.reach, get_args(Reach), "a stroke's reach")


@dataclass(frozen=True)
class Region:
    """Where color is wanted; elsewhere the photograph stays as it is.

    kind: "mask" (mask: a PNG, white where color is wanted, of any size of the photograph's shape;
    see `from_mask`), "polygons" (each of at least three points), "subject" or "background" (by the
    network's saliency), or "objects" (what is at the points `keep`, without what is at the points
    `skip`). Raises UsageError for what does not fit together.
    """

    kind: RegionKind
    mask: bytes | None = None
    polygons: tuple[tuple[Point, ...], ...] = ()
    keep: tuple[Point, ...] = ()
    skip: tuple[Point, ...] = ()

    def __post_init__(self) -> None:
        _check_choice(self.kind, get_args(RegionKind), "a region's kind")
        _set(
            self,
            polygons=tuple(
                _path(polygon, 3, "a polygon") for polygon in _listed(self.polygons, "polygons")
            ),
            keep=_path(self.keep, 0, "a point of a region"),
            skip=_path(self.skip, 0, "a point of a region"),
        )
        if self.kind == "mask":
            if not self.mask:
                raise UsageError("a region of the kind mask needs a mask")
            if not decode_png(self.mask, "the mask", cv2.IMREAD_GRAYSCALE).any():
                raise UsageError(
                    "the mask is empty (black everywhere), so there is nothing to color"
                )
        if self.kind == "polygons" and not self.polygons:
            raise UsageError("a region of the kind polygons needs at least one polygon")
        if self.kind == "objects" and not self.keep:
            raise UsageError("a region of the kind objects needs at least one point to keep")

    @classmethod
    def from_mask(cls, mask: NDArray[Any]) -> "Region":
        """mask: H×W; bool, float of 0..1, or integers of 0 and 1, 0 and 255, or the whole range of
        uint8 or uint16. 0: stays gray."""
        return cls("mask", mask=encode_picture(_mask_bytes(np.asarray(mask)), "the mask"))

    def mask_array(self) -> NDArray[np.uint8]:
        """The mask as H×W uint8, 0..255. Raises UsageError for a region without one."""
        if self.mask is None:
            raise UsageError(f"a region of the kind {self.kind} has no mask")
        return decode_png(self.mask, "the mask", cv2.IMREAD_GRAYSCALE)


def _mask_bytes(mask: NDArray[Any]) -> NDArray[np.uint8]:
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
    if 0 < high < FAINTEST * white:
        raise UsageError(
            f"the mask is nearly black: its largest value is {high:g} where white is {white:g}"
        )
    return np.asarray(np.rint(mask * (255 / white)), np.uint8)


def encode_picture(pixels: NDArray[Any], what: str) -> bytes:
    """uint8 pixels, H×W or H×W×3 (RGB), as PNG: the form in which pictures travel inside a
    guidance. Raises UsageError."""
    picture = np.ascontiguousarray(pixels[..., ::-1]) if pixels.ndim == 3 else pixels
    done, coded = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 4])
    if not done:
        raise UsageError(f"{what} cannot be stored as a picture")
    return coded.tobytes()


def decode_png(data: bytes, what: str, how: int) -> NDArray[np.uint8]:
    """A PNG as uint8 pixels, gray or RGB. Its size is read before it is decoded. Raises
    UsageError."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or len(data) < 33:
        raise UsageError(f"{what} is not a PNG picture")
    width, height = struct.unpack(">II", data[16:24])
    if width * height > MOST_MASK_PIXELS:
        raise UsageError(
            f"{what} has {width}×{height} pixels; more than {MOST_MASK_PIXELS // 10**6} megapixels"
            " are not read"
        )
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), how)
    if decoded is None:
        raise UsageError(f"{what} is damaged and cannot be read")
    return np.asarray(decoded[..., ::-1] if decoded.ndim == 3 else decoded, np.uint8)


def _listed(value: Any, what: str) -> Sequence[Any]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise UsageError(f"{what} must be a list, not {value!r:.40}")
    return value


def _path(points: Any, fewest: int, what: str) -> tuple[Point, ...]:
    if (
        isinstance(points, str)
        or not isinstance(points, Sequence)
        or not fewest <= len(points) <= MOST_POINTS
    ):
        raise UsageError(f"{what} must have between {fewest} and {MOST_POINTS} points")
    return tuple(check_point(point, what) for point in points)


def _set(value: Any, **fields: Any) -> None:
    for name, content in fields.items():
        object.__setattr__(value, name, content)
