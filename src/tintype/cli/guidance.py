"""The options of `tintype colorize` that decide about colors, as one `Guidance` a photograph."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tintype.cli.color_options import ToneName
from tintype.cli.marks import Mark, Place
from tintype.cli.pictures import color_pixels, mask_array, read_palette
from tintype.errors import UsageError
from tintype.guidance import GUIDANCE_SUFFIX, Guidance, Region


@dataclass(frozen=True)
class Area:
    """Where color goes: a region, or the object at places. keep: places on the object. skip: places
    beside it."""

    region: Region | None = None
    keep: tuple[Place, ...] = ()
    skip: tuple[Place, ...] = ()

    @classmethod
    def read(
        cls,
        mask: Path | None,
        region: str | None,
        select: Sequence[str],
        keep: Sequence[str],
        skip: Sequence[str],
    ) -> "Area":
        """Parse --mask, --region, --select, --keep and --skip. Raises UsageError for more than one
        of the first three, and for --keep or --skip without --select."""
        options = (("--mask", mask), ("--region", region), ("--select", select))
        given = [name for name, value in options if value]
        if len(given) > 1:
            raise UsageError(f"{' and '.join(given)} cannot be combined; give one of them")
        if (keep or skip) and not select:
            raise UsageError("--keep and --skip refine an object; give the object by --select")
        if mask is not None:
            return cls(Region.from_mask(mask_array(mask)))
        if region is not None:
            return cls(Region(region))  # type: ignore[arg-type]
        kept = tuple(Place.read(text, "--select") for text in (*select, *keep))
        return cls(None, kept, tuple(Place.read(text, "--skip") for text in skip))

    def in_photo(self, size: tuple[int, int], name: str) -> Region | None:
        """The region of a photograph. size, name: as `GuidanceOptions.for_photo` takes them."""
        if not self.keep:
            return self.region
        keep, skip = (
            tuple(place.shares(size, f"{option} {place.text}", name) for place in places)
            for option, places in (("--select or --keep", self.keep), ("--skip", self.skip))
        )
        return Region("objects", keep=keep, skip=skip)


@dataclass(frozen=True)
class GuidanceOptions:
    """What the command line says about colors.

    base: of a --guidance file. marks, area: in pixels of the photograph, or percent. reach: of the
    marks. values: fields of the guidance that options set. sidecars: folders in which a guidance
    beside a photograph is used.
    """

    base: Guidance = field(default_factory=Guidance)
    marks: tuple[Mark, ...] = ()
    reach: str = "thing"
    area: Area = field(default_factory=Area)
    values: dict[str, Any] = field(default_factory=dict)
    sidecars: tuple[Path, ...] = ()

    def __call__(self, source: Path, size: tuple[int, int]) -> Guidance:
        """The guidance of a file, as `tintype.color_files` asks for it."""
        return self.for_photo(size, str(source), source)

    def for_photo(self, size: tuple[int, int], name: str, source: Path | None = None) -> Guidance:
        """The guidance of one photograph. size: its upright (width, height), pixels. name: for
        messages. source: its path, if a guidance may lie beside it.

        Raises UsageError for a place outside of the photograph, or a broken guidance beside it.
        """
        beside = self._beside(source)
        guidance = self.base if beside is None else Guidance.read(beside)
        guidance = replace(guidance, **self.values)
        for mark in self.marks:
            points = [place.shares(size, mark.text, name) for place in mark.places]
            share = None if mark.thickness is None else mark.thickness.share(min(size))
            try:
                if mark.part is not None:
                    color, near = mark.color, points[0] if points else None
                    guidance = guidance.with_part(mark.part, color, near)  # type: ignore[arg-type]
                elif mark.stroke:
                    guidance = guidance.with_stroke(points, mark.color, share, reach=self.reach)
                else:
                    guidance = guidance.with_hint(*points[0], mark.color, share, reach=self.reach)
            except UsageError as error:
                raise UsageError(f"{mark.text}: {error}") from error
        region = self.area.in_photo(size, name)
        return guidance if region is None else guidance.with_region(region)

    def _beside(self, source: Path | None) -> Path | None:
        """The guidance file beside a photograph, if there is one that is used."""
        if source is None or not any(folder in source.parents for folder in self.sidecars):
            return None
        path = source.with_name(f"{source.stem}{GUIDANCE_SUFFIX}")
        # a name of 245 letters leaves no room for the ending, which Path.is_file would raise
        return path if os.path.isfile(path) else None  # noqa: PTH113


def read_marks(hints: Sequence[str], strokes: Sequence[str]) -> tuple[Mark, ...]:
    """Parse --stroke and --hint; hints lie on strokes. Raises UsageError."""
    return (
        *(Mark.read(text, stroke=True) for text in strokes),
        *(Mark.read(text, stroke=False) for text in hints),
    )


def read_values(
    reference: Path | None,
    palette: str | None,
    saturation: float | None,
    warmth: float | None,
    seed: int | None,
    bold: bool,
    keep_color: bool,
    line_art: bool | None,
    tone: ToneName | None = None,
) -> dict[str, Any]:
    """The fields of the guidance that options set. Raises UsageError for a reference or a palette
    without color."""
    values: dict[str, Any] = {
        "saturation": saturation,
        "warmth": warmth,
        "seed": seed,
        "bold": bold or None,
        "keep_color": keep_color or None,
        "line_art": line_art,
        "tone": None if tone is None else tone.value,
    }
    if reference is not None:
        pixels = color_pixels(reference, "the reference")
        values["reference"] = Guidance().with_reference(pixels).reference
    if palette is not None:
        values["palette"] = Guidance(palette=read_palette(palette)).palette
    return {name: value for name, value in values.items() if value is not None}
