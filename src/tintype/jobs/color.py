"""One file in, the same file in color out: its pages read, decided about, colored and written one
after the other."""

import io
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import chain, islice, repeat
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from tintype.engine.label import LabeledColorizer
from tintype.errors import PhotoError
from tintype.files import whole_path
from tintype.guidance import Guidance
from tintype.jobs.label import label_for
from tintype.jobs.policy import (
    PAGED,
    Policy,
    decide,
    guidance_by_page,
    pages_left_out,
    written_format,
)
from tintype.notices import Notice, NoticeCode
from tintype.photo import Label, Photo, ending_of, peek, read_pages, write_photos
from tintype.photo.file import File
from tintype.photo.pdf_copy import PdfCopy

State = Literal["colored", "left", "skipped", "failed"]
NO_PICTURES = Notice(NoticeCode.NO_PHOTOGRAPHS_FOUND, "it holds no pictures that could be colored")


class PhotoColorizer(LabeledColorizer, Protocol):
    """A network's `Colorizer`, or a `ClassicalColorizer`."""

    def colorize_photo(self, photo: Photo, guidance: Guidance | None = None) -> Photo:
        """The photograph in color, its notices those of the photograph and then its own."""


class PdfWriter(Protocol):
    """See `PdfCopy`."""

    def replace(self, number: int, photo: Photo, quality: int | None = None) -> None: ...
    def finish(self, label: Label | None) -> bytes: ...


@dataclass(frozen=True)
class ColoredPage:
    """before: the page as it was decided to be colored, upright, inverted where asked. after: the
    same in color, or `before` itself where it is left. notices: all that is said about it."""

    before: Photo
    after: Photo
    guidance: Guidance
    notices: tuple[Notice, ...]

    @property
    def is_left(self) -> bool:
        """Whether it is not colored: it is in color already, or looks like a negative."""
        return self.after is self.before


@dataclass(frozen=True)
class FileResult:
    """What became of a file's pages. state: "colored" if at least one page was colored, else
    "left". guidance: of the first page. notices: each once, in the order of the pages. format:
    Pillow's name of the one that was written."""

    state: State
    pages: int
    seconds: float
    guidance: Guidance
    notices: tuple[Notice, ...]
    format: str


@dataclass
class _Tally:
    """What became of the pages so far. watch: is called with each page."""

    watch: Callable[[ColoredPage], None]
    pages: int = 0
    left: int = 0
    guidance: Guidance = field(default_factory=Guidance)
    notices: list[Notice] = field(default_factory=list)

    @property
    def is_left(self) -> bool:
        """Whether no page was colored."""
        return self.left == self.pages

    def count(self, pages: Iterable[ColoredPage]) -> Iterator[ColoredPage]:
        """The same pages, each counted as it passes."""
        for page in pages:
            self.guidance = self.guidance if self.pages else page.guidance
            self.pages += 1
            self.left += page.is_left
            self.notices += page.notices
            self.watch(page)
            yield page


@dataclass(frozen=True)
class _Writer:
    """Writes the colored pages of one file.

    colored: the pages, counted by `tally`. kind: Pillow's name of the format. count: how many
    pages. is_copied: a file whose pages are all left is a copy of its source.
    """

    source: str | Path | bytes
    colored: Iterable[ColoredPage]
    tally: _Tally
    kind: str
    count: int
    is_copied: bool
    policy: Policy
    label: Label | None
    pdf: PdfWriter | None

    def write(self, target: Path | BinaryIO, write_left: bool) -> None:
        """Write a path whole or not at all, or a binary file. Raises PhotoError."""
        if not isinstance(target, Path):
            whole = io.BytesIO()
            self._write(whole)
            target.write(whole.getbuffer())
        elif write_left or self.count > 1 or not self.tally.is_left:
            with whole_path(target, PhotoError) as made:
                self._write(made)
                if self.tally.is_left and not write_left:
                    made.unlink()

    def _write(self, file: Path | io.BytesIO) -> None:
        if self.kind == "PDF":
            with ExitStack() as stack:
                copy = self.pdf or PdfCopy(stack.enter_context(File(self.source)))
                copied = write_pdf(self.colored, copy, self.policy, self.label)
            file.write_bytes(copied) if isinstance(file, Path) else file.write(copied)
        elif not (self.count == 1 and self.tally.is_left and self.is_copied):
            after = (page.after for page in self.colored)
            write_photos(after, file, self.policy.quality, ending_of(self.kind), pages=self.count)
        if self.tally.is_left and self.is_copied:
            _copy(self.source, file)


def color_page(
    photo: Photo,
    guidance: Guidance,
    policy: Policy,
    colorizer: PhotoColorizer,
    label: Label | None = None,
) -> ColoredPage:
    """Decide about one page and color it. What looks like a black-and-white negative is left,
    unless `policy` inverts it or wants it colored as it is. label: what a colored page states in
    its XMP, or None.

    Raises UsageError and CapabilityError for what cannot be asked of it.
    """
    decision = decide(photo, guidance, policy)
    before = decision.photo
    if decision.is_left:
        return ColoredPage(before, before, decision.guidance, decision.notices)
    after = colorizer.colorize_photo(before, decision.guidance)
    own = after.notices[len(before.notices) :]
    notices = (*decision.notices, *own)
    if leaves_negative(own, policy):
        return ColoredPage(before, before, decision.guidance, notices)
    xmp = before.metadata.xmp
    xmp = xmp if label is None else label.into(xmp)
    after = replace(after, metadata=replace(after.metadata, xmp=xmp))
    return ColoredPage(before, after, decision.guidance, notices)


def leaves_negative(notices: Sequence[Notice], policy: Policy) -> bool:
    """Whether a page is left because it looks like a black-and-white negative. notices: of its
    coloring."""
    is_negative = any(notice.code == NoticeCode.NEGATIVE for notice in notices)
    return is_negative and not (policy.negative or policy.recolor)


def color_pages(
    photos: Iterable[Photo],
    guidance: Sequence[Guidance],
    policy: Policy,
    colorizers: Sequence[PhotoColorizer],
    label: Label | None = None,
) -> Iterator[ColoredPage]:
    """The pages of one file, one after the other.

    guidance, colorizers: of pages in order. Later pages take the last guidance without what belongs
    to its places, and the last colorizer. Raises as `color_page` does.
    """
    by_page = chain(colorizers, repeat(colorizers[-1]))
    for photo, wanted, colorizer in zip(photos, guidance_by_page(guidance), by_page, strict=False):
        yield color_page(photo, wanted, policy, colorizer, label)


def color_file(
    source: str | Path | bytes,
    target: Path | BinaryIO,
    guidance: Sequence[Guidance],
    policy: Policy,
    colorizers: Sequence[PhotoColorizer],
    *,
    photos: Iterable[Photo] | None = None,
    pdf: PdfWriter | None = None,
    pages: int | None = None,
    write_left: bool = True,
    watch: Callable[[ColoredPage], None] = lambda _: None,
) -> FileResult:
    """Color all pages of a file at full size, in their depth, with their metadata.

    source: a path or the file's bytes. target: a path (written whole or not at all)
    or a binary file. guidance, colorizers: of pages in order, see `color_pages`. photos: the pages
    where the caller has them decoded; None: they are read. pages: how many those are, if they are
    not all. pdf: writes the copy of a PDF; None: this process does. write_left: a file whose pages
    all are left is written too, byte for byte where its format stays. watch: is called with each
    page.
    Raises PhotoError, UsageError and ModelError; then nothing is written.
    """
    started = time.perf_counter()
    header = peek(source)
    name = "" if isinstance(source, bytes) else source
    path = target if isinstance(target, Path) else None
    kind = written_format(header.format, name, policy.format, path)
    count = (pages or header.pages) if kind in PAGED else 1
    label = label_for(colorizers[:count], guidance[:count], policy) if policy.label else None
    decoded = islice(read_pages(source, policy.damaged) if photos is None else photos, count)
    left_out = pages_left_out(header.pages, kind)
    tally = _Tally(watch, notices=[left_out] if left_out else [])
    colored = tally.count(color_pages(decoded, guidance, policy, colorizers, label))
    first = list(islice(colored, 1))
    if not first and kind != "PDF":
        raise PhotoError("there is no photograph to color")
    tally.notices += [] if first else [NO_PICTURES]
    is_copied = kind == header.format and not policy.negative and count == header.pages
    every = chain(first, colored)
    _Writer(source, every, tally, kind, count, is_copied, policy, label, pdf).write(
        target, write_left
    )
    return FileResult(
        "left" if tally.is_left else "colored",
        tally.pages,
        time.perf_counter() - started,
        tally.guidance,
        tuple(dict.fromkeys(tally.notices)),
        kind,
    )


def write_pdf(
    pages: Iterable[ColoredPage], pdf: PdfWriter, policy: Policy, label: Label | None
) -> bytes:
    """The copy of a PDF with its pictures in color; those that got no color stay as they are."""
    for number, page in enumerate(pages):
        if policy.negative or not (page.is_left or _is_gray(page.after)):
            pdf.replace(number, page.after, policy.quality)
    return pdf.finish(label)


def _is_gray(photo: Photo) -> bool:
    return photo.pixels.ndim == 2 or bool((photo.pixels == photo.pixels[..., :1]).all())


def _copy(source: str | Path | bytes, target: Path | io.BytesIO) -> None:
    with File(source) as file:
        if isinstance(target, Path):
            with target.open("wb") as opened:
                shutil.copyfileobj(file.open(), opened)
        else:
            target.seek(0)
            target.truncate()
            target.write(file.data)
