"""A film of a stranger, read and colored in a child process: one that crashes FFmpeg, hangs or eats
memory costs a sentence."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from tintype.engine import Colorizer
from tintype.film.film import FilmReport, color_film
from tintype.film.pipeline import FilmProgress
from tintype.film.preview import color_clip
from tintype.film.settings import FilmSettings
from tintype.film.shotlist import FilmShot, list_shots
from tintype.film.source import FilmSource
from tintype.isolation import Allowance, Child

HEADER_ALLOWANCE = Allowance(seconds=60, bytes=2**31)
"""Of what reads no frames."""
FRAME_SECONDS = 600
"""Longest time between two frames; before the first one, guidance is followed backward."""
FILM_BYTES, BYTES_PER_PIXEL = 2**32, 400
"""Memory to color a film, and what each pixel of a frame adds."""

MakeColorizer = Callable[[], Colorizer]
"""Loads the network in the child; can be pickled."""


@contextmanager
def isolated_film(path: Path, name: str) -> Iterator["IsolatedFilm"]:
    """A film, open in a child process while the block runs. name: for messages.

    Raises FilmError for one that cannot be read, DecoderError where the child had to be ended.
    """
    with closing(Child()) as child:
        yield IsolatedFilm(child, path, name)


class IsolatedFilm:
    """frame_pixels: area of a frame. Its methods call `watch` with the number of frames that are
    done, or FilmProgress; what that raises ends the work. They raise DecoderError where the child
    had to be ended."""

    def __init__(self, child: Child, path: Path, name: str) -> None:
        self._child, self._name = child, name
        make = partial(_Film, path)
        self.frame_pixels = child.hold(name, HEADER_ALLOWANCE, make, _Film.frame_pixels)
        self._allowance = Allowance(FRAME_SECONDS, FILM_BYTES + BYTES_PER_PIXEL * self.frame_pixels)

    def shots(self, folder: Path, watch: Callable[[int], None]) -> list[FilmShot]:
        """See `list_shots`."""
        return self._child.call(self._name, self._allowance, _Film.shots, folder, watch=watch)

    def clip(
        self,
        output: Path,
        start: float,
        stop: float,
        colorizer: MakeColorizer,
        settings: FilmSettings,
        watch: Callable[[int], None],
    ) -> None:
        """See `color_clip`."""
        args = output, start, stop, colorizer, settings
        self._child.call(self._name, self._allowance, _Film.clip, *args, watch=watch)

    def color(
        self,
        output: Path,
        colorizer: MakeColorizer,
        settings: FilmSettings,
        watch: Callable[[FilmProgress], None],
    ) -> FilmReport:
        """See `color_film`."""
        args = output, colorizer, settings
        return self._child.call(self._name, self._allowance, _Film.color, *args, watch=watch)


class _Film:
    """In the child."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def frame_pixels(self) -> int:
        pixels = FilmSource(self._path).pixel_format
        return pixels.width * pixels.height

    def shots(self, folder: Path, report: Callable[[int], None]) -> list[FilmShot]:
        return list_shots(self._path, folder, progress=report)

    def clip(
        self,
        output: Path,
        start: float,
        stop: float,
        colorizer: MakeColorizer,
        settings: FilmSettings,
        report: Callable[[int], None],
    ) -> None:
        color_clip(self._path, output, start, stop, colorizer(), settings, report)

    def color(
        self,
        output: Path,
        colorizer: MakeColorizer,
        settings: FilmSettings,
        report: Callable[[FilmProgress], None],
    ) -> FilmReport:
        return color_film(
            self._path, output, colorizer=colorizer(), settings=settings, progress=report
        )
