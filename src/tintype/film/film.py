"""A film file in; the same film in color, with all its tracks and time stamps, out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tintype.engine import Colorizer
from tintype.errors import FilmError, UsageError
from tintype.film.join import join, write_images
from tintype.film.label import comment_of, film_label
from tintype.film.output import FilmOutput, choose_output
from tintype.film.parts import PartsFolder
from tintype.film.pipeline import FilmProgress, Pipeline, write_error
from tintype.film.runtime import parallel_frames
from tintype.film.settings import FilmSettings
from tintype.film.source import FilmSource
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
    restart: bool = False,
    overwrite: bool = False,
    progress: Callable[[FilmProgress], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> FilmReport:
    """Color a film.

    source: a file, an image sequence (frame-%06d.png, or a folder) or an animated WebP. output: its
    suffix decides the container, a number as %06d makes images; None is NAME.color.EXT beside the
    source. A run that was interrupted is continued by the same call. restart: begin anew instead.
    progress: called after every frame, in another thread. stop: called before every frame; once it
    returns True the run ends, with the finished segments kept. Raises UsageError for a wrong call
    and FilmError for a film that cannot be read or written.
    """
    settings = settings or FilmSettings()
    film = FilmSource(source, settings.deinterlace, settings.hdr, settings.rate, settings.recolor)
    for each in settings.timed_guidance:
        if film.duration is not None and each.time > film.duration + 1:
            raise UsageError(
                f"{film.path} ends at {film.duration:.3f} s, so there is nothing to guide at"
                f" {each.time:g} s"
            )
    chosen = choose_output(film, output, settings, overwrite)
    colorizer = colorizer or Colorizer(threads=1)
    parts = PartsFolder(chosen.path, chosen.segment_suffix)
    with parts.opened(_identity(film, colorizer, chosen, settings), restart):
        pipeline = Pipeline(film, chosen, colorizer, settings, parts, progress, stop)
        with parallel_frames():
            finished = pipeline.run()
        if finished:
            kept = sum(segment.kept for segment in parts.finished)
            is_colored = kept < pipeline.shots
            comment = comment_of(film_label(colorizer, settings)) if is_colored else ""
            _join(film, chosen, parts, settings, comment)
    frames = parts.frames
    broken = sum(segment.broken for segment in parts.finished) + film.faults.lost
    if parts.removed_frames:
        film.faults.add(
            NoticeCode.RESTARTED, f"{parts.removed_frames} finished frames were deleted: --restart"
        )
    if kept := sum(segment.kept for segment in parts.finished):
        what = "the film is in color and kept as it is"
        if pipeline.shots > 1:
            what = f"{kept} of {pipeline.shots} shots are in color and kept as they are"
        film.faults.add(NoticeCode.IN_COLOR, f"{what}: --recolor colors anew")
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
        chosen.path if finished else None,
        frames,
        pipeline.shots,
        broken,
        film.faults.truncated,
        left,
        tuple(film.faults.notices),
    )


def _join(
    film: FilmSource,
    chosen: FilmOutput,
    parts: PartsFolder,
    settings: FilmSettings,
    comment: str,
) -> None:
    """Write the film from its segments, and remove them."""
    if not any(segment.stamps for segment in parts.finished):
        parts.remove()
        raise FilmError(
            f"{film.path} has no frame that can be decoded"
            if settings.start is None
            else f"{film.path} has no frame at that time"
        )
    try:
        if chosen.kind == "image2":
            write_images(parts.finished, film, chosen.path)
        else:
            join(
                parts.finished,
                film,
                parts.joined,
                chosen.kind,
                chosen.tracks,
                settings.start,
                settings.stop,
                comment=comment,
            )
            parts.joined.replace(chosen.path)
    except OSError as error:  # FFmpeg's errors are
        raise FilmError(write_error(chosen.path, error, parts)) from error
    parts.remove()


def _identity(
    film: FilmSource, colorizer: Colorizer, chosen: FilmOutput, settings: FilmSettings
) -> dict[str, Any]:
    network = colorizer.network
    files = [each.path for each in (network, *network.partners)]
    return {
        "source": film.input.identity(),
        "network": [
            *([str(file), file.stat().st_size] for file in files),
            colorizer.sizes,
        ],
        "codec": chosen.codec,
        "quality": settings.quality,
        "from and to": [settings.start, settings.stop],
        "deinterlace": settings.deinterlace,
        "hdr": settings.hdr,
        "recoloring": settings.recolor,
        "guidance": [
            repr(settings.guidance),
            [[each.time, repr(each.guidance)] for each in settings.timed_guidance],
        ],
    }
