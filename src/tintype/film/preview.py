"""A film in; some seconds in color, spread over its length, and a strip of frames out."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
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
from tintype.film.runtime import cores, parallel_frames, read_ahead, reason_of
from tintype.film.settings import FilmSettings
from tintype.film.source import FilmSource, Frame
from tintype.film.steady import SteadyColors, color_frames, render
from tintype.photo import Photo, write_photo
from tintype.sheet import contact_sheet

PIECES = 10
STRIP_CELL_PIXELS = 320
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

    The pieces are colored as parts of one film: guidance and the colors of a shot hold where the
    shot returns. output: a name that ends in .mp4, or a folder; None is beside the film, as
    NAME.preview.mp4. The strip has the same name and ends in .jpg. Raises as `color_film` does.
    """
    settings = settings or FilmSettings()
    film = FilmSource(path, settings.deinterlace, settings.hdr, settings.rate, settings.recolor)
    movie, strip = _outputs(film, output, overwrite)
    encoder = find_encoder("h264")
    film.pixel_format = encoder.fitted(film.pixel_format)
    chosen = pieces(film, seconds, settings)
    pairs: list[tuple[Pixels, Pixels]] = []
    try:
        with parallel_frames(), whole_path(movie, FilmError) as beside:
            segment = SegmentWriter(
                beside,
                encoder,
                encoder.settings(settings.quality),
                film.pixel_format,
                film.time_base,
                film.rate,
            )
            colored = _colored(film, chosen, colorizer or Colorizer(threads=1), settings)
            for count, (luma, chroma, begins) in enumerate(colored):
                segment.write(count * film.step, luma, *chroma)
                if begins:
                    gray = picture_of(luma, None, film.pixel_format)
                    pairs.append((gray, picture_of(luma, chroma, film.pixel_format)))
                progress(count + 1)
            if not pairs:
                segment.abandon()
                raise FilmError(f"{film.path} has no frame at that time")
            segment.close()
    except OSError as error:  # FFmpeg's errors are too
        raise FilmError(f"{movie} cannot be written: {reason_of(error)}") from error
    rows = [[Image.fromarray(pair[n]) for pair in pairs] for n in (0, 1)]
    sheet = contact_sheet(rows, cell=STRIP_CELL_PIXELS)
    write_photo(Photo(np.asarray(sheet)), strip, format="jpg")
    return movie, strip


def pieces(film: FilmSource, seconds: float, settings: FilmSettings) -> list[Piece]:
    """The pieces in order; one where the film is not longer than `seconds`."""
    begin = settings.start or 0.0
    end = settings.stop if settings.stop is not None else (film.duration or begin + seconds)
    if end - begin <= seconds:
        return [(begin, end + 1)]
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
    # a frame under each guidance outside of the pieces, for shots that return within one
    half = 0.5 / float(film.rate)
    begin, end = chosen[0][0], chosen[-1][1]
    guided = [
        (each.time - half, each.time + half)
        for each in timed
        if begin <= each.time < end and not any(a <= each.time < b for a, b in chosen)
    ]
    firsts: dict[int, bool] = {}

    def frames() -> Iterator[Frame]:
        for piece in sorted([*chosen, *guided]):
            for frame in film.frames(*piece):
                if piece in chosen:
                    firsts[frame.pts] = frame.index == 0
                yield frame

    with ThreadPoolExecutor(cores()) as pool:
        read = [*chosen, *guided]
        anchors = [
            anchor
            for anchor in anchors_of(timed, film, color_key, begin, end, every_frame=True)
            if any(a <= anchor[0] < b for a, b in read)
        ]
        steady = SteadyColors(color_key, pool, anchors, 1 / float(film.rate))
        for window in color_frames(read_ahead(frames(), 8), film.pixel_format, steady):
            for each in pool.map(lambda each: render(each, film.pixel_format), window):
                if each.frame.pts in firsts:
                    assert each.chroma is not None
                    yield each.frame.luma, each.chroma, firsts[each.frame.pts]
