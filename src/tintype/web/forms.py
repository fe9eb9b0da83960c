"""The JSON of the service: what is asked of a photograph, and what the service tells."""

import base64
import binascii
import math
import struct
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal

from PIL import ImageColor
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from tintype.errors import UsageError
from tintype.guidance import DEFAULT_WIDTH, Guidance
from tintype.guidance.colors import color_hex
from tintype.guidance.schema import validate

MOST_HINTS = 500
MOST_POINTS = 5000
"""Of all strokes of a guidance, of a polygon."""
MOST_INK = 500
"""How often strokes may cover the picture."""
MASK_PIXELS = 50_000_000
REFERENCE_PIXELS = 4_000_000
Share = Annotated[float, Field(ge=0, le=1)]
Point = Annotated[list[Share], Field(min_length=2, max_length=2)]


def check_color(text: str) -> str:
    """Raises ValueError for what is no color."""
    try:
        color_hex(text)
    except UsageError as error:
        raise ValueError(str(error)) from error
    return text


def as_whole(value: object) -> object:
    """7.0 as 7: to JSON they are the same."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Color = Annotated[
    str,
    Field(max_length=32),
    AfterValidator(check_color),
    WithJsonSchema(
        {
            "type": "string",
            "format": "color",
            "pattern": (
                f"^(#[0-9A-Fa-f]{{6}}|#[0-9A-Fa-f]{{3}}|{'|'.join(sorted(ImageColor.colormap))})$"
            ),
            "examples": ["#b03060", "crimson"],
        }
    ),
]
PICTURE = {"format": "byte"}  # base64, as OpenAPI calls it
Reach = Literal["place", "thing", "alike"]


class Form(BaseModel):
    """Unknown keys, values of another type, NaN and infinity are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)


class HintForm(Form):
    """A dab of color. x, y: shares of the upright photograph's width and height; radius: a share of
    its shorter side."""

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


class MaskForm(Form):
    """Color where a base64-coded PNG of any size is white, none where it is black."""

    kind: Literal["mask"]
    mask: Annotated[str, Field(json_schema_extra=PICTURE)]


class PolygonsForm(Form):
    """Color within polygons."""

    kind: Literal["polygons"]
    polygons: Annotated[
        list[Annotated[list[Point], Field(min_length=3, max_length=MOST_POINTS)]],
        Field(min_length=1, max_length=100),
    ]


class SaliencyForm(Form):
    """Color on the foreground, or on all but the foreground."""

    kind: Literal["subject", "background"]


class ObjectsForm(Form):
    """Color on what lies at the points `keep`, without what lies at the points `skip`."""

    kind: Literal["objects"]
    keep: Annotated[list[Point], Field(min_length=1, max_length=100)]
    skip: Annotated[list[Point], Field(max_length=100)] = []


RegionForm = Annotated[
    MaskForm | PolygonsForm | SaliencyForm | ObjectsForm, Field(discriminator="kind")
]


class GuidanceForm(Form):
    """All that is asked of one photograph; what is left out is not asked for."""

    model_config = ConfigDict(
        extra="forbid",
        allow_inf_nan=False,
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "tintype": 1,
                    "hints": [{"x": 0.4, "y": 0.6, "color": "#a03050"}],
                    "saturation": 1.1,
                }
            ]
        },
    )

    tintype: Literal[1] = 1
    hints: Annotated[list[HintForm], Field(max_length=MOST_HINTS)] = []
    strokes: Annotated[list[StrokeForm], Field(max_length=MOST_HINTS)] = []
    region: RegionForm | None = None
    reference: (
        Annotated[
            str,
            Field(
                description="A base64-coded PNG, not all gray, whose colors are wanted.",
                json_schema_extra=PICTURE,
            ),
        ]
        | None
    ) = None
    palette: Annotated[
        list[Color], Field(max_length=64, description="Colors that are wanted, not all gray.")
    ] = []
    mean_chroma: Annotated[float, Field(ge=0, le=100)] | None = None
    saturation: Annotated[float, Field(ge=0, le=4)] = 1.0
    warmth: Annotated[float, Field(ge=-1, le=1)] = 0.0
    seed: Annotated[int, Field(ge=0, le=2**32 - 1), BeforeValidator(as_whole)] | None = None
    bold: bool = False
    line_art: bool | None = None
    keep_color: bool = False

    def guidance(self) -> Guidance:
        """The same as a value. Raises UsageError for what is no color, no picture, or too large a
        picture."""
        check_png(
            self.region.mask if isinstance(self.region, MaskForm) else None, MASK_PIXELS, "the mask"
        )
        check_png(self.reference, REFERENCE_PIXELS, "the reference")
        check_strokes(self.strokes)
        given = self.model_dump(include=set(GuidanceForm.model_fields), exclude_none=True)
        guidance: Guidance = validate(Guidance, given, "the guidance")
        guidance.check_pictures()
        return guidance


class PageForm(GuidanceForm):
    """Guidance of one page of a file."""

    model: (
        Annotated[
            str, Field(max_length=255, description="Its network; by default that of the request.")
        ]
        | None
    ) = None


class PagesForm(Form):
    """Guidance of each page of a file."""

    pages: Annotated[list[PageForm], Field(min_length=1, max_length=200)]


class PointsForm(Form):
    """Points on a thing. keep: what they lie on is wanted; skip: what they lie on is not."""

    keep: Annotated[list[Point], Field(min_length=1, max_length=100)]
    skip: Annotated[list[Point], Field(max_length=100)] = []


class PhotoForm(BaseModel):
    """A photograph that is open: its upright size in pixels, and how many pages its file has.

    in_color: whether it has color already, which a coloring replaces. notes: sentences about what
    is worth knowing, such as damage that was passed over. shots: of a film, whose pages are one
    frame a shot: the time of each, seconds.
    """

    id: str
    name: str
    width: int
    height: int
    pages: int
    in_color: bool = False
    notes: list[str] = []
    shots: list[float] | None = None


class ModelForm(BaseModel):
    """A network that is there. listens_to: which of hint, region and palette it takes itself."""

    name: str
    system: str
    size: int
    listens_to: list[str]


class LikelyForm(BaseModel):
    """A color that a place may well have. share: how likely it is, 0 to 1."""

    color: str
    share: float


class ThingForm(BaseModel):
    """The thing that a place lies on, as far as it can be told: the sides of its box, shares of the
    photograph's width and height; the share of the photograph that it covers; its mean lightness,
    L* of 0 to 100."""

    left: float
    top: float
    right: float
    bottom: float
    share: float
    lightness: float


class SuggestForm(BaseModel):
    """colors, thing: of the place that was asked about, the likeliest color first. places: where a
    dab helps most, x and y each."""

    colors: list[LikelyForm] = []
    thing: ThingForm | None = None
    places: list[tuple[float, float]] = []


class VariationForm(BaseModel):
    """A plausible coloring. guidance: what gives it; picture: it as a base64-coded JPEG, 320 pixels
    at most."""

    guidance: GuidanceForm
    picture: str


class PaletteForm(BaseModel):
    """A palette by its name. colors: what `palette` of a guidance takes."""

    name: str
    title: str
    colors: list[str]


class HealthForm(BaseModel):
    """waiting: requests that wait for a worker or are being colored."""

    status: Literal["ok"]
    version: str
    waiting: int


class JobForm(BaseModel):
    """A piece of work in the background. progress: 0 to 1. problem: why it failed. notes: as of a
    photograph. expires: seconds until it is forgotten."""

    id: str
    status: Literal["waiting", "running", "done", "failed", "canceled"]
    progress: float
    problem: str | None = None
    notes: list[str] = []
    expires: int | None = None


class Problem(BaseModel):
    """What was wrong, in one sentence."""

    detail: str


def check_strokes(strokes: Sequence[StrokeForm]) -> None:
    """Raises UsageError for strokes that take too long to draw: those of many points, or wide ones
    across the picture again and again."""
    points = sum(len(stroke.points) for stroke in strokes)
    if points > MOST_POINTS:
        raise UsageError(f"the strokes have {points} points; at most {MOST_POINTS} are taken")
    area = 0.0
    for stroke in strokes:
        width = stroke.width or DEFAULT_WIDTH
        length = sum(math.dist(a, b) for a, b in pairwise(stroke.points))
        area += width * (length + width * len(stroke.points))
    if area > MOST_INK:
        raise UsageError(
            f"the strokes cover the picture {area:.0f} times; at most {MOST_INK} times are taken"
        )


def check_png(coded: str | None, most: int, what: str) -> None:
    """Raises UsageError for a base64-coded PNG of more pixels than `most`, before it is decoded."""
    if coded is None:
        return
    try:
        head = base64.b64decode(coded[:64], validate=True)
    except (binascii.Error, ValueError) as error:
        raise UsageError(f"{what} is not a base64-coded picture") from error
    if len(head) >= 24:
        width, height = struct.unpack(">II", head[16:24])
        if width * height > most:
            raise UsageError(
                f"{what} has {width * height / 1e6:.0f} megapixels; at most {most / 1e6:g} are"
                " taken"
            )
