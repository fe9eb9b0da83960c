"""The frames of a film in, in order; steady ab for each out (h×w×2 at carry size), with how sure they are.

A network colors key frames only. Their ab travel to every frame of the shot along the flow, forward and backward, and are averaged with
weights that fall with every frame and with every disagreement; what no key reaches is continued from around it. Long shots are worked
on in windows that overlap, and the overlap is blended.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.film.keys import Anchor, Key, Painter, Wish
from tintype.film.memory import Memory
from tintype.film.motion import Link, View, carry, link, resized

FADE = 0.98
"""What a key's weight falls by with each frame."""
NEAR, FAR = 6, 12
"""Keys are at least and at most so many frames apart."""
NEW = 0.12
"""A share of the picture that no key has seen, from which on a new key is set."""
SEEN = 0.3
"""Weight, relative to a fresh key's, from which on a place counts as seen."""
WINDOW, OVERLAP = 96, 36
"""Frames that are worked on at once, and how many more are looked ahead to."""
FILLS = ((4, 1e-2), (16, 1e-3), (64, 1e-4))
"""What no key reaches is filled from pictures shrunk by these factors, with these weights."""
WISH_FADE = 0.97
"""Of several wishes in one shot the nearest counts most: what their weights fall by with each frame."""
WISH_LEAST = 0.05
"""The largest weight falls no lower: a wish holds as long as its shot."""
WISH_TRUST = 3.0
"""Trust is multiplied by this before a wish is carried along, as no new key stands in for what fades."""


@dataclass
class Still:
    """One frame at work. time: seconds. luma: as the file has it, or None. gray: half size, uint8."""

    time: float
    pts: int
    gray: Pixels
    luma: Pixels | None = None
    broken: bool = False
    view: View | None = None
    link: "Future[Link] | None" = None
    key: "Future[Key] | None" = None
    anchor: Array | None = None
    decided: bool = False
    covered: Array | None = None

    @property
    def way(self) -> Link:
        assert self.link is not None
        return self.link.result()


@dataclass(frozen=True)
class Colors:
    """ab: h×w×2 float32 at carry size. sure: h×w, 0..1. shot: its number, from 0. cut: whether the shot begins here."""

    still: Still
    ab: Array
    sure: Array
    shot: int
    cut: bool
    returns: int | None = None


@dataclass
class State:
    """All that the next window must know; what a film goes on with after it was stopped."""

    sums: Array | None = None  # h×w×3: ab × weight, weight, of the keys behind
    wishes: Array | None = None  # the same of the wishes behind
    covered: Array | None = None
    since: int = 0
    shot: int = -1
    returns: int | None = None
    tail: list[Array] = field(default_factory=list)  # h×w×3: ab and sureness of the overlap as the last window saw it
    last: View | None = None
    wish: int = 0  # the next wish
    anchor: int = 0  # the next anchor


class Steady:
    """Colors the frames of one film, in order.

    pool: works on flows and keys. frame_seconds: how long a frame is shown, about. The `state` between two windows can be kept and
    given to another `Steady`, which goes on where the first stopped.
    """

    def __init__(
        self,
        painter: Painter,
        pool: Executor,
        wishes: Sequence[Wish] = (),
        frame_seconds: float = 0.04,
        window: int = WINDOW,
        anchors: Sequence[Anchor] = (),
    ) -> None:
        self.painter, self.pool, self.wishes, self.anchors = painter, pool, wishes, anchors
        self.half_frame, self.window = frame_seconds / 2, window
        self.overlap = min(OVERLAP, window // 2)
        self.state = State()
        self.memory = Memory()
        self.stills: list[Still] = []
        self.known: View | None = None

    def snapshot(self) -> dict[str, Any]:
        """Named arrays: all that another `Steady` needs to go on after the last window."""
        state = self.state
        numbers = [state.since, state.shot, -1 if state.returns is None else state.returns, state.wish, state.anchor]
        arrays: dict[str, Any] = {"numbers": np.array(numbers)}
        arrays |= {name: getattr(state, name) for name in ("sums", "wishes", "covered") if getattr(state, name) is not None}
        if state.tail:
            arrays["tail"] = np.stack(state.tail)
        if state.last is not None:
            arrays["last"] = state.last.small
        return arrays | self.memory.arrays()

    def restore(self, arrays: Mapping[str, Any]) -> None:
        """Go on where `snapshot` was taken."""
        since, shot, returns, wish, anchor = (int(number) for number in arrays["numbers"])
        sums, wishes, covered = (arrays.get(name) for name in ("sums", "wishes", "covered"))
        last = View.again(arrays["last"]) if "last" in arrays else None
        tail = list(arrays.get("tail", ()))
        self.state = State(sums, wishes, covered, since, shot, None if returns < 0 else returns, tail, last, wish, anchor)
        self.memory = Memory.of(arrays)

    def add(self, still: Still) -> None:
        """The next frame; its flow is looked for at once, elsewhere. A broken frame goes with the one before."""
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
        """How many of the waiting frames belong to the shot at their head, or None if it goes on."""
        reach = self.window + self.overlap
        for index, still in enumerate(self.stills[1:reach], 1):
            if still.link is not None and (last or still.link.done() or len(self.stills) >= reach) and still.way.cut:
                return index
        return len(self.stills) if last and len(self.stills) <= reach else None

    def _window(self, reach: int, closed: bool) -> list[Colors]:
        reach = min(reach, self.window + self.overlap)
        stills, state = self.stills[:reach], self.state
        count = reach if closed else self.window
        first = stills[0]
        cut = state.sums is None or (first.link is not None and first.way.cut)
        if cut:
            self._begin_shot(first)
        self._decide_keys(stills, last=closed)
        sums, behind = self._sweep(stills, state.sums)
        found = [settle(each) for each in sums]
        hopes, wished_behind = self._sweep(stills, state.wishes, wishes=True)
        for n, hope in enumerate(hopes):
            if hope is not None:
                found[n] = found[n] + np.dstack([settle(hope)[..., :2], np.zeros(hope.shape[:2], np.float32)])
        for n, earlier in enumerate(state.tail[: len(found)]):
            share = np.float32((n + 1) / (len(state.tail) + 1))
            found[n] = earlier + share * (found[n] - earlier)
        done = [
            Colors(still, each[..., :2], each[..., 2], state.shot, cut and n == 0, state.returns if cut and n == 0 else None)
            for n, (still, each) in enumerate(zip(stills[:count], found, strict=False))
        ]
        self._remember(stills, count, sums, hopes)
        state.tail = [] if closed else found[count:]
        state.sums, state.wishes = behind[count - 1], wished_behind[count - 1]
        state.covered, state.since, state.last = stills[count - 1].covered, self._since[count - 1], stills[count - 1].view
        if closed and count < len(self.stills):
            state.sums = state.wishes = None
        self.stills = self.stills[count:]
        return done

    def _begin_shot(self, first: Still) -> None:
        state = self.state
        state.shot += 1
        assert first.view is not None
        empty = np.zeros((*first.view.light.shape, 3), np.float32)
        state.sums, state.wishes, state.tail, state.since = empty, None, [], 0
        state.covered = None
        found = self.memory.find(first.view)
        state.returns = None if found is None else found.shot
        if found is not None:
            state.sums, state.wishes = found.sums, found.wishes

    def _decide_keys(self, stills: list[Still], last: bool) -> None:
        """Keys stand at a shot's begin, where new things appear, at most `FAR` apart, and where a wish is."""
        covered, since = self.state.covered, self.state.since
        self._since = []
        for n, still in enumerate(stills):
            assert still.view is not None
            size = still.view.light.shape
            if not still.decided:
                since += 1
                if covered is not None and still.link is not None:
                    covered = carry(covered, still.way.back, still.way.here)
                wish = None if still.broken else self._wish_at(still)
                still.anchor = self._anchor_at(still)
                unseen = 1.0 if covered is None else float((covered < SEEN).mean())
                at_end = last and n == len(stills) - 1 and since >= NEAR
                if not still.broken and (covered is None or wish or since >= FAR or at_end or (since >= NEAR and unseen > NEW)):
                    still.key = self.pool.submit(self.painter, still.view.small, size, wish.guidance if wish else None)
                    covered, since = np.ones(size, np.float32), 0
                still.decided, still.covered = True, covered
            else:
                covered, since = still.covered, 0 if still.key is not None else since + 1
            self._since.append(since)

    def _wish_at(self, still: Still) -> Wish | None:
        """The wish whose time is here; of several the last."""
        found = None
        while self.state.wish < len(self.wishes) and self.wishes[self.state.wish].time <= still.time + self.half_frame:
            found = self.wishes[self.state.wish]
            self.state.wish += 1
        return found

    def _anchor_at(self, still: Still) -> Array | None:
        found = None
        while self.state.anchor < len(self.anchors) and self.anchors[self.state.anchor].time <= still.time + self.half_frame:
            found = _added(found, self.anchors[self.state.anchor].sums)
            self.state.anchor += 1
        return found

    def _sweep(self, stills: list[Still], start: Array | None, wishes: bool = False) -> tuple[list[Any], list[Any]]:
        """Sums of ab × weight and of weight at every frame, h×w×3: of all keys before and behind it, and of those before alone.

        wishes: of what wishes add to ab, instead of ab. None where there are none.
        """
        step = _held if wishes else _faded
        behind: list[Any] = []
        own = [_wish_of(still) if wishes else _key_of(still) for still in stills]
        state = start
        for n, still in enumerate(stills):
            if state is not None and still.link is not None and (n > 0 or not self._fresh(still)):
                state = step(state, still.way.back, still.way.here)
            state = _added(state, own[n])
            behind.append(state)
        ahead: Any = None
        total: list[Any] = [None] * len(stills)
        for n in range(len(stills) - 1, -1, -1):
            total[n] = _added(behind[n], ahead)
            ahead = _added(ahead, own[n])
            if ahead is not None and n > 0 and stills[n].link is not None:
                ahead = step(ahead, stills[n].way.ahead, stills[n].way.there)
        return total, behind

    def _fresh(self, still: Still) -> bool:
        """Whether a shot begins at this frame: what was carried so far already stands in it."""
        return still.link is None or still.way.cut

    def _remember(self, stills: list[Still], count: int, sums: list[Any], hopes: list[Any]) -> None:
        for n in {0, count // 2, count - 1}:
            view = stills[n].view
            if view is not None and not stills[n].broken:
                self.memory.add(self.state.shot, view, sums[n], hopes[n])


def _faded(state: Array, way: Array, trust: Array) -> Array:
    return carry(state, way, trust * np.float32(FADE))


def _held(state: Array, way: Array, trust: Array) -> Array:
    moved = carry(state, way, np.minimum(trust * np.float32(WISH_TRUST), np.float32(1)) * np.float32(WISH_FADE))
    most = float(moved[..., 2].max())
    return moved * np.float32(WISH_LEAST / most) if 0 < most < WISH_LEAST else moved


def _key_of(still: Still) -> Any:
    return None if still.key is None else _weighted(still.key.result().ab)


def _wish_of(still: Still) -> Any:
    wished = None if still.key is None else still.key.result().wished
    return _added(None if wished is None else _weighted(wished), still.anchor)


def _weighted(ab: Array) -> Array:
    return np.dstack([ab, np.ones(ab.shape[:2], np.float32)])


def _added(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else one + other


def settle(sums: Array) -> Array:
    """Sums of ab × weight and weight (h×w×3) to ab and sureness (h×w×3); where weights vanish, ab come from around (Knutsson and
    Westin's normalized convolution, 1993, over a pyramid)."""
    size = sums.shape[:2]
    total = sums
    for factor, share in FILLS:
        small = max(1, size[0] // factor), max(1, size[1] // factor)
        around = cv2.GaussianBlur(resized(sums, small), (3, 3), 0)
        total = total + np.float32(share) * resized(around, size, cv2.INTER_LINEAR)
    weight = np.maximum(total[..., 2:], np.float32(1e-9))
    sure = sums[..., 2] / (sums[..., 2] + np.float32(SEEN))
    return np.dstack([total[..., :2] / weight, sure])
