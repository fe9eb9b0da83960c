"""Items in, the same items out, read in a thread of their own."""

import contextlib
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Any


def read_ahead(frames: Iterable[Any], count: int) -> Iterator[Any]:
    """The same items, read in a thread of their own, at most `count` ahead. What that thread raises
    is raised here."""
    waiting: queue.Queue[Any] = queue.Queue(count)
    gone = threading.Event()
    end = object()

    def put(item: Any) -> bool:
        while not gone.is_set():
            with contextlib.suppress(queue.Full):
                waiting.put(item, timeout=0.2)
                return True
        return False

    def read() -> None:
        try:
            for frame in frames:
                if not put(frame):
                    return
            put(end)
        except BaseException as error:  # raised again where the frames are used
            put(error)

    reader = threading.Thread(target=read, name="film-reader", daemon=True)
    reader.start()
    try:
        while (item := waiting.get()) is not end:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        gone.set()
        reader.join()
