"""A film file in; the same film in color, with all its tracks and time stamps, out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tintype.engine import Colorizer
from tintype.errors import FilmError, UsageError
from tintype.files import whole_path
from tintype.film.encode import find_encoder
from tintype.film.output import FORMATS, check_carrier, choose_output
from tintype.film.parts import PartsFolder
from tintype.film.pipeline import FilmProgress, Pipeline, write_error
from tintype.film.runtime import av, parallel_frames
from tintype.film.settings import FilmSettings
from tintype.film.source import FilmSource
from tintype.film.tracks import join
from tintype.notices import Notice, NoticeCode


@dataclass(frozen=True)
class FilmReport:
    """output: the film, or None if it was stopped; then parts is the folder of its segments.
    frames: all. broken: damaged ones. truncated: the source ends before its header says."""

    output: Path | None
    frames: int
    shots: int
    broken: int = 0
    truncated: bool = False
    parts: Path | None = None
    notices: Sequence[Notice] = ()

    @property
    def whole(self) -> bool:
        return self.output is not None and not self.truncated


def color_film(
    source: str | Path,
    output: str | Path | None = None,
    *,
    colorizer: Colorizer | None = None,
    settings: FilmSettings | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Callable[[FilmProgress], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> FilmReport:
    """Color a film.

    output: its suffix decides the container; None is NAME.color.EXT beside the source. resume: go
    on with the segments that an earlier run finished. progress: called after every frame, in
    another thread. stop: called before every frame; once it returns True the run ends, with the
    finished segments kept. Raises UsageError for a wrong call and FilmError for a film that cannot
    be read or written.
    """
    settings = settings or FilmSettings()
    film = FilmSource(source, settings.deinterlace, settings.hdr)
    target, codec = choose_output(film, output, settings.codec, overwrite)
    for each in settings.timed_guidance:
        if film.duration is not None and each.time > film.duration + 1:
            raise UsageError(
                f"{film.path} ends at {film.duration:.3f} s, so there is nothing to guide at"
                f" {each.time:g} s"
            )
    encoder = find_encoder(codec)
    check_carrier(film, target, encoder, codec)
    colorizer = colorizer or Colorizer(threads=1)
    parts = PartsFolder(target, encoder.container)
    with parts.opened(_identity(film, colorizer, codec, settings), resume):
        pipeline = Pipeline(film, encoder, colorizer, settings, parts, progress, stop)
        with parallel_frames():
            finished = pipeline.run()
        if finished:
            _join(film, parts, settings)
    frames = sum(len(segment.stamps) for segment in parts.finished)
    broken = sum(segment.broken for segment in parts.finished) + film.faults.lost
    if finished and film.faults.truncated:
        film.faults.add(
            NoticeCode.TRUNCATED,
            f"{film.path} is truncated: it is colored up to where it ends, after {frames} frames",
        )
    if finished and broken:
        film.faults.add(
            NoticeCode.BROKEN_FRAMES,
            f"{broken} broken frame{'s' if broken > 1 else ''}: the colors of the last good frame"
            " go on",
        )
    left = None if finished else parts.folder
    return FilmReport(
        target if finished else None,
        frames,
        pipeline.shots,
        broken,
        film.faults.truncated,
        left,
        tuple(film.faults.notices),
    )


def _join(film: FilmSource, parts: PartsFolder, settings: FilmSettings) -> None:
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
        raise FilmError(write_error(parts.output, error, parts)) from error
    parts.remove()


def _identity(
    film: FilmSource, colorizer: Colorizer, codec: str, settings: FilmSettings
) -> dict[str, Any]:
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
            [[each.time, repr(each.guidance)] for each in settings.timed_guidance],
        ],
    }
