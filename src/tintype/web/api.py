"""The routes of the service, version 1: a file in and the same file in color out, or a photograph opened once and colored often."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from tintype.guidance.guidance import MOST_COLORS
from tintype.guidance.palettes import PALETTES
from tintype.photo import FORMATS, format_named
from tintype.web.bodies import measure, read_sent
from tintype.web.desk import Desk
from tintype.web.films import KINDS as FILMS
from tintype.web.films import is_film, suffix_of
from tintype.web.forms import (
    GuidanceForm,
    HealthForm,
    JobForm,
    ModelForm,
    PagesForm,
    PaletteForm,
    PhotoForm,
    PointsForm,
    Problem,
    SuggestForm,
    VariationForm,
)
from tintype.web.jobs import Jobs
from tintype.web.metrics import Metrics
from tintype.web.studio import MOST_TILE, PREVIEW_QUALITY, Opened, Studio, encode

Id = Annotated[str, InPath(pattern="^[A-Za-z0-9_-]{1,64}$")]
Name = Annotated[str, Query(max_length=255, description="The file's name.")]
Model = Annotated[str, Query(max_length=255, description="A network of `/models`.", examples=["default"])]
Format = Annotated[
    Literal["jpg", "jpeg", "png", "tif", "tiff", "webp", "bmp", "gif"] | None, Query(description="By default the source's own.")
]
Page = Annotated[int, Query(ge=0, le=100_000, description="Of a TIFF with several pages, from 0.")]
Wishes = Annotated[
    str | None,
    Query(
        description="The guidance as JSON, where the body is the file itself; longer guidance goes into a form.", max_length=4000
    ),
]
Corner = Annotated[int, Query(ge=0, le=10**6)]
Side = Annotated[int, Query(ge=1, le=MOST_TILE)]

WRONG = {
    400: "The request, its host name or its form is malformed.",
    401: "A token is needed.",
    403: "Requests from other sites are refused.",
    404: "There is no such photograph, page, job or network.",
    408: "The body came too slowly.",
    409: "The job is not done.",
    413: "The body, or the picture in it, is larger than this service accepts.",
    415: "The body is not a picture or film of a supported kind.",
    422: "The picture is damaged, or what is asked cannot be done.",
    429: "Too much work is waiting; `Retry-After` says when to try again.",
    503: "The work took too long.",
}
BINARY = {"type": "string", "format": "binary"}
UNLIKE = {"JPEG2000": "image/jp2", "PPM": "image/x-portable-pixmap", "TGA": "image/x-tga"}
"""Media types that are not called after their format."""
PICTURES = tuple(dict.fromkeys(UNLIKE.get(kind, f"image/{kind.lower()}") for kind in FORMATS.values()))
IN = ("image/*", "application/octet-stream", "application/x-www-form-urlencoded")
UNCHANGED: dict[str, Any] = {"description": "What `If-None-Match` names is still right."}


def problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The error responses of a route, for its description."""
    found: dict[int | str, dict[str, Any]] = {
        code: {"model": Problem, "description": WRONG[code]} for code in sorted({400, 401, *codes})
    }
    if 429 in codes:
        found[429]["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return found


def answers(kinds: tuple[str, ...], *codes: int, etag: bool = True) -> dict[int | str, dict[str, Any]]:
    """Responses of a route that answers with a picture."""
    found = problems(*codes)
    found[200] = {"description": "The picture.", "content": {kind: {"schema": BINARY} for kind in kinds}}
    if etag:
        found[200]["headers"] = {"ETag": {"schema": {"type": "string"}, "description": "The same work has the same tag."}}
        found[304] = UNCHANGED
    return found


FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file itself, or a form with it and its guidance.",
        "content": {
            **{kind: {"schema": BINARY} for kind in IN},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["photo"],
                    "properties": {
                        "photo": BINARY,
                        "guidance": {"type": "string", "contentMediaType": "application/json", "description": "As `GuidanceForm`."},
                    },
                },
                "encoding": {"photo": {"contentType": "image/*"}, "guidance": {"contentType": "text/plain"}},
                "examples": {"a dab": {"value": {"guidance": '{"hints": [{"x": 0.4, "y": 0.6, "color": "#a03050"}]}'}}},
            },
        },
    }
}
TAKES_FILE = (408, 413, 415, 422, 429, 503)
TAKES_JSON = (403, 404, 408, 413, 422, 429, 503)


def create_api(studio: Studio, desk: Desk, jobs: Jobs, metrics: Metrics) -> APIRouter:
    """The routes below /api/v1."""
    from tintype import __version__

    api = APIRouter(prefix="/api/v1")
    limits = studio.limits

    async def worked(request: Request, work: Any, kind: str, tag: str, headers: dict[str, str] | None = None) -> Response:
        """The answer of work(ticket), or 304 where the client has it already."""
        headers = {"ETag": tag, **(headers or {})}
        known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
        if tag in known:
            return Response(status_code=304, headers=headers)
        return Response(await desk.run(request, work), media_type=kind, headers=headers)

    def start(
        data: bytes, name: str, forms: list[GuidanceForm], model: str, format: str | None, times: tuple[float, ...] = ()
    ) -> JobForm:
        if not is_film(data):
            measure(data, limits)
        kind, disposition = media_type(data, format, name), saved_as(name, data, format)["Content-Disposition"]
        return jobs.add(data, kind, disposition, lambda job: studio.work(job, name, forms, model, format, times))

    @api.post(
        "/colorize",
        tags=["colorize"],
        response_class=Response,
        responses=answers(PICTURES, 403, 404, *TAKES_FILE),
        openapi_extra=FILE,
    )
    async def colorize(
        request: Request, model: Model = "default", format: Format = None, guidance: Wishes = None, name: Name = "photo"
    ) -> Response:
        """A photograph's file in, the same in color out: full size, its own format, depth and metadata. Nothing is kept."""
        studio.check_model(model)
        sent = await read_sent(request, limits, guidance, name)
        tag = await run_in_threadpool(tag_of, sent.data, sent.guidance, model, format)
        kind, headers = media_type(sent.data, format), saved_as(sent.name, sent.data, format)
        return await worked(
            request, lambda ticket: studio.file(sent.data, [sent.guidance], model, format, ticket), kind, tag, headers
        )

    @api.post(
        "/photos",
        tags=["photos"],
        status_code=201,
        responses=problems(403, *TAKES_FILE),
        openapi_extra=FILE,
        response_description="The photograph is open.",
    )
    async def open_photo(request: Request, response: Response, name: Name = "photo") -> PhotoForm:
        """Open a photograph, to show it and color it again and again. It stays open until others take its place."""
        sent = await read_sent(request, limits, None, name)
        opened = await desk.run(request, lambda _: studio.open(sent.data, Path(sent.name).name or "photo"))
        response.headers["Location"] = f"/api/v1/photos/{opened.id}"
        return told_of(opened, 0)

    @api.get("/photos/{id}", tags=["photos"], response_class=Response, responses=answers(("image/jpeg",), 404, 422, 429, 503))
    async def show(request: Request, id: Id, page: Page = 0) -> Response:
        """A page of the photograph as it came, upright, small enough for a screen."""
        opened = studio.opened(id)
        work = lambda _: encode(studio.preview(opened, page), "jpg", PREVIEW_QUALITY)  # noqa: E731
        return await worked(request, work, "image/jpeg", f'"{id}-{page}"')

    @api.get("/photos/{id}/about", tags=["photos"], responses=problems(404, 422, 429, 503))
    async def about(request: Request, id: Id, page: Page = 0) -> PhotoForm:
        """Size and pages of an open photograph."""
        opened = studio.opened(id)
        await desk.run(request, lambda _: studio.preview(opened, page))
        return told_of(opened, page)

    @api.delete("/photos/{id}", tags=["photos"], status_code=204, responses=problems(403, 404, 422))
    async def forget(id: Id) -> None:
        """Forget an open photograph."""
        studio.opened(id)
        studio.shelf.drop(id)

    @api.post("/photos/{id}/preview", tags=["photos"], response_class=Response, responses=answers(("image/jpeg",), *TAKES_JSON))
    async def preview(request: Request, id: Id, form: GuidanceForm, model: Model = "default", page: Page = 0) -> Response:
        """A page in color, small enough for a screen."""
        opened = studio.opened(id)
        studio.check_model(model)
        tag = tag_of(id.encode(), form, model, str(page))
        return await worked(request, lambda _: studio.preview_in_color(opened, page, form, model), "image/jpeg", tag)

    @api.post("/photos/{id}/file", tags=["photos"], response_class=Response, responses=answers(PICTURES, *TAKES_JSON))
    async def file(
        request: Request, id: Id, form: GuidanceForm | PagesForm, model: Model = "default", format: Format = None
    ) -> Response:
        """The photograph in color, every page of it: full size, its own format, depth and metadata."""
        opened = studio.opened(id)
        studio.check_model(model)
        forms = form.pages if isinstance(form, PagesForm) else [form]
        tag = tag_of(id.encode(), form, model, format)
        kind, headers = media_type(opened.data, format), saved_as(opened.name, opened.data, format)
        return await worked(request, lambda ticket: studio.file(opened.data, forms, model, format, ticket), kind, tag, headers)

    @api.get("/photos/{id}/suggest", tags=["photos"], responses=problems(404, 422, 429, 503))
    async def suggest(
        request: Request,
        id: Id,
        x: Annotated[float | None, Query(ge=0, le=1)] = None,
        y: Annotated[float | None, Query(ge=0, le=1)] = None,
        count: Annotated[int, Query(ge=1, le=20)] = 5,
        model: Model = "default",
        page: Page = 0,
    ) -> SuggestForm:
        """The likely colors of the place x, y; without a place: where a dab helps most."""
        opened = studio.opened(id)
        studio.check_model(model)
        place = None if x is None or y is None else (x, y)
        return await desk.run(request, lambda _: studio.suggest(opened, page, place, count, model))

    @api.post("/photos/{id}/variations", tags=["photos"], responses=problems(*TAKES_JSON))
    async def variations(
        request: Request,
        id: Id,
        form: GuidanceForm,
        count: Annotated[int, Query(ge=1, le=16)] = 4,
        seed: Annotated[int, Query(ge=0, le=2**30)] = 0,
        model: Model = "default",
        page: Page = 0,
    ) -> list[VariationForm]:
        """Several plausible colorings with the guidance that gives each. The same seed gives the same ones."""
        opened = studio.opened(id)
        studio.check_model(model)
        return await desk.run(request, lambda ticket: studio.vary(opened, page, form, count, seed, model, ticket))

    @api.post("/photos/{id}/jobs", tags=["photos", "jobs"], status_code=202, responses=problems(*TAKES_JSON))
    async def start_job_of_open(
        request: Request,
        response: Response,
        id: Id,
        form: GuidanceForm | PagesForm,
        model: Model = "default",
        format: Format = None,
    ) -> JobForm:
        """Color an open photograph or film in the background. The guidance of a film's page holds through its shot."""
        opened = studio.opened(id)
        studio.check_model(model)
        forms = form.pages if isinstance(form, PagesForm) else [form]
        times = tuple(shot.time for shot in opened.shots or ()) if isinstance(form, PagesForm) else ()
        job = await desk.run(request, lambda _: start(opened.data, opened.name, forms, model, format, times))
        response.headers["Location"] = f"/api/v1/jobs/{job.id}"
        return job

    @api.get("/photos/{id}/tile", tags=["photos"], response_class=Response, responses=answers(("image/jpeg",), 404, 422, 429, 503))
    async def tile(request: Request, id: Id, x: Corner, y: Corner, width: Side, height: Side, page: Page = 0) -> Response:
        """A part of a page as it came, at full size. x, y, width, height: pixels of the upright photograph."""
        opened, box = studio.opened(id), (x, y, width, height)
        return await worked(request, lambda _: studio.tile(opened, page, box), "image/jpeg", f'"{id}-{page}-{box}"')

    @api.post("/photos/{id}/tile", tags=["photos"], response_class=Response, responses=answers(("image/jpeg",), *TAKES_JSON))
    async def tile_in_color(
        request: Request,
        id: Id,
        form: GuidanceForm,
        x: Corner,
        y: Corner,
        width: Side,
        height: Side,
        model: Model = "default",
        page: Page = 0,
    ) -> Response:
        """A part of a page in color, at full size."""
        opened, box = studio.opened(id), (x, y, width, height)
        studio.check_model(model)
        tag = tag_of(id.encode(), form, model, f"{page} {box}")
        return await worked(request, lambda _: studio.tile_in_color(opened, page, box, form, model), "image/jpeg", tag)

    @api.post("/photos/{id}/segment", tags=["photos"], response_class=Response, responses=answers(("image/png",), *TAKES_JSON))
    async def segment(request: Request, id: Id, form: PointsForm, model: Model = "default", page: Page = 0) -> Response:
        """A mask of the thing that points lie on: white where it is; of the photograph's shape, about 0.8 megapixels."""
        opened = studio.opened(id)
        studio.check_model(model)
        tag = tag_of(id.encode(), form, model, str(page))
        return await worked(request, lambda _: studio.segment(opened, page, form, model), "image/png", tag)

    @api.post("/jobs", tags=["jobs"], status_code=202, responses=problems(403, 404, *TAKES_FILE), openapi_extra=FILE)
    async def start_job(
        request: Request,
        response: Response,
        model: Model = "default",
        format: Format = None,
        guidance: Wishes = None,
        name: Name = "photo",
    ) -> JobForm:
        """Hand in a large picture, one with many pages or a film, to be colored in the background."""
        studio.check_model(model)
        sent = await read_sent(request, limits, guidance, name)

        job = await desk.run(request, lambda _: start(sent.data, sent.name, [sent.guidance], model, format))
        response.headers["Location"] = f"/api/v1/jobs/{job.id}"
        return job

    @api.get("/jobs/{id}", tags=["jobs"], responses=problems(404, 422))
    async def job_status(id: Id) -> JobForm:
        """How far a job is."""
        return jobs.get(id).form

    @api.get(
        "/jobs/{id}/result",
        tags=["jobs"],
        response_class=Response,
        responses=answers((*PICTURES, *dict.fromkeys(FILMS.values())), 404, 409, 422, 429, 503, etag=False),
    )
    async def job_result(request: Request, id: Id) -> Response:
        """The file in color, once the job is done."""
        job = jobs.result(id)
        data = await desk.run(request, lambda _: job.result.read_bytes())
        return Response(data, media_type=job.kind, headers={"Content-Disposition": job.name})

    @api.delete("/jobs/{id}", tags=["jobs"], status_code=204, responses=problems(403, 404, 422))
    async def cancel_job(id: Id) -> None:
        """Stop a job, and forget it and its result."""
        jobs.cancel(id)

    @api.get("/models", tags=["service"], responses=problems())
    async def models() -> list[ModelForm]:
        """The networks that are there; the first is the one that the page begins with."""
        return await run_in_threadpool(studio.models)

    @api.get("/palettes", tags=["service"], responses=problems())
    async def palettes() -> list[PaletteForm]:
        """Named palettes: old color processes and films."""
        return await run_in_threadpool(named_palettes)

    @api.get("/health", tags=["service"], responses={400: {"model": Problem, "description": WRONG[400]}})
    async def health() -> HealthForm:
        """Whether the service answers."""
        return HealthForm(status="ok", version=__version__, waiting=desk.here)

    @api.get(
        "/metrics",
        tags=["service"],
        response_class=Response,
        responses={
            **problems(),
            200: {"description": "Prometheus' text form.", "content": {"text/plain": {"schema": {"type": "string"}}}},
        },
    )
    async def numbers() -> Response:
        """Counts and times for Prometheus."""
        return Response(metrics.text(), media_type="text/plain")

    return api


@cache
def named_palettes() -> list[PaletteForm]:
    """All palettes that have a name."""
    found = [(name, make()) for name, make in PALETTES.items()]
    return [PaletteForm(name=name, title=palette.title, colors=list(palette.colors)[:MOST_COLORS]) for name, palette in found]


def told_of(opened: Opened, page: int) -> PhotoForm:
    """What is told of an open photograph or film."""
    height, width = opened.sizes[page]
    shots = None if opened.shots is None else [shot.time for shot in opened.shots]
    return PhotoForm(id=opened.id, name=opened.name, width=width, height=height, pages=opened.pages, shots=shots)


def tag_of(data: bytes, form: BaseModel, model: str, more: str | None) -> str:
    """An entity tag: the same for the same work."""
    wishes = f"{form.model_dump_json(exclude_defaults=True)} {model} {more}"
    return f'"{hashlib.sha256(wishes.encode() + data).hexdigest()[:32]}"'


def written_format(data: bytes, format: str | None) -> str:
    """Pillow's name of the format in which a file's coloring is written."""
    if format:
        return format_named(format)
    for start, kind in (
        (b"\xff\xd8", "JPEG"),
        (b"\x89PNG", "PNG"),
        (b"II", "TIFF"),
        (b"MM", "TIFF"),
        (b"BM", "BMP"),
        (b"GIF8", "GIF"),
    ):
        if data.startswith(start):
            return kind
    return "WEBP" if data[8:12] == b"WEBP" else "HEIF" if data[4:8] == b"ftyp" else "PNG"


def media_type(data: bytes, format: str | None, name: str = "") -> str:
    """As `written_format`, as a media type. name: of the file, which says what container a film has."""
    if is_film(data):
        return FILMS[suffix_of(name)]
    kind = written_format(data, format)
    return UNLIKE.get(kind, f"image/{kind.lower()}")


def saved_as(name: str, data: bytes, format: str | None) -> dict[str, str]:
    """The header that names the answer after its source."""
    if is_film(data):
        return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(Path(name).stem)}.color{suffix_of(name)}"}
    kind = written_format(data, format)
    endings = [ending for ending, each in FORMATS.items() if each == kind] or [kind.lower()]
    given = Path(name).suffix.lower().lstrip(".")
    target = f"{Path(name).stem}.color.{given if given in endings else endings[0]}"
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(target)}"}
