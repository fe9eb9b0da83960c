"""The machine while a film is colored: how many cores there are, and OpenCV and memory set for
frames in parallel."""

import contextlib
import os
from collections.abc import Iterator

import cv2

from tintype.allocator import kept_memory


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def set_for_frames() -> Iterator[None]:
    """While the block runs, OpenCV uses one thread, as frames are in parallel, and freed memory
    stays with the process."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with kept_memory():
            yield
    finally:
        cv2.setNumThreads(before)
