"""A film in; some seconds of it in color, spread over its length, and a strip of pictures, out."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from tintype.arrays import Pixels
from tintype.engine import Colorizer
from tintype.errors import FilmError
from tintype.files import whole_path
from tintype.film.ahead import read_ahead
from tintype.film.anchors import anchors_of
from tintype.film.chroma import picture_of
from tintype.film.encode import Segment, find_encoder
from tintype.film.frames import Colored, color_frames, render
from tintype.film.keys import Painter
from tintype.film.library import av
from tintype.film.machine import cores, set_for_frames
from tintype.film.plan import Anchor
from tintype.film.settings import Settings
from tintype.film.source import Frame, Source
from tintype.film.steady import Steady
from tintype.photo import Photo, write_photo
from tintype.sheet import contact_sheet

PIECES = 10
STRIP_CELL = 320


def preview_film(
    path: str | Path,
    output: str | Path | None = None,
    seconds: float = 10,
    colorizer: Colorizer | None = None,
    settings: Settings | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Path, Path]:
    """Color `seconds` of a film in ten pieces and write them, without sound, with a strip: gray
    above, in color below.

    output: a folder or a name; None is beside the film. Returns NAME.preview.mp4 and
    NAME.preview.jpg. Raises as `color_film` does.
    """
    settings = settings or Settings()
    film = Source(path, settings.deinterlace, settings.hdr)
    folder = (
        film.path.parent
        if output is None
        else Path(output)
        if Path(output).is_dir()
        else Path(output).parent
    )
    movie, strip = (folder / f"{film.path.stem}.preview{suffix}" for suffix in (".mp4", ".jpg"))
    painter = Painter(colorizer or Colorizer(threads=1), settings.guidance)
    pairs: list[tuple[Pixels, Pixels]] = []
    done = stamp = 0
    try:
        with (
            set_for_frames(),
            whole_path(movie, FilmError) as beside,
            ThreadPoolExecutor(cores()) as pool,
        ):
            segment = Segment(
                beside, find_encoder("h264"), settings.quality, film.look, film.time_base, film.rate
            )
            step = max(1, round(1 / (film.rate * film.time_base)))
            chosen = pieces(film, seconds, settings)
            wishes = sorted(settings.wishes, key=lambda wish: wish.time)
            anchors = anchors_of(wishes, film, painter, chosen[0][0], chosen[-1][1], whole=True)
            for start, stop in chosen:
                first, moved = True, None
                for colored in _colored(film, start, stop, painter, anchors, pool):
                    luma = colored.still.luma
                    assert luma is not None
                    moved = stamp - colored.still.pts if moved is None else moved
                    segment.write(colored.still.pts + moved, luma, *colored.chroma)
                    stamp = colored.still.pts + moved + step
                    if first:
                        pairs.append(
                            (
                                picture_of(luma, None, film.look),
                                picture_of(luma, colored.chroma, film.look),
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
    write_photo(Photo(np.asarray(contact_sheet(rows, cell=STRIP_CELL))), strip, format="jpg")
    return movie, strip


def pieces(film: Source, seconds: float, settings: Settings) -> list[tuple[float, float]]:
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
    film: Source,
    start: float,
    stop: float,
    painter: Painter,
    anchors: Sequence[Anchor],
    pool: ThreadPoolExecutor,
) -> Iterator[Colored]:
    def seconds(frame: Frame) -> float:
        return float(frame.pts * film.time_base - film.shift)

    here = [anchor for anchor in anchors if start <= anchor.time < stop]
    steady = Steady(painter, pool, here, 1 / float(film.rate))
    for window in color_frames(read_ahead(film.frames(start, stop), 8), film.look, steady, seconds):
        yield from pool.map(lambda colors: render(colors, film.look), window)
