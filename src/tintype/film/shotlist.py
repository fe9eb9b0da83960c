"""A film in; its shots, each with a frame and an empty guidance file, and lists for editing
programs out."""

import csv
import io
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from tintype.errors import FilmError
from tintype.files import write_text
from tintype.film.chroma import gray_of, picture_of
from tintype.film.memory import Memory
from tintype.film.motion import Flow, MotionInput, flow_between
from tintype.film.runtime import read_ahead
from tintype.film.source import FilmSource, Frame
from tintype.film.timecode import frames_of_timecode, timecode_of_frames
from tintype.guidance import Guidance
from tintype.photo import Photo, write_photo

FLOWS_AHEAD = 8


@dataclass(frozen=True)
class FilmShot:
    """number: from 1. start, stop: seconds. first, frames: number of its first frame, from 0, and
    how many it has. time: of the frame that shows it. returns: the number of an earlier shot that
    it shows again."""

    number: int
    start: float
    stop: float
    first: int
    frames: int
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
    """Write a frame and an empty guidance file per shot, named by its number and the frame's time,
    and the shots as shots.csv and, for editing programs, shots.edl. Guidance files that exist are
    kept.

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
    write_text(target / "shots.csv", csv_of(shots.done), FilmError)
    write_text(target / "shots.edl", edl_of(shots.done, film), FilmError)
    return shots.done


def csv_of(shots: Sequence[FilmShot]) -> str:
    """One line a shot, times in seconds; the same columns as `FilmShot`."""
    names = [each.name for each in fields(FilmShot)]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(names)
    for shot in shots:
        values = (getattr(shot, name) for name in names)
        table.writerow(value.name if isinstance(value, Path) else value for value in values)
    return text.getvalue()


def edl_of(shots: Sequence[FilmShot], film: FilmSource) -> str:
    """An edit decision list (CMX 3600) in which the film is cut at its shots."""
    begin = (film.timecode and frames_of_timecode(film.timecode, film.rate)) or 0
    drop = bool(film.timecode) and film.timecode[8] != ":"
    lines = [f"TITLE: {film.path.stem}", f"FCM: {'DROP' if drop else 'NON-DROP'} FRAME"]
    for shot in shots:
        ends = (begin + shot.first, begin + shot.first + shot.frames)
        times = " ".join(timecode_of_frames(end, film.rate, drop) for end in ends)
        lines += [
            f"{shot.number:03}  AX       V     C        {times} {times}",
            f"* FROM CLIP NAME: {film.path.name}",
        ]
    return "\n".join(lines) + "\n"


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
            self.stop = frame.seconds
            self.close()
        if self.count == 0:
            self.start, self.first = frame.seconds, frame.index
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
            FilmShot(
                number,
                self.start,
                self.stop,
                self.first,
                self.count,
                time,
                self.returns,
                picture,
                guidance,
            )
        )
        self.count = 0

    def _remember(self, view: MotionInput) -> None:
        sums = np.zeros((*view.light.shape, 3), np.float32)
        self.memory.add(len(self.done) + 1, view, sums)
