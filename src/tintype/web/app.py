"""The HTTP service: a photograph is opened once and then colored as often as wishes change."""

import io
import mimetypes
import threading
from collections.abc import Awaitable, Callable, Sequence
from importlib import resources
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.middleware.trustedhost import TrustedHostMiddleware

from tintype.engine import Colorizer, list_models
from tintype.errors import TintypeError, UsageError
from tintype.guidance import Guidance
from tintype.photo import FORMATS, Photo, format_named, read_photo, write_photo
from tintype.web.forms import GuidanceForm, ModelForm, OpenedForm
from tintype.web.shelf import NotOpenError, Opened, Shelf

MOST_UPLOADED = 300 * 2**20
"""Bytes of one file."""
AT_ONCE = 2
"""Photographs that are read or colored at the same time; others wait, so that memory is bounded."""
LOCAL = ("localhost", "127.0.0.1", "[::1]")
"""Names by which the page may ask a service that only this machine can reach: another site's page may not (DNS rebinding)."""
PREVIEW_QUALITY = 92
SECURITY = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}

mimetypes.add_type("text/javascript", ".js")  # some systems' tables say otherwise, and browsers then refuse the page's modules


class Studio:
    """What the service works with: the networks by name, each loaded when it is first asked for, and the open photographs."""

    def __init__(self, models: Sequence[str | Path] = (), device: str = "auto") -> None:
        """models: ONNX files besides the networks that come with the package. Raises ModelError for one that cannot be used."""
        self.files: dict[str, str | Path] = {name: name for name in list_models()}
        self.shelf = Shelf()
        self.turns = threading.BoundedSemaphore(AT_ONCE)
        self._device = device
        self._colorizers: dict[str, Colorizer] = {}
        self._lock = threading.Lock()
        for file in models:
            name = Path(file).stem
            while name in self.files:
                name += "'"
            self.files[name] = file
            self.colorizer(name)

    def colorizer(self, name: str) -> Colorizer:
        """The colorizer with the network of that name. Raises UsageError if there is none."""
        with self._lock:
            if name not in self.files:
                raise UsageError(f"there is no network {name!r} here; there are {', '.join(self.files)}")
            if name not in self._colorizers:
                self._colorizers[name] = Colorizer(self.files[name], self._device)
            return self._colorizers[name]

    def models(self) -> list[ModelForm]:
        """What is known of each network, the first named by the user in front."""
        own = [name for name in self.files if name not in list_models()]
        found = []
        for name in [*own, *list_models()]:
            network = self.colorizer(name).network
            system, listens = network.metadata.system, sorted(network.inputs - {"lightness"})
            found.append(ModelForm(name=name, system=system, size=network.size, listens_to=listens))
        return found

    def open(self, data: bytes, name: str) -> Opened:
        """Read a photograph and keep it. Raises PhotoError."""
        with self.turns:
            return self.shelf.open(data, name)

    def preview(self, opened: Opened, form: GuidanceForm, model: str) -> Photo:
        """The small copy in color. Raises UsageError and ModelError for what cannot be asked."""
        return self._color(lambda: opened.preview, form.guidance(opened.size, opened.preview.pixels.shape[:2]), model)

    def file(self, opened: Opened, form: GuidanceForm, model: str) -> Photo:
        """The whole photograph in color. Raises as `preview` does."""
        return self._color(lambda: read_photo(opened.data), form.guidance(opened.size, opened.size), model)

    def once(self, data: bytes, guidance: Guidance, model: str) -> Photo:
        """A file in color that is not kept. Raises PhotoError besides."""
        return self._color(lambda: read_photo(data), guidance, model)

    def _color(self, read: Callable[[], Photo], guidance: Guidance, model: str) -> Photo:
        colorizer = self.colorizer(model)
        with self.turns:
            return colorizer.colorize_photo(read(), guidance)


def create_app(models: Sequence[str | Path] = (), device: str = "auto", hosts: Sequence[str] = LOCAL) -> FastAPI:
    """The service and its page. models: ONNX files to offer besides the package's own. hosts: names it answers to; "*": any.

    Raises ModelError for a file that is no network, UsageError for an unknown device.
    """
    from tintype import __version__

    studio = Studio(models, device)
    app = FastAPI(title="Tintype", version=__version__, docs_url=None, redoc_url=None)  # their pages load scripts from elsewhere
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))

    @app.middleware("http")
    async def secure(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        for name, value in SECURITY.items():
            response.headers.setdefault(name, value)
        return response

    @app.exception_handler(TintypeError)
    async def tell(request: Request, error: TintypeError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 404 if isinstance(error, NotOpenError) else 422)

    @app.exception_handler(RequestValidationError)
    async def tell_form(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        return JSONResponse({"detail": f"{where}: {first['msg']}" if where else first["msg"]}, 422)

    @app.get("/api/models")
    def models_there() -> list[ModelForm]:
        """The networks that are there."""
        return studio.models()

    @app.post("/api/photos", status_code=201)
    async def open_photo(request: Request, name: str = "photo") -> OpenedForm:
        """Open a photograph: the body is the file."""
        data = await whole_body(request)
        found = await run_in_threadpool(studio.open, data, Path(name).name or "photo")
        height, width = found.size
        return OpenedForm(id=found.id, name=found.name, width=width, height=height, pages=found.pages)

    @app.get("/api/photos/{id}", response_class=Response)
    def show(id: str) -> Response:
        """The open photograph as it came, small enough for a screen, as JPEG."""
        return encoded(studio.shelf[id].preview, "jpg", PREVIEW_QUALITY)

    @app.post("/api/photos/{id}/preview", response_class=Response)
    def preview(id: str, form: GuidanceForm, model: str = "default") -> Response:
        """The open photograph in color, small enough for a screen, as JPEG."""
        return encoded(studio.preview(studio.shelf[id], form, model), "jpg", PREVIEW_QUALITY)

    @app.post("/api/photos/{id}/file", response_class=Response)
    def file(id: str, form: GuidanceForm, model: str = "default", format: str | None = None) -> Response:
        """The open photograph in color: full size, its own format, depth and metadata."""
        opened = studio.shelf[id]
        return encoded(studio.file(opened, form, model), format, name=opened.name)

    @app.post("/api/colorize", response_class=Response)
    async def colorize(request: Request, model: str = "default", saturation: float = 1.0, format: str | None = None) -> Response:
        """A photograph's file in, the same in color out, for programs; nothing is kept."""
        data = await whole_body(request)
        guidance = Guidance(saturation=saturation)
        return await run_in_threadpool(lambda: encoded(studio.once(data, guidance, model), format))

    app.mount("/", StaticFiles(directory=str(resources.files("tintype") / "web" / "static"), html=True))
    return app


async def whole_body(request: Request) -> bytes:
    """The request's body. Raises UsageError if it is larger than a photograph may be."""
    parts, total = [], 0
    async for part in request.stream():
        total += len(part)
        if total > MOST_UPLOADED:
            raise UsageError(f"the file is larger than {MOST_UPLOADED // 2**20} MB; color it with `tintype colorize`")
        parts.append(part)
    return b"".join(parts)


def encoded(photo: Photo, format: str | None = None, quality: int | None = None, name: str | None = None) -> Response:
    """A photograph as a response. name: of the source, where the answer is to be saved under a like one."""
    whole = io.BytesIO()
    write_photo(photo, whole, quality, format)
    kind = format_named(format) if format else photo.format
    headers = {}
    if name is not None:
        endings = [ending for ending, each in FORMATS.items() if each == kind]
        given = Path(name).suffix.lower().lstrip(".")
        target = f"{Path(name).stem}.color.{given if given in endings else endings[0]}"
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(target)}"
    return Response(whole.getvalue(), media_type=f"image/{kind.lower()}", headers=headers)
