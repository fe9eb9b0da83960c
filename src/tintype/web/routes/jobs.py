"""Large pictures, many pages and films: handed in, asked about, fetched, stopped."""

from fastapi import APIRouter, Request, Response

from tintype.web.bodies import read_files, read_sent
from tintype.web.described import (
    FILE_WITH_GUIDANCE,
    FILES_WITH_GUIDANCE,
    PICTURES,
    TAKES_FILE,
    V1,
    Format,
    GuidanceText,
    Id,
    IdempotencyKey,
    Name,
    Recolor,
    answers,
    problems,
)
from tintype.web.films import RESULT_KINDS
from tintype.web.forms import JobForm
from tintype.web.service import Here, Network
from tintype.web.whole import FileRequest

router = APIRouter(prefix=f"{V1}/jobs", tags=["jobs"])
RESULTS = (*PICTURES, *dict.fromkeys(RESULT_KINDS.values()))


@router.post("", status_code=202, responses=problems(*TAKES_FILE), openapi_extra=FILE_WITH_GUIDANCE)
async def start_job(
    request: Request,
    response: Response,
    here: Here,
    model: Network,
    format: Format = None,
    recolor: Recolor = False,
    guidance: GuidanceText = None,
    name: Name = "photo",
    idempotency_key: IdempotencyKey = None,
) -> JobForm:
    """Hand in a large picture, one with many pages or a film, to be colored in the background."""
    sent = await read_sent(request, here.limits, name, guidance)
    wanted = FileRequest.of(sent.guidance, model, recolor, format)
    key = idempotency_key
    return await here.start(request, response, sent.data, sent.name, wanted, key=key)


@router.post(
    "/batch",
    status_code=202,
    responses=problems(*TAKES_FILE),
    openapi_extra=FILES_WITH_GUIDANCE,
)
async def start_jobs(
    request: Request,
    response: Response,
    here: Here,
    model: Network,
    format: Format = None,
    recolor: Recolor = False,
    idempotency_key: IdempotencyKey = None,
) -> list[JobForm]:
    """Hand in several files, to be colored in the background, a job each: all of them, or none if
    one is refused or the client goes."""
    started: list[JobForm] = []
    known = {form.id for form in here.jobs.forms()}
    try:
        for number, sent in enumerate(await read_files(request, here.limits, "photo")):
            wanted = FileRequest.of(sent.guidance, model, recolor, format)
            key = idempotency_key and f"{idempotency_key} {number}"
            started.append(
                await here.start(request, response, sent.data, sent.name, wanted, key=key)
            )
    except BaseException:  # asyncio.CancelledError, too: the client has gone
        here.jobs.forget(form for form in started if form.id not in known)
        raise
    response.headers["Location"] = f"{V1}/jobs"
    return started


@router.get("", responses=problems())
async def list_jobs(here: Here) -> list[JobForm]:
    """All jobs that are not forgotten, the oldest first."""
    return here.jobs.forms()


@router.get("/{id}", responses=problems(404, 422))
async def job_status(here: Here, id: Id) -> JobForm:
    """How far a job is."""
    return here.jobs.get(id).form


@router.get(
    "/{id}/result",
    response_class=Response,
    responses=answers(RESULTS, 404, 409, 422, 429, 503, etag=False),
)
async def job_result(request: Request, here: Here, id: Id) -> Response:
    """The file in color, once the job is done."""
    job = here.jobs.result(id)
    data = await here.desk.run(request, lambda _: here.jobs.read(job))
    return Response(data, media_type=job.kind, headers={"Content-Disposition": job.name})


@router.delete("/{id}", status_code=204, responses=problems(403, 404, 422))
async def cancel_job(here: Here, id: Id) -> None:
    """Stop a job, and forget it and its result."""
    here.jobs.cancel(id)
