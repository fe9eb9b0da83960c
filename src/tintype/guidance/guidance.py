"""Everything that a person may ask for in one photograph, and its JSON form."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, Strict, model_validator

from tintype.arrays import Array, size_within
from tintype.color.bins import ab_histogram, palette_vector
from tintype.errors import UsageError
from tintype.guidance.colors import Color, color_ab
from tintype.guidance.marks import PYTHON_NUMBER, Hint, Point, Stroke, python_number
from tintype.guidance.people import PartColor, PartName
from tintype.guidance.pictures import PngFile, decode_png, encode_picture
from tintype.guidance.region import Region
from tintype.guidance.schema import Several, adapter, parse_json, schema, validate

GUIDANCE_SUFFIX = ".tintype.json"
"""Ends the names of guidance files."""
VERSION = 1
"""Of the JSON form; a file of a newer version is refused."""
REFERENCE_SIDE = 512
"""The longer side of a stored reference, pixels."""
MAX_MARKS = 5000
MAX_COLORS = 64
MAX_PARTS = 100
MIN_CHROMA = 4.0
"""A palette or a reference without a color of at least this chroma is gray."""
Flag = Annotated[bool, Strict(), PYTHON_NUMBER]


def _whole(value: Any) -> Any:
    """A whole number of NumPy, or written as 7.0 (the same to JSON), as one of Python."""
    value = python_number(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE_NUMBER = BeforeValidator(_whole)
"""Stands last in an annotation, as `PYTHON_NUMBER`."""


@schema
class Guidance:
    """What a person asks for in one photograph; the default asks for nothing.

    hints, strokes: colors at places; later ones cover earlier ones, hints cover strokes. region:
    color only there. reference: a PNG, not all gray, whose colors are wanted. palette: colors that
    are wanted, not all gray, in any order. mean_chroma: wanted mean of sqrt(a*² + b*²). saturation:
    multiplies chroma everywhere except at hints. warmth: -1 (cooler) to 1 (warmer). seed: of what
    is drawn at random. bold: uncertain objects take a likely color instead of the mean of all.
    line_art: fill the areas that lines bound; by default where the picture is line art. keep_color:
    keep the colors that the source has. parts: colors of people's hair, skin, lips and clothes and
    of the sky, below hints and strokes. tone: "keep" the lightness of the photograph, or "auto":
    stretch it from black to white first. tintype: version of this form.
    """

    hints: Annotated[Several[Hint], Field(max_length=MAX_MARKS)] = ()
    strokes: Annotated[Several[Stroke], Field(max_length=MAX_MARKS)] = ()
    region: Region | None = None
    reference: PngFile | None = field(default=None, repr=False)
    palette: Annotated[Several[Color], Field(max_length=MAX_COLORS)] = ()
    mean_chroma: Annotated[float, Field(ge=0, le=100, strict=True), PYTHON_NUMBER] | None = None
    saturation: Annotated[float, Field(ge=0, le=4, strict=True), PYTHON_NUMBER] = 1.0
    warmth: Annotated[float, Field(ge=-1, le=1, strict=True), PYTHON_NUMBER] = 0.0
    seed: Annotated[int, Field(ge=0, le=2**32 - 1, strict=True), WHOLE_NUMBER] | None = None
    bold: Flag = False
    line_art: Flag | None = None
    keep_color: Flag = False
    parts: Annotated[Several[PartColor], Field(max_length=MAX_PARTS)] = ()
    tone: Literal["keep", "auto"] = "keep"
    tintype: Literal[1] = field(default=1, kw_only=True, repr=False)

    @model_validator(mode="after")
    def _check_colors(self) -> Self:
        marks = len(self.hints) + len(self.strokes)
        if marks > MAX_MARKS:
            raise UsageError(f"there are {marks} hints and strokes; {MAX_MARKS} are allowed")
        chroma = [float(np.hypot(*color_ab(color))) for color in self.palette]
        if chroma and max(chroma) < MIN_CHROMA:
            raise UsageError("the palette holds only grays, so there is no color to use")
        return self

    def with_hint(
        self, x: float, y: float, color: Color, radius: float | None = None, **more: Any
    ) -> "Guidance":
        """With one more hint, on top."""
        return replace(self, hints=(*self.hints, Hint(x, y, color, radius, **more)))

    def with_stroke(
        self,
        points: Sequence[tuple[float, float]],
        color: Color,
        width: float | None = None,
        **more: Any,
    ) -> "Guidance":
        """With one more stroke, on top."""
        return replace(self, strokes=(*self.strokes, Stroke(tuple(points), color, width, **more)))

    def with_part(
        self, part: PartName, color: Color, near: Point | None = None, **more: Any
    ) -> "Guidance":
        """With one more color for a part of people, on top: of all people, or of the person nearest
        to a place."""
        return replace(self, parts=(*self.parts, PartColor(part, color, near, **more)))

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
        size = size_within(pixels.shape, REFERENCE_SIDE)
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        made = replace(self, reference=encode_picture(small, "the reference"))
        made.reference_array()
        return made

    def without_places(self) -> "Guidance":
        """The guidance for a photograph of other contents: without hints, strokes, a region drawn
        or at points, and colors for parts of one person."""
        region = None if self.region is not None and self.region.has_places else self.region
        parts = tuple(each for each in self.parts if each.near is None)
        return replace(self, hints=(), strokes=(), parts=parts, region=region)

    @property
    def marks(self) -> tuple[Hint | Stroke, ...]:
        """Strokes and hints, the lowest first."""
        return (*self.strokes, *self.hints)

    def reference_array(self) -> NDArray[np.uint8] | None:
        """The reference as H×W×3 uint8 sRGB. Raises UsageError for one that is damaged or gray."""
        if self.reference is None:
            return None
        pixels = decode_png(self.reference, "the reference", cv2.IMREAD_COLOR)
        if int((pixels.max(-1).astype(int) - pixels.min(-1)).max()) < 2 * MIN_CHROMA:
            raise UsageError("the reference picture is gray, so it has no colors to give")
        return pixels

    def palette_input(self) -> Array | None:
        """The network's `palette` input, K float32, or None where no colors are asked for."""
        if not self.palette and self.mean_chroma is None:
            return None
        colors = np.stack([color_ab(each) for each in self.palette]) if self.palette else None
        return palette_vector(None if colors is None else ab_histogram(colors), self.mean_chroma)

    def to_mapping(self) -> dict[str, Any]:
        """The JSON form as Python values, without defaults."""
        kind: Any = type(self)
        values = adapter(kind).dump_python(self, mode="json", exclude_defaults=True)
        return {"tintype": self.tintype, **values}

    def to_json(self) -> str:
        """The JSON form, without defaults."""
        return json.dumps(self.to_mapping(), indent=1)

    @classmethod
    def read(cls, path: Path) -> "Guidance":
        """Read a guidance file. Raises UsageError, with line and column where it is no JSON."""
        try:
            return cls.from_json(path.read_bytes(), str(path))
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error

    @classmethod
    def from_json(cls, text: str | bytes, name: str = "the guidance") -> "Guidance":
        """Read the JSON form. name: of its file, for messages. Raises UsageError, in one sentence,
        for what is broken or unknown."""
        value = parse_json(text, name)
        version = value.get("tintype") if isinstance(value, Mapping) else None
        if type(version) is not int:
            raise UsageError(
                f'{name} is not guidance: it must be an object with "tintype": {VERSION}'
            )
        if version > VERSION:
            raise UsageError(
                f"{name} was written by a newer Tintype (format version {version}; this one reads"
                f" version {VERSION})"
            )
        guidance: Guidance = validate(cls, value, name)
        guidance.check_pictures()
        return guidance

    def check_pictures(self) -> None:
        """Raises UsageError for a mask or a reference that is damaged, empty or gray."""
        self.reference_array()
        if self.region is not None and self.region.kind == "mask":
            self.region.mask_array()
