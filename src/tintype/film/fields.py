"""Interlaced pictures in; whole frames out."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.film.runtime import av

FILTERS = {
    "auto": ["bwdif=mode=send_frame:deint=interlaced"],
    "on": ["bwdif=mode=send_frame:deint=all"],
    "double": ["bwdif=mode=send_field:deint=all"],
    "telecine": ["fps={rate}", "fieldmatch", "bwdif=deint=interlaced", "decimate"],
}
"""FFmpeg's filters of each way to deinterlace; "off" has none. {rate}: of the source."""
MODES = (*FILTERS, "off")
COMB_BLOCK, COMB_RATIO, COMB_STEP = 16, 1.5, 3.0
"""In a combed block of so many pixels, neighboring lines differ this many times more than those of
one field, and by so many levels of gray."""
COMBED_SHARE = 0.03
"""Share of combed blocks in a combed frame."""
COMBED_FRAMES, SAMPLED_FRAMES = 3, 24
"""Number of combed frames from which on a film counts as interlaced, among so many at its start."""


def frame_rate(mode: str, rate: Fraction) -> Fraction:
    """The frame rate behind the filters of a mode."""
    return rate * {"double": Fraction(2), "telecine": Fraction(4, 5)}.get(mode, Fraction(1))


class Deinterlacer:
    """Passes pictures on, through the filters of its mode; "auto" begins with the first interlaced
    picture."""

    def __init__(self, mode: str, stream: Any) -> None:
        self.mode, self.stream = mode, stream
        self.graph: Any = None

    def __call__(self, picture: Any | None) -> Iterator[Any]:
        """None flushes the filters."""
        if self.graph is None:
            if picture is None:
                return
            if self.mode == "off" or (self.mode == "auto" and not picture.interlaced_frame):
                yield picture
                return
            self.graph = self._build()
        self.graph.push(picture)
        while True:
            try:
                yield self.graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return

    def _build(self) -> Any:
        graph = av.filter.Graph()
        chain = [graph.add_buffer(template=self.stream)]
        for text in FILTERS[self.mode]:
            name, _, options = text.format(rate=self.stream.average_rate).partition("=")
            chain.append(graph.add(name, options or None))
        chain.append(graph.add("buffersink"))
        for before, behind in pairwise(chain):
            before.link_to(behind)
        graph.configure()
        return graph


class CombDetector:
    """Looks for combing, the teeth at moving edges where two fields of different times make a
    frame."""

    def __init__(self) -> None:
        self.seen = self.combed = 0

    def looks_interlaced(self, luma: Pixels, depth: int) -> bool:
        """Whether the film's frames so far, with this one, look interlaced."""
        self.seen += 1
        if self.seen > SAMPLED_FRAMES:
            return False
        lines = luma[: luma.shape[0] // 4 * 4].astype(np.float32) / (1 << (depth - 8))
        combing = _detail(lines)[::2] > COMB_RATIO * _detail(lines[::2]) + COMB_STEP
        self.combed += float(combing.mean()) > COMBED_SHARE
        return self.combed == COMBED_FRAMES


def _detail(lines: Array) -> Array:
    """How far lines differ from the mean of their neighbors, averaged over blocks. H×W in and
    out."""
    middle: Any = cv2.filter2D(lines, -1, np.array([[-0.5], [1], [-0.5]], np.float32))
    height = COMB_BLOCK if len(lines) > 2 * COMB_BLOCK else COMB_BLOCK // 2
    return np.asarray(cv2.blur(np.abs(middle), (COMB_BLOCK, height)))
