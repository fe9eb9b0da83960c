"""A film in; its shots, each with a frame and an empty guidance to be edited, out. And edited
guidances back in."""

import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tintype.errors import FilmError, UsageError
from tintype.files import write_text
from tintype.film.ahead import read_ahead
from tintype.film.chroma import gray_of, picture_of
from tintype.film.follow import Wish
from tintype.film.memory import Memory
from tintype.film.motion import Link, View, link
from tintype.film.source import Frame, Source
from tintype.guidance import Guidance
from tintype.photo import Photo, write_photo

NAME = re.compile(r"shot-\d+-(\d+(?:\.\d+)?)s\.tintype\.json")


@dataclass(frozen=True)
class Shot:
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
    show: Callable[[int], None] = lambda _: None,
) -> list[Shot]:
    """Write a frame and an empty guidance a shot, named by the shot's number and the frame's time;
    guidances that are there stay.

    show: told the number of frames read. Raises UsageError, and FilmError for a film that cannot be
    read.
    """
    film, target = Source(path, deinterlace, hdr), Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FilmError(f"{target} cannot be made: {error.strerror}") from error
    shots = _Shots(film, target)
    with ThreadPoolExecutor(2) as pool:
        before: View | None = None
        waiting: list[tuple[Frame, View, Future[Link] | None]] = []
        for frame in read_ahead(film.frames(), 8):
            view = (
                View.of(gray_of(frame.luma, film.look))
                if before is None or not frame.broken
                else before
            )
            waiting.append(
                (frame, view, None if before is None else pool.submit(link, before, view))
            )
            before = view
            if len(waiting) > 8:
                shots.add(*waiting.pop(0))
            show(frame.index + 1)
        for each in waiting:
            shots.add(*each)
    shots.close()
    return shots.done


class _Shots:
    """Frames in order; each shot is written when it ends. Of its frames the last whose number is a
    power of two shows it."""

    def __init__(self, film: Source, folder: Path) -> None:
        self.film, self.folder = film, folder
        self.done: list[Shot] = []
        self.memory = Memory()
        self.count = 0

    def add(self, frame: Frame, view: View, way: "Future[Link] | None") -> None:
        if way is not None and way.result().cut:
            self.close()
        seconds = float(frame.pts * self.film.time_base - self.film.shift)
        if self.count == 0:
            self.start = seconds
            found = self.memory.find(view)
            self.returns = None if found is None else found.shot
            self.memory.add(len(self.done) + 1, view, np.zeros((*view.light.shape, 3), np.float32))
        self.count += 1
        if self.count & (self.count - 1) == 0:
            self.time, self.luma = seconds, frame.luma
        self.stop, self.view = seconds + 1 / float(self.film.rate), view

    def close(self) -> None:
        if self.count == 0:
            return
        number = len(self.done) + 1
        self.memory.add(number, self.view, np.zeros((*self.view.light.shape, 3), np.float32))
        stem = f"shot-{number:04}-{self.time:.3f}s"
        picture, guidance = self.folder / f"{stem}.jpg", self.folder / f"{stem}.tintype.json"
        write_photo(Photo(picture_of(self.luma, None, self.film.look)), picture, format="jpg")
        if not guidance.exists():
            write_text(guidance, Guidance().to_json() + "\n", FilmError)
        self.done.append(
            Shot(number, self.start, self.stop, self.time, self.returns, picture, guidance)
        )
        self.count = 0


def read_guidances(folder: str | Path) -> list[Wish]:
    """The edited guidances of `list_shots`, in order of time; empty ones ask for nothing and are
    left out.

    Raises UsageError if the folder holds no such file or one cannot be read.
    """
    found = [
        (path, match)
        for path in sorted(Path(folder).glob("*.json"))
        if (match := NAME.fullmatch(path.name))
    ]
    if not found:
        raise UsageError(
            f"{folder} holds no guidances of shots; tintype film INPUT --shots {folder} writes them"
        )
    wishes = [Wish(float(match[1]), read_guidance(path)) for path, match in found]
    return sorted(
        (wish for wish in wishes if wish.guidance != Guidance()), key=lambda wish: wish.time
    )


def read_guidance(path: Path) -> Guidance:
    """Raises UsageError, in one sentence, for a file that is missing or broken."""
    try:
        return Guidance.from_json(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
