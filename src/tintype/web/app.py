"""The service put together: routes, page, guard and error handlers."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from tintype.allocator import release_memory
from tintype.errors import TintypeError, UsageError
from tintype.guidance.schema import check_names, explain
from tintype.photo.isolated import CHILDREN
from tintype.web.coloring import Coloring
from tintype.web.desk import Desk
from tintype.web.forms import MAX_HINTS
from tintype.web.guard import LOCAL, OPEN, OPEN_BELOW, Guard, check_token
from tintype.web.jobs import Jobs
from tintype.web.limits import Limits
from tintype.web.metrics import Metrics
from tintype.web.networks import Networks
from tintype.web.opened import OpenFiles
from tintype.web.pairing import Pairings
from tintype.web.private import PrivateFolder
from tintype.web.problems import CODES, Failure, Problem
from tintype.web.routes import ROUTERS
from tintype.web.service import Service

MAX_SWEEP_SECONDS = 5.0
"""Between two searches for expired jobs and for free memory."""
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".jpg": "image/jpeg",
    ".json": "application/manifest+json",
}
ABOUT = f"""Colors black-and-white photographs. Send a file to `/colorize` and get the same file in
color; or open a photograph with `/photos` and color it again and again with other guidance.
Positions are shares of the upright photograph's width and height, 0 to 1. A photograph that is in
color already is left as it is unless `recolor` is set or the guidance asks for hints, a region or
`keep_color`. One guidance may have {MAX_HINTS} hints and strokes. Large work goes to `/jobs`.

Every error is a problem (RFC 9457, `application/problem+json`) whose `detail` is one sentence and
whose `code` is one of {", ".join(f"`{code}`" for code in CODES)}. Every answer and its line in the
log have the request's id, `X-Request-Id`: the client's own, if it sends one."""


def create_app(
    models: Sequence[str | Path] = (),
    device: str = "auto",
    hosts: Sequence[str] = LOCAL,
    limits: Limits | None = None,
    token: str | None = None,
    public: str | None = None,
) -> FastAPI:
    """The service and its page.

    models: ONNX files to offer besides the package's own. hosts: names it answers to; "*": any.
    token: what clients must send as `Authorization: Bearer`. public: the address at which other
    machines reach it, ending in a slash, if they do. Raises ModelError for a file that is
    no network, UsageError for an unknown device and for a token that no header can hold.
    """
    from tintype import __version__

    check_token(token)
    limits = limits or Limits()
    folder = PrivateFolder()
    networks, files = Networks(models, device), OpenFiles(limits, folder.path)
    jobs = Jobs(folder.path, limits)
    desk = Desk(limits.workers, limits.waiting, limits.work_seconds)
    metrics = Metrics(lambda: desk.pieces, lambda: len(files.shelf))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # so that the first photograph waits neither for its decoder nor for its network
        CHILDREN.start(limits.workers)
        await run_in_threadpool(networks.colorizer, next(iter(networks.files)))
        sweeping = asyncio.create_task(sweep(jobs))
        try:
            yield
        finally:
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
        separate_input_output_schemas=False,
        lifespan=lifespan,
    )
    app.add_middleware(Guard, limits=limits, metrics=metrics, hosts=hosts, token=token)

    @app.exception_handler(TintypeError)
    @app.exception_handler(HTTPException)
    async def fail(request: Request, error: Exception) -> Response:
        return Failure.of(error).response()

    @app.exception_handler(RequestValidationError)
    async def refuse(request: Request, error: RequestValidationError) -> Response:
        return Failure.of(UsageError(sentence(error))).response()

    @app.exception_handler(405)
    async def refuse_method(request: Request, error: Exception) -> Response:
        paths: dict[str, dict[str, Any]] = app.openapi()["paths"]
        allowed = {
            method.upper()
            for template, routes in paths.items()
            if fits(template, request.url.path)
            for method in routes
        } or {"GET"}
        allowed |= {"OPTIONS", *(["HEAD"] if "GET" in allowed else [])}
        allow = {"Allow": ", ".join(sorted(allowed))}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=allow)
        return Failure.of(HTTPException(405, "the address takes other methods", allow)).response()

    describe = app.openapi

    @cache
    def openapi() -> dict[str, Any]:
        """As FastAPI describes it, with the one error form of all routes and the token."""
        document = describe()
        document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        if token is not None:
            document["security"] = [{"token": []}]
            for path in (*OPEN, f"{OPEN_BELOW}{{id}}"):
                for operation in document["paths"][path].values():
                    operation["security"] = []
        return document

    app.openapi = openapi  # type: ignore[method-assign]
    coloring, pairings = Coloring(networks, files, limits), Pairings(public)
    app.state.service = Service(
        limits, networks, files, coloring, desk, jobs, metrics, pairings, token
    )
    for router in ROUTERS:
        app.include_router(router, dependencies=[Depends(check_query)])
    add_page(app)
    return app


async def check_query(request: Request) -> None:
    """Raises UsageError for a parameter of the query that the route does not take."""
    operation = request.app.openapi()["paths"][request.scope["route"].path][request.method.lower()]
    names = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]
    check_names(request.query_params, names, "the query has an unknown parameter")


async def sweep(jobs: Jobs) -> None:
    """Remove the results of expired jobs and give freed memory back, whether anybody asks or
    not."""
    while True:
        await asyncio.sleep(min(MAX_SWEEP_SECONDS, jobs.limits.job_seconds))
        await run_in_threadpool(jobs.sweep)
        await run_in_threadpool(release_memory)


def sentence(error: RequestValidationError) -> str:
    """What is wrong with a request's parameters or body; line and column where it is no JSON."""
    first = error.errors()[0]
    where, *path = first["loc"]
    if first["type"] == "json_invalid":
        broken = json.JSONDecodeError(first["ctx"]["error"], str(error.body), path[0])
        return f"the body is not valid JSON: {broken}"
    errors = [{**each, "loc": each["loc"][1:]} for each in error.errors()]
    return explain(errors, f"the {where}")


def fits(template: str, path: str) -> bool:
    """Whether a path is one of a template's, such as "/photos/{id}"."""
    return re.fullmatch(re.sub(r"{[^}]*}", "[^/]+", template), path) is not None


def add_page(app: FastAPI) -> None:
    """The files of the page, held in memory: coloring never keeps them waiting; and their list."""
    paths, digest = [], hashlib.sha256(app.version.encode())
    static = resources.files("tintype") / "web" / "static"
    for folder, prefix in ((static, "/"), (static / "engine", "/engine/")):
        for file in sorted(folder.iterdir(), key=lambda each: each.name):
            suffix = Path(file.name).suffix
            if suffix in KINDS:
                path = {"/index.html": "/", "/docs.html": "/docs"}
                paths.append(path.get(prefix + file.name, prefix + file.name))
                digest.update(file.read_bytes())
                add_file(app, paths[-1], file.read_bytes(), KINDS[suffix])
    listed = {"version": digest.hexdigest()[:12], "files": [*sorted(paths), "/page.json"]}
    add_file(app, "/page.json", json.dumps(listed).encode(), "application/json")


def add_file(app: FastAPI, path: str, data: bytes, kind: str) -> None:
    """A route of the page."""
    app.add_api_route(path, serve_file(data, kind), methods=["GET"], include_in_schema=False)


def serve_file(data: bytes, kind: str) -> Callable[[Request], Any]:
    """A route that answers with these bytes."""
    tag = f'"{hashlib.sha256(data).hexdigest()[:24]}"'

    async def send(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        return Response(data, media_type=kind, headers={"ETag": tag})

    return send
