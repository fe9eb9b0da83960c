"""A photograph's file in, the same in color out; nothing is kept."""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from tintype.web.bodies import read_sent
from tintype.web.described import ASKED, PICTURES, TAKES_FILE, V1, Format, Name, Wishes, answers
from tintype.web.named import called, tag_of
from tintype.web.service import Here, Network

router = APIRouter(prefix=V1, tags=["colorize"])


@router.post(
    "/colorize",
    response_class=Response,
    responses=answers(PICTURES, *TAKES_FILE, notes=True),
    openapi_extra=ASKED,
)
async def colorize(
    request: Request,
    here: Here,
    model: Network,
    format: Format = None,
    guidance: Wishes = None,
    name: Name = "photo",
) -> Response:
    """A photograph's file in, the same in color out: full size, its own format, depth and metadata.
    Nothing is kept."""
    sent = await read_sent(request, here.limits, name, guidance)
    tag = await run_in_threadpool(tag_of, sent.data, sent.guidance, model, format)
    kind, headers = await run_in_threadpool(called, sent.data, sent.name, format)
    return await here.answer(
        request,
        lambda ticket: here.studio.file(sent.data, [sent.guidance], model, format, ticket),
        kind,
        tag,
        headers,
    )
