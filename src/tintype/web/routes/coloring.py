"""An open photograph in color: in whole, in part, as a file, in variations; and what helps to guide
it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import TypeAdapter

from tintype.errors import UsageError
from tintype.web.coloring import View
from tintype.web.described import (
    PICTURES,
    TAKES_JSON,
    V1,
    Corner,
    Format,
    IdempotencyKey,
    Page,
    Recolor,
    Side,
    answers,
    problems,
    tagged,
)
from tintype.web.desk import Ticket
from tintype.web.forms import (
    FileBody,
    GuidanceBody,
    JobForm,
    PagesBody,
    PagesForm,
    PointsForm,
    SuggestForm,
    VariationForm,
)
from tintype.web.named import name_result, tag_of
from tintype.web.service import Answer, Here, Network, Open
from tintype.web.whole import FileRequest, color_clip_of, color_whole

router = APIRouter(prefix=V1 + "/photos/{id}", tags=["photos"])
JPEG, JSON = ("image/jpeg",), "application/json"
VARIATIONS = TypeAdapter(list[VariationForm])


@router.post("/preview", response_class=Response, responses=answers(JPEG, *TAKES_JSON, notes=True))
async def preview(
    request: Request,
    here: Here,
    opened: Open,
    guidance: GuidanceBody,
    model: Network,
    page: Page = 0,
    recolor: Recolor = False,
) -> Response:
    """A page in color, small enough for a screen."""
    view = View(opened, page, model, guidance, recolor)
    tag = tag_of(opened.id.encode(), page, model, guidance, recolor)
    return await here.answer(request, lambda _: Answer(*here.coloring.preview(view)), tag, JPEG[0])


@router.post("/tile", response_class=Response, responses=answers(JPEG, *TAKES_JSON))
async def tile_in_color(
    request: Request,
    here: Here,
    opened: Open,
    guidance: GuidanceBody,
    x: Corner,
    y: Corner,
    width: Side,
    height: Side,
    model: Network,
    page: Page = 0,
    recolor: Recolor = False,
) -> Response:
    """A part of a page in color, at full size."""
    box, view = (x, y, width, height), View(opened, page, model, guidance, recolor)
    tag = tag_of(opened.id.encode(), page, model, guidance, recolor, box)
    return await here.answer(
        request, lambda _: here.coloring.tile_in_color(view, box), tag, JPEG[0]
    )


@router.post("/file", response_class=Response, responses=answers(PICTURES, *TAKES_JSON, notes=True))
async def file(
    request: Request,
    here: Here,
    opened: Open,
    form: FileBody,
    model: Network,
    format: Format = None,
    recolor: Recolor = False,
) -> Response:
    """The photograph in color, every page of it: full size, its own format, depth and metadata."""
    wanted = FileRequest.of(form, model, recolor, format)

    def work(ticket: Ticket) -> Answer:
        progress = ticket.progress
        whole = color_whole(here.coloring, here.limits, opened.data, wanted, progress, opened)
        return Answer(whole.data, whole.notices, *name_result(whole.source, opened.name, format))

    return await here.answer(request, work, tag_of(opened.id.encode(), wanted))


@router.post("/jobs", tags=["jobs"], status_code=202, responses=problems(*TAKES_JSON))
async def start_job_of_open(
    request: Request,
    response: Response,
    here: Here,
    opened: Open,
    form: FileBody,
    model: Network,
    format: Format = None,
    recolor: Recolor = False,
    idempotency_key: IdempotencyKey = None,
) -> JobForm:
    """Color an open photograph or film in the background. The guidance of a film's page holds
    through its shot."""
    times = tuple(shot.time for shot in opened.shots or ()) if isinstance(form, PagesForm) else ()
    wanted = FileRequest.of(form, model, recolor, format)
    key = idempotency_key
    return await here.start(request, response, opened.data, opened.name, wanted, times, key)


@router.post("/clip", response_class=Response, responses=answers(("video/mp4",), *TAKES_JSON))
async def clip(
    request: Request,
    here: Here,
    opened: Open,
    form: PagesBody,
    model: Network,
    page: Page = 0,
    seconds: Annotated[float, Query(gt=0, le=10)] = 3,
    recolor: Recolor = False,
) -> Response:
    """Some seconds of an open film in color, around the frame of its shot that the page shows: an
    MP4 without sound, of at most 640×360 pixels or as many of another shape. The guidance is that
    of each shot in order."""
    wanted = FileRequest.of(form, model, recolor, None)

    def work(ticket: Ticket) -> bytes:
        return color_clip_of(
            here.coloring, here.limits, opened, page, seconds, wanted, ticket.progress
        )

    tag = tag_of(opened.id.encode(), page, seconds, wanted)
    return await here.answer(request, work, tag, "video/mp4")


@router.post("/variations", response_model=list[VariationForm], responses=tagged(*TAKES_JSON))
async def variations(
    request: Request,
    here: Here,
    opened: Open,
    guidance: GuidanceBody,
    model: Network,
    count: Annotated[int, Query(ge=1, le=16)] = 4,
    seed: Annotated[int, Query(ge=0, le=2**30)] = 0,
    page: Page = 0,
) -> Response:
    """Several plausible colorings with the guidance that gives each. The same seed gives the same
    ones."""
    view = View(opened, page, model, guidance, recolor=True)

    def work(ticket: Ticket) -> bytes:
        made = here.coloring.vary(view, count, seed, ticket)
        return VARIATIONS.dump_json(made, exclude_defaults=True)

    tag = tag_of(opened.id.encode(), page, model, guidance, count, seed)
    return await here.answer(request, work, tag, JSON)


@router.get("/suggest", response_model=SuggestForm, responses=tagged(404, 422, 429, 503))
async def suggest(
    request: Request,
    here: Here,
    opened: Open,
    model: Network,
    x: Annotated[float | None, Query(ge=0, le=1)] = None,
    y: Annotated[float | None, Query(ge=0, le=1)] = None,
    count: Annotated[int, Query(ge=1, le=20)] = 5,
    page: Page = 0,
) -> Response:
    """The likely colors of the place x, y, and the object that it lies on; without a place: where a
    hint helps most."""
    if (x is None) != (y is None):
        raise UsageError("x and y of a place belong together")
    place = None if x is None or y is None else (x, y)

    def work(_: Ticket) -> bytes:
        made = here.coloring.suggest(opened, page, place, count, model)
        return made.model_dump_json().encode()

    tag = tag_of(opened.id.encode(), page, model, place, count)
    return await here.answer(request, work, tag, JSON)


@router.post("/segment", response_class=Response, responses=answers(("image/png",), *TAKES_JSON))
async def segment(
    request: Request, here: Here, opened: Open, form: PointsForm, model: Network, page: Page = 0
) -> Response:
    """A mask of the object that points lie on: white where it is; of the photograph's shape, about
    0.8 megapixels."""
    tag = tag_of(opened.id.encode(), page, model, form)
    return await here.answer(
        request, lambda _: here.coloring.segment(opened, page, form, model), tag, "image/png"
    )
