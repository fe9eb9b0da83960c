"""Parameters and answers that several routes share, as the service describes them."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Header, Path, Query

from tintype.photo import FORMATS
from tintype.web.limits import MAX_BATCH_FILES, MAX_TILE_SIDE
from tintype.web.problems import MEDIA_TYPE

V1 = "/api/v1"
Responses = dict[int | str, dict[str, Any]]
Id = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{1,64}$")]
Name = Annotated[str, Query(max_length=255, description="The file's name.")]
Format = Annotated[
    Literal["jpg", "jpeg", "png", "tif", "tiff", "webp", "bmp", "gif"] | None,
    Query(description="By default the source's own."),
]
Page = Annotated[int, Query(ge=0, le=100_000, description="Of a TIFF with several pages, from 0.")]
Recolor = Annotated[
    bool,
    Query(description="Color what is left otherwise: photographs in color and likely negatives."),
]
GuidanceText = Annotated[str | None, Query(include_in_schema=False, max_length=4000)]
"""Guidance as JSON in the query; described by `FILE_WITH_GUIDANCE`."""
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        description="The same request with the same key makes no second job.",
    ),
]
Corner = Annotated[int, Query(ge=0, le=10**6)]
Side = Annotated[int, Query(ge=1, le=MAX_TILE_SIDE)]

MEANINGS = {
    400: "The request, its host name or its form is malformed.",
    401: "A token is needed.",
    403: "Requests from other sites are refused.",
    404: "There is no such photograph, page, job, pairing or network.",
    405: "The address takes other methods, which `Allow` names.",
    408: "The body came too slowly.",
    409: "The job is not done, or other machines do not reach the service.",
    413: "The body, or the picture in it, is larger than this service accepts.",
    415: "The body is not a picture or film of a supported kind.",
    422: "The picture is damaged, or what is asked cannot be done.",
    429: "Too much work is waiting; `Retry-After` says when to try again.",
    500: "The service failed.",
    503: "The work took too long, or nothing moves.",
    507: "The service has no room for the file.",
}
TAKES_FILE = (403, 404, 408, 413, 415, 422, 429, 503, 507)
TAKES_JSON = (403, 404, 408, 413, 422, 429, 503, 507)
BINARY = {"type": "string", "format": "binary", "minLength": 1}
MEDIA_TYPES = {"JPEG2000": "image/jp2", "PPM": "image/x-portable-pixmap", "TGA": "image/x-tga"} | {
    "PDF": "application/pdf"
}
"""Of the formats that they are not called after."""
PICTURES = tuple(
    dict.fromkeys(MEDIA_TYPES.get(kind, f"image/{kind.lower()}") for kind in FORMATS.values())
)
IN = ("image/*", "application/pdf", "application/octet-stream")
UNCHANGED: dict[str, Any] = {"description": "What `If-None-Match` names is still right."}
TAG = {"schema": {"type": "string"}, "description": "The same work has the same tag."}
NOTES = {
    "description": (
        "What is worth knowing, as a JSON list of `Notice`, such as damage that was passed over,"
        " pages that were left out, or a photograph that was left as it is because it is in color"
        " (`in-color`) or looks like a negative (`negative`)."
    ),
    "schema": {"type": "string", "contentMediaType": "application/json"},
}
GUIDANCE = {"$ref": "#/components/schemas/Guidance"}


GUIDANCE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"allOf": [GUIDANCE, {"required": ["tintype"]}]}}
        },
    }
}


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


FILE = body(
    {"photo": BINARY},
    {"photo": "image/*"},
    "The file itself, or a form with it; `file` and `image` are other names of `photo`.",
)
FILES_WITH_GUIDANCE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "Files, each in a part `photo`, `file` or `image`, and guidance of all.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["photo"],
                    "properties": {
                        "photo": {
                            "type": "array",
                            "items": BINARY,
                            "minItems": 1,
                            "maxItems": MAX_BATCH_FILES,
                        },
                        "guidance": GUIDANCE,
                    },
                    "additionalProperties": False,
                },
                "encoding": {
                    "photo": {"contentType": "image/*"},
                    "guidance": {"contentType": "application/json"},
                },
            }
        },
    }
}
FILE_WITH_GUIDANCE: dict[str, Any] = {
    **body(
        {"photo": BINARY, "guidance": GUIDANCE},
        {"photo": "image/*", "guidance": "application/json"},
        (
            "The file itself, or a form with it and its guidance; `file` and `image` are other"
            " names of `photo`."
        ),
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


def problems(*statuses: int, always: Sequence[int] = (400, 401, 405, 422, 500)) -> Responses:
    """The error responses of a route."""
    responses: Responses = {
        status: {
            "description": MEANINGS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({*always, *statuses})
    }
    for status, header, schema in (
        (405, "Allow", {"type": "string", "description": "The methods."}),
        (429, "Retry-After", {"type": "integer", "description": "Seconds."}),
    ):
        if status in responses:
            responses[status]["headers"] = {header: {"schema": schema}}
    return responses


def tagged(*statuses: int) -> Responses:
    """The responses of a route that answers with JSON and an entity tag."""
    return {**problems(*statuses), 200: {"headers": {"ETag": TAG}}, 304: UNCHANGED}


def answers(
    kinds: tuple[str, ...], *statuses: int, etag: bool = True, notes: bool = False
) -> Responses:
    """The responses of a route that answers with a picture."""
    responses = problems(*statuses)
    headers: dict[str, Any] = {"Tintype-Notes": NOTES} if notes else {}
    if etag:
        headers["ETag"] = TAG
        responses[304] = UNCHANGED
    responses[200] = {
        "description": "The picture.",
        "content": {kind: {"schema": BINARY} for kind in kinds},
        "headers": headers,
    }
    return responses
