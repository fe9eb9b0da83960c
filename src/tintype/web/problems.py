"""Errors over HTTP: problem details (RFC 9457) with a code for programs, from one table."""

import errno
from dataclasses import dataclass
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from tintype.errors import (
    CapabilityError,
    DamagedError,
    FilmError,
    ModelError,
    NotAPictureError,
    PhotoError,
    TintypeError,
    TooLargeError,
    UsageError,
)
from tintype.photo.file import HOW_TO_KEEP


class NotOpenError(TintypeError):
    """The photograph was never opened, or others have taken its place since."""


class NoPageError(TintypeError):
    """A file has no such page."""


class NoNetworkError(TintypeError):
    """There is no network of that name."""


class NoJobError(TintypeError):
    """There is no such job (any more)."""


class NoClipError(TintypeError):
    """The file is a photograph, of which there are no clips."""


class NoPairingError(TintypeError):
    """There is no such link for another device (any more)."""


class UnreachableError(TintypeError):
    """Other machines do not reach the service."""


class NoRoomError(TintypeError):
    """The service has no room for a file."""


class OutsideError(TintypeError):
    """The part that is asked for lies outside of the photograph."""


class NotReadyError(TintypeError):
    """The job has no result (yet)."""


class BusyError(TintypeError):
    """Too much work is waiting. seconds: when to ask again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"the service is busy; try again in {seconds} s")
        self.seconds = seconds


class LateError(TintypeError):
    """The work took longer than the service allows."""


class StillError(TintypeError):
    """All workers are busy, and none has begun or ended anything for long."""


class GoneError(TintypeError):
    """Nobody waits for the answer any more."""


BY_ERROR: dict[type[Exception], tuple[int, str]] = {
    NotOpenError: (404, "photo-not-open"),
    NoPageError: (404, "no-such-page"),
    NoNetworkError: (404, "no-such-network"),
    NoJobError: (404, "no-such-job"),
    NoClipError: (404, "no-clip"),
    NoPairingError: (404, "no-such-pairing"),
    OutsideError: (404, "outside-photo"),
    UnreachableError: (409, "unreachable"),
    NotReadyError: (409, "job-not-done"),
    TooLargeError: (413, "too-large"),
    NotAPictureError: (415, "unsupported-file"),
    BusyError: (429, "busy"),
    GoneError: (499, "client-gone"),
    LateError: (503, "work-too-long"),
    StillError: (503, "not-ready"),
    NoRoomError: (507, "no-room"),
    CapabilityError: (422, "network-cannot"),
    DamagedError: (422, "damaged-photo"),
    PhotoError: (422, "unreadable-photo"),
    FilmError: (422, "unreadable-film"),
    UsageError: (422, "invalid-request"),
    ModelError: (422, "network-failed"),
    TintypeError: (422, "failed"),
}
"""Status and code of each error; the first class that an error is an instance of counts."""
BY_STATUS = {
    400: "malformed-request",
    401: "token-needed",
    403: "other-site",
    404: "not-found",
    405: "method-not-allowed",
    408: "body-too-slow",
    413: "too-large",
    415: "unsupported-media-type",
    422: "invalid-request",
    429: "busy",
    500: "internal-error",
}
"""Codes of errors that HTTP itself has."""
FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
CODES = sorted({code for _, code in BY_ERROR.values()} | set(BY_STATUS.values()))
MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """What was wrong (RFC 9457). type: a URI that ends with the code. title: of the kind of
    problem. detail: one sentence about this one. code: for programs; it does not change."""

    type: str
    title: str
    status: int
    detail: str
    code: str


@dataclass(frozen=True)
class Failure:
    """An error as an answer of HTTP."""

    status: int
    code: str
    detail: str
    headers: dict[str, str] | None = None

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        """Any exception; an unexpected one is named by its class alone."""
        if isinstance(error, HTTPException):
            code = BY_STATUS.get(error.status_code, "failed")
            headers = None if error.headers is None else dict(error.headers)
            return cls(error.status_code, code, str(error.detail), headers)
        if isinstance(error, OSError) and error.errno in FULL_DISK:
            error = NoRoomError(f"the file cannot be kept ({error.strerror})")
        for kind, (status, code) in BY_ERROR.items():
            if isinstance(error, kind):
                again = (
                    {"Retry-After": str(error.seconds)} if isinstance(error, BusyError) else None
                )
                detail = str(error).replace(HOW_TO_KEEP, "damaged=keep")
                return cls(status, code, detail, again)
        return cls(500, BY_STATUS[500], f"the service failed ({type(error).__name__})")

    def body(self) -> dict[str, Any]:
        """The problem as JSON has it."""
        return Problem(
            type=f"urn:tintype:problem:{self.code}",
            title=self.code.replace("-", " ").capitalize(),
            status=self.status,
            detail=self.detail,
            code=self.code,
        ).model_dump()

    def response(self) -> JSONResponse:
        """The response."""
        return JSONResponse(self.body(), self.status, self.headers, MEDIA_TYPE)
