"""The routes of the service, version 1: a file in and the same file in color out, or a photograph opened once and colored often."""

from fastapi import APIRouter

from tintype.web.routes import coloring, files, jobs, photos, state

api = APIRouter(prefix="/api/v1")
for part in (files, photos, coloring, jobs, state):
    api.include_router(part.router)

__all__ = ["api"]
