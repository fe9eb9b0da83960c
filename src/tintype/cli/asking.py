"""What stands on the command line about colors in; one `Guidance` for a photograph out."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tintype.errors import TintypeError, UsageError
from tintype.jobs.plan import SIDECAR

if TYPE_CHECKING:
    from tintype.guidance import Guidance, Region


@dataclass(frozen=True)
class Length:
    """A number of pixels, or a share. Written 120 or 12.5%."""

    value: float
    percent: bool

    @classmethod
    def read(cls, text: str, where: str) -> "Length":
        """Raises UsageError where the text is no number."""
        percent = text.strip().endswith("%")
        try:
            value = float(text.strip().removesuffix("%"))
        except ValueError:
            value = float("nan")
        if not np.isfinite(value):
            raise UsageError(f"{where}: {text!r} is not a number of pixels or a percentage")
        return cls(value, percent)

    def share(self, side: int) -> float:
        """Of a side of so many pixels."""
        return self.value / 100 if self.percent else self.value / side


@dataclass(frozen=True)
class Place:
    """A point of the upright photograph. text: as it was written."""

    x: Length
    y: Length
    text: str

    @classmethod
    def read(cls, text: str, where: str) -> "Place":
        """Raises UsageError for anything but X,Y."""
        parts = text.split(",")
        if len(parts) != 2:
            raise UsageError(
                f"{where}: {text!r} is not a place; write X,Y in pixels or percent, as 120,80 or"
                " 30%,45%"
            )
        return cls(Length.read(parts[0], where), Length.read(parts[1], where), text)

    def shares(self, size: tuple[int, int], where: str, name: str) -> tuple[float, float]:
        """As shares of width and height. size: (W, H). Raises UsageError for a place outside of the
        photograph."""
        x, y = self.x.share(size[0]), self.y.share(size[1])
        if not (0 <= x <= 1 and 0 <= y <= 1):
            raise UsageError(
                f"{where} lies outside of {name}, which has {size[0]}×{size[1]} pixels"
            )
        return x, y


@dataclass(frozen=True)
class Mark:
    """A dab (one place) or a stroke (several) of color, with its radius or width. text: as it was
    written."""

    places: tuple[Place, ...]
    color: str
    thickness: Length | None
    text: str
    stroke: bool

    @classmethod
    def read(cls, text: str, stroke: bool) -> "Mark":
        """X,Y=COLOR[:RADIUS] or X,Y X,Y …=COLOR[:WIDTH]. Raises UsageError for anything else."""
        from tintype.guidance import color_hex

        where = f"--{'stroke' if stroke else 'hint'} {text!r}"
        path, equals, rest = text.partition("=")
        color, _, thickness = rest.partition(":")
        if not equals or not color.strip():
            form = (
                "'X,Y X,Y …=COLOR[:WIDTH]', as '10,20 60,20=crimson:8'"
                if stroke
                else "X,Y=COLOR[:RADIUS], as '120,80=#b03060:12'"
            )
            raise UsageError(f"{where} is not understood; write {form}")
        places = tuple(Place.read(part, where) for part in (path.split() if stroke else [path]))
        length = Length.read(thickness, where) if thickness else None
        if length is not None and length.value <= 0:
            raise UsageError(f"{where}: a {'width' if stroke else 'radius'} is above 0")
        try:
            return cls(places, color_hex(color.strip()), length, where, stroke)
        except UsageError as error:
            raise UsageError(f"{where}: {error}") from error


@dataclass(frozen=True)
class Asking:
    """All that the command line asks for.

    base: of a --guidance file. marks, select, skip: in pixels of the photograph, or percent.
    values: fields of the guidance.
    sidecars: folders in which a guidance beside a photograph is used.
    """

    base: "Guidance"
    marks: tuple[Mark, ...] = ()
    reach: str = "thing"
    region: "Region | None" = None
    select: tuple[Place, ...] = ()
    skip: tuple[Place, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    sidecars: tuple[Path, ...] = ()

    def key(self, source: Path | None) -> str:
        """Names all that decides the guidance of a photograph."""
        beside = self._beside(source)
        parts = (
            self.base.to_json(),
            self.marks,
            self.reach,
            self.region,
            self.select,
            self.skip,
            sorted(self.values.items()),
        )
        return repr((*parts, beside.read_bytes() if beside is not None else b""))

    def _beside(self, source: Path | None) -> Path | None:
        """The guidance that lies beside a photograph and counts, if there is one."""
        if source is None or not any(folder in source.parents for folder in self.sidecars):
            return None
        path = source.with_name(f"{source.stem}{SIDECAR}")
        return path if path.is_file() else None

    def for_photo(self, size: tuple[int, int], name: str, source: Path | None = None) -> "Guidance":
        """The guidance of one photograph. size: its (W, H), upright. source: where it lies, if a
        guidance may lie beside it.

        Raises UsageError for a place outside of the photograph, or a broken guidance beside it.
        """
        from tintype.guidance import Region

        beside = self._beside(source)
        guidance = self.base if beside is None else read_guidance(beside)
        guidance = replace(guidance, **self.values)
        for mark in self.marks:
            points = [place.shares(size, mark.text, name) for place in mark.places]
            share = None if mark.thickness is None else mark.thickness.share(min(size))
            try:
                if mark.stroke:
                    guidance = guidance.with_stroke(points, mark.color, share, reach=self.reach)
                else:
                    guidance = guidance.with_hint(*points[0], mark.color, share, reach=self.reach)
            except UsageError as error:
                raise UsageError(f"{mark.text}: {error}") from error
        if self.select:
            keep = tuple(
                place.shares(size, "--select or --keep " + place.text, name)
                for place in self.select
            )
            skip = tuple(place.shares(size, "--skip " + place.text, name) for place in self.skip)
            return guidance.with_region(Region("objects", keep=keep, skip=skip))
        return guidance if self.region is None else guidance.with_region(self.region)


def read_guidance(path: Path) -> "Guidance":
    """A guidance file. Raises UsageError, with line and column, for one that cannot be read."""
    from tintype.guidance import Guidance

    try:
        return Guidance.from_json(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error


def read_region(mask: Path | None, region: str | None, places: Sequence[str]) -> "Region | None":
    """--mask or --region as a value; None for neither. Raises UsageError for more than one way to
    say where."""
    from tintype.guidance import Region

    given = [
        name
        for name, value in (("--mask", mask), ("--region", region), ("--select", places))
        if value
    ]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} cannot be combined; give one of them")
    if mask is not None:
        return Region.from_mask(mask_array(mask))
    return None if region is None else Region(region)  # type: ignore[arg-type]


def mask_array(path: Path) -> Any:
    """A mask file as H×W uint8: its alpha where it has any, else its gray; of a picture with a
    palette, what is not black.

    Raises UsageError if it is no picture.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as opened:
            picture = ImageOps.exif_transpose(opened)
            palette = picture.mode == "P"
            has_alpha = "A" in picture.getbands() or "transparency" in picture.info
            alpha = np.asarray(picture.convert("RGBA").getchannel("A")) if has_alpha else None
            deep = picture.mode.startswith("I") or picture.mode == "F"
            gray = np.asarray(picture) if deep else np.asarray(picture.convert("L"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = "does not exist" if not path.exists() else "is not a picture that can be read"
        raise UsageError(f"the mask {path} {reason}") from error
    if alpha is not None and alpha.min() < 255:
        return alpha
    if deep:
        gray = np.asarray(
            np.rint(gray.astype(np.float64) * (255 / max(1.0, float(gray.max())))), np.uint8
        )
    return np.asarray(gray > 0, np.uint8) * 255 if palette else gray


def read_palette(text: str) -> tuple[str, ...]:
    """Colors of '#a1b2c3,gold', of a named palette, or of a picture file. Raises UsageError for
    none of these."""
    from tintype.guidance import color_hex
    from tintype.guidance.palettes import named_palette, palette_of

    path = Path(text)
    if path.suffix and (path.exists() or "," not in text):
        return palette_of(color_pixels(path, "the picture for the palette"))
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) == 1 and not parts[0].startswith("#"):
        try:
            return (color_hex(parts[0]),)
        except UsageError:
            return named_palette(parts[0]).colors
    if not parts:
        raise UsageError(
            "--palette holds no color; write '#a1b2c3,gold', a name such as autochrome, or a"
            " picture file"
        )
    return tuple(color_hex(part) for part in parts)


def color_pixels(path: Path, what: str) -> Any:
    """A color photograph as H×W×3 uint8. Raises UsageError if it cannot be read or is gray."""
    from tintype.photo import read_photo
    from tintype.photo.photo import to_uint8

    if not path.exists():
        raise UsageError(f"{what}, {path}, does not exist")
    try:
        pixels = to_uint8(read_photo(path).pixels)
    except TintypeError as error:
        raise UsageError(f"{what} cannot be used: {error}") from error
    if pixels.ndim != 3:
        raise UsageError(f"{what}, {path}, is gray, so it has no colors to give")
    return pixels
