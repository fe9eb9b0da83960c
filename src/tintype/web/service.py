"""What all routes work with, and how they get at it: the networks and open photographs, the queue,
the jobs, the numbers."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request, Response

from tintype.web.bodies import measure
from tintype.web.described import V1, Id
from tintype.web.desk import Desk, Ticket
from tintype.web.films import is_film
from tintype.web.forms import GuidanceForm, JobForm
from tintype.web.jobs import Jobs
from tintype.web.limits import Limits
from tintype.web.metrics import Metrics
from tintype.web.named import called
from tintype.web.opened import Made, Opened
from tintype.web.studio import Studio

MOST_NOTES = 20


@dataclass(frozen=True)
class Service:
    """One running service."""

    studio: Studio
    desk: Desk
    jobs: Jobs
    metrics: Metrics

    @property
    def limits(self) -> Limits:
        """What one client may ask."""
        return self.studio.limits

    async def answer(
        self,
        request: Request,
        work: Callable[[Ticket], bytes | Made],
        kind: str,
        tag: str,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """The result of work(ticket), or 304 where the client has it already. kind: its media type;
        tag: its entity tag."""
        headers = {"ETag": tag, **(headers or {})}
        known = [
            each.strip().removeprefix("W/")
            for each in request.headers.get("if-none-match", "").split(",")
        ]
        if tag in known:
            return Response(status_code=304, headers=headers)
        made = await self.desk.run(request, work)
        if isinstance(made, Made):
            if made.notes:
                headers["Tintype-Notes"] = json.dumps(
                    made.notes[:MOST_NOTES]
                )  # ASCII, as headers are
            made = made.data
        return Response(made, media_type=kind, headers=headers)

    async def start(
        self,
        request: Request,
        response: Response,
        data: bytes,
        name: str,
        forms: Sequence[GuidanceForm],
        model: str,
        format: str | None,
        times: Sequence[float] = (),
    ) -> JobForm:
        """Hand a file in as a job, and say where it is. times: of the shots that the forms belong
        to."""

        def add(_: Ticket) -> JobForm:
            if not is_film(data):
                measure(data, self.limits)
            kind, headers = called(data, name, format)
            return self.jobs.add(
                data,
                kind,
                headers["Content-Disposition"],
                lambda job: self.studio.work(job, name, forms, model, format, times),
            )

        job = await self.desk.run(request, add)
        response.headers["Location"] = f"{V1}/jobs/{job.id}"
        return job


def _service(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


async def _opened(request: Request, id: Id) -> Opened:
    return _service(request).studio.opened(id)


async def _network(
    request: Request,
    model: Annotated[
        str, Query(max_length=255, description="A network of `/models`.", examples=["default"])
    ] = "default",
) -> str:
    _service(request).studio.check_model(model)
    return model


Here = Annotated[Service, Depends(_service)]
"""The service that a request came to."""
Open = Annotated[Opened, Depends(_opened)]
"""The open photograph that the path names; 404 where there is none."""
Network = Annotated[str, Depends(_network)]
"""The network that the query names; 404 where there is none."""
