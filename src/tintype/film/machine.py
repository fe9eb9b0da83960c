"""The machine while a film is colored: how many cores there are, and OpenCV and memory set for frames in parallel."""

import contextlib
import ctypes
import os
from collections.abc import Iterator

import cv2

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Options of glibc's mallopt."""
KEPT, LARGEST, USUAL = 2**29, 2**25, 2**17
"""Bytes: free memory that is kept, the largest block that is kept, and glibc's own choice for both."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def set_for_frames() -> Iterator[None]:
    """While the block runs, OpenCV uses one thread, as frames are worked on in parallel, and freed memory stays with the process.

    Every frame needs the same planes again. Where each is fetched from the operating system anew, page faults take a third of the
    time.
    """
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    _keep_memory(LARGEST, KEPT)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
        _keep_memory(USUAL, USUAL)


def _keep_memory(largest: int, kept: int) -> None:
    with contextlib.suppress(OSError, AttributeError, TypeError):  # other C libraries than glibc have no mallopt
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, largest)
        mallopt(M_TRIM_THRESHOLD, kept)
