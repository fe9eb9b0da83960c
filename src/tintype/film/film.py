"""A film file in; the same film in color, with all its tracks and time stamps, out."""

import contextlib
import errno
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2

from tintype.engine import Colorizer
from tintype.errors import FilmError, UsageError
from tintype.files import whole_path
from tintype.film.ahead import read_ahead
from tintype.film.anchors import anchors_of
from tintype.film.encode import QUALITY, Encoder, Segment, find_encoder
from tintype.film.frames import color_frames, render, window_of
from tintype.film.keys import Painter, Wish
from tintype.film.library import av
from tintype.film.parts import Parts
from tintype.film.source import Frame, Source
from tintype.film.steady import Colors, Steady
from tintype.film.tracks import FORMATS, check_carrier, join, refused_tracks
from tintype.guidance import Guidance

SEGMENT = 96
"""A segment is finished when it holds so many frames or more."""
READ_AHEAD, RENDER_AHEAD = 16, 12
MARK = ".color"


@dataclass(frozen=True)
class Progress:
    """frames: colored so far, of `total` (None: not known). rate: frames a second. left: seconds, or None."""

    frames: int
    total: int | None
    rate: float
    left: float | None


@dataclass(frozen=True)
class Report:
    """output: the film, or None if it was stopped. parts: the folder of finished segments, then. frames: all. broken: damaged ones.

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


@dataclass(frozen=True)
class Settings:
    """How a film is colored and written.

    start, stop: seconds; None for all. codec: h264, hevc, vp9, av1, ffv1 or prores; None for what the output's name asks for. quality: 1
    to 100. deinterlace: auto, on or off. hdr: refuse or tonemap. guidance: for the whole film. wishes: each from its time, for its shot.
    """

    start: float | None = None
    stop: float | None = None
    codec: str | None = None
    quality: int = QUALITY
    deinterlace: str = "auto"
    hdr: str = "refuse"
    guidance: Guidance = field(default_factory=Guidance)
    wishes: Sequence[Wish] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise UsageError(f"quality is 1 to 100, not {self.quality}")
        if self.start is not None and self.stop is not None and self.stop <= self.start:
            raise UsageError(f"a film cannot end at {self.stop:g} s when it starts at {self.start:g} s")
        if self.codec is not None:
            find_encoder(self.codec)


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

    output: its name decides the container; None is NAME.color.EXT beside. resume: go on with the segments that an earlier run finished.
    progress: called after every frame, in another thread. stop: asked before every frame; once it is true the finished segments are
    kept, and the report's output is None. Raises UsageError for a wrong call and FilmError for a film that cannot be read or written.
    """
    settings = settings or Settings()
    film = Source(source, settings.deinterlace, settings.hdr)
    target, codec = choose_output(film, output, settings.codec, overwrite)
    late = [wish.time for wish in settings.wishes if film.duration is not None and wish.time > film.duration + 1]
    if late:
        raise UsageError(f"{film.path} ends at {film.duration:.3f} s, so there is nothing to guide at {late[0]:g} s")
    encoder = find_encoder(codec)
    check_carrier(film, target, encoder, codec)
    colorizer = colorizer or Colorizer(threads=1)
    parts = Parts(target, encoder.container, _identity(film, colorizer, codec, settings), resume)
    work = _Work(film, encoder, colorizer, settings, parts, progress, stop)
    with _single_threaded_opencv():
        finished = work.run()
    frames = sum(len(segment.stamps) for segment in parts.finished)
    faults = film.faults
    broken = sum(segment.broken for segment in parts.finished) + faults.lost
    notes = [*faults.notes]
    if not finished:
        return Report(None, frames, work.shots, broken, faults.truncated, parts.folder, notes)
    if not frames:
        parts.remove()
        raise FilmError(
            f"{film.path} has no frame that can be decoded" if settings.start is None else f"{film.path} has no frame at that time"
        )
    try:
        with whole_path(target, FilmError) as beside:
            join(parts.finished, film, beside, FORMATS[target.suffix.lower()], settings.start, settings.stop)
    except av.FFmpegError as error:
        raise FilmError(_cannot_write(target, error, parts)) from error
    parts.remove()
    if faults.truncated:
        notes.append(f"{film.path} is truncated: it is colored up to where it ends, after {frames} frames")
    if broken:
        notes.append(f"{broken} broken frame{'s' if broken > 1 else ''}: the colors of the last good frame go on")
    return Report(target, frames, work.shots, broken, faults.truncated, None, notes)


def choose_output(film: Source, output: str | Path | None, codec: str | None, overwrite: bool) -> tuple[Path, str]:
    """The output's path and the codec. Raises UsageError if it exists or is the source."""
    suffix = film.path.suffix.lower()
    if output is None:
        if codec in ("ffv1", "prores"):
            suffix = ".mkv" if codec == "ffv1" else ".mov"
        elif suffix not in FORMATS or suffix == ".avi":
            suffix = ".mkv" if refused_tracks(film, ".mp4") else ".mp4"
        target = film.path.with_name(f"{film.path.stem}{MARK}{suffix}")
    else:
        target = Path(output)
        if target.is_dir():
            target = target / f"{film.path.stem}{suffix if suffix in FORMATS and suffix != '.avi' else '.mp4'}"
    if target.resolve() == film.path.resolve():
        raise UsageError(f"{target} would be written over itself; choose another output")
    if target.exists() and not overwrite:
        raise UsageError(f"{target} exists already; --overwrite replaces it")
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent}")
    return target, codec or ("vp9" if target.suffix.lower() == ".webm" else "h264")


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
        "guidance": [repr(settings.guidance), [[wish.time, repr(wish.guidance)] for wish in settings.wishes]],
    }


class _Stopped(Exception):
    """The person or the job queue asked to stop."""


class _Work:
    """One film on its way: a thread reads, a pool finds motion, keys and edges, this thread sweeps, another one writes."""

    def __init__(
        self, film: Source, encoder: Encoder, colorizer: Colorizer, settings: Settings, parts: Parts,
        progress: Callable[[Progress], None], stop: Callable[[], bool],
    ) -> None:  # fmt: skip
        self.film, self.encoder, self.settings, self.parts = film, encoder, settings, parts
        self.painter = Painter(colorizer, settings.guidance)
        self.progress, self.stop = progress, stop
        self.shots = sum(segment.cuts for segment in parts.finished)
        self.failure: BaseException | None = None
        self.windows: queue.Queue[tuple[list[Colors], dict[str, Any]] | None] = queue.Queue(1)

    def run(self) -> bool:
        """Whether the film came to its end; False where it was stopped."""
        workers = max(2, min(16, _cores()))
        with ThreadPoolExecutor(workers) as self.pool:
            writer = threading.Thread(target=self._write, name="film-writer")
            writer.start()
            try:
                self._color()
                self._hand_over(None)
                return True
            except _Stopped:
                return False
            finally:
                if writer.is_alive():
                    with contextlib.suppress(BaseException):
                        self._end(writer)
                writer.join()
                if self.failure is not None:
                    raise self.failure

    def _end(self, writer: threading.Thread) -> None:
        while writer.is_alive():
            try:
                self.windows.put(None, timeout=0.1)
                return
            except queue.Full:
                continue

    def _color(self) -> None:
        settings, film = self.settings, self.film
        begin, end = settings.start or 0.0, float("inf") if settings.stop is None else settings.stop
        wishes = sorted((wish for wish in settings.wishes if begin <= wish.time < end), key=lambda wish: wish.time)
        anchors = sorted((a for wish in wishes for a in anchors_of(wish, film, self.painter, settings.start)), key=lambda a: a.time)
        steady = Steady(self.painter, self.pool, wishes, 1 / float(film.rate), window_of(film.look), anchors)
        after = self.parts.restore(steady)
        frames = read_ahead(film.frames(settings.start, settings.stop, after), READ_AHEAD)

        def watched() -> Iterator[Frame]:
            for frame in frames:
                if self.failure is not None:
                    return
                if self.stop():
                    raise _Stopped
                yield frame

        for window in color_frames(watched(), film.look, steady, lambda frame: float(frame.pts * film.time_base - film.shift)):
            self._hand_over((window, steady.snapshot()))

    def _hand_over(self, window: tuple[list[Colors], dict[str, Any]] | None) -> None:
        while self.failure is None:
            if window is not None and self.stop():
                raise _Stopped
            try:
                return self.windows.put(window, timeout=0.2)
            except queue.Full:
                continue

    def _write(self) -> None:
        try:
            self._segments()
        except BaseException as error:  # handed to the thread that asked
            self.failure = error

    def _segments(self) -> None:
        began, done = time.monotonic(), 0
        before = sum(len(segment.stamps) for segment in self.parts.finished)
        total = self._total()
        segment: Segment | None = None
        cuts = broken = 0
        state: dict[str, Any] = {}
        try:
            while (handed := self.windows.get()) is not None:
                window, state = handed
                segment = segment or self._begin()
                for colored in self._rendered(window):
                    assert colored.still.luma is not None
                    segment.write(colored.still.pts, colored.still.luma, *colored.chroma)
                    colored.still.luma = None
                    cuts, broken, done = cuts + colored.cut, broken + colored.still.broken, done + 1
                    self.shots += colored.cut
                    rate = done / max(1e-6, time.monotonic() - began)
                    left = None if total is None else max(0.0, (total - before - done) / rate)
                    self.progress(Progress(before + done, total, rate, left))
                if len(segment.stamps) >= SEGMENT:
                    self._finish(segment, cuts, broken, state)
                    segment, cuts, broken = None, 0, 0
            if segment is not None:
                self._finish(segment, cuts, broken, state)
                segment = None
        except (av.FFmpegError, OSError) as error:
            raise FilmError(_cannot_write(self.parts.next_segment(), error, self.parts)) from error
        finally:
            if segment is not None:
                segment.abandon()

    def _begin(self) -> Segment:
        film = self.film
        return Segment(self.parts.next_segment(), self.encoder, self.settings.quality, film.look, film.time_base, film.rate)

    def _finish(self, segment: Segment, cuts: int, broken: int, state: dict[str, Any]) -> None:
        segment.close()
        self.parts.finish(segment.stamps, cuts, broken, state)

    def _rendered(self, window: list[Colors]) -> Iterator[Any]:
        waiting: deque[Any] = deque()
        for colors in window:
            waiting.append(self.pool.submit(render, colors, self.film.look))
            if len(waiting) > RENDER_AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _total(self) -> int | None:
        film, settings = self.film, self.settings
        if film.count is None:
            return None
        begin = settings.start or 0.0
        if film.duration is None or (settings.start is None and settings.stop is None):
            return film.count
        return max(1, round((min(settings.stop or film.duration, film.duration) - begin) * float(film.rate)))


def _cannot_write(path: Path, error: Any, parts: Parts) -> str:
    kept = sum(len(segment.stamps) for segment in parts.finished)
    reason = "there is no space left" if error.errno == errno.ENOSPC else error.strerror or str(error)
    left = f"; {kept} frames are kept in {parts.folder}, and --resume goes on from there" if kept else ""
    return f"{path} cannot be written: {reason}{left}"


@contextlib.contextmanager
def _single_threaded_opencv() -> Iterator[None]:
    """Frames are worked on in parallel: threads inside each would only get in each other's way."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
