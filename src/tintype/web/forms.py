"""The JSON of the service: what is asked of a photograph, and what the service tells."""

import base64
import binascii
import io
from typing import Annotated, Any, Literal

import cv2
import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from tintype.arrays import Array
from tintype.errors import UsageError
from tintype.guidance import Guidance, Hint

MOST_HINTS = 500
MOST_POINTS = 5000
MASK_PIXELS = 50_000_000
Share = Annotated[float, Field(ge=0, le=1)]
Point = tuple[Share, Share]
Color = Annotated[str, Field(max_length=32, examples=["#b03060", "crimson"])]
Reach = Literal["place", "thing", "alike"]


class Form(BaseModel):
    """Unknown keys, NaN and infinity are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class HintForm(Form):
    """A dab of color. x, y: shares of the upright photograph's width and height; radius: a share of its shorter side."""

    x: Share
    y: Share
    color: Color
    radius: Annotated[float, Field(gt=0, le=1)] | None = None
    confidence: Annotated[float, Field(gt=0, le=1)] = 1.0
    reach: Reach = "thing"


class StrokeForm(Form):
    """A line of color. points: as x, y of a hint; width: a share of the shorter side."""

    points: Annotated[list[Point], Field(min_length=1, max_length=MOST_POINTS)]
    color: Color
    width: Annotated[float, Field(gt=0, le=1)] | None = None
    confidence: Annotated[float, Field(gt=0, le=1)] = 1.0
    reach: Reach = "thing"


class RegionForm(Form):
    """Where color is wanted. mask: a base64-coded PNG of any size, white where color is wanted and black where none is."""

    kind: Literal["mask", "polygons", "subject", "background", "objects"] = "mask"
    mask: str | None = None
    polygons: Annotated[list[list[Point]], Field(max_length=100)] = []
    keep: Annotated[list[Point], Field(max_length=100)] = []
    skip: Annotated[list[Point], Field(max_length=100)] = []


class GuidanceForm(Form):
    """All that is asked of one photograph; what is left out is not asked for."""

    model_config = ConfigDict(
        extra="forbid",
        allow_inf_nan=False,
        json_schema_extra={"examples": [{"tintype": 1, "hints": [{"x": 0.4, "y": 0.6, "color": "#a03050"}], "saturation": 1.1}]},
    )

    tintype: Literal[1] = 1
    hints: Annotated[list[HintForm], Field(max_length=MOST_HINTS)] = []
    strokes: Annotated[list[StrokeForm], Field(max_length=MOST_HINTS)] = []
    region: RegionForm | None = None
    reference: Annotated[str, Field(description="A base64-coded picture whose colors are wanted.")] | None = None
    palette: Annotated[list[Color], Field(max_length=64)] = []
    mean_chroma: Annotated[float, Field(ge=0, le=128)] | None = None
    saturation: Annotated[float, Field(ge=0, le=4)] = 1.0
    warmth: Annotated[float, Field(ge=-1, le=1)] = 0.0
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    bold: bool = False
    line_art: bool | None = None
    keep_color: bool = False

    def guidance(self, size: tuple[int, int]) -> Guidance:
        """For a photograph of size (H, W). Raises UsageError for a mask that is no picture and for what is no color."""
        side = min(size)
        hints = [
            Hint(
                hint.x * size[1],
                hint.y * size[0],
                hint.color,
                None if hint.radius is None else max(0.5, hint.radius * side),
                hint.confidence,
            )
            for hint in self.hints
        ]
        region = None if self.region is None or self.region.mask is None else decode_mask(self.region.mask, size)
        return Guidance(hints, region, tuple(self.palette), self.mean_chroma, self.saturation)


class PagesForm(Form):
    """Guidance of each page of a file."""

    pages: Annotated[list[GuidanceForm], Field(min_length=1, max_length=200)]


class PhotoForm(BaseModel):
    """A photograph that is open: its upright size in pixels, and how many pages its file has."""

    id: str
    name: str
    width: int
    height: int
    pages: int


class ModelForm(BaseModel):
    """A network that is there. listens_to: which of hint, region and palette it takes itself."""

    name: str
    system: str
    size: int
    listens_to: list[str]


class HealthForm(BaseModel):
    """waiting: requests that wait for a worker or are being colored."""

    status: Literal["ok"]
    version: str
    waiting: int


class JobForm(BaseModel):
    """A piece of work in the background. progress: 0 to 1. problem: why it failed. expires: seconds until it is forgotten."""

    id: str
    status: Literal["waiting", "running", "done", "failed", "canceled"]
    progress: float
    problem: str | None = None
    expires: int | None = None


class Problem(BaseModel):
    """What was wrong, in one sentence."""

    detail: str


def decode_mask(coded: str, size: tuple[int, int]) -> Array:
    """A base64-coded picture as a mask of (H, W), uint8. Raises UsageError if it is none, or over 50 megapixels."""
    try:
        image = Image.open(io.BytesIO(base64.b64decode(coded, validate=True)))
        if image.width * image.height > MASK_PIXELS:
            raise UsageError(f"a mask has at most {MASK_PIXELS / 1e6:g} megapixels, not {image.width * image.height / 1e6:.0f}")
        mask: Any = np.asarray(image.convert("L"))
    except (binascii.Error, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError("the mask is not a base64-coded picture") from error
    return np.asarray(cv2.resize(mask, size[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
