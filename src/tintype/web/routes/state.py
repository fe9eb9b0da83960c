"""The service itself: its networks and palettes, whether it answers, its numbers."""

from typing import Any

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool

from tintype.guidance.palettes import named_palettes
from tintype.web.described import V1, problems
from tintype.web.forms import HealthForm, ModelForm, PaletteForm
from tintype.web.problems import StillError
from tintype.web.service import Here

router = APIRouter(prefix=V1, tags=["service"])
NUMBERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Prometheus' text form.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
}


@router.get("/models", responses=problems())
async def models(here: Here) -> list[ModelForm]:
    """The networks that are there; the first is the one that the page begins with."""
    return await run_in_threadpool(here.networks.list)


@router.get("/palettes", responses=problems())
async def palettes() -> list[PaletteForm]:
    """Named palettes: old color processes and films."""
    return [
        PaletteForm(name=name, title=palette.title, colors=list(palette.colors))
        for name, palette in named_palettes().items()
    ]


@router.get("/health", responses=problems(always=(400, 405, 422, 500)))
async def health(here: Here) -> HealthForm:
    """Whether the service answers."""
    from tintype import __version__

    return HealthForm(status="ok", version=__version__, waiting=here.desk.pieces)


@router.get("/health/ready", responses=problems(503, always=(400, 405, 422, 500)))
async def ready(here: Here) -> HealthForm:
    """Whether work goes on: 503 while all workers are stuck."""
    if here.desk.still_seconds > here.limits.still_seconds:
        raise StillError(f"no work began or ended for {here.desk.still_seconds:.0f} s")
    return await health(here)


@router.get("/metrics", response_class=Response, responses={**problems(), **NUMBERS})
async def numbers(here: Here) -> Response:
    """Counts and times for Prometheus."""
    return Response(here.metrics.text(), media_type="text/plain")
