"""The frames of a shot in, in order; which of them are keys, and what a person asks of each,
out."""

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np

from tintype.arrays import Array, Pixels
from tintype.film.follow import Ask, Way, followed
from tintype.film.keys import Painter
from tintype.film.motion import AGREED, Link, View, carry

NEAR, FAR = 6, 12
"""Keys are at least and at most so many frames apart."""
NEW = 0.12
"""A share of the picture that no key has seen, from which on a new key is set."""
SEEN = 0.3
"""Weight, relative to a fresh key's, from which on a place counts as seen."""


@dataclass(frozen=True)
class Planned:
    """What is known after a frame. covered: h×w, how well keys have seen each place. since: frames
    since the last key. asks: what is asked of this frame. anchor: the next one."""

    covered: Array | None = None
    since: int = 0
    asks: tuple[Ask, ...] = ()
    anchor: int = 0


@dataclass
class Still:
    """One frame at work. time: seconds. luma: as the file has it, or None. gray: half size, uint8.
    key: its ab, h×w×2 at carry size."""

    time: float
    pts: int
    gray: Pixels
    luma: Pixels | None = None
    broken: bool = False
    view: View | None = None
    link: "Future[Link] | None" = None
    key: "Future[Array] | None" = None
    planned: Planned | None = None

    @property
    def way(self) -> Link:
        assert self.link is not None
        return self.link.result()


@dataclass(frozen=True)
class Anchor:
    """What a wish asks of a frame of its shot, at `time` seconds."""

    time: float
    ask: Ask


class Planner:
    """anchors: in order of time. frame_seconds: how long a frame is shown, about."""

    def __init__(
        self,
        painter: Painter,
        pool: Executor,
        anchors: Sequence[Anchor] = (),
        frame_seconds: float = 0.04,
    ) -> None:
        self.painter, self.pool, self.anchors = painter, pool, anchors
        self.half_frame = frame_seconds / 2

    def plan(self, stills: Sequence[Still], before: Planned) -> None:
        """Set keys and plans of the frames that have none, and have the keys painted elsewhere.

        Keys stand at a shot's begin, where new things appear, at most `FAR` apart, and where a wish
        is. before: what is known after the frame before the first.
        """
        for still, following in zip_longest(stills, stills[1:]):
            if still.planned is None:
                still.planned = self._after(before, still, following)
            before = still.planned

    def _after(self, before: Planned, still: Still, following: Still | None) -> Planned:
        assert still.view is not None
        size = still.view.light.shape
        covered, asks = before.covered, before.asks
        if covered is not None and still.link is not None:
            covered = carry(covered, still.way.back, still.way.here)
            asks = followed(asks, Way.onward(still.way)) if asks else asks
        now = self._asked(
            replace(before, covered=covered, since=before.since + 1, asks=asks),
            still.time + self.half_frame,
        )
        wished = {ask.wish for ask in now.asks} != {ask.wish for ask in asks} or any(
            ask.age == 0 for ask in now.asks
        )
        if not still.broken and (wished or _is_due(now, following)):
            still.key = self.pool.submit(self.painter, still.view.small, size, now.asks)
            now = replace(now, covered=np.ones(size, np.float32), since=0)
        return now

    def _asked(self, now: Planned, until: float) -> Planned:
        """With the anchors up to a time, which replace what was followed from afar."""
        asks, anchor = {ask.wish: ask for ask in now.asks}, now.anchor
        while anchor < len(self.anchors) and self.anchors[anchor].time <= until:
            asks[self.anchors[anchor].ask.wish] = self.anchors[anchor].ask
            anchor += 1
        return replace(now, asks=tuple(asks.values()), anchor=anchor)


def _is_due(now: Planned, following: Still | None) -> bool:
    """Whether a frame is to be a key when nobody asks for it."""
    if now.covered is None or now.since >= FAR:
        return True
    if now.since < NEAR:
        return False
    new = now.covered < SEEN
    if following is not None and following.link is not None and new.any():
        new &= following.way.there > AGREED  # a stain that only this frame has is nothing new
    return float(new.mean()) > NEW
