"""One job of `tintype colorize` in; its output, comparison, guidance file and line of JSON out."""

import json
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tintype.cli.asking import Asking
from tintype.errors import PhotoError
from tintype.files import whole_file, write_text
from tintype.jobs.plan import MARK
from tintype.jobs.plan import PlannedFile as Job
from tintype.notices import NoticeCode

if TYPE_CHECKING:
    from PIL import Image

    from tintype.guidance import Guidance
    from tintype.photo import Label, Photo
    from tintype.photo.file import Source
    from tintype.photo.read import Damaged

OFFERS = {
    NoticeCode.NEGATIVE: "--negative inverts it",
    NoticeCode.LINE_ART: "--no-line-art colors it like a photograph",
}
"""What the command offers, by the code of a notice of the engine."""
SHEET_CELL = 256
"""Side of a picture on a contact sheet, pixels."""


class Colors(Protocol):
    """A network's `Colorizer`, or a `ClassicalColorizer`."""

    def colorize_photo(self, photo: "Photo", guidance: "Guidance | None" = None) -> "Photo":
        """The photograph in color."""


@dataclass(frozen=True)
class Page:
    """A page before and after, and what was asked of it."""

    before: "Photo"
    after: "Photo"
    guidance: "Guidance"

    @property
    def is_left(self) -> bool:
        """Whether it is as it was, because it is in color already."""
        return self.after is self.before


@dataclass
class Work:
    """What is done with each photograph. network: the name that is told. settings: decide with each
    guidance how an output looks.

    variations: how many more are drawn of each photograph. notes: sentences for the end of the run.
    left: files that are in color already. rows: before and after, by output, for a sheet.
    """

    colorizer: Colors
    network: str
    asking: Asking
    settings: dict[str, Any]
    suffix: str | None = None
    quality: int | None = None
    compare: bool = False
    recolor: bool = False
    negative: bool = False
    damaged: "Damaged" = "refuse"
    label: bool = True
    as_json: bool = False
    save_guidance: Path | None = None
    contact_sheet: Path | None = None
    variations: int = 0
    notes: list[str] = field(default_factory=list)
    left: list[Path] = field(default_factory=list)
    rows: dict[Path, list["Image.Image"]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, job: Job) -> None:
        """Color all pages of one file. Raises PhotoError, and UsageError for what cannot be asked
        of it."""
        from tintype.photo import count_pages, format_named, format_of, left_out, write_photos

        started = time.perf_counter()
        kind = self.suffix or (
            job.target.suffix if job.target.suffix.lower() != job.source.suffix.lower() else None
        )
        count = count_pages(job.source)
        sentence = left_out(count, format_named(kind) if kind else format_of(job.source))
        if sentence is not None:
            self.notes.append(f"{job.source} {sentence}")
            count = 1
        pages = self.pages(job.source, str(job.source), count, job.source)
        first = next(pages)
        if count == 1 and first.is_left:
            self._leave(job, first.before, kind)
            self.tell(job, "left", time.perf_counter() - started)
            return
        job.target.parent.mkdir(parents=True, exist_ok=True)
        photos = chain([first.after], (page.after for page in pages))
        write_photos(photos, job.target, self.quality, kind, self.label_of(job.source), count)
        if self.compare:
            _write_sheet([_pair(first, 1600)], job.sheet)
        varied = self._vary(job, first, kind) if self.variations else {}
        if self.contact_sheet is not None:
            self.rows[job.target] = [*_pair(first, SHEET_CELL), *varied.values()]
        self.finish(first.guidance)
        self.tell(
            job, "colored", time.perf_counter() - started, first.guidance, variations=list(varied)
        )

    def pages(self, source: "Source", name: str, count: int, beside: Path | None) -> Iterator[Page]:
        """The pages, one after the other; a page that is in color already comes as it is, unless
        something is asked of places in it.

        beside: the path that a guidance may lie beside.
        """
        from tintype.photo import invert, is_color, looks_negative, read_pages

        for photo in islice(read_pages(source, self.damaged), count):
            self.notes += map(str, photo.notices)
            if self.negative:
                photo = invert(photo)
            elif looks_negative(photo):
                self.notes.append(f"{name} looks like a color negative (--negative inverts it)")
            height, width = photo.pixels.shape[:2]
            guidance = self.asking.for_photo((width, height), name, beside)
            colored = is_color(photo) and not self.recolor
            if colored and guidance.region is not None:
                guidance = replace(
                    guidance, keep_color=True
                )  # what lies outside keeps the color that it has
            if colored and not (guidance.marks or guidance.region or guidance.keep_color):
                yield Page(photo, photo, guidance)
                continue
            after = self.colorizer.colorize_photo(photo, guidance)
            added = after.notices[len(photo.notices) :]
            self.notes += [f"{name}: {notice} ({OFFERS[notice.code]})" for notice in added]
            yield Page(photo, after, guidance)

    def _vary(self, job: Job, page: Page, kind: str | None) -> dict[Path, "Image.Image"]:
        """Draw variations of a first page and write each as NAME.K beside its plain output. Returns
        small pictures by their paths."""
        from tintype.engine.assist.variations import draw_variations
        from tintype.engine.colorizer import Colorizer
        from tintype.photo import write_photo

        assert isinstance(
            self.colorizer, Colorizer
        )  # the command refuses variations of a method without a network
        prepared = self.colorizer.prepare(page.before)
        varied: dict[Path, Image.Image] = {}
        for number, guidance in enumerate(
            draw_variations(prepared, self.variations, page.guidance.seed or 0, page.guidance), 1
        ):
            photo = self.colorizer.color(prepared, guidance)
            target = varied_path(job.target, number)
            write_photo(photo, target, self.quality, kind, self.label_of(job.source))
            varied[target] = _picture(photo, SHEET_CELL)
        return varied

    def label_of(self, source: Path | None) -> "Label | None":
        """What an output says about itself, or None. source: of the guidance that may lie beside
        it."""
        from tintype import __version__
        from tintype.photo import Label, settings_hash

        if not self.label:
            return None
        return Label(
            self.network, __version__, settings_hash(**self.settings, asked=self.asking.key(source))
        )

    def finish(self, guidance: "Guidance") -> None:
        """Write the guidance where --save-guidance says."""
        if self.save_guidance is not None:
            write_text(self.save_guidance, guidance.to_json() + "\n", PhotoError)

    def tell(
        self,
        job: Job,
        state: str,
        seconds: float,
        guidance: "Guidance | None" = None,
        error: str | None = None,
        variations: Sequence[Path] = (),
    ) -> None:
        """One line of JSON about a photograph, where --json asks for it. state: colored, left,
        skipped or failed."""
        if not self.as_json:
            return
        line: dict[str, Any] = {
            "input": str(job.source),
            "output": str(job.target),
            "state": state,
            "seconds": round(seconds, 3),
        }
        line |= {
            "network": self.network,
            "guidance": None if guidance is None else json.loads(guidance.to_json()),
        }
        if state in ("failed", "left"):
            line["output"] = str(job.target) if job.target.exists() else None
        if error is not None:
            line["error"] = error
        if variations:
            line["variations"] = [str(path) for path in variations]
        with self._lock:
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
            sys.stdout.flush()

    def write_contact_sheet(self) -> None:
        """All photographs of the run, before and after, in the order of their outputs."""
        if self.contact_sheet is not None and self.rows:
            _write_sheet(
                [self.rows[target] for target in sorted(self.rows)], self.contact_sheet, SHEET_CELL
            )

    def _leave(self, job: Job, photo: "Photo", kind: str | None) -> None:
        """A color photograph goes to an output folder unchanged; beside itself nothing is
        written."""
        from tintype.photo import write_photo

        self.left.append(job.source)
        if job.target.parent.resolve() == job.source.parent.resolve():
            return
        job.target.parent.mkdir(parents=True, exist_ok=True)
        if kind is None and not self.negative:
            with whole_file(job.target, PhotoError) as file, job.source.open("rb") as source:
                shutil.copyfileobj(source, file)
        else:
            write_photo(photo, job.target, self.quality, kind)


def varied_path(target: Path, number: int) -> Path:
    """Where a variation of an output goes: cat.color.jpg has cat.1.color.jpg, cat.jpg has
    cat.1.jpg."""
    stem = target.stem.removesuffix(MARK)
    return target.with_name(f"{stem}.{number}{MARK if stem != target.stem else ''}{target.suffix}")


def _pair(page: Page, most: int) -> list["Image.Image"]:
    return [_picture(page.before, most), _picture(page.after, most)]


def _picture(photo: "Photo", most: int) -> "Image.Image":
    """As a picture of at most so many pixels a side."""
    from PIL import Image

    from tintype.photo.photo import to_uint8

    picture = Image.fromarray(to_uint8(photo.pixels)).convert("RGB")
    picture.thumbnail((most, most))
    return picture


def _write_sheet(rows: list[list["Image.Image"]], target: Path, cell: int | None = None) -> None:
    import numpy as np

    from tintype.photo import Photo, write_photo
    from tintype.sheet import contact_sheet

    columns = max(len(row) for row in rows)
    labels = ["before", "after", *(str(number) for number in range(1, columns - 1))]
    sheet = contact_sheet(rows, labels, cell or max(rows[0][0].size))
    target.parent.mkdir(parents=True, exist_ok=True)
    write_photo(Photo(np.asarray(sheet)), target, format=target.suffix or "jpg")
