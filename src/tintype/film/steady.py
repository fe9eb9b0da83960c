"""The frames of a film in, in order; steady ab for each out (h×w×2 at carry size).

A network colors key frames only. Their ab travel to every frame of the shot along the flow, forward
and backward, and are averaged with weights that fall with every frame and with every disagreement;
what no key reaches is continued from around it. Long shots are worked on in windows that overlap,
and the overlap is blended.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.film.follow import Ask, from_arrays, to_arrays
from tintype.film.keys import Painter
from tintype.film.memory import Memory
from tintype.film.motion import View, carry, link, resized
from tintype.film.plan import Anchor, Planned, Planner, Still

FADE = 0.98
"""What a key's weight falls by with each frame."""
WINDOW, OVERLAP = 96, 36
"""Frames that are worked on at once, and how many more are looked ahead to."""
FILLS = ((4, 1e-2), (16, 1e-3), (64, 1e-4))
"""What no key reaches is filled from pictures shrunk by these factors, with these weights."""


@dataclass(frozen=True)
class Colors:
    """ab: h×w×2 float32 at carry size, CIELAB units. shot: its number, from 0. cut: whether the
    shot begins here."""

    still: Still
    ab: Array
    shot: int
    cut: bool
    returns: int | None = None


@dataclass
class State:
    """All that the next window must know; what a film goes on with after it was stopped."""

    sums: Array | None = None  # h×w×3: ab × weight, weight, of the keys behind
    planned: Planned = field(default_factory=Planned)
    shot: int = -1
    tail: list[Array] = field(
        default_factory=list
    )  # h×w×2: ab of the overlap as the last window saw it
    last: View | None = None


class Steady:
    """Colors the frames of one film, in order.

    painter: colors keys. pool: works on flows and keys. anchors: in order of time. frame_seconds:
    how long a frame is shown, about. What `snapshot` tells between two windows can be given to
    another `Steady`, which goes on where the first stopped.
    """

    def __init__(
        self,
        painter: Painter,
        pool: Executor,
        anchors: Sequence[Anchor] = (),
        frame_seconds: float = 0.04,
        window: int = WINDOW,
    ) -> None:
        self.planner = Planner(painter, pool, anchors, frame_seconds)
        self.pool, self.window = pool, window
        self.overlap = min(OVERLAP, window // 2)
        self.state = State()
        self.memory = Memory()
        self.stills: list[Still] = []
        self.known: View | None = None

    def snapshot(self) -> dict[str, Any]:
        """Named arrays: all that another `Steady` needs to go on after the last window."""
        state, planned = self.state, self.state.planned
        arrays: dict[str, Any] = {"numbers": np.array([state.shot, planned.since, planned.anchor])}
        arrays |= to_arrays("", planned.asks)
        arrays |= {
            name: each
            for name, each in (("sums", state.sums), ("covered", planned.covered))
            if each is not None
        }
        if state.tail:
            arrays["tail"] = np.stack(state.tail)
        if state.last is not None:
            arrays["last"] = state.last.small
        return arrays | self.memory.arrays()

    def restore(self, arrays: Mapping[str, Any]) -> None:
        """Go on where `snapshot` was taken."""
        shot, since, anchor = (int(number) for number in arrays["numbers"])
        references = {
            anchor.ask.wish: anchor.ask.guidance.reference for anchor in self.planner.anchors
        }
        asks = from_arrays("", arrays, references)
        last = View.again(arrays["last"]) if "last" in arrays else None
        planned = Planned(arrays.get("covered"), since, asks, anchor)
        self.state = State(arrays.get("sums"), planned, shot, list(arrays.get("tail", ())), last)
        self.memory = Memory.of(arrays, references)

    def add(self, still: Still) -> None:
        """The next frame; its flow is looked for at once, elsewhere. A broken frame goes with the
        one before."""
        if not self.stills and self.known is None:
            self.known = self.state.last
        before = self.known
        if still.broken and before is not None:
            still.view, still.link = before, None
        else:
            still.view = View.of(still.gray)
            if before is not None:
                still.link = self.pool.submit(link, before, still.view)
            self.known = still.view
        self.stills.append(still)

    def ready(self, last: bool = False) -> Iterator[list[Colors]]:
        """The frames whose color is settled, a list a window. last: no further frame will come."""
        while self.stills:
            end = self._shot_end(last)
            if end is None and len(self.stills) < self.window + self.overlap:
                return
            yield self._window(len(self.stills) if end is None else end, closed=end is not None)

    def _shot_end(self, last: bool) -> int | None:
        """How many of the waiting frames belong to the shot at their head, or None if it goes
        on."""
        reach = self.window + self.overlap
        for index, still in enumerate(self.stills[1:reach], 1):
            if (
                still.link is not None
                and (last or still.link.done() or len(self.stills) >= reach)
                and still.way.cut
            ):
                return index
        return len(self.stills) if last and len(self.stills) <= reach else None

    def _window(self, reach: int, closed: bool) -> list[Colors]:
        reach = min(reach, self.window + self.overlap)
        stills, state = self.stills[:reach], self.state
        count = reach if closed else self.window
        first = stills[0]
        cut = state.sums is None or (first.link is not None and first.way.cut)
        returns = self._begin_shot(first) if cut else None
        self.planner.plan(stills, state.planned)
        sums, behind = self._sweep(stills, state.sums)
        found = [settle(each) for each in sums]
        for n, earlier in enumerate(state.tail[: len(found)]):
            share = np.float32((n + 1) / (len(state.tail) + 1))
            found[n] = earlier + share * (found[n] - earlier)
        done = [
            Colors(still, each, state.shot, cut and n == 0, returns if n == 0 else None)
            for n, (still, each) in enumerate(zip(stills[:count], found, strict=False))
        ]
        self._remember(stills, count, sums)
        last = stills[count - 1]
        assert last.planned is not None
        state.tail = [] if closed else found[count:]
        state.sums = None if closed and count < len(self.stills) else behind[count - 1]
        state.planned, state.last = last.planned, last.view
        self.stills = self.stills[count:]
        return done

    def _begin_shot(self, first: Still) -> int | None:
        """Forget the last shot; begin with the colors and wishes of an earlier one that the new one
        shows again: its number, or None."""
        state = self.state
        state.shot += 1
        assert first.view is not None
        found = self.memory.find(first.view)
        asks: tuple[Ask, ...] = ()
        state.sums, state.tail = np.zeros((*first.view.light.shape, 3), np.float32), []
        if found is not None:
            state.sums, asks = found.sums, found.asks
        state.planned = replace(state.planned, covered=None, since=0, asks=asks)
        return None if found is None else found.shot

    def _sweep(self, stills: list[Still], start: Array | None) -> tuple[list[Any], list[Any]]:
        """Sums of ab × weight and of weight at every frame, h×w×3: of all keys before and behind
        it, and of those before alone."""
        behind: list[Any] = []
        own = [None if still.key is None else _weighted(still.key.result()) for still in stills]
        state = start
        for n, still in enumerate(stills):
            if state is not None and still.link is not None and (n > 0 or not still.way.cut):
                state = _faded(state, still.way.back, still.way.here)
            state = _added(state, own[n])
            behind.append(state)
        ahead: Any = None
        total: list[Any] = [None] * len(stills)
        for n in range(len(stills) - 1, -1, -1):
            total[n] = _added(behind[n], ahead)
            ahead = _added(ahead, own[n])
            if ahead is not None and n > 0 and stills[n].link is not None:
                ahead = _faded(ahead, stills[n].way.ahead, stills[n].way.there)
        return total, behind

    def _remember(self, stills: list[Still], count: int, sums: list[Any]) -> None:
        for n in {0, count // 2, count - 1}:
            view, planned = stills[n].view, stills[n].planned
            if view is not None and planned is not None and not stills[n].broken:
                self.memory.add(self.state.shot, view, sums[n], planned.asks)


def _faded(state: Array, way: Array, trust: Array) -> Array:
    return carry(state, way, trust * np.float32(FADE))


def _weighted(ab: Array) -> Array:
    return np.dstack([ab, np.ones(ab.shape[:2], np.float32)])


def _added(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else one + other


def settle(sums: Array) -> Array:
    """Sums of ab × weight and weight (h×w×3) to ab (h×w×2).

    Where weights vanish, ab come from around (normalized convolution, Knutsson and Westin 1993,
    over a pyramid).
    """
    size = sums.shape[:2]
    total = sums
    for factor, share in FILLS:
        small = max(1, size[0] // factor), max(1, size[1] // factor)
        around = cv2.GaussianBlur(resized(sums, small), (3, 3), 0)
        total = total + np.float32(share) * resized(around, size, cv2.INTER_LINEAR)
    return np.asarray(total[..., :2] / np.maximum(total[..., 2:], np.float32(1e-9)), np.float32)
