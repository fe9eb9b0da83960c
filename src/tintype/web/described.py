"""Parameters and answers that several routes share, as the service describes them."""

from typing import Annotated, Any, Literal

from fastapi import Path, Query

from tintype.photo import FORMATS
from tintype.web.forms import Problem
from tintype.web.studio import MOST_TILE

Id = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{1,64}$")]
Name = Annotated[str, Query(max_length=255, description="The file's name.")]
Format = Annotated[
    Literal["jpg", "jpeg", "png", "tif", "tiff", "webp", "bmp", "gif"] | None, Query(description="By default the source's own.")
]
Page = Annotated[int, Query(ge=0, le=100_000, description="Of a TIFF with several pages, from 0.")]
Wishes = Annotated[
    str | None,
    Query(
        description="The guidance as JSON, where the body is the file itself; longer guidance goes into a form.", max_length=4000
    ),
]
Corner = Annotated[int, Query(ge=0, le=10**6)]
Side = Annotated[int, Query(ge=1, le=MOST_TILE)]

WRONG = {
    400: "The request, its host name or its form is malformed.",
    401: "A token is needed.",
    403: "Requests from other sites are refused.",
    404: "There is no such photograph, page, job or network.",
    408: "The body came too slowly.",
    409: "The job is not done.",
    413: "The body, or the picture in it, is larger than this service accepts.",
    415: "The body is not a picture or film of a supported kind.",
    422: "The picture is damaged, or what is asked cannot be done.",
    429: "Too much work is waiting; `Retry-After` says when to try again.",
    503: "The work took too long.",
}
TAKES_FILE = (403, 404, 408, 413, 415, 422, 429, 503)
TAKES_JSON = (403, 404, 408, 413, 422, 429, 503)
BINARY = {"type": "string", "format": "binary"}
UNLIKE = {"JPEG2000": "image/jp2", "PPM": "image/x-portable-pixmap", "TGA": "image/x-tga"}
"""Media types that are not called after their format."""
PICTURES = tuple(dict.fromkeys(UNLIKE.get(kind, f"image/{kind.lower()}") for kind in FORMATS.values()))
IN = ("image/*", "application/octet-stream", "application/x-www-form-urlencoded")
UNCHANGED: dict[str, Any] = {"description": "What `If-None-Match` names is still right."}
FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file itself, or a form with it and its guidance.",
        "content": {
            **{kind: {"schema": BINARY} for kind in IN},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["photo"],
                    "properties": {
                        "photo": BINARY,
                        "guidance": {"type": "string", "contentMediaType": "application/json", "description": "As `GuidanceForm`."},
                    },
                },
                "encoding": {"photo": {"contentType": "image/*"}, "guidance": {"contentType": "text/plain"}},
                "examples": {"a dab": {"value": {"guidance": '{"hints": [{"x": 0.4, "y": 0.6, "color": "#a03050"}]}'}}},
            },
        },
    }
}
"""The body of routes that take a file."""


def problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The error responses of a route."""
    found: dict[int | str, dict[str, Any]] = {
        code: {"model": Problem, "description": WRONG[code]} for code in sorted({400, 401, *codes})
    }
    if 429 in codes:
        found[429]["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return found


def answers(kinds: tuple[str, ...], *codes: int, etag: bool = True) -> dict[int | str, dict[str, Any]]:
    """The responses of a route that answers with a picture."""
    found = problems(*codes)
    found[200] = {"description": "The picture.", "content": {kind: {"schema": BINARY} for kind in kinds}}
    if etag:
        found[200]["headers"] = {"ETag": {"schema": {"type": "string"}, "description": "The same work has the same tag."}}
        found[304] = UNCHANGED
    return found
