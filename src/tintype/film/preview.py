"""A film in; some seconds in color, spread over its length, and a strip of frames out."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from tintype.arrays import Pixels
from tintype.engine import Colorizer
from tintype.errors import FilmError
from tintype.files import whole_path
from tintype.film.chroma import picture_of
from tintype.film.encode import SegmentWriter, find_encoder
from tintype.film.follow import Anchors, anchors_of
from tintype.film.keys import KeyColorizer
from tintype.film.runtime import av, cores, parallel_frames, read_ahead
from tintype.film.settings import FilmSettings
from tintype.film.source import FilmSource
from tintype.film.steady import ColorFrame, SteadyColors, color_frames, render
from tintype.photo import Photo, write_photo
from tintype.sheet import contact_sheet

PIECES = 10
STRIP_CELL_PIXELS = 320


def preview_film(
    path: str | Path,
    output: str | Path | None = None,
    seconds: float = 10,
    colorizer: Colorizer | None = None,
    settings: FilmSettings | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Path, Path]:
    """Color `seconds` of a film in ten pieces and write them, without sound, with a strip: gray
    above, in color below.

    output: a folder or a name; None is beside the film. Returns NAME.preview.mp4 and
    NAME.preview.jpg. Raises as `color_film` does.
    """
    settings = settings or FilmSettings()
    film = FilmSource(path, settings.deinterlace, settings.hdr)
    folder = (
        film.path.parent
        if output is None
        else Path(output)
        if Path(output).is_dir()
        else Path(output).parent
    )
    movie, strip = (folder / f"{film.path.stem}.preview{suffix}" for suffix in (".mp4", ".jpg"))
    color_key = KeyColorizer(colorizer or Colorizer(threads=1), settings.guidance)
    pairs: list[tuple[Pixels, Pixels]] = []
    done = stamp = 0
    try:
        with (
            parallel_frames(),
            whole_path(movie, FilmError) as beside,
            ThreadPoolExecutor(cores()) as pool,
        ):
            segment = SegmentWriter(
                beside,
                find_encoder("h264"),
                settings.quality,
                film.pixel_format,
                film.time_base,
                film.rate,
            )
            chosen = pieces(film, seconds, settings)
            timed = sorted(settings.timed_guidance, key=lambda each: each.time)
            anchors = anchors_of(
                timed, film, color_key, chosen[0][0], chosen[-1][1], every_frame=True
            )
            for start, stop in chosen:
                first, moved = True, None
                for colored in _colored(film, start, stop, color_key, anchors, pool):
                    luma, pts = colored.frame.luma, colored.frame.pts
                    assert colored.chroma is not None
                    moved = stamp - pts if moved is None else moved
                    segment.write(pts + moved, luma, *colored.chroma)
                    stamp = pts + moved + film.step
                    if first:
                        pairs.append(
                            (
                                picture_of(luma, None, film.pixel_format),
                                picture_of(luma, colored.chroma, film.pixel_format),
                            )
                        )
                    first, done = False, done + 1
                    progress(done)
            if not pairs:
                segment.abandon()
                raise FilmError(f"{film.path} has no frame at that time")
            segment.close()
    except av.FFmpegError as error:
        raise FilmError(f"{movie} cannot be written: {error.strerror}") from error
    rows = [[Image.fromarray(pair[n]) for pair in pairs] for n in (0, 1)]
    write_photo(Photo(np.asarray(contact_sheet(rows, cell=STRIP_CELL_PIXELS))), strip, format="jpg")
    return movie, strip


def pieces(film: FilmSource, seconds: float, settings: FilmSettings) -> list[tuple[float, float]]:
    """Starts and stops, in seconds, of the pieces; one piece where the film is not longer than what
    is asked for."""
    begin = settings.start or 0.0
    end = settings.stop if settings.stop is not None else (film.duration or begin + seconds)
    if end - begin <= seconds:
        return [(begin, end + 1)]
    each = seconds / PIECES
    gap = (end - begin - each) / (PIECES - 1)
    return [(begin + n * gap, begin + n * gap + each) for n in range(PIECES)]


def _colored(
    film: FilmSource,
    start: float,
    stop: float,
    color_key: KeyColorizer,
    anchors: Anchors,
    pool: ThreadPoolExecutor,
) -> Iterator[ColorFrame]:
    here = [anchor for anchor in anchors if start <= anchor[0] < stop]
    steady = SteadyColors(color_key, pool, here, 1 / float(film.rate))
    frames = read_ahead(film.frames(start, stop), 8)
    for window in color_frames(frames, film.pixel_format, steady):
        yield from pool.map(lambda colored: render(colored, film.pixel_format), window)
