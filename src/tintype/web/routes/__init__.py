"""The routes of the service, version 1: a file in and the same file in color out, or a photograph
opened once and colored often."""

from tintype.web.routes import coloring, files, jobs, pairings, photos, state

ROUTERS = tuple(part.router for part in (files, photos, coloring, jobs, pairings, state))
