"""The pages of a file, not decoded yet, and which of them go to which output."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Protocol

from tintype.archive.pdf import PdfPages, write_pdf
from tintype.archive.pending import PendingPage
from tintype.archive.settings import ArchiveSettings
from tintype.arrays import Array
from tintype.notices import Notice, NoticeCode
from tintype.photo import Photo, ending_of, format_named, write_photos
from tintype.photo.album import find_photographs, straighten
from tintype.photo.isolated import IsolatedFile, isolated
from tintype.photo.read import Damaged

NONE_FOUND = Notice(
    NoticeCode.NO_PHOTOGRAPHS_FOUND, "no photographs were found on this page; --split left it whole"
)


class Pages(Protocol):
    """The pages of one file."""

    format: str  # Pillow's name of the file's format, or "PDF"
    count: int

    def page(self, number: int) -> PendingPage: ...


class PicturePages:
    """The pages of a TIFF, or the one picture of any other format."""

    def __init__(self, file: IsolatedFile, damaged: Damaged) -> None:
        self._file, self._damaged = file, damaged
        self.format, self.count = file.header.format, file.header.pages

    def page(self, number: int) -> PendingPage:
        return PendingPage(
            self._file.header.largest, lambda: self._file.read(number, self._damaged)
        )


@contextmanager
def open_pages(data: bytes, name: str, damaged: Damaged = "refuse") -> Iterator[Pages]:
    """The pages of a file of any kind that is read, decoded in a child process. Raises
    PhotoError."""
    if data[:1024].lstrip().startswith(b"%PDF"):
        yield PdfPages(data, name)
    else:
        with isolated(data, name) as file:
            yield PicturePages(file, damaged)


def outputs_of(
    pages: Pages, target: str, settings: ArchiveSettings
) -> Iterator[tuple[str, list[PendingPage]]]:
    """Which file holds which pages: all in one where the format has pages, else one file each,
    numbered."""
    kind = format_named(settings.format) if settings.format else pages.format
    every = [pages.page(number) for number in range(pages.count)]
    if settings.split:
        apart = [photograph for page in every for photograph in _photographs(page)]
        if len(apart) == 1:
            yield target, apart
        else:
            yield from ((_numbered(target, number), [one]) for number, one in enumerate(apart, 1))
    elif pages.count == 1 or kind in ("TIFF", "PDF"):
        yield target, every
    else:
        yield from ((_numbered(target, number), [page]) for number, page in enumerate(every, 1))


def write_pages(
    photos: Iterator[Photo], path: Path, kind: str, quality: int | None, count: int
) -> None:
    """Write one output of `count` pages, page by page. kind: Pillow's name of its format, or "PDF".
    Raises PhotoError."""
    if kind == "PDF":
        write_pdf(photos, path, quality)
    else:
        write_photos(photos, path, quality, ending_of(kind), pages=count)


def _photographs(page: PendingPage) -> list[PendingPage]:
    """The photographs on an album page, each straightened; the page itself where none is found."""
    quads = find_photographs(page.load().pixels)
    if not quads:
        return [PendingPage(page.pixels, lambda: _noted(page.load()))]
    return [PendingPage(page.pixels, partial(_cut_out, page, quad)) for quad in quads]


def _cut_out(page: PendingPage, quad: Array) -> Photo:
    return straighten(page.load(), quad)


def _noted(photo: Photo) -> Photo:
    return replace(photo, notices=(*photo.notices, NONE_FOUND))


def _numbered(target: str, number: int) -> str:
    path = PurePosixPath(target)
    return str(path.with_name(f"{path.stem}.{number}{path.suffix}"))
