"""Bodies of requests: a file as it is, or a form with the file and its guidance; never more than
the budget, never on disk."""

from dataclasses import dataclass
from functools import partial

from fastapi import HTTPException, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from tintype.errors import TooLargeError, UsageError
from tintype.guidance import Guidance
from tintype.guidance.schema import check_names, parse_json, validate
from tintype.isolation import Allowance
from tintype.photo import FileHeader
from tintype.photo.isolated import CHILDREN, isolated
from tintype.web.forms import GuidanceBody
from tintype.web.limits import MAX_BATCH_FILES, Limits

RAW = ("", "application/pdf", "application/octet-stream", "application/x-www-form-urlencoded")
"""Types under which a file comes besides image/* and video/*; the last is what `curl --data-binary`
says."""

FILE_PARTS = ("photo", "file", "image")
"""Names that the file may have in a form."""

PICTURES_ALLOWANCE = Allowance(seconds=20, bytes=2**31)
"""Of the mask and the reference of a guidance."""


@dataclass(frozen=True)
class Sent:
    """What a request brought: a file's bytes, its name, and the guidance."""

    data: bytes
    name: str
    guidance: Guidance


class _InMemory(MultiPartParser):
    spool_max_size = 2**40


async def read_sent(
    request: Request,
    limits: Limits,
    name: str,
    guidance: str | None = None,
    takes_guidance: bool = True,
) -> Sent:
    """As `read_files`, of a request with one file."""
    sent = await read_files(request, limits, name, guidance, takes_guidance, max_files=1)
    return sent[0]


async def read_files(
    request: Request,
    limits: Limits,
    name: str,
    guidance: str | None = None,
    takes_guidance: bool = True,
    max_files: int = MAX_BATCH_FILES,
) -> list[Sent]:
    """The files and the guidance of a request.

    A form has the file in one of `FILE_PARTS` and, if wanted, the guidance in `guidance`; else the
    body is the file. Raises HTTPException (400 or 415) for a body of another kind,
    TooLargeError for guidance over the budget, UsageError for guidance that is not well formed.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        parser = _InMemory(
            request.headers,
            request.stream(),
            max_files=max_files + 1,
            max_fields=8,
            max_part_size=limits.json,
        )
        try:
            form = await parser.parse()
        except (MultiPartException, ValueError, KeyError) as error:
            if "exceeded maximum size" in str(getattr(error, "message", error)):
                raise TooLargeError(_too_much_guidance(limits)) from error
            raise HTTPException(
                400, f"the form cannot be read: {getattr(error, 'message', error)}"
            ) from error
        parts = [*FILE_PARTS, *(["guidance"] if takes_guidance else [])]
        check_names(form, parts, "the form has an unknown part")
        files = [value for part, value in form.multi_items() if part in FILE_PARTS]
        photos = [value for value in files if isinstance(value, UploadFile)]
        if len(files) > max_files or len(form.getlist("guidance")) > 1:
            most = "one file" if max_files == 1 else f"at most {max_files} files"
            raise UsageError(f"the form must have {most} and at most one guidance")
        if not photos or len(photos) < len(files):
            raise UsageError("the form has no file named 'photo'")
        text = form.get("guidance", guidance)
        if isinstance(text, UploadFile):
            if (text.size or 0) > limits.json:
                raise TooLargeError(_too_much_guidance(limits))
            text = (await text.read()).decode("utf-8", "replace")
        shared = parse_guidance(text)
        return [Sent(await photo.read(), photo.filename or name, shared) for photo in photos]
    if kind in RAW or kind.startswith(("image/", "video/")):
        return [Sent(await request.body(), name, parse_guidance(guidance))]
    raise HTTPException(
        415,
        "a photograph comes as image/*, application/octet-stream or multipart/form-data, not as"
        f" {kind}",
    )


def _too_much_guidance(limits: Limits) -> str:
    """A sentence for guidance over the budget."""
    return f"the guidance is larger than {limits.json / 2**20:.3g} MB"


def parse_guidance(text: str | None) -> Guidance:
    """Guidance from its JSON form. Raises UsageError, with line and column where it is no JSON."""
    if not text:
        return Guidance()
    guidance: Guidance = validate(GuidanceBody, parse_json(text, "the guidance"), "the guidance")
    return guidance


def measure(data: bytes, limits: Limits) -> FileHeader:
    """The header of a picture file, which a child process reads.

    Raises TooLargeError if it would be too large in memory, NotAPictureError if it is no picture.
    """
    with isolated(data) as file:
        check_header(file.header, limits)
        return file.header


def check_header(header: FileHeader, limits: Limits) -> None:
    """Raises TooLargeError for a picture that would be too large in memory or of too many
    pages."""
    check_pixels("the picture", header.largest, limits)
    if header.pages > limits.pages:
        raise TooLargeError(f"the file has {header.pages} pages; this service takes {limits.pages}")


def check_pixels(what: str, pixels: int, limits: Limits) -> None:
    """Raises TooLargeError for a picture or frame over the budget."""
    if pixels > limits.pixels:
        raise TooLargeError(
            f"{what} has {pixels / 1e6:.3g} megapixels; this service takes"
            f" {limits.pixels / 1e6:.3g}"
        )


def check_pictures(guidance: Guidance) -> None:
    """Decode the mask and the reference, in a child process first. Raises UsageError for what is
    damaged, empty or gray, DecoderError where the child had to be ended."""
    if guidance.reference is None and (guidance.region is None or guidance.region.mask is None):
        return
    plain = partial(Guidance, reference=guidance.reference, region=guidance.region)
    with CHILDREN.lease() as child:
        child.hold("the guidance", PICTURES_ALLOWANCE, plain, Guidance.check_pictures)
    guidance.check_pictures()
