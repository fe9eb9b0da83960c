"""A file's bytes in; its pages, still to be decoded, grouped into the outputs they go to; and the
outputs' files written."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Protocol

from tintype.archive.pdf import PdfPages, write_pdf
from tintype.archive.settings import Settings
from tintype.archive.waiting import Waiting
from tintype.notices import Notice, NoticeCode
from tintype.photo import Photo, format_named, peek, read_photo, write_photos
from tintype.photo.album import find_photographs, straighten

NONE_FOUND = Notice(
    NoticeCode.NO_PHOTOGRAPHS_FOUND, "no photographs were found on this page; --split left it whole"
)


class Pages(Protocol):
    """The pages of one file."""

    format: str  # Pillow's name of the file's format, or "PDF"
    count: int

    def page(self, number: int) -> Waiting: ...


class PicturePages:
    """The pages of a TIFF, or the one picture of any other format. Raises PhotoError."""

    def __init__(self, data: bytes, name: str) -> None:
        self._data, self._name = data, name
        header = peek(self._file())
        self.format, self.count, self._pixels = header.format, header.pages, header.largest

    def page(self, number: int) -> Waiting:
        return Waiting(self._pixels, lambda: read_photo(self._file(), number))

    def _file(self) -> io.BytesIO:
        return _NamedBytes(self._data, self._name)


class _NamedBytes(io.BytesIO):
    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


def open_pages(data: bytes, name: str) -> Pages:
    """The pages of a file of any kind that is read. Raises PhotoError."""
    return (
        PdfPages(data, name)
        if data[:1024].lstrip().startswith(b"%PDF")
        else PicturePages(data, name)
    )


def outputs_of(
    pages: Pages, target: str, settings: Settings
) -> Iterator[tuple[str, list[Waiting]]]:
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


def write_pages(photos: Iterator[Photo], path: Path, settings: Settings, count: int) -> None:
    """Write one output of `count` pages, page by page. Raises PhotoError."""
    if path.suffix.lower() == ".pdf":
        write_pdf(photos, path, settings.quality)
    else:
        write_photos(photos, path, settings.quality, settings.format, pages=count)


def _photographs(page: Waiting) -> list[Waiting]:
    """The photographs on an album page, each straightened; the page itself where none is found."""
    quads = find_photographs(page.load().pixels)
    if not quads:
        return [Waiting(page.pixels, lambda: _noted(page.load()))]
    return [Waiting(page.pixels, lambda quad=quad: straighten(page.load(), quad)) for quad in quads]  # type: ignore[misc]


def _noted(photo: Photo) -> Photo:
    return replace(
        photo,
        notices=(*photo.notices, NONE_FOUND),
    )


def _numbered(target: str, number: int) -> str:
    path = PurePosixPath(target)
    return str(path.with_name(f"{path.stem}.{number}{path.suffix}"))
