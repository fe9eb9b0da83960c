"""Files that are not kept: a photograph in, the same in color out; a guidance in, the same checked
out."""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from tintype.guidance import Guidance
from tintype.web.bodies import read_sent
from tintype.web.described import (
    FILE_WITH_GUIDANCE,
    GUIDANCE_BODY,
    PICTURES,
    TAKES_FILE,
    TAKES_JSON,
    V1,
    Format,
    GuidanceText,
    Name,
    Recolor,
    answers,
    problems,
)
from tintype.web.desk import Ticket
from tintype.web.named import name_result, tag_of
from tintype.web.service import Answer, Here, Network
from tintype.web.whole import FileRequest, color_whole

router = APIRouter(prefix=V1, tags=["colorize"])


@router.post(
    "/colorize",
    response_class=Response,
    responses=answers(PICTURES, *TAKES_FILE, notes=True),
    openapi_extra=FILE_WITH_GUIDANCE,
)
async def colorize(
    request: Request,
    here: Here,
    model: Network,
    format: Format = None,
    recolor: Recolor = False,
    guidance: GuidanceText = None,
    name: Name = "photo",
) -> Response:
    """A photograph's file in, the same in color out: full size, its own format, depth and metadata.
    Nothing is kept."""
    sent = await read_sent(request, here.limits, name, guidance)
    wanted = FileRequest.of(sent.guidance, model, recolor, format)
    tag = await run_in_threadpool(tag_of, sent.data, wanted)

    def work(ticket: Ticket) -> Answer:
        whole = color_whole(here.coloring, here.limits, sent.data, wanted, ticket.progress)
        named = name_result(whole.source, sent.name, format)
        return Answer(whole.data, whole.notices, *named)

    return await here.answer(request, work, tag)


@router.post(
    "/guidance",
    responses=problems(*TAKES_JSON),
    response_model=Guidance,
    openapi_extra=GUIDANCE_BODY,
)
async def check_guidance(request: Request) -> Response:
    """A guidance file in, the same out if it is one; colors as codes, without what is not asked
    for."""
    guidance = await run_in_threadpool(Guidance.from_json, await request.body())
    return JSONResponse(guidance.to_mapping())
