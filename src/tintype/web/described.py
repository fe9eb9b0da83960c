"""Parameters and answers that several routes share, as the service describes them."""

from typing import Annotated, Any, Literal

from fastapi import Path, Query

from tintype.photo import FORMATS
from tintype.web.forms import Problem
from tintype.web.limits import MOST_TILE

V1 = "/api/v1"
Id = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{1,64}$")]
Name = Annotated[str, Query(max_length=255, description="The file's name.")]
Format = Annotated[
    Literal["jpg", "jpeg", "png", "tif", "tiff", "webp", "bmp", "gif"] | None,
    Query(description="By default the source's own."),
]
Page = Annotated[int, Query(ge=0, le=100_000, description="Of a TIFF with several pages, from 0.")]
Wishes = Annotated[str | None, Query(include_in_schema=False, max_length=4000)]
"""Guidance as JSON in the query; described by `ASKED`."""
Corner = Annotated[int, Query(ge=0, le=10**6)]
Side = Annotated[int, Query(ge=1, le=MOST_TILE)]

WRONG = {
    400: "The request, its host name or its form is malformed.",
    401: "A token is needed.",
    403: "Requests from other sites are refused.",
    404: "There is no such photograph, page, job or network.",
    405: "The address takes other methods, which `Allow` names.",
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
PICTURES = tuple(
    dict.fromkeys(UNLIKE.get(kind, f"image/{kind.lower()}") for kind in FORMATS.values())
)
IN = ("image/*", "application/octet-stream", "application/x-www-form-urlencoded")
UNCHANGED: dict[str, Any] = {"description": "What `If-None-Match` names is still right."}
TAG = {"schema": {"type": "string"}, "description": "The same work has the same tag."}
NOTES = {
    "description": (
        "A JSON list of sentences worth knowing: damage that was passed over, pages left out, color"
        " that was replaced."
    ),
    "schema": {"type": "string", "contentMediaType": "application/json"},
}
GUIDANCE = {"$ref": "#/components/schemas/GuidanceForm"}


def body(parts: dict[str, Any], kinds: dict[str, str], description: str) -> dict[str, Any]:
    """The body of a route that takes a file as it is, or in a form with these parts of these media
    types."""
    form = {
        "type": "object",
        "required": ["photo"],
        "properties": parts,
        "additionalProperties": False,
    }
    encoding = {name: {"contentType": kind} for name, kind in kinds.items()}
    content = {
        **{kind: {"schema": BINARY} for kind in IN},
        "multipart/form-data": {"schema": form, "encoding": encoding},
    }
    return {"requestBody": {"required": True, "description": description, "content": content}}


FILE = body({"photo": BINARY}, {"photo": "image/*"}, "The file itself, or a form with it.")
ASKED: dict[str, Any] = {
    **body(
        {"photo": BINARY, "guidance": GUIDANCE},
        {"photo": "image/*", "guidance": "application/json"},
        "The file itself, or a form with it and its guidance.",
    ),
    "parameters": [
        {
            "name": "guidance",
            "in": "query",
            "description": (
                "Where the body is the file itself: at most 4,000 characters; longer guidance goes"
                " into a form."
            ),
            "content": {"application/json": {"schema": GUIDANCE}},
        }
    ],
}
"""As `FILE`, with guidance."""


def problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The error responses of a route."""
    found: dict[int | str, dict[str, Any]] = {
        code: {"model": Problem, "description": WRONG[code]}
        for code in sorted({400, 401, 405, *codes})
    }
    found[405]["headers"] = {"Allow": {"description": "The methods.", "schema": {"type": "string"}}}
    if 429 in codes:
        found[429]["headers"] = {
            "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}
        }
    return found


def tagged(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The responses of a route that answers with JSON and an entity tag."""
    return {**problems(*codes), 200: {"headers": {"ETag": TAG}}, 304: UNCHANGED}


def answers(
    kinds: tuple[str, ...], *codes: int, etag: bool = True, notes: bool = False
) -> dict[int | str, dict[str, Any]]:
    """The responses of a route that answers with a picture."""
    found = problems(*codes)
    headers: dict[str, Any] = {"Tintype-Notes": NOTES} if notes else {}
    if etag:
        headers["ETag"] = TAG
        found[304] = UNCHANGED
    found[200] = {
        "description": "The picture.",
        "content": {kind: {"schema": BINARY} for kind in kinds},
        "headers": headers,
    }
    return found
