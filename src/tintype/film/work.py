"""A film that is open, and where its segments go, in; finished segments out. Reading, flow,
network, raising and writing overlap."""

import contextlib
import errno
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tintype.engine import Colorizer
from tintype.errors import FilmError
from tintype.film.ahead import read_ahead
from tintype.film.anchors import anchors_of
from tintype.film.encode import Encoder, Segment
from tintype.film.frames import color_frames, render, window_of
from tintype.film.keys import Painter
from tintype.film.library import av
from tintype.film.machine import cores
from tintype.film.parts import Parts
from tintype.film.settings import Settings
from tintype.film.source import Frame, Source
from tintype.film.steady import Colors, Steady

SEGMENT = 96
"""A segment is finished when it holds so many frames or more."""
READ_AHEAD, RENDER_AHEAD = 16, 12


@dataclass(frozen=True)
class Progress:
    """frames: colored so far, of `total` (None: not known). rate: frames a second. left: seconds,
    or None."""

    frames: int
    total: int | None
    rate: float
    left: float | None


class Stopped(Exception):
    """The person or the job queue asked to stop."""


class Work:
    """One film on its way: a thread reads, a pool finds motion, keys and edges, this thread sweeps,
    another one writes."""

    def __init__(
        self,
        film: Source,
        encoder: Encoder,
        colorizer: Colorizer,
        settings: Settings,
        parts: Parts,
        progress: Callable[[Progress], None],
        stop: Callable[[], bool],
    ) -> None:
        self.film, self.encoder, self.settings, self.parts = film, encoder, settings, parts
        self.painter = Painter(colorizer, settings.guidance)
        self.progress, self.stop = progress, stop
        self.shots = sum(segment.cuts for segment in parts.finished)
        self.failure: BaseException | None = None
        self.windows: queue.Queue[tuple[list[Colors], dict[str, Any]] | None] = queue.Queue(1)

    def run(self) -> bool:
        """Whether the film came to its end; False where it was stopped."""
        workers = max(2, min(16, cores()))
        with ThreadPoolExecutor(workers) as self.pool:
            writer = threading.Thread(target=self._write, name="film-writer")
            writer.start()
            try:
                self._color()
                self._hand_over(None)
                return True
            except Stopped:
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
        wishes = sorted(settings.wishes, key=lambda wish: wish.time)
        anchors = anchors_of(wishes, film, self.painter, begin, end)
        steady = Steady(
            self.painter, self.pool, anchors, 1 / float(film.rate), window_of(film.look)
        )
        after = self.parts.restore(steady)
        frames = read_ahead(film.frames(settings.start, settings.stop, after), READ_AHEAD)

        def watched() -> Iterator[Frame]:
            for frame in frames:
                if self.failure is not None:
                    return
                if self.stop():
                    raise Stopped
                yield frame

        for window in color_frames(
            watched(),
            film.look,
            steady,
            lambda frame: float(frame.pts * film.time_base - film.shift),
        ):
            self._hand_over((window, steady.snapshot()))

    def _hand_over(self, window: tuple[list[Colors], dict[str, Any]] | None) -> None:
        while self.failure is None:
            if window is not None and self.stop():
                raise Stopped
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
            raise FilmError(cannot_write(self.parts.next_segment(), error, self.parts)) from error
        finally:
            if segment is not None:
                segment.abandon()

    def _begin(self) -> Segment:
        film = self.film
        return Segment(
            self.parts.next_segment(),
            self.encoder,
            self.settings.quality,
            film.look,
            film.time_base,
            film.rate,
        )

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
        return max(
            1,
            round((min(settings.stop or film.duration, film.duration) - begin) * float(film.rate)),
        )


def cannot_write(path: Path, error: Any, parts: Parts) -> str:
    kept = sum(len(segment.stamps) for segment in parts.finished)
    reason = (
        "there is no space left" if error.errno == errno.ENOSPC else error.strerror or str(error)
    )
    left = (
        f"; {kept} frames are kept in {parts.folder}, and --resume goes on from there"
        if kept
        else ""
    )
    return f"{path} cannot be written: {reason}{left}"
