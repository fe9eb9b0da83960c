"""Places and marks as the command line writes them: lengths, points, dabs and strokes of color,
colors for parts of people."""

from dataclasses import dataclass

import numpy as np

from tintype.errors import UsageError


@dataclass(frozen=True)
class Length:
    """A number of pixels, or a percentage of a side, written as 120 or 12.5%."""

    value: float
    percent: bool

    @classmethod
    def read(cls, text: str, where: str) -> "Length":
        """Parse a length. where: begins the message of the UsageError for a text that is none."""
        percent = text.strip().endswith("%")
        try:
            value = float(text.strip().removesuffix("%"))
        except ValueError:
            value = float("nan")
        if not np.isfinite(value):
            raise UsageError(f"{where}: {text!r} is not a number of pixels or a percentage")
        return cls(value, percent)

    def share(self, side: int) -> float:
        """The length as a share of a side of that many pixels."""
        return self.value / 100 if self.percent else self.value / side


@dataclass(frozen=True)
class Place:
    """A point of the upright photograph. text: as it was typed."""

    x: Length
    y: Length
    text: str

    @classmethod
    def read(cls, text: str, where: str) -> "Place":
        """Parse X,Y. Raises UsageError for anything else."""
        parts = text.split(",")
        if len(parts) != 2:
            raise UsageError(
                f"{where}: {text!r} is not a place; write X,Y in pixels or percent, as 120,80 or"
                " 30%,45%"
            )
        return cls(Length.read(parts[0], where), Length.read(parts[1], where), text)

    def shares(self, size: tuple[int, int], where: str, name: str) -> tuple[float, float]:
        """The place as shares of width and height. size: (width, height), pixels. where, name: of
        the option and the photograph, for messages. Raises UsageError for a place outside of it."""
        x, y = self.x.share(size[0]), self.y.share(size[1])
        if not (0 <= x <= 1 and 0 <= y <= 1):
            raise UsageError(
                f"{where} lies outside of {name}, which has {size[0]}×{size[1]} pixels"
            )
        return x, y


@dataclass(frozen=True)
class Mark:
    """A dab (one place) or a stroke (several) of color, or a color for a part of all people (no
    place) or of the person nearest to a place. thickness: its radius or width, or None for the
    default. text: names the option in messages."""

    places: tuple[Place, ...]
    color: str
    thickness: Length | None
    text: str
    stroke: bool
    part: str | None = None

    @classmethod
    def read(cls, text: str, stroke: bool) -> "Mark":
        """Parse X,Y=COLOR[:RADIUS] or PART[@X,Y]=COLOR, or X,Y X,Y …=COLOR[:WIDTH] for a stroke.
        Raises UsageError for anything else."""
        from tintype.guidance import color_hex

        where = f"--{'stroke' if stroke else 'hint'} {text!r}"
        path, equals, rest = text.partition("=")
        color, _, thickness = rest.partition(":")
        if not equals or not color.strip():
            form = (
                "'X,Y X,Y …=COLOR[:WIDTH]', as '10,20 60,20=crimson:8'"
                if stroke
                else "X,Y=COLOR[:RADIUS], as '120,80=#b03060:12', or PART=COLOR, as 'hair=auburn'"
            )
            raise UsageError(f"{where} is not understood; write {form}")
        part, at, path = (None, "", path) if stroke else _split_part(path, where)
        given = path.split() if stroke else [path] * bool(path or at or part is None)
        places = tuple(Place.read(place, where) for place in given)
        if part is not None and thickness:
            raise UsageError(f"{where}: a color for {part} has no radius")
        length = Length.read(thickness, where) if thickness else None
        if length is not None and length.value <= 0:
            raise UsageError(f"{where}: a {'width' if stroke else 'radius'} is above 0")
        try:
            return cls(places, color_hex(color.strip()), length, where, stroke, part)
        except UsageError as error:
            raise UsageError(f"{where}: {error}") from error


def _split_part(path: str, where: str) -> tuple[str | None, str, str]:
    """The name of a part of people, if a hint's place begins with one, "@" if a place follows, and
    the place."""
    from tintype.guidance import NAMED_PARTS

    name, at, place = path.partition("@")
    if not at and not name.strip().isalpha():
        return None, "", path
    if name.strip() not in NAMED_PARTS:
        raise UsageError(
            f"{where}: {name.strip()!r} is neither a place X,Y nor one of {', '.join(NAMED_PARTS)}"
        )
    return name.strip(), at, place
