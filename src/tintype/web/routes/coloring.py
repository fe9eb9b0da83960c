"""An open photograph in color: as guidance asks, in whole, in part, as a file, in variations; and
what helps to ask."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import TypeAdapter

from tintype.web.described import (
    PICTURES,
    TAKES_JSON,
    V1,
    Corner,
    Format,
    Page,
    Side,
    answers,
    problems,
    tagged,
)
from tintype.web.desk import Ticket
from tintype.web.forms import (
    GuidanceForm,
    JobForm,
    PagesForm,
    PointsForm,
    SuggestForm,
    VariationForm,
)
from tintype.web.named import called, tag_of
from tintype.web.service import Here, Network, Open

router = APIRouter(prefix=V1 + "/photos/{id}", tags=["photos"])
JPEG, JSON = ("image/jpeg",), "application/json"
VARIATIONS = TypeAdapter(list[VariationForm])


@router.post("/preview", response_class=Response, responses=answers(JPEG, *TAKES_JSON, notes=True))
async def preview(
    request: Request, here: Here, opened: Open, form: GuidanceForm, model: Network, page: Page = 0
) -> Response:
    """A page in color, small enough for a screen."""
    tag = tag_of(opened.id.encode(), form, model, str(page))
    return await here.answer(
        request, lambda _: here.studio.preview_in_color(opened, page, form, model), JPEG[0], tag
    )


@router.post("/tile", response_class=Response, responses=answers(JPEG, *TAKES_JSON))
async def tile_in_color(
    request: Request,
    here: Here,
    opened: Open,
    form: GuidanceForm,
    x: Corner,
    y: Corner,
    width: Side,
    height: Side,
    model: Network,
    page: Page = 0,
) -> Response:
    """A part of a page in color, at full size."""
    box = (x, y, width, height)
    tag = tag_of(opened.id.encode(), form, model, f"{page} {box}")
    return await here.answer(
        request, lambda _: here.studio.tile_in_color(opened, page, box, form, model), JPEG[0], tag
    )


@router.post("/file", response_class=Response, responses=answers(PICTURES, *TAKES_JSON, notes=True))
async def file(
    request: Request,
    here: Here,
    opened: Open,
    form: GuidanceForm | PagesForm,
    model: Network,
    format: Format = None,
) -> Response:
    """The photograph in color, every page of it: full size, its own format, depth and metadata."""
    tag = tag_of(opened.id.encode(), form, model, format)
    kind, headers = await run_in_threadpool(called, opened.data, opened.name, format)
    return await here.answer(
        request,
        lambda ticket: here.studio.file(opened.data, pages_of(form), model, format, ticket, opened),
        kind,
        tag,
        headers,
    )


@router.post("/jobs", tags=["jobs"], status_code=202, responses=problems(*TAKES_JSON))
async def start_job_of_open(
    request: Request,
    response: Response,
    here: Here,
    opened: Open,
    form: GuidanceForm | PagesForm,
    model: Network,
    format: Format = None,
) -> JobForm:
    """Color an open photograph or film in the background. The guidance of a film's page holds
    through its shot."""
    times = tuple(shot.time for shot in opened.shots or ()) if isinstance(form, PagesForm) else ()
    return await here.start(
        request, response, opened.data, opened.name, pages_of(form), model, format, times
    )


@router.post("/variations", response_model=list[VariationForm], responses=tagged(*TAKES_JSON))
async def variations(
    request: Request,
    here: Here,
    opened: Open,
    form: GuidanceForm,
    model: Network,
    count: Annotated[int, Query(ge=1, le=16)] = 4,
    seed: Annotated[int, Query(ge=0, le=2**30)] = 0,
    page: Page = 0,
) -> Response:
    """Several plausible colorings with the guidance that gives each. The same seed gives the same
    ones."""

    def work(ticket: Ticket) -> bytes:
        return VARIATIONS.dump_json(
            here.studio.vary(opened, page, form, count, seed, model, ticket), by_alias=True
        )

    return await here.answer(
        request, work, JSON, tag_of(opened.id.encode(), form, model, f"{page} {count} {seed}")
    )


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
    """The likely colors of the place x, y, and the thing that it lies on; without a place: where a
    dab helps most."""
    place = None if x is None or y is None else (x, y)

    def work(_: Ticket) -> bytes:
        return (
            here.studio.suggest(opened, page, place, count, model)
            .model_dump_json(by_alias=True)
            .encode()
        )

    return await here.answer(
        request, work, JSON, tag_of(opened.id.encode(), None, model, f"{page} {place} {count}")
    )


@router.post("/segment", response_class=Response, responses=answers(("image/png",), *TAKES_JSON))
async def segment(
    request: Request, here: Here, opened: Open, form: PointsForm, model: Network, page: Page = 0
) -> Response:
    """A mask of the thing that points lie on: white where it is; of the photograph's shape, about
    0.8 megapixels."""
    tag = tag_of(opened.id.encode(), form, model, str(page))
    return await here.answer(
        request, lambda _: here.studio.segment(opened, page, form, model), "image/png", tag
    )


def pages_of(form: GuidanceForm | PagesForm) -> list[GuidanceForm]:
    """The guidance of each page."""
    return [*form.pages] if isinstance(form, PagesForm) else [form]
