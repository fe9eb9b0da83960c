"""A film in; some seconds in color, and a strip of frames, out."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from tintype.arrays import Pixels
from tintype.engine import Colorizer
from tintype.errors import FilmError, UsageError
from tintype.files import whole_path
from tintype.film.chroma import picture_of
from tintype.film.encode import SegmentWriter, find_encoder
from tintype.film.follow import anchors_of
from tintype.film.keys import KeyColorizer
from tintype.film.label import comment_of, film_label
from tintype.film.motion import shrunk_size
from tintype.film.runtime import cores, parallel_frames, read_ahead, reason_of
from tintype.film.settings import FilmSettings
from tintype.film.source import FilmSource, Frame
from tintype.film.steady import OVERLAP_FRAMES, SteadyColors, color_frames, render
from tintype.photo import Photo, write_photo
from tintype.sheet import contact_sheet

PIECES = 10
STRIP_CELL_PIXELS = 320
CLIP_PIXELS = 640 * 360
Piece = tuple[float, float]
"""Start and stop, in seconds."""


def preview_film(
    path: str | Path,
    output: str | Path | None = None,
    seconds: float = 10,
    colorizer: Colorizer | None = None,
    settings: FilmSettings | None = None,
    progress: Callable[[int], None] = lambda _: None,
    overwrite: bool = False,
) -> tuple[Path, Path]:
    """Color `seconds` of a film in ten pieces and write them, without sound, with a strip: gray
    above, in color below.

    The pieces are colored as parts of one film, with what surrounds them: guidance and the colors
    of a shot hold where the shot returns. output: a name that ends in .mp4, or a folder; None is
    beside the film, as NAME.preview.mp4. The strip has the same name and ends in .jpg. Raises as
    `color_film` does.
    """
    settings = settings or FilmSettings()
    film = FilmSource(path, settings.deinterlace, settings.hdr, settings.rate, settings.recolor)
    movie, strip = _outputs(film, output, overwrite)
    chosen = pieces(film, seconds, settings)
    colorizer = colorizer or Colorizer(threads=1)
    with whole_path(movie, FilmError) as beside:
        pairs = _write(film, movie, beside, chosen, colorizer, settings, progress)
    rows = [[Image.fromarray(pair[n]) for pair in pairs] for n in (0, 1)]
    sheet = contact_sheet(rows, cell=STRIP_CELL_PIXELS)
    label = film_label(colorizer, settings)
    write_photo(Photo(np.asarray(sheet)), strip, format="jpg", label=label)
    return movie, strip


def color_clip(
    path: str | Path,
    output: Path,
    start: float,
    stop: float,
    colorizer: Colorizer | None = None,
    settings: FilmSettings | None = None,
    progress: Callable[[int], None] = lambda _: None,
    pixels: int = CLIP_PIXELS,
) -> None:
    """Write the seconds from `start` to `stop` as the film shows them: an MP4 without sound, of at
    most so many pixels a frame. progress: called with the number of frames written; what it raises
    ends the work. Raises as `color_film` does."""
    settings = settings or FilmSettings()
    film = FilmSource(path, settings.deinterlace, settings.hdr, settings.rate, settings.recolor)
    height, width = shrunk_size(film.pixel_format.height, film.pixel_format.width, pixels)
    film.pixel_format = replace(film.pixel_format, width=width, height=height)
    colorizer = colorizer or Colorizer(threads=1)
    _write(film, output, output, [(start, stop)], colorizer, settings, progress)


def _write(
    film: FilmSource,
    movie: Path,
    beside: Path,
    chosen: Sequence[Piece],
    colorizer: Colorizer,
    settings: FilmSettings,
    progress: Callable[[int], None],
) -> list[tuple[Pixels, Pixels]]:
    """Write the pieces one after the other. beside: where, until it is moved to `movie`. Returns
    the first frame of each, gray and in color."""
    encoder = find_encoder("h264")
    film.pixel_format = encoder.fitted(film.pixel_format)
    pairs: list[tuple[Pixels, Pixels]] = []
    try:
        with parallel_frames():
            segment = SegmentWriter(
                beside,
                encoder,
                encoder.settings(settings.quality),
                film.pixel_format,
                film.time_base,
                film.rate,
            )
            comment = comment_of(film_label(colorizer, settings))
            segment.container.metadata["comment"] = comment
            colored = _colored(film, chosen, colorizer, settings)
            try:
                for count, (luma, chroma, begins) in enumerate(colored):
                    segment.write(count * film.step, luma, *chroma)
                    if begins:
                        gray = picture_of(luma, None, film.pixel_format)
                        pairs.append((gray, picture_of(luma, chroma, film.pixel_format)))
                    progress(count + 1)
                if not pairs:
                    raise FilmError(f"{film.path} has no frame at that time")
            except BaseException:
                segment.abandon()
                raise
            segment.close()
    except OSError as error:  # FFmpeg's errors are too
        raise FilmError(f"{movie} cannot be written: {reason_of(error)}") from error
    return pairs


def pieces(film: FilmSource, seconds: float, settings: FilmSettings) -> list[Piece]:
    """The pieces in order; one where the film is not longer than `seconds`."""
    begin = settings.start or 0.0
    end = settings.stop if settings.stop is not None else (film.duration or begin + seconds)
    if end - begin <= seconds:
        return [(begin, end if settings.stop is not None else end + 1)]
    each = seconds / PIECES
    gap = (end - begin - each) / (PIECES - 1)
    return [(begin + n * gap, begin + n * gap + each) for n in range(PIECES)]


def _outputs(film: FilmSource, output: str | Path | None, overwrite: bool) -> tuple[Path, Path]:
    movie = film.input.stem.with_name(f"{film.input.stem.name}.preview.mp4")
    if output is not None:
        named = Path(output)
        movie = named / movie.name if named.is_dir() else named
    if movie.suffix.lower() != ".mp4":
        raise UsageError(f"a preview is an MP4; end {movie.name} in .mp4")
    strip = movie.with_suffix(".jpg")
    for path in (movie, strip):
        if path.exists() and not overwrite:
            raise UsageError(f"{path} exists already; --overwrite replaces it")
    return movie, strip


def _colored(
    film: FilmSource, chosen: Sequence[Piece], colorizer: Colorizer, settings: FilmSettings
) -> Iterator[tuple[Pixels, tuple[Pixels, Pixels], bool]]:
    """Luma and chroma of each frame of the pieces, and whether it is the first of its piece."""
    color_key = KeyColorizer(colorizer, film.pixel_format, settings.guidance)
    timed = sorted(settings.timed_guidance, key=lambda each: each.time)
    half, lead = 0.5 / float(film.rate), OVERLAP_FRAMES / float(film.rate)
    first = settings.start or 0.0
    last = chosen[-1][1] + lead if settings.stop is None else settings.stop
    # what surrounds a piece takes part in its colors; and a frame under each guidance outside of
    # the pieces, for shots that return within one
    wide = [(max(first, begin - lead), min(last, end + lead)) for begin, end in chosen]
    guided = [(each.time - half, each.time + half) for each in timed if first <= each.time < last]
    read = _united([*wide, *guided])
    begun: set[Piece] = set()
    shown: dict[int, bool] = {}

    def frames() -> Iterator[Frame]:
        for part in read:
            for frame in film.frames(*part):
                piece = next((p for p in chosen if p[0] <= frame.seconds + 1e-6 < p[1]), None)
                if piece is not None:
                    shown[frame.pts] = piece not in begun
                    begun.add(piece)
                yield frame

    with ThreadPoolExecutor(cores()) as pool:
        anchors = [
            anchor
            for anchor in anchors_of(timed, film, color_key, first, last, every_frame=True)
            if any(a <= anchor[0] < b for a, b in read)
        ]
        steady = SteadyColors(color_key, pool, anchors, 1 / float(film.rate))
        for window in color_frames(read_ahead(frames(), 8), film.pixel_format, steady):
            wanted = [each for each in window if each.frame.pts in shown]
            for each in pool.map(lambda each: render(each, film.pixel_format), wanted):
                assert each.chroma is not None
                yield each.frame.luma, each.chroma, shown[each.frame.pts]


def _united(parts: Sequence[Piece]) -> list[Piece]:
    """The parts in order, with those that overlap as one."""
    united: list[Piece] = []
    for begin, end in sorted(parts):
        if united and begin <= united[-1][1]:
            united[-1] = united[-1][0], max(end, united[-1][1])
        else:
            united.append((begin, end))
    return united
