"""A photograph's file in, the same in color out; nothing is kept."""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from tintype.web.bodies import read_sent
from tintype.web.described import FILE, PICTURES, TAKES_FILE, Format, Name, Wishes, answers
from tintype.web.named import media_type, saved_as, tag_of
from tintype.web.service import Here, Network

router = APIRouter(tags=["colorize"])


@router.post("/colorize", response_class=Response, responses=answers(PICTURES, *TAKES_FILE), openapi_extra=FILE)
async def colorize(
    request: Request, here: Here, model: Network, format: Format = None, guidance: Wishes = None, name: Name = "photo"
) -> Response:
    """A photograph's file in, the same in color out: full size, its own format, depth and metadata. Nothing is kept."""
    sent = await read_sent(request, here.limits, guidance, name)
    tag = await run_in_threadpool(tag_of, sent.data, sent.guidance, model, format)
    kind, headers = media_type(sent.data, format), saved_as(sent.name, sent.data, format)
    return await here.answer(
        request, lambda ticket: here.studio.file(sent.data, [sent.guidance], model, format, ticket), kind, tag, headers
    )
