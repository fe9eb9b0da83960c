"""Films in the service: one frame per shot to be guided, and coloring in the background.

FFmpeg reads and writes them in a child process, as decoders of pictures do.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tintype.errors import TooLargeError
from tintype.guidance import Guidance
from tintype.photo import Photo, read_photo
from tintype.web.bodies import check_pixels
from tintype.web.jobs import Job
from tintype.web.limits import Limits

if TYPE_CHECKING:
    from tintype.film import FilmProgress, FilmSettings
    from tintype.film.isolated import IsolatedFilm, MakeColorizer

RESULT_KINDS = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
}
"""Media type of a job's film, by its suffix."""


@dataclass(frozen=True)
class Shot:
    """time: of the frame that shows it, seconds. start, stop: seconds."""

    time: float
    frame: Photo
    start: float
    stop: float


def result_suffix(name: str) -> str:
    """The ending of a job's film: that of the source's name, or that of MP4."""
    suffix = Path(name).suffix.lower()
    return suffix if suffix in RESULT_KINDS else ".mp4"


@contextmanager
def open_film(path: Path, name: str, limits: Limits) -> "Iterator[IsolatedFilm]":
    """A film in a process of its own. Raises TooLargeError for frames that are too large, FilmError
    for a film that cannot be read."""
    from tintype.film.isolated import isolated_film

    with isolated_film(path, name) as film:
        check_pixels("a frame of the film", film.frame_pixels, limits)
        yield film


def find_shots(
    data: bytes, folder: Path, limits: Limits, still_wanted: Callable[[], None]
) -> list[Shot]:
    """The shots of a film. folder: private; what is written there is removed. still_wanted: called
    at each frame; may raise.

    Raises FilmError, and TooLargeError for frames that are too large or too many shots.
    """
    with tempfile.TemporaryDirectory(dir=folder) as place:
        source = Path(place) / "film"
        source.write_bytes(data)
        with open_film(source, "the film", limits) as film:
            shots = film.shots(Path(place) / "shots", lambda _: still_wanted())
        if len(shots) > limits.pages:
            raise TooLargeError(
                f"the film has {len(shots)} shots; this service shows {limits.pages}. A job colors"
                " it whole"
            )
        return [
            Shot(shot.time, read_photo(shot.picture.read_bytes()), shot.start, shot.stop)
            for shot in shots
        ]


def clip_of_shot(
    data: bytes,
    folder: Path,
    shot: Shot,
    seconds: float,
    colorizer: "MakeColorizer",
    timed: Sequence[tuple[float, Guidance]],
    recolor: bool,
    limits: Limits,
    still_wanted: Callable[[], None],
) -> bytes:
    """Some seconds of a shot around the frame that shows it, in color: an MP4 that browsers play.

    folder: private; what is written there is removed. timed: guidance of the shot at a time,
    seconds. still_wanted: called at each frame; may raise. Raises FilmError and UsageError.
    """
    start = max(shot.start, min(shot.time - seconds / 2, shot.stop - seconds))
    stop = min(start + seconds, shot.stop)
    settings = _settings(Guidance(), timed, recolor)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        source, target = Path(place) / "film", Path(place) / "clip.mp4"
        source.write_bytes(data)
        with open_film(source, "the film", limits) as film:
            film.clip(target, start, stop, colorizer, settings, lambda _: still_wanted())
        return target.read_bytes()


def color_job(
    job: Job,
    name: str,
    colorizer: "MakeColorizer",
    timed: Sequence[tuple[float, Guidance]],
    base: Guidance,
    limits: Limits,
    recolor: bool = False,
) -> None:
    """Color the film of a job. base: guidance of all of it. timed: guidance of the shot at a time,
    seconds. recolor: shots in color are colored anew. Raises FilmError, TooLargeError and
    GoneError."""

    def show(progress: "FilmProgress") -> None:
        job.progress(min(0.99, progress.frames / progress.total) if progress.total else 0)

    with tempfile.TemporaryDirectory(dir=job.source.parent) as place:
        source, target = Path(place) / "film", Path(place) / f"colored{result_suffix(name)}"
        job.source.rename(source)
        with open_film(source, name, limits) as film:
            report = film.color(target, colorizer, _settings(base, timed, recolor), show)
        job.form.notices[:] = report.notices
        shutil.move(target, job.result)


def _settings(
    base: Guidance, timed: Sequence[tuple[float, Guidance]], recolor: bool
) -> "FilmSettings":
    from tintype.film import FilmSettings, TimedGuidance

    return FilmSettings(
        recolor=recolor,
        guidance=base,
        timed_guidance=[TimedGuidance(time, guidance) for time, guidance in timed],
    )
