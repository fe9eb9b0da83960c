"""A folder of people, things and stills in; the shots that show them, and how these are guided,
out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tintype.arrays import Array, Pixels
from tintype.color import srgb_to_lab
from tintype.engine import Colorizer, Prepared
from tintype.engine.assist.reference import matched_features, matched_hints
from tintype.errors import TintypeError, UsageError
from tintype.film.chroma import gray_levels
from tintype.film.follow import TimedGuidance
from tintype.film.keys import KEY_PIXELS
from tintype.film.motion import resized, shrunk_size
from tintype.film.pixels import PixelFormat
from tintype.guidance import GUIDANCE_SUFFIX, Guidance, Hint
from tintype.photo import SUFFIXES, read_photo
from tintype.photo.photo import to_uint8

MIN_HINTS = 5
"""Hints in a frame from which on a member is found there."""
FOUND_COSINE, NAMED_COSINE = 0.55, 0.4
"""Cosine of matches in a shot that is searched, and in one that a person names."""
CHANGED_AB = 5.0
"""Change of ab by a guidance from which on a place belongs to what is guided, CIELAB units."""


@dataclass(frozen=True, eq=False)
class CastMember:
    """A picture of somebody or something. features: h×w×C, as of `matched_features`. ab: h×w×2.
    wanted: h×w, the places that belong to it."""

    name: str
    features: Array
    ab: Array
    wanted: Any

    def hints(self, prepared: Prepared, cosine: float) -> tuple[Hint, ...]:
        """Its colors where a frame shows it."""
        return matched_hints(prepared, self.features, self.ab, cosine, self.wanted, "thing")


@dataclass(frozen=True)
class Sighting:
    """Where a shot shows a member best: the time in seconds, and the hints that color it."""

    name: str
    time: float
    hints: tuple[Hint, ...]

    @property
    def guidance(self) -> TimedGuidance:
        return TimedGuidance(self.time, Guidance(hints=self.hints))


class Cast:
    """The pictures of a folder: each file a member, of the file's name. A picture in color shows
    its own colors; NAME.tintype.json says how NAME.jpg is colored, and what it colors is the
    member. Of a list of pictures in color, each is a member.

    Raises UsageError for a folder without pictures and for files that cannot be read.
    """

    def __init__(self, source: Path | Sequence[Path], colorizer: Colorizer) -> None:
        self.source, self.colorizer = source, colorizer
        files = (
            _files_of(source) if isinstance(source, Path) else {str(f): (f, None) for f in source}
        )
        self.members = {name: self._member(name, *pair) for name, pair in files.items()}

    def _member(self, name: str, path: Path, guided: Path | None) -> CastMember:
        try:
            photo = read_photo(path)
            prepared = self.colorizer.prepare(photo)
            features = matched_features(prepared)
            size = features.shape[:2]
            if guided is None:
                pixels = to_uint8(photo.pixels)
                rgb = np.dstack([pixels] * 3) if pixels.ndim == 2 else pixels
                lab = srgb_to_lab(resized(rgb, size).astype(np.float32) / 255)
                wanted = np.ones(size, bool)
                if photo.alpha is not None:
                    wanted = resized(to_uint8(photo.alpha), size) > 127
                return CastMember(name, features, np.ascontiguousarray(lab[..., 1:]), wanted)
            ab, plain = (
                resized(self.colorizer.ab(prepared, guidance), size)
                for guidance in (Guidance.read(guided), Guidance())
            )
        except UsageError:
            raise
        except TintypeError as error:
            raise UsageError(str(error)) from error
        wanted = np.linalg.norm(ab - plain, axis=-1) > CHANGED_AB
        return CastMember(name, features, ab, wanted)

    def prepare(self, luma: Pixels, pixel_format: PixelFormat) -> Prepared:
        """A frame, to be searched. luma: H×W codes."""
        height, width = luma.shape
        picture = resized(luma, shrunk_size(height, width, KEY_PIXELS))
        return self.colorizer.prepare(gray_levels(picture, pixel_format))

    def sightings(self, frames: Sequence[tuple[float, Prepared]]) -> Iterator[Sighting]:
        """The members that some frames of a shot show, each where it matches best."""
        for member in self.members.values():
            seen = [
                Sighting(member.name, time, member.hints(frame, FOUND_COSINE))
                for time, frame in frames
            ]
            best = max(seen, key=lambda each: len(each.hints))
            if len(best.hints) >= MIN_HINTS:
                yield best

    def named(self, name: str, time: float, frame: Prepared) -> Sighting:
        """A member in a shot that a person says to show it. Raises UsageError for an unknown
        name."""
        if name not in self.members:
            raise UsageError(f"{self.source} has no picture of {name!r}")
        return Sighting(name, time, self.members[name].hints(frame, NAMED_COSINE))


def _files_of(folder: Path) -> dict[str, tuple[Path, Path | None]]:
    """The picture of each member, by name, and its guidance file."""
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    pictures = {f.stem: f for f in files if f.suffix.lower() in SUFFIXES}
    guidances = {
        f.name.removesuffix(GUIDANCE_SUFFIX): f for f in files if f.name.endswith(GUIDANCE_SUFFIX)
    }
    if alone := sorted(guidances.keys() - pictures.keys()):
        raise UsageError(
            f"{guidances[alone[0]]} needs the picture that it colors beside it, as {alone[0]}.jpg"
        )
    if not pictures:
        raise UsageError(f"{folder} holds no pictures of a cast")
    return {name: (path, guidances.get(name)) for name, path in pictures.items()}
