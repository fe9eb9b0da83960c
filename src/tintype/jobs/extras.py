"""What is made of a photograph besides its coloring: a comparison, variations, and a contact sheet
of all."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image

from tintype.engine import Colorizer
from tintype.errors import UsageError
from tintype.files import COLOR_MARK
from tintype.jobs.color import ColoredPage, PhotoColorizer
from tintype.jobs.label import label_for
from tintype.jobs.plan import PlannedFile
from tintype.jobs.policy import Policy, written_format
from tintype.photo import Label, Photo, ending_of, format_named, format_of, write_photo
from tintype.photo.photo import to_uint8
from tintype.sheet import contact_sheet

THUMBNAIL_SIDE = 256
"""Pixels of a picture on a contact sheet."""
COMPARISON_SIDE = 1600
"""Most pixels of a side of the pictures of a comparison."""
VARIOUS = "various"
"""The settings that the label of a contact sheet states where its photographs have several."""


@dataclass
class Extras:
    """compare: NAME.compare.jpg shows before and after. variations: so many other colorings,
    NAME.1.color.EXT and on. sheet: one picture of all photographs, before and after. Of several
    pages, the first that is colored is shown. Threads may share it."""

    compare: bool = False
    variations: int = 0
    sheet: Path | None = None
    _rows: dict[Path, list[Image.Image]] = field(default_factory=dict)
    _labels: set[Label] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.sheet is not None and self.sheet.suffix:
            format_named(self.sheet.suffix)

    def paths(self, file: PlannedFile) -> list[Path]:
        """Where the variations of a file go: cat.color.jpg has cat.1.color.jpg, cat.jpg has
        cat.1.jpg."""
        stem = file.target.stem.removesuffix(COLOR_MARK)
        tail = f"{COLOR_MARK if stem != file.target.stem else ''}{file.target.suffix}"
        numbers = range(1, self.variations + 1)
        return [file.target.with_name(f"{stem}.{number}{tail}") for number in numbers]

    def make(
        self, file: PlannedFile, page: ColoredPage, colorizer: PhotoColorizer, policy: Policy
    ) -> None:
        """Write what belongs to one file. Raises PhotoError; UsageError for variations of a method
        without a network."""
        label = label_for([colorizer], [page.guidance], policy) if policy.label else None
        if self.compare:
            pair = _thumbnails([page.before, page.after], COMPARISON_SIDE)
            _write_sheet([pair], file.sheet, max(pair[0].size), label)
        varied = self._vary(file, page, colorizer, policy) if self.variations else []
        if self.sheet is not None:
            self._rows[file.target] = [*_thumbnails([page.before, page.after]), *varied]
            self._labels |= {label} if label else set()

    def write_sheet(self) -> None:
        """Write the contact sheet, in the order of the outputs. Raises PhotoError."""
        if self.sheet is not None and self._rows:
            rows = [self._rows[target] for target in sorted(self._rows)]
            label = next(iter(self._labels), None)
            if label and len(self._labels) > 1:
                label = replace(label, settings=VARIOUS)
            _write_sheet(rows, self.sheet, THUMBNAIL_SIDE, label)

    def _vary(
        self, file: PlannedFile, page: ColoredPage, colorizer: PhotoColorizer, policy: Policy
    ) -> list[Image.Image]:
        """Write the variations. Returns small pictures of them."""
        from tintype.engine.assist.variations import draw_variations

        if not isinstance(colorizer, Colorizer):
            raise UsageError("variations are drawn by a network; a method without one has none")
        kind = written_format(format_of(file.source), file.source, policy.format, file.target)
        prepared = colorizer.prepare(page.before)
        seed = page.guidance.seed or 0
        drawn = draw_variations(prepared, self.variations, seed, page.guidance)
        small: list[Image.Image] = []
        for path, guidance in zip(self.paths(file), drawn, strict=True):
            photo = replace(colorizer.color(prepared, guidance), metadata=page.before.metadata)
            label = label_for([colorizer], [guidance], policy) if policy.label else None
            write_photo(photo, path, policy.quality, ending_of(kind), label)
            small += _thumbnails([photo])
        return small


def _thumbnails(photos: Sequence[Photo], side: int = THUMBNAIL_SIDE) -> list[Image.Image]:
    """Pictures of at most so many pixels a side."""
    pictures = [Image.fromarray(to_uint8(photo.pixels)).convert("RGB") for photo in photos]
    for picture in pictures:
        picture.thumbnail((side, side))
    return pictures


def _write_sheet(
    rows: list[list[Image.Image]], target: Path, cell: int, label: Label | None = None
) -> None:
    """Write rows of as many pictures, of many photographs several rows side by side: a sheet that
    is about as wide as high."""
    columns = max(len(row) for row in rows)
    labels = ["before", "after", *(str(number) for number in range(1, columns - 1))]
    beside = max(1, round((len(rows) / columns) ** 0.5))
    starts = range(0, len(rows), beside)
    lines = [[*chain.from_iterable(rows[start : start + beside])] for start in starts]
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet = Photo(np.asarray(contact_sheet(lines, labels * beside, cell)))
    write_photo(sheet, target, format=target.suffix or "jpg", label=label)
