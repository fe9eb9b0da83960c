"""The JSON of the service besides guidance, which has its own schema."""

import math
from dataclasses import fields
from itertools import pairwise
from typing import Annotated, Any, Literal

from fastapi import Body
from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag

from tintype.errors import UsageError
from tintype.guidance import DEFAULT_WIDTH, Guidance, Point
from tintype.guidance.guidance import WHOLE_NUMBER, Flag
from tintype.guidance.schema import schema
from tintype.notices import Notice

MAX_HINTS = 500
"""Hints and strokes that the service takes in one guidance."""
MAX_STROKE_POINTS = 5000
"""Of all strokes of a guidance."""
MAX_STROKE_AREA = 500
"""Of all strokes of a guidance, in squares of the shorter side."""
MAX_PAGES = 200


def check_budget(guidance: Guidance) -> Guidance:
    """Raises UsageError for hints and strokes that take too long: too many, of too many points, or
    wide ones across the picture again and again."""
    if len(guidance.marks) > MAX_HINTS:
        raise UsageError(
            f"there are {len(guidance.marks)} hints and strokes; at most {MAX_HINTS} are taken"
        )
    points = sum(len(stroke.points) for stroke in guidance.strokes)
    if points > MAX_STROKE_POINTS:
        raise UsageError(f"the strokes have {points} points; at most {MAX_STROKE_POINTS} are taken")
    area = 0.0
    for stroke in guidance.strokes:
        width = stroke.width or DEFAULT_WIDTH
        length = sum(math.dist(a, b) for a, b in pairwise(stroke.points))
        area += width * (length + width * len(stroke.points))
    if area > MAX_STROKE_AREA:
        raise UsageError(
            f"the strokes cover the picture {area:.0f} times; at most {MAX_STROKE_AREA} times are"
            " taken"
        )
    return guidance


@schema
class PageGuidance(Guidance):
    """Guidance of one page of a file. model: its network; by default that of the request. left_out:
    the page is not written; a PDF keeps it in gray."""

    model: Annotated[str, Field(max_length=255)] | None = None
    left_out: Flag = False

    def plain(self) -> Guidance:
        """The guidance alone."""
        return Guidance(**{each.name: getattr(self, each.name) for each in fields(Guidance)})


class Form(BaseModel):
    """Unknown keys, NaN and infinity are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class PagesForm(Form):
    """Guidance of each page of a file."""

    pages: Annotated[
        list[Annotated[PageGuidance, AfterValidator(check_budget)]],
        Field(min_length=1, max_length=MAX_PAGES),
    ]


def _kind_of(value: Any) -> str:
    return "pages" if isinstance(value, dict) and "pages" in value else "guidance"


GuidanceBody = Annotated[Guidance, AfterValidator(check_budget), Body()]
"""A request's body: guidance within the service's budget."""
PagesBody = Annotated[PagesForm, Body()]
"""A request's body: guidance of each page."""
FileBody = Annotated[
    Annotated[Guidance, AfterValidator(check_budget), Tag("guidance")]
    | Annotated[PagesForm, Tag("pages")],
    Discriminator(_kind_of),
    Body(),
]
"""A request's body: guidance of a file's first page, or of each page."""
Points = Annotated[tuple[Point, ...], Field(max_length=100)]


class PointsForm(Form):
    """Points on an object. keep: what they lie on is wanted; skip: what they lie on is not."""

    keep: Annotated[Points, Field(min_length=1)]
    skip: Points = ()


class PhotoForm(BaseModel):
    """A photograph that is open: its upright size in pixels, and how many pages its file has.

    in_color: whether it has color already, so that it is left as it is unless `recolor` is set.
    notices: what is worth knowing, such as damage that was passed over. shots: of a film, whose
    pages are one frame a shot: the time of each, seconds. seconds: length of a film.
    """

    id: str
    name: str
    width: int
    height: int
    pages: int
    in_color: bool
    notices: list[Notice]
    shots: list[float] | None
    seconds: float | None


class HandoverForm(Form):
    """What another device goes on with: an open photograph, one of its pages, its guidance, its
    network, and whether it is colored though it is in color."""

    photo: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")] | None = None
    page: Annotated[int, Field(ge=0, le=100_000, strict=True), WHOLE_NUMBER] = 0
    guidance: Annotated[Guidance, AfterValidator(check_budget)] | None = None
    model: Annotated[str, Field(max_length=255)] | None = None
    recolor: Flag = False


class PairingForm(BaseModel):
    """link: what another device opens, good once; picture: it as a QR code, an SVG document.
    seconds: how long it is good."""

    link: str
    picture: str
    seconds: int


class SessionForm(BaseModel):
    """token: what the device sends from now on, if the service needs one. name: of the photograph
    that is handed over; the others: as of the handover."""

    token: str | None
    photo: str | None
    name: str | None
    page: int
    guidance: Guidance | None
    model: str | None
    recolor: bool


class ModelForm(BaseModel):
    """A network that is there. listens_to: which of hint, region and palette it takes itself.
    people: the kinds of region that it finds of people."""

    name: str
    system: str
    size: int
    listens_to: list[str]
    people: list[str]


class LikelyForm(BaseModel):
    """A color that a place may well have. share: how likely it is, 0 to 1."""

    color: str
    share: float


class ThingForm(BaseModel):
    """The object that a place lies on: the sides of its box, shares of the photograph's width and
    height; the share of the photograph that it covers; its mean lightness, L* of 0 to 100."""

    left: float
    top: float
    right: float
    bottom: float
    share: float
    lightness: float


class SuggestForm(BaseModel):
    """colors, thing: of the place that was asked about, the likeliest color first. places: where a
    hint helps most, x and y each."""

    colors: list[LikelyForm]
    thing: ThingForm | None
    places: list[Point]


class VariationForm(BaseModel):
    """A plausible coloring. guidance: what gives it; picture: it as a base64-coded JPEG, 320 pixels
    at most."""

    guidance: Guidance
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
    """A piece of work in the background. name: of the file. progress: 0 to 1. problem: why it
    failed. notices: as of a photograph. expires: seconds until it is forgotten."""

    id: str
    name: str
    status: Literal["waiting", "running", "done", "failed", "canceled"]
    progress: float
    problem: str | None = None
    notices: list[Notice] = []
    expires: int | None = None
