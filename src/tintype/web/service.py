"""What all routes work with, and how they get at it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import Depends, Query, Request, Response

from tintype.notices import Notice
from tintype.photo import is_film
from tintype.web.bodies import measure
from tintype.web.coloring import Coloring
from tintype.web.described import V1, Id
from tintype.web.desk import Desk, Ticket
from tintype.web.forms import JobForm
from tintype.web.jobs import JobKey, Jobs
from tintype.web.limits import Limits
from tintype.web.metrics import Metrics
from tintype.web.named import name_result, tag_of
from tintype.web.networks import Networks
from tintype.web.opened import OpenFile, OpenFiles
from tintype.web.pairing import Pairings
from tintype.web.pool import client_of
from tintype.web.whole import FileRequest, color_of_job

MAX_NOTICES = 20
"""In a header."""


@dataclass(frozen=True)
class Answer:
    """What work has made. kind: its media type, by default the route's; disposition: the name to
    save it under."""

    data: bytes
    notices: Sequence[Notice] = ()
    kind: str | None = None
    disposition: str | None = None


@dataclass(frozen=True)
class Service:
    """One running service."""

    limits: Limits
    networks: Networks
    files: OpenFiles
    coloring: Coloring
    desk: Desk
    jobs: Jobs
    metrics: Metrics
    pairings: Pairings
    token: str | None

    async def answer(
        self,
        request: Request,
        work: Callable[[Ticket], Answer | bytes],
        tag: str,
        kind: str | None = None,
    ) -> Response:
        """The result of work(ticket), or 304 where the client has it already. tag: its entity tag;
        kind: its media type, where the work does not say."""
        headers = {"ETag": tag}
        known = [
            each.strip().removeprefix("W/")
            for each in request.headers.get("if-none-match", "").split(",")
        ]
        if tag in known:
            return Response(status_code=304, headers=headers)
        made = await self.desk.run(request, work)
        made = Answer(made) if isinstance(made, bytes) else made
        if made.notices:
            listed = [asdict(notice) for notice in made.notices[:MAX_NOTICES]]
            headers["Tintype-Notes"] = json.dumps(listed)  # ASCII, as headers are
        if made.disposition:
            headers["Content-Disposition"] = made.disposition
        return Response(made.data, media_type=made.kind or kind, headers=headers)

    async def start(
        self,
        request: Request,
        response: Response,
        data: bytes,
        name: str,
        wanted: FileRequest,
        times: Sequence[float] = (),
        key: str | None = None,
    ) -> JobForm:
        """Hand a file in as a job, and say where it is; no job stays of a request that ends without
        an answer, unless it has a key. times: of the shots that the guidance belongs to. key: the
        client's own name of the job."""
        made: list[JobForm] = []

        def add(ticket: Ticket) -> JobForm:
            source = None if is_film(data) else measure(data, self.limits).format
            kind, disposition = name_result(source, name, wanted.format)
            named = key and JobKey(key, tag_of(data, name, wanted, times))
            form = self.jobs.add(
                data,
                name,
                kind,
                disposition,
                lambda job: color_of_job(self.coloring, self.limits, job, name, wanted, times),
                named or None,
                client_of(request.scope),
            )
            made.append(form)
            if ticket.is_void:
                undo()
            return form

        def undo() -> None:
            if key is None:
                self.jobs.forget(made)

        try:
            job = await self.desk.run(request, add)
        except BaseException:  # asyncio.CancelledError, too: the client has gone
            undo()
            raise
        response.headers["Location"] = f"{V1}/jobs/{job.id}"
        return job


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def _opened(request: Request, id: Id) -> OpenFile:
    return _service(request).files.get(id)


async def _network(
    request: Request,
    model: Annotated[
        str, Query(max_length=255, description="A network of `/models`.", examples=["default"])
    ] = "default",
) -> str:
    _service(request).networks.check(model)
    return model


Here = Annotated[Service, Depends(_service)]
"""The service that a request came to."""
Open = Annotated[OpenFile, Depends(_opened)]
"""The open photograph that the path names; 404 where there is none."""
Network = Annotated[str, Depends(_network)]
"""The network that the query names; 404 where there is none."""
