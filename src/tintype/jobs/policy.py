"""The policy for one photograph: everything that is decided about it beside its coloring.

Command, archive, service and library ask this module, so that they decide alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat
from pathlib import PurePath
from typing import Literal, get_args

from tintype.errors import UsageError
from tintype.guidance import Guidance
from tintype.notices import Notice, NoticeCode
from tintype.photo import (
    FORMATS,
    Photo,
    analyze_color,
    format_named,
    has_two_tones,
    invert,
    is_dark,
    looks_negative,
    smoothed_points,
    stretched,
)
from tintype.photo.read import Damaged

Tones = Literal["smooth", "keep"]

COLOR_NEGATIVE = Notice(NoticeCode.NEGATIVE, "it looks like a color negative; invert it first")
IN_COLOR = Notice(NoticeCode.IN_COLOR, "it is in color and is left as it is")
COLOR_KEPT = Notice(
    NoticeCode.COLOR_KEPT, "it is a monochrome print with places in color, which keep it"
)
DARK = Notice(NoticeCode.DARK, "it is dark, and its lightness is kept")
TINT_REPLACED = Notice(
    NoticeCode.TINT_REPLACED, "it is toned or faded: its tint is replaced by colors"
)
POINTS_SMOOTHED = Notice(
    NoticeCode.POINTS_SMOOTHED, "it has only black and white points, which are smoothed to grays"
)
TEXT_LEFT = Notice(
    NoticeCode.PICTURES_LEFT, "text and drawings in black and white alone are left as they are"
)
OPTIONS = {
    NoticeCode.COLOR_KEPT: "--recolor colors them anew",
    NoticeCode.DARK: "--tone auto stretches it",
    NoticeCode.IN_COLOR: "--recolor colors it anew",
    NoticeCode.LINE_ART: "--no-line-art colors it like a photograph",
    NoticeCode.NEGATIVE: "--negative inverts it, --recolor colors it as it is",
    NoticeCode.POINTS_SMOOTHED: "--tones keep leaves them",
    NoticeCode.PAGES_LEFT_OUT: "--format tif keeps all",
}
"""The option of the command that changes what a notice is about."""
READ_ONLY_SUFFIXES = {
    ".j2k": ".jp2",
    ".jpf": ".jp2",
    ".jpx": ".jp2",
    ".pbm": ".ppm",
    ".pgm": ".ppm",
}
"""Endings under which nothing is written, with that of the same format; others become .png."""
PAGED = ("TIFF", "PDF")
"""Formats that hold several pages."""


@dataclass(frozen=True)
class Policy:
    """How files are treated.

    recolor: color photographs are colored anew instead of left as they are. negative: every picture
    is inverted first. damaged: "refuse" truncated files, or "keep" the part that is there. format:
    of the outputs, such as "png"; None: each file's own. quality: of lossy formats, 1..100; None:
    at least the source's. label: outputs state in their metadata that a network made their color.
    tones: "smooth" photographs of black and white points alone to grays, which have room for color,
    or "keep" them. keep_dates: output files take the times of their source.
    Raises UsageError for values out of range.
    """

    recolor: bool = False
    negative: bool = False
    damaged: Damaged = "refuse"
    format: str | None = None
    quality: int | None = None
    label: bool = True
    tones: Tones = "smooth"
    keep_dates: bool = False

    def __post_init__(self) -> None:
        if self.format is not None:
            format_named(self.format)
        if self.quality is not None and not 1 <= self.quality <= 100:
            raise UsageError(f"quality is 1 to 100, not {self.quality}")
        if self.damaged not in ("refuse", "keep"):
            raise UsageError(f'damaged is "refuse" or "keep", not {self.damaged!r}')
        if self.tones not in get_args(Tones):
            raise UsageError(f"tones is {' or '.join(get_args(Tones))}, not {self.tones!r}")


@dataclass(frozen=True)
class PageDecision:
    """What is done with one page. photo: the picture to color, inverted where the policy says so.
    guidance: what the coloring follows. is_left: the page is not colored. notices: what the file
    and the policy say about it."""

    photo: Photo
    guidance: Guidance
    is_left: bool
    notices: tuple[Notice, ...]


def decide(photo: Photo, guidance: Guidance, policy: Policy) -> PageDecision:
    """Decide what is done with one page.

    Text and drawings in a PDF that are only black and white are left as they are. A color
    photograph is left unless the policy recolors or the guidance asks for hints,
    colors of parts, a region or keep_color. A region on a color photograph implies keep_color: what
    lies outside keeps its color.
    """
    notices = photo.notices
    if policy.negative:
        photo = invert(photo)
    elif looks_negative(photo):
        notices += (COLOR_NEGATIVE,)
    if policy.tones != "keep" and not guidance.line_art:
        smoothed = smoothed_points(photo)
        if smoothed is not None:
            photo, notices = smoothed, (*notices, POINTS_SMOOTHED)
    if photo.format == "PDF" and has_two_tones(photo):
        return PageDecision(photo, guidance, True, (*notices, TEXT_LEFT))
    if guidance.tone == "auto":
        photo = stretched(photo)
    elif is_dark(photo):
        notices += (DARK,)
    if policy.recolor:
        return PageDecision(photo, guidance, False, notices)
    analysis = analyze_color(photo)
    if analysis.is_tinted:
        notices += (TINT_REPLACED,)
    if analysis.kind == "places" and guidance.region is None:
        notices += (COLOR_KEPT,)
    is_left = analysis.kind == "color" and not (
        guidance.marks or guidance.parts or guidance.region is not None or guidance.keep_color
    )
    if is_left:
        notices += (IN_COLOR,)
    elif analysis.kind != "monochrome":
        guidance = replace(guidance, keep_color=True)
    return PageDecision(photo, guidance, is_left, notices)


def guidance_by_page(given: Sequence[Guidance]) -> Iterator[Guidance]:
    """The guidance of page after page, without end: pages beyond the given ones take that of the
    last one, without what belongs to its places."""
    last = given[-1] if given else Guidance()
    return chain(given, repeat(last.without_places()))


def written_format(
    own: str, name: str | PurePath, format: str | None, target: PurePath | None
) -> str:
    """Pillow's name of the format that a file's coloring is written in: the wanted one, that of the
    target's ending where it differs from the source's, or the source's own (PNG where that is only
    read).

    own: the source's format. name: its name, or "". format: the policy's. Raises UsageError.
    """
    kind = own if own in FORMATS.values() else "PNG"
    if format:
        kind = format_named(format)
    elif target is not None and target.suffix.lower() not in ("", PurePath(name).suffix.lower()):
        kind = format_named(target.suffix)
    if kind == "PDF" != own:
        raise UsageError("a PDF is only written as the copy of one, with its pictures in color")
    return kind


def written_suffix(suffix: str) -> str:
    """The ending of a coloring for that of its source, with its dot: the same if such files are
    written."""
    if suffix.lower().lstrip(".") in FORMATS:
        return suffix
    return READ_ONLY_SUFFIXES.get(suffix.lower(), ".png")


def pages_left_out(pages: int, kind: str) -> Notice | None:
    """A notice where a format holds fewer pages than a file has. kind: such as "JPEG"."""
    if pages <= 1 or kind in PAGED:
        return None
    sentence = f"it has {pages} pages, but {kind} holds one: {pages - 1} left out"
    return Notice(NoticeCode.PAGES_LEFT_OUT, sentence)
