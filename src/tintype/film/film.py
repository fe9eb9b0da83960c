"""A film file in; the same film in color, with all its tracks and time stamps, out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tintype.engine import Colorizer
from tintype.errors import FilmError, UsageError
from tintype.files import whole_path
from tintype.film.encode import find_encoder
from tintype.film.library import av
from tintype.film.machine import set_for_frames
from tintype.film.output import FORMATS, check_carrier, choose_output
from tintype.film.parts import Parts
from tintype.film.settings import Settings
from tintype.film.source import Source
from tintype.film.tracks import join
from tintype.film.work import Progress, Work, cannot_write


@dataclass(frozen=True)
class Report:
    """output: the film, or None if it was stopped. parts: the folder of finished segments, then.
    frames: all. broken: damaged ones.

    truncated: the source ends before its header says. notes: sentences for the person who asked.
    """

    output: Path | None
    frames: int
    shots: int
    broken: int = 0
    truncated: bool = False
    parts: Path | None = None
    notes: Sequence[str] = ()

    @property
    def whole(self) -> bool:
        return self.output is not None and not self.truncated


def color_film(
    source: str | Path,
    output: str | Path | None = None,
    *,
    colorizer: Colorizer | None = None,
    settings: Settings | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> Report:
    """Color a film.

    output: its name decides the container; None is NAME.color.EXT beside. resume: go on with the
    segments that an earlier run finished.
    progress: called after every frame, in another thread. stop: asked before every frame; once it
    is true the finished segments are kept, and the report's output is None. Raises UsageError for a
    wrong call and FilmError for a film that cannot be read or written.
    """
    settings = settings or Settings()
    film = Source(source, settings.deinterlace, settings.hdr)
    target, codec = choose_output(film, output, settings.codec, overwrite)
    late = [
        wish.time
        for wish in settings.wishes
        if film.duration is not None and wish.time > film.duration + 1
    ]
    if late:
        raise UsageError(
            f"{film.path} ends at {film.duration:.3f} s, so there is nothing to guide at"
            f" {late[0]:g} s"
        )
    encoder = find_encoder(codec)
    check_carrier(film, target, encoder, codec)
    colorizer = colorizer or Colorizer(threads=1)
    parts = Parts(target, encoder.container)
    with parts.opened(_identity(film, colorizer, codec, settings), resume):
        work = Work(film, encoder, colorizer, settings, parts, progress, stop)
        with set_for_frames():
            finished = work.run()
        if finished:
            _join(film, parts, settings)
    frames = sum(len(segment.stamps) for segment in parts.finished)
    broken = sum(segment.broken for segment in parts.finished) + film.faults.lost
    notes = [*film.faults.notes]
    if finished and film.faults.truncated:
        notes.append(
            f"{film.path} is truncated: it is colored up to where it ends, after {frames} frames"
        )
    if finished and broken:
        notes.append(
            f"{broken} broken frame{'s' if broken > 1 else ''}: the colors of the last good frame"
            " go on"
        )
    left = None if finished else parts.folder
    return Report(
        target if finished else None, frames, work.shots, broken, film.faults.truncated, left, notes
    )


def _join(film: Source, parts: Parts, settings: Settings) -> None:
    """Write the film from its segments, and remove them."""
    if not any(segment.stamps for segment in parts.finished):
        parts.remove()
        raise FilmError(
            f"{film.path} has no frame that can be decoded"
            if settings.start is None
            else f"{film.path} has no frame at that time"
        )
    try:
        with whole_path(parts.output, FilmError) as beside:
            join(
                parts.finished,
                film,
                beside,
                FORMATS[parts.output.suffix.lower()],
                settings.start,
                settings.stop,
            )
    except av.FFmpegError as error:
        raise FilmError(cannot_write(parts.output, error, parts)) from error
    parts.remove()


def _identity(film: Source, colorizer: Colorizer, codec: str, settings: Settings) -> dict[str, Any]:
    stat = film.path.stat()
    network = colorizer.network.path
    return {
        "source": [str(film.path.resolve()), stat.st_size, stat.st_mtime_ns],
        "network": [str(network), network.stat().st_size, colorizer.sizes],
        "codec": codec,
        "quality": settings.quality,
        "from and to": [settings.start, settings.stop],
        "deinterlace": settings.deinterlace,
        "hdr": settings.hdr,
        "guidance": [
            repr(settings.guidance),
            [[wish.time, repr(wish.guidance)] for wish in settings.wishes],
        ],
    }
