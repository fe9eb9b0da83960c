"""What a film needs of the machine: PyAV, its cores, and a thread that reads ahead."""

import contextlib
import errno
import importlib
import os
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import cv2

from tintype.allocator import kept_memory
from tintype.errors import FilmError, how_to_install
from tintype.threads import put_until

__all__ = ["av", "cores", "parallel_frames", "read_ahead", "reason_of"]

os.environ.setdefault("SVT_LOG", "1")  # else the AV1 encoder prints its configuration
try:
    av: Any = importlib.import_module("av")
except ImportError as error:
    raise FilmError(f"films need PyAV; {how_to_install('film')}") from error


def reason_of(error: Any) -> str:
    """Why a file cannot be written, of an OSError or one of FFmpeg's."""
    if error.errno == errno.ENOSPC:
        return "there is no space left"
    return str(error.strerror or error)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def parallel_frames() -> Iterator[None]:
    """Within the block OpenCV uses one thread, because frames run in parallel, and freed memory
    stays with the process."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with kept_memory():
            yield
    finally:
        cv2.setNumThreads(before)


def read_ahead(items: Iterable[Any], count: int) -> Iterator[Any]:
    """The same items, read by a thread of their own, at most `count` ahead. Raises what that thread
    raises."""
    waiting: queue.Queue[Any] = queue.Queue(count)
    closed = threading.Event()
    end = object()

    def put(item: Any) -> bool:
        return put_until(waiting, item, closed.is_set)

    def read() -> None:
        try:
            if all(put(item) for item in items):
                put(end)
        except BaseException as error:  # raised again by the consumer
            put(error)

    reader = threading.Thread(target=read, name="film-reader", daemon=True)
    reader.start()
    try:
        while (item := waiting.get()) is not end:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        closed.set()
        reader.join()
