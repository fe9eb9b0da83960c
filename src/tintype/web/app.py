"""The service put together: the routes, the page, the doorkeeper, and how each error is told."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from tintype.errors import NotAPictureError, TintypeError, TooLargeError
from tintype.web.bodies import told
from tintype.web.desk import BusyError, Desk, GoneError, LateError
from tintype.web.guard import Guard
from tintype.web.jobs import Jobs, NoJobError, NotReadyError
from tintype.web.limits import Limits
from tintype.web.metrics import Metrics
from tintype.web.pictures import NoPartError
from tintype.web.private import PrivateFolder
from tintype.web.routes import ROUTERS
from tintype.web.service import Service
from tintype.web.studio import NoModelError, NotOpenError, Studio

LOCAL = ("localhost", "127.0.0.1", "[::1]")
"""Host names accepted when bound to loopback."""
STATUS: dict[type[TintypeError], int] = {
    NotOpenError: 404,
    NoModelError: 404,
    NoJobError: 404,
    NoPartError: 404,
    NotReadyError: 409,
    TooLargeError: 413,
    NotAPictureError: 415,
    BusyError: 429,
    GoneError: 499,
    LateError: 503,
}
MOST_PAUSE = 60.0
"""Seconds between two looks for expired jobs."""
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".jpg": "image/jpeg",
    ".json": "application/manifest+json",
}
ABOUT = """Colors black-and-white photographs. Send a file to `/colorize` and get the same file in color; or open a photograph with
`/photos` and color it again and again with other guidance. Positions are shares of the upright photograph's width and height,
0 to 1. Large work goes to `/jobs`. Every error is `{"detail": "one sentence"}`."""


def create_app(
    models: Sequence[str | Path] = (),
    device: str = "auto",
    hosts: Sequence[str] = LOCAL,
    limits: Limits | None = None,
    token: str | None = None,
) -> FastAPI:
    """The service and its page.

    models: ONNX files to offer besides the package's own. hosts: names it answers to; "*": any.
    token: what clients must send as `Authorization: Bearer`. Raises ModelError for a file that is
    no network, UsageError for an unknown device.
    """
    from tintype import __version__

    limits = limits or Limits()
    folder = PrivateFolder()
    studio, jobs = Studio(models, device, limits, folder.path), Jobs(folder.path, limits)
    desk = Desk(limits.workers, limits.waiting, limits.work_seconds)
    metrics = Metrics(lambda: desk.here, lambda: len(studio.shelf))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # so that the first photograph does not wait for its network
        await run_in_threadpool(studio.colorizer, next(iter(studio.files)))
        sweeping = asyncio.create_task(sweep(jobs))
        yield
        sweeping.cancel()
        desk.close()
        jobs.close()
        folder.remove()

    app = FastAPI(
        title="Tintype",
        version=__version__,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=lifespan,
    )
    app.add_middleware(Guard, limits=limits, metrics=metrics, hosts=hosts, token=token)

    @app.exception_handler(TintypeError)
    async def tell(request: Request, error: TintypeError) -> JSONResponse:
        status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
        headers = {"Retry-After": str(error.seconds)} if isinstance(error, BusyError) else None
        return JSONResponse({"detail": str(error)}, status, headers)

    @app.exception_handler(RequestValidationError)
    async def tell_form(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        return JSONResponse({"detail": told({**first, "loc": first["loc"][1:]})}, 422)

    @app.exception_handler(405)
    async def tell_methods(request: Request, error: Exception) -> JSONResponse:
        templates: dict[str, dict[str, Any]] = app.openapi()["paths"]
        allowed = {
            method.upper()
            for path, routes in templates.items()
            if fits(path, request.url.path)
            for method in routes
        }
        return JSONResponse(
            {"detail": "Method Not Allowed"},
            405,
            {"Allow": ", ".join(sorted(allowed)) or "GET, HEAD"},
        )

    app.state.service = Service(studio, desk, jobs, metrics)
    for router in ROUTERS:
        app.include_router(router)
    add_page(app)
    return app


async def sweep(jobs: Jobs) -> None:
    """Remove the results of expired jobs, whether anybody asks for them or not."""
    while True:
        await asyncio.sleep(min(MOST_PAUSE, jobs.limits.job_seconds))
        await run_in_threadpool(jobs.sweep)


def fits(template: str, path: str) -> bool:
    """Whether a path is one of a template's, such as "/photos/{id}"."""
    return re.fullmatch(re.sub(r"{[^}]*}", "[^/]+", template), path) is not None


def add_page(app: FastAPI) -> None:
    """The files of the page, held in memory: coloring never keeps them waiting."""
    for file in (resources.files("tintype") / "web" / "static").iterdir():
        suffix = Path(file.name).suffix
        if suffix in KINDS:
            path = {"index.html": "/", "docs.html": "/docs"}.get(file.name, f"/{file.name}")
            app.add_api_route(
                path,
                serve_file(file.read_bytes(), KINDS[suffix]),
                methods=["GET", "HEAD"],
                include_in_schema=False,
            )


def serve_file(data: bytes, kind: str) -> Callable[[Request], Any]:
    """A route that answers with these bytes."""
    tag = f'"{hashlib.sha256(data).hexdigest()[:24]}"'

    async def send(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        return Response(data, media_type=kind, headers={"ETag": tag})

    return send
