"""An open film and the folder of its segments in; finished segments out. Reading, flow, network,
rendering and writing overlap."""

import contextlib
import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tintype.engine import Colorizer
from tintype.errors import FilmError
from tintype.film.encode import SegmentWriter
from tintype.film.follow import anchors_of
from tintype.film.keys import KeyColorizer
from tintype.film.output import FilmOutput
from tintype.film.parts import PartsFolder, Segment
from tintype.film.runtime import cores, read_ahead, reason_of
from tintype.film.settings import FilmSettings
from tintype.film.source import FilmSource, Frame
from tintype.film.steady import ColorFrame, SteadyColors, color_frames, render, window_frames
from tintype.threads import put_until

MIN_SEGMENT_FRAMES = 96
"""A segment ends with the window in which it reaches so many frames."""
MAX_READ_AHEAD_FRAMES, MAX_RENDER_AHEAD_FRAMES = 16, 12


@dataclass(frozen=True)
class FilmProgress:
    """frames: colored so far, of `total` (None: unknown). rate: frames a second. left: seconds, or
    None."""

    frames: int
    total: int | None
    rate: float
    left: float | None


class _StoppedError(Exception):
    """The caller asked to stop."""


class Pipeline:
    """Colors one film: a thread reads, a pool computes flow, keys and chroma, the caller's thread
    propagates colors, another thread writes."""

    def __init__(
        self,
        film: FilmSource,
        output: FilmOutput,
        colorizer: Colorizer,
        settings: FilmSettings,
        parts: PartsFolder,
        progress: Callable[[FilmProgress], None],
        stop: Callable[[], bool],
    ) -> None:
        self.film, self.output, self.settings, self.parts = film, output, settings, parts
        self.color_key = KeyColorizer(colorizer, film.pixel_format, settings.guidance)
        self.progress, self.stop = progress, stop
        self.shots = sum(segment.cuts for segment in parts.finished)
        self.failure: BaseException | None = None
        self.windows: queue.Queue[tuple[list[ColorFrame], dict[str, Any]] | None] = queue.Queue(1)

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
            except _StoppedError:
                return False
            finally:
                if writer.is_alive():
                    with contextlib.suppress(BaseException):
                        self._end(writer)
                writer.join()
                if self.failure is not None:
                    raise self.failure

    def _end(self, writer: threading.Thread) -> None:
        put_until(self.windows, None, lambda: not writer.is_alive())

    def _color(self) -> None:
        settings, film = self.settings, self.film
        begin, end = settings.start or 0.0, float("inf") if settings.stop is None else settings.stop
        timed = sorted(settings.timed_guidance, key=lambda each: each.time)
        anchors = anchors_of(timed, film, self.color_key, begin, end)
        steady = SteadyColors(
            self.color_key,
            self.pool,
            anchors,
            1 / float(film.rate),
            window_frames(film.pixel_format),
        )
        after = self.parts.restore(steady)
        frames = read_ahead(
            film.frames(settings.start, settings.stop, after), MAX_READ_AHEAD_FRAMES
        )

        def watched() -> Iterator[Frame]:
            for frame in frames:
                if self.failure is not None:
                    return
                if self.stop():
                    raise _StoppedError
                yield frame

        for window in color_frames(watched(), film.pixel_format, steady):
            self._hand_over((window, steady.snapshot()))

    def _hand_over(self, window: tuple[list[ColorFrame], dict[str, Any]] | None) -> None:
        def closed() -> bool:
            if self.failure is None and window is not None and self.stop():
                raise _StoppedError
            return self.failure is not None

        put_until(self.windows, window, closed)

    def _write(self) -> None:
        try:
            self._segments()
        except BaseException as error:  # handed to the thread that asked
            self.failure = error

    def _segments(self) -> None:
        began, done = time.monotonic(), 0
        before = self.parts.frames
        total = self._total()
        segment: SegmentWriter | None = None
        counts: Counter[str] = Counter()
        state: dict[str, Any] = {}
        try:
            while (handed := self.windows.get()) is not None:
                window, state = handed
                segment = segment or self._begin()
                for colored in self._rendered(window):
                    assert colored.chroma is not None
                    segment.write(colored.frame.pts, colored.frame.luma, *colored.chroma)
                    kept = colored.chroma is colored.frame.chroma
                    counts["cuts"] += colored.cut
                    counts["broken"] += colored.frame.broken
                    counts["kept"] += colored.cut and kept
                    self.shots += colored.cut
                    done += 1
                    rate = done / max(1e-6, time.monotonic() - began)
                    left = None if total is None else max(0.0, (total - before - done) / rate)
                    self.progress(FilmProgress(before + done, total, rate, left))
                if len(segment.stamps) >= MIN_SEGMENT_FRAMES:
                    self._finish(segment, counts, state)
                    segment = None
            if segment is not None:
                self._finish(segment, counts, state)
                segment = None
        except OSError as error:  # FFmpeg's errors are too
            raise FilmError(write_error(self.output.path, error, self.parts)) from error
        except FilmError as error:
            if isinstance(error.__cause__, OSError):
                reason = write_error(self.output.path, error.__cause__, self.parts)
                raise FilmError(reason) from error
            raise
        finally:
            if segment is not None:
                segment.abandon()

    def _begin(self) -> SegmentWriter:
        film = self.film
        return SegmentWriter(
            self.parts.next_segment(),
            self.output.encoder,
            self.output.options,
            film.pixel_format,
            film.time_base,
            film.rate,
        )

    def _finish(self, segment: SegmentWriter, counts: Counter[str], state: dict[str, Any]) -> None:
        segment.close()
        self.parts.finish(Segment(segment.path, segment.stamps, **counts), state)
        counts.clear()

    def _rendered(self, window: list[ColorFrame]) -> Iterator[ColorFrame]:
        """The frames of a window, rendered in the pool; empties the list, to free their luma."""
        waiting: deque[Future[ColorFrame]] = deque()
        window.reverse()
        while window:
            waiting.append(self.pool.submit(render, window.pop(), self.film.pixel_format))
            if len(waiting) > MAX_RENDER_AHEAD_FRAMES:
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


def write_error(path: Path, error: Any, parts: PartsFolder) -> str:
    """The sentence for a file that cannot be written."""
    left = (
        f"; {parts.frames} frames are kept in {parts.folder}, and the same command goes on from"
        " there"
        if parts.frames
        else ""
    )
    return f"{path} cannot be written: {reason_of(error)}{left}"
