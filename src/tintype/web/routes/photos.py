"""Photographs that are opened, shown as they came, and forgotten."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from tintype.photo.read import Damaged
from tintype.web.bodies import read_sent
from tintype.web.coloring import PREVIEW_QUALITY
from tintype.web.described import (
    BINARY,
    FILE,
    TAKES_FILE,
    V1,
    Corner,
    Id,
    Name,
    Page,
    Side,
    answers,
    problems,
)
from tintype.web.forms import PhotoForm
from tintype.web.opened import OpenFile
from tintype.web.pictures import encode
from tintype.web.service import Here, Open

router = APIRouter(prefix=f"{V1}/photos", tags=["photos"])
SHOWN = answers(("image/jpeg",), 404, 422, 429, 503)


@router.post(
    "",
    status_code=201,
    responses=problems(*(code for code in TAKES_FILE if code != 404)),
    openapi_extra=FILE,
    response_description="The photograph is open.",
)
async def open_photo(
    request: Request,
    response: Response,
    here: Here,
    name: Name = "photo",
    damaged: Annotated[
        Damaged, Query(description="Files that are cut off: refuse, or read what is there.")
    ] = "refuse",
) -> PhotoForm:
    """Open a photograph, to show it and color it again and again. It stays open until others take
    its place."""
    sent = await read_sent(request, here.limits, name, takes_guidance=False)
    name = Path(sent.name).name or "photo"
    opened = await here.desk.run(
        request, lambda ticket: here.files.open(sent.data, name, ticket, damaged)
    )
    response.headers["Location"] = f"{V1}/photos/{opened.id}"
    return describe(opened, 0)


@router.get("/{id}", response_class=Response, responses=SHOWN)
async def show(request: Request, here: Here, id: Id, opened: Open, page: Page = 0) -> Response:
    """A page of the photograph as it came, upright, small enough for a screen."""

    def work(_: object) -> bytes:
        return encode(here.files.preview(opened, page), "jpg", PREVIEW_QUALITY)

    return await here.answer(request, work, f'"{id}-{page}"', "image/jpeg")


@router.get("/{id}/about", responses=problems(404, 422, 429, 503))
async def about(request: Request, here: Here, opened: Open, page: Page = 0) -> PhotoForm:
    """Size and pages of an open photograph."""
    await here.desk.run(request, lambda _: here.files.preview(opened, page))
    return describe(opened, page)


@router.get("/{id}/tile", response_class=Response, responses=SHOWN)
async def tile(
    request: Request,
    here: Here,
    id: Id,
    opened: Open,
    x: Corner,
    y: Corner,
    width: Side,
    height: Side,
    page: Page = 0,
) -> Response:
    """A part of a page as it came, at full size. x, y, width, height: pixels of the upright
    photograph."""
    box = (x, y, width, height)
    return await here.answer(
        request,
        lambda _: here.coloring.tile(opened, page, box),
        f'"{id}-{page}-{box}"',
        "image/jpeg",
    )


@router.get(
    "/{id}/source",
    response_class=Response,
    responses={
        **problems(404, 422),
        200: {
            "description": "The file.",
            "content": {"application/octet-stream": {"schema": BINARY}},
        },
    },
)
async def source(opened: Open) -> Response:
    """The file that was opened, as it came."""
    return Response(opened.data, media_type="application/octet-stream")


@router.delete("/{id}", status_code=204, responses=problems(403, 404, 422))
async def forget(here: Here, opened: Open) -> None:
    """Forget an open photograph."""
    here.files.shelf.drop(opened.id)


def describe(opened: OpenFile, page: int) -> PhotoForm:
    """An open photograph or film."""
    shots = None if opened.shots is None else [shot.time for shot in opened.shots]
    facts = opened.facts[page]
    return PhotoForm(
        id=opened.id,
        name=opened.name,
        width=facts.width,
        height=facts.height,
        pages=opened.pages,
        in_color=facts.in_color,
        notices=list(facts.notices),
        shots=shots,
        seconds=opened.shots[-1].stop if opened.shots else None,
    )
