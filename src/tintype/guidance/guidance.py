"""All that is asked of one photograph, as a value: frozen, validated, equal by content; and its
JSON form."""

import base64
import binascii
import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.color.bins import ab_histogram, palette_vector
from tintype.errors import UsageError
from tintype.guidance.colors import Color, color_ab, color_hex
from tintype.guidance.parts import (
    REFERENCE_SIDE,
    Hint,
    Region,
    Stroke,
    check_number,
    decode_png,
    encode_picture,
)

VERSION = 1
"""Of the JSON form; a file of a newer version is refused."""
MOST_MARKS = 5000
MOST_COLORS = 64
LEAST_CHROMA = 4.0
"""A palette or a reference without a color of at least this chroma is gray."""


@dataclass(frozen=True)
class Guidance:
    """What a person asks of one photograph; the default asks for nothing. Coordinates are shares of
    the upright photograph's sides.

    hints, strokes: colors at places; later ones cover earlier ones. region: color only there.
    reference: a picture (PNG, see `with_reference`) whose colors are to be used. palette: colors to
    be used, in any order. mean_chroma: wished mean of sqrt(a*² + b*²), 0..100. saturation:
    multiplies chroma everywhere except at hints, 0..4. warmth: -1 (cooler) to 1 (warmer). seed: of
    what is drawn at random. bold: uncertain things take a likely color instead of the mean of all.
    line_art: fill what lines bound; None: where the picture is line art. keep_color: what has color
    in the source keeps it. Raises UsageError for values out of range.
    """

    hints: tuple[Hint, ...] = ()
    strokes: tuple[Stroke, ...] = ()
    region: Region | None = None
    reference: bytes | None = None
    palette: tuple[Color, ...] = ()
    mean_chroma: float | None = None
    saturation: float = 1.0
    warmth: float = 0.0
    seed: int | None = None
    bold: bool = False
    line_art: bool | None = None
    keep_color: bool = False

    def __post_init__(self) -> None:
        for name, kind in (("hints", Hint), ("strokes", Stroke)):
            marks = getattr(self, name)
            if not isinstance(marks, Iterable) or isinstance(marks, str):
                raise UsageError(f"{name} must be a sequence of {kind.__name__}")
            object.__setattr__(self, name, tuple(marks))
            if not all(isinstance(mark, kind) for mark in getattr(self, name)):
                raise UsageError(f"{name} must be a sequence of {kind.__name__}")
        if len(self.hints) + len(self.strokes) > MOST_MARKS:
            raise UsageError(
                f"there are {len(self.hints) + len(self.strokes)} hints and strokes; {MOST_MARKS}"
                " are allowed"
            )
        if self.region is not None and not isinstance(self.region, Region):
            raise UsageError("region must be a Region, as Region.from_mask(mask) makes it")
        object.__setattr__(self, "palette", _checked_palette(self.palette))
        if self.mean_chroma is not None:
            check_number(self.mean_chroma, 0, 100, "mean_chroma")
        check_number(self.saturation, 0, 4, "saturation")
        check_number(self.warmth, -1, 1, "warmth")
        if self.seed is not None:
            whole = isinstance(self.seed, int | np.integer) and not isinstance(self.seed, bool)
            if not whole or not 0 <= self.seed < 2**32:
                raise UsageError(
                    f"seed must be a whole number between 0 and {2**32 - 1}, not {self.seed!r}"
                )
            object.__setattr__(self, "seed", int(self.seed))
        for name in ("bold", "keep_color", "line_art"):
            value = getattr(self, name)
            if not isinstance(value, bool) and not (name == "line_art" and value is None):
                raise UsageError(f"{name} must be true or false, not {value!r}")
        if self.reference is not None:
            check_reference(self.reference_array())

    def with_hint(
        self, x: float, y: float, color: Color, radius: float | None = None, **more: Any
    ) -> "Guidance":
        """One hint more, on top."""
        return replace(self, hints=(*self.hints, Hint(x, y, color, radius, **more)))

    def with_stroke(
        self,
        points: Sequence[Sequence[float]],
        color: Color,
        width: float | None = None,
        **more: Any,
    ) -> "Guidance":
        """One stroke more, on top."""
        return replace(self, strokes=(*self.strokes, Stroke(tuple(points), color, width, **more)))  # type: ignore[arg-type]

    def with_region(self, region: Region | NDArray[Any] | None) -> "Guidance":
        """Color only there. region: a Region, or a mask as `Region.from_mask` takes it; None:
        everywhere."""
        return replace(
            self, region=Region.from_mask(region) if isinstance(region, np.ndarray) else region
        )

    def with_reference(self, pixels: NDArray[np.uint8] | None) -> "Guidance":
        """Use the colors of a picture: H×W×3 uint8 sRGB; None: of none. Raises UsageError for a
        gray one."""
        if pixels is None:
            return replace(self, reference=None)
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
            raise UsageError(
                "a reference must be a color picture, H×W×3 uint8; this one has no color"
            )
        scale = min(1.0, REFERENCE_SIDE / max(pixels.shape[:2]))
        size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
        return replace(
            self,
            reference=encode_picture(
                cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), "the reference"
            ),
        )

    @property
    def marks(self) -> tuple[Hint | Stroke, ...]:
        """Strokes and hints, the lowest first."""
        return (*self.strokes, *self.hints)

    def reference_array(self) -> NDArray[np.uint8] | None:
        """The reference as H×W×3 uint8 sRGB."""
        return (
            None
            if self.reference is None
            else decode_png(self.reference, "the reference", cv2.IMREAD_COLOR)
        )

    def palette_wish(self) -> Array | None:
        """The network's `palette` input, K float32, or None where nothing is wished."""
        if not self.palette and self.mean_chroma is None:
            return None
        histogram = (
            ab_histogram(np.stack([color_ab(color) for color in self.palette]))
            if self.palette
            else None
        )
        return palette_vector(histogram, self.mean_chroma)

    def to_json(self) -> str:
        """The JSON form; what is not asked for is left out."""
        told: dict[str, Any] = {"tintype": VERSION}
        for entry in fields(self):
            value = getattr(self, entry.name)
            if value != entry.default:
                told[entry.name] = _plain(value)
        return json.dumps(told, indent=1)

    @classmethod
    def from_json(cls, text: str | bytes, name: str = "the guidance") -> "Guidance":
        """Read the JSON form. name: of its file, for messages. Raises UsageError, in one sentence,
        for what is broken or unknown."""
        try:
            told = json.loads(text)
        except json.JSONDecodeError as error:
            raise UsageError(
                f"{name} is not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})"
            ) from error
        except (ValueError, RecursionError) as error:  # such as numbers of thousands of digits
            raise UsageError(f"{name} is not valid JSON") from error
        return cls.from_mapping(told, name)

    @classmethod
    def from_mapping(cls, told: Any, name: str = "the guidance") -> "Guidance":
        """As `from_json`, of what JSON was parsed to."""
        if (
            not isinstance(told, Mapping)
            or not isinstance(told.get("tintype"), int)
            or isinstance(told["tintype"], bool)
        ):
            raise UsageError(
                f'{name} is not guidance: it must be an object with "tintype": {VERSION}'
            )
        if told["tintype"] > VERSION:
            raise UsageError(
                f"{name} was written by a newer Tintype (format version {told['tintype']}; this one"
                f" reads version {VERSION})"
            )
        if told["tintype"] < VERSION:
            raise UsageError(
                f"{name} has the format version {told['tintype']}, which does not exist"
            )
        told = {key: value for key, value in told.items() if key != "tintype"}
        _refuse_unknown(told, cls, name)
        made = dict(told)
        for key, kind in (("hints", Hint), ("strokes", Stroke)):
            if key in told:
                made[key] = tuple(
                    _part(kind, entry, f"{key[:-1]} {k + 1} of {name}")
                    for k, entry in enumerate(_list(told[key], key, name))
                )
        if told.get("region") is not None:
            made["region"] = _part(Region, told["region"], f"the region of {name}")
        if told.get("reference") is not None:
            made["reference"] = _bytes(told["reference"], f"the reference of {name}")
        if "palette" in told:
            made["palette"] = tuple(_list(told["palette"], "palette", name))
        try:
            return cls(**made)
        except UsageError as error:
            raise UsageError(f"{name}: {error}") from error


def _checked_palette(palette: Any) -> tuple[str, ...]:
    if isinstance(palette, str) or not isinstance(palette, Iterable):
        raise UsageError("palette must be a sequence of colors")
    colors = tuple(color_hex(color) for color in palette)
    if len(colors) > MOST_COLORS:
        raise UsageError(f"a palette has at most {MOST_COLORS} colors, not {len(colors)}")
    if colors and max(float(np.hypot(*color_ab(color))) for color in colors) < LEAST_CHROMA:
        raise UsageError("the palette holds only grays, so there is no color to use")
    return colors


def check_reference(pixels: NDArray[np.uint8] | None) -> None:
    """Raises UsageError for a reference without color."""
    if (
        pixels is not None
        and int((pixels.max(-1).astype(int) - pixels.min(-1)).max()) < 2 * LEAST_CHROMA
    ):
        raise UsageError("the reference picture is gray, so it has no colors to give")


def _plain(value: Any) -> Any:
    """A value of a guidance as JSON has it."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Hint | Stroke | Region):
        told = {entry.name: getattr(value, entry.name) for entry in fields(value)}
        return {k: _plain(v) for k, v in told.items() if v is not None and v != ()}
    return [_plain(entry) for entry in value] if isinstance(value, tuple) else value


def _part(kind: type[Any], told: Any, where: str) -> Any:
    if not isinstance(told, Mapping):
        raise UsageError(f"{where} must be an object, not {told!r:.40}")
    _refuse_unknown(told, kind, where)
    made = dict(told)
    if made.get("mask") is not None:
        made["mask"] = _bytes(made["mask"], f"the mask in {where}")
    lacking = [
        entry.name for entry in fields(kind) if entry.default is MISSING and entry.name not in made
    ]
    if lacking:
        raise UsageError(f"{where} lacks {' and '.join(lacking)}")
    try:
        return kind(**made)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error


def _refuse_unknown(told: Mapping[str, Any], kind: type[Any], where: str) -> None:
    known = [entry.name for entry in fields(kind)]
    for key in told:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, 1)
            raise UsageError(
                f"{where} has an unknown key {key!r}"
                + (f"; did you mean {close[0]!r}?" if close else "")
            )


def _list(value: Any, key: str, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise UsageError(f"{key} of {name} must be a list")
    return value


def _bytes(value: Any, where: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise UsageError(f"{where} is not a base64-coded picture") from error
