"""A film in; its shots, each with a frame and an empty guidance file, out."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tintype.errors import FilmError
from tintype.files import write_text
from tintype.film.chroma import gray_of, picture_of
from tintype.film.memory import Memory
from tintype.film.motion import Flow, MotionInput, flow_between
from tintype.film.runtime import read_ahead
from tintype.film.source import FilmSource, Frame
from tintype.guidance import Guidance
from tintype.photo import Photo, write_photo

FLOWS_AHEAD = 8


@dataclass(frozen=True)
class FilmShot:
    """number: from 1. start, stop: seconds. time: of the frame that shows it. returns: the number
    of an earlier shot that it shows again."""

    number: int
    start: float
    stop: float
    time: float
    returns: int | None
    picture: Path
    guidance: Path


def list_shots(
    path: str | Path,
    folder: str | Path,
    deinterlace: str = "auto",
    hdr: str = "refuse",
    progress: Callable[[int], None] = lambda _: None,
) -> list[FilmShot]:
    """Write a frame and an empty guidance file per shot, named by its number and the frame's time.
    Guidance files that exist are kept.

    progress: called with the number of frames read. Raises UsageError, and FilmError for a film
    that cannot be read.
    """
    film, target = FilmSource(path, deinterlace, hdr), Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FilmError(f"{target} cannot be made: {error.strerror}") from error
    shots = _ShotWriter(film, target)
    with ThreadPoolExecutor(2) as pool:
        before: MotionInput | None = None
        waiting: list[tuple[Frame, MotionInput, Future[Flow] | None]] = []
        for frame in read_ahead(film.frames(), 8):
            view = before
            if view is None or not frame.broken:
                view = MotionInput.of(gray_of(frame.luma, film.pixel_format))
            flow = None if before is None else pool.submit(flow_between, before, view)
            waiting.append((frame, view, flow))
            before = view
            if len(waiting) > FLOWS_AHEAD:
                shots.add(*waiting.pop(0))
            progress(frame.index + 1)
        for each in waiting:
            shots.add(*each)
    shots.close()
    return shots.done


class _ShotWriter:
    """Takes the frames in order, and writes each shot when it ends. The last frame whose number is
    a power of two shows the shot."""

    def __init__(self, film: FilmSource, folder: Path) -> None:
        self.film, self.folder = film, folder
        self.done: list[FilmShot] = []
        self.memory = Memory()
        self.count = 0

    def add(self, frame: Frame, view: MotionInput, flow: "Future[Flow] | None") -> None:
        if flow is not None and flow.result().cut:
            self.close()
        if self.count == 0:
            self.start = frame.seconds
            earlier = self.memory.find(view)
            self.returns = None if earlier is None else earlier.shot
            self._remember(view)
        self.count += 1
        if self.count & (self.count - 1) == 0:
            self.shown = frame
        self.stop, self.view = frame.seconds + 1 / float(self.film.rate), view

    def close(self) -> None:
        if self.count == 0:
            return
        self._remember(self.view)
        number, time = len(self.done) + 1, self.shown.seconds
        stem = f"shot-{number:04}-{time:.3f}s"
        picture, guidance = self.folder / f"{stem}.jpg", self.folder / f"{stem}.tintype.json"
        pixels = picture_of(self.shown.luma, None, self.film.pixel_format)
        write_photo(Photo(pixels), picture, format="jpg")
        if not guidance.exists():
            write_text(guidance, Guidance().to_json() + "\n", FilmError)
        self.done.append(
            FilmShot(number, self.start, self.stop, time, self.returns, picture, guidance)
        )
        self.count = 0

    def _remember(self, view: MotionInput) -> None:
        sums = np.zeros((*view.light.shape, 3), np.float32)
        self.memory.add(len(self.done) + 1, view, sums)
