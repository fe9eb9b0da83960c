"""The pages of a file, not decoded yet, and which of them go to which output."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath

from tintype.archive.pending import PendingPage
from tintype.archive.settings import ArchiveSettings
from tintype.arrays import Array
from tintype.jobs.policy import PAGED
from tintype.notices import Notice, NoticeCode
from tintype.photo import Photo, format_named
from tintype.photo.album import beyond_paper, find_photographs, straighten
from tintype.photo.isolated import IsolatedFile

NONE_FOUND = Notice(
    NoticeCode.NO_PHOTOGRAPHS_FOUND, "no photographs were found on this page; --split left it whole"
)

MAX_REST_SHARE = 0.01
"""Share of an album page beside paper and photographs up to which it is captions and dust."""


def outputs_of(
    file: IsolatedFile, target: str, settings: ArchiveSettings
) -> Iterator[tuple[str, list[PendingPage]]]:
    """Which file holds which pages: all in one where the format has pages, else one file each,
    numbered."""
    header = file.header
    kind = format_named(settings.policy.format) if settings.policy.format else header.format
    every = [
        PendingPage(header.largest, partial(file.read, number, settings.policy.damaged))
        for number in range(header.pages)
    ]
    if settings.split:
        if kind == "PDF":
            target = str(PurePosixPath(target).with_suffix(".png"))
        apart = [photograph for page in every for photograph in _photographs(page)]
        if len(apart) == 1:
            yield target, apart
        else:
            yield from ((_numbered(target, number), [one]) for number, one in enumerate(apart, 1))
    elif header.pages == 1 or kind in PAGED:
        yield target, every
    else:
        yield from ((_numbered(target, number), [page]) for number, page in enumerate(every, 1))


def _photographs(page: PendingPage) -> list[PendingPage]:
    """The photographs on an album page, each straightened; then the page itself, where none is
    found or something lies beside them."""
    pixels = page.load().pixels
    quads = find_photographs(pixels)
    photographs = [PendingPage(page.pixels, partial(_cut_out, page, quad)) for quad in quads]
    if not quads:
        return [PendingPage(page.pixels, lambda: _noted(page.load(), NONE_FOUND))]
    rest = float(beyond_paper(pixels, quads).mean())
    if rest > MAX_REST_SHARE:
        text = f"{rest:.0%} of the page lies in none of its photographs; it is written whole, too"
        notice = Notice(NoticeCode.NO_PHOTOGRAPHS_FOUND, text)
        photographs.append(PendingPage(page.pixels, lambda: _noted(page.load(), notice)))
    return photographs


def _cut_out(page: PendingPage, quad: Array) -> Photo:
    return straighten(page.load(), quad)


def _noted(photo: Photo, notice: Notice) -> Photo:
    return replace(photo, notices=(*photo.notices, notice))


def _numbered(target: str, number: int) -> str:
    path = PurePosixPath(target)
    return str(path.with_name(f"{path.stem}.{number}{path.suffix}"))
