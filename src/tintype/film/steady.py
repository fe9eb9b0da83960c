"""The frames of a film in, in order; steady colors of each out.

A network colors key frames only. Their ab (h×w×2, at flow size) travel to every frame of the shot
along the flow, forward and backward, and are averaged with weights that fall with every frame and
with every disagreement. Pixels that no key reaches are filled from around them. Long shots are
processed in overlapping windows, and the overlap is blended.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.engine.core.render import lightness_of
from tintype.film.chroma import chroma_of, gray_of, picture_of, upsampled
from tintype.film.follow import Anchors, ColorKey, FrameGuidance, from_arrays, to_arrays
from tintype.film.keys import KeyPlanner, KeyState, TrackedFrame
from tintype.film.memory import Memory
from tintype.film.motion import (
    Flow,
    MotionInput,
    carry,
    chained,
    flow_between,
    resized,
    shrunk_size,
)
from tintype.film.palette import ShotPalette
from tintype.film.pixels import PixelFormat
from tintype.film.source import Frame
from tintype.photo import Photo, is_color

WEIGHT_DECAY = 0.98
"""Factor of a key's weight per frame."""
WINDOW_FRAMES, OVERLAP_FRAMES = 96, 36
"""Frames that are processed at once, and how many more are looked ahead to."""
COLOR_TEST_PIXELS = 96 * 64
"""Half the size at which a frame is tested for color of its own."""
MIN_WINDOW_FRAMES = 32
WINDOW_BYTES, MOTION_BYTES = 2**28, 900_000
"""Memory for the frames of windows, and what the motion of one frame takes of it."""
FILLS = ((4, 1e-2), (16, 1e-3), (64, 1e-4))
"""Pixels that no key reaches are filled from pictures shrunk by these factors, with these
weights."""


@dataclass(frozen=True)
class ColorFrame:
    """A frame and its colors.

    gray: half size, uint8. ab: CIELAB units, at flow size until `render`ed, then at half size.
    chroma: Cb and Cr codes at half size, None until rendered. shot: its number, from 0. cut: it
    begins a shot. returns: the number of the earlier shot that this one shows again.
    """

    frame: Frame
    gray: Pixels
    ab: Array
    shot: int
    cut: bool
    returns: int | None = None
    chroma: tuple[Pixels, Pixels] | None = None


@dataclass
class SteadyState:
    """What the next window takes over from the last one.

    keeps_color: the shot is in color and stays so. sums: h×w×3, ab × weight and weight of the keys
    so far. tail: the ab of the overlap as the last window saw it.
    """

    sums: Array | None = None
    keys: KeyState = field(default_factory=KeyState)
    palette: ShotPalette = field(default_factory=ShotPalette)
    shot: int = -1
    keeps_color: bool = False
    tail: list[Array] = field(default_factory=list)
    last: MotionInput | None = None


def window_frames(pixel_format: PixelFormat) -> int:
    """Frames of a window whose memory stays bounded. Three windows hold their planes at once: one
    is filled, one waits to be written, one is written."""
    plane = pixel_format.width * pixel_format.height * (1.25 if pixel_format.depth == 8 else 2.25)
    frame = 3 * plane + MOTION_BYTES
    return int(np.clip(WINDOW_BYTES / frame, MIN_WINDOW_FRAMES, WINDOW_FRAMES))


def color_frames(
    frames: Iterable[Frame], pixel_format: PixelFormat, steady: "SteadyColors"
) -> Iterator[list[ColorFrame]]:
    """The colors of the frames, one list a window, in order; to be `render`ed."""
    for frame in frames:
        steady.add(frame, gray_of(frame.luma, pixel_format), shows_color(frame, pixel_format))
        yield from steady.ready()
    yield from steady.ready(last=True)


def shows_color(frame: Frame, pixel_format: PixelFormat) -> bool:
    """Whether a frame is in color, as for photographs; toned ones are not."""
    if frame.chroma is None:
        return False
    height, width = frame.chroma[0].shape
    height, width = shrunk_size(height, width, COLOR_TEST_PIXELS)
    luma = resized(frame.luma, (2 * height, 2 * width))
    cb, cr = (resized(plane, (height, width)) for plane in frame.chroma)
    return is_color(Photo(picture_of(luma, (cb, cr), pixel_format)))


def render(colored: ColorFrame, pixel_format: PixelFormat) -> ColorFrame:
    """With ab raised to half the frame's size, along its edges, and the chroma planes."""
    if colored.chroma is not None:
        return colored
    ab = upsampled(colored.ab, lightness_of(colored.gray))
    return replace(colored, ab=ab, chroma=chroma_of(colored.gray, ab, pixel_format))


class SteadyColors:
    """Colors the frames of one film, in order.

    color_key: colors key frames. pool: computes flows and keys. frame_seconds: how long a frame is
    shown. A `snapshot` between two windows lets another `SteadyColors` go on from there.
    """

    def __init__(
        self,
        color_key: ColorKey,
        pool: Executor,
        anchors: Anchors = (),
        frame_seconds: float = 0.04,
        window: int = WINDOW_FRAMES,
    ) -> None:
        self.planner = KeyPlanner(color_key, pool, anchors, frame_seconds)
        self.pool, self.window = pool, window
        self.overlap = min(OVERLAP_FRAMES, window // 2)
        self.state = SteadyState()
        self.memory = Memory()
        self.waiting: list[TrackedFrame] = []
        self.newest: MotionInput | None = None

    def snapshot(self) -> dict[str, Any]:
        """Named arrays: all that is needed to go on after the last window."""
        state, keys = self.state, self.state.keys
        arrays: dict[str, Any] = {
            "numbers": np.array([state.shot, keys.since, keys.next_anchor, state.keeps_color])
        }
        optional = {
            "sums": state.sums,
            "covered": keys.covered,
            "tail": np.stack(state.tail) if state.tail else None,
            "last": None if state.last is None else state.last.small,
        }
        arrays |= {name: array for name, array in optional.items() if array is not None}
        arrays |= to_arrays("", keys.guidances) | state.palette.to_arrays()
        return arrays | self.memory.to_arrays()

    def restore(self, arrays: Mapping[str, Any]) -> None:
        """Go on where `snapshot` was taken."""
        shot, since, next_anchor, keeps_color = (int(number) for number in arrays["numbers"])
        references = {each.number: each.guidance.reference for _, each in self.planner.anchors}
        guidances = from_arrays("", arrays, references)
        last = MotionInput.from_small(arrays["last"]) if "last" in arrays else None
        keys = KeyState(arrays.get("covered"), since, guidances, next_anchor)
        palette = ShotPalette.from_arrays(arrays)
        tail = list(arrays.get("tail", ()))
        self.state = SteadyState(
            arrays.get("sums"), keys, palette, shot, bool(keeps_color), tail, last
        )
        self.memory = Memory.from_arrays(arrays, references)

    def add(self, frame: Frame, gray: Pixels, in_color: bool = False) -> None:
        """The next frame and its half-size gray; its flow is computed in the pool. A broken frame
        keeps the picture of the one before. in_color: it shows color of its own."""
        if not self.waiting and self.newest is None:
            self.newest = self.state.last
        before = self.newest
        if frame.broken and before is not None:
            self.waiting.append(TrackedFrame(frame, gray, before, in_color))
            return
        self.newest = MotionInput.of(gray)
        flow = None if before is None else self.pool.submit(flow_between, before, self.newest)
        self.waiting.append(TrackedFrame(frame, gray, self.newest, in_color, flow))

    def ready(self, last: bool = False) -> Iterator[list[ColorFrame]]:
        """The frames whose colors are settled, a list a window. last: no further frame will
        come."""
        while self.waiting:
            end = self._shot_end(last)
            if end is None and len(self.waiting) < self.window + self.overlap:
                return
            yield self._window(len(self.waiting) if end is None else end, closed=end is not None)

    def _shot_end(self, last: bool) -> int | None:
        """How many of the waiting frames belong to the first one's shot, or None if it goes on."""
        reach = self.window + self.overlap
        for index, tracked in enumerate(self.waiting[1:reach], 1):
            flow = tracked.pending_flow
            if (
                flow is not None
                and (last or flow.done() or len(self.waiting) >= reach)
                and flow.result().cut
            ):
                return index
        return len(self.waiting) if last and len(self.waiting) <= reach else None

    def _window(self, reach: int, closed: bool) -> list[ColorFrame]:
        reach = min(reach, self.window + self.overlap)
        frames, state = self.waiting[:reach], self.state
        count = reach if closed else self.window
        first, last = frames[0], frames[count - 1]
        cut = state.sums is None or (first.pending_flow is not None and first.flow.cut)
        returns = self._begin_shot(first) if cut else None
        self.planner.plan(frames, state.keys)
        if cut:
            guided = any(each.state and each.state.guidances for each in frames)
            state.keeps_color = not guided and sum(f.in_color for f in frames[:reach]) * 2 > reach
        own = self._own_colors(frames, count)
        sums, behind = _sweep(frames, own, state.sums)
        ab = [settle(each) for each in sums]
        if state.keeps_color:  # frames without color of their own, in a fade, are gray
            ab = [np.zeros_like(each) for each in ab]
        for n, earlier in enumerate(state.tail[: len(ab)]):
            share = np.float32((n + 1) / (len(state.tail) + 1))
            ab[n] = earlier + share * (ab[n] - earlier)
        done = [
            ColorFrame(
                each.frame,
                each.gray,
                own,
                state.shot,
                cut and n == 0,
                returns if n == 0 else None,
                each.frame.chroma if state.keeps_color else None,
            )
            for n, (each, own) in enumerate(zip(frames[:count], ab, strict=False))
        ]
        self._remember(frames, count, sums)
        assert last.state is not None
        state.tail = [] if closed else ab[count:]
        state.sums = None if closed and count < len(self.waiting) else behind[count - 1]
        state.keys, state.last = last.state, last.view
        self.waiting = self.waiting[count:]
        return done

    def _begin_shot(self, first: TrackedFrame) -> int | None:
        """Reset the state for a new shot, with the colors and guidance of an earlier shot that it
        shows again. Returns that shot's number or None."""
        state = self.state
        state.shot += 1
        earlier = self.memory.find(first.view)
        guidances: tuple[FrameGuidance, ...] = ()
        state.sums, state.tail = np.zeros((*first.view.light.shape, 3), np.float32), []
        if earlier is not None:
            state.sums, guidances = earlier.sums, earlier.guidances
        state.palette = ShotPalette()
        state.keys = replace(state.keys, covered=None, since=0, guidances=guidances)
        return None if earlier is None else earlier.shot

    def _own_colors(self, frames: list[TrackedFrame], count: int) -> list[Array | None]:
        """The ab of the frames that are keys, drawn together, with weight 1: h×w×3. count: frames
        that are done with this window."""
        keys = {n: each.key.result() for n, each in enumerate(frames) if each.key is not None}
        settled = sum(n < count for n in keys)
        colors = self.state.palette.drawn_together(list(keys.values()), settled)
        own: list[Array | None] = [None] * len(frames)
        for n, ab in zip(keys, colors, strict=True):
            own[n] = np.dstack([ab, np.ones(ab.shape[:2], np.float32)])
        return own

    def _remember(self, frames: list[TrackedFrame], count: int, sums: list[Any]) -> None:
        for n in {0, count // 2, count - 1}:
            state = frames[n].state
            if state is not None and not frames[n].frame.broken:
                self.memory.add(self.state.shot, frames[n].view, sums[n], state.guidances)


def _sweep(
    frames: list[TrackedFrame], own: list[Array | None], start: Array | None
) -> tuple[list[Any], list[Any]]:
    """At every frame, the sums (h×w×3: ab × weight, weight) of all keys, and of those before it
    alone. own: of each key."""
    flows = [each.flow if each.pending_flow is not None else None for each in frames]
    onward = [None if flow and flow.cut and n == 0 else flow for n, flow in enumerate(flows)]
    backward = [flow.reversed() if flow else None for flow in [*flows[1:], None]]
    behind = list(map(_added, _carried(own, onward, start), own))
    ahead = list(_carried(own[::-1], backward[::-1], None))[::-1]
    return list(map(_added, behind, ahead)), behind


def _carried(
    own: list[Array | None], steps: Sequence[Flow | None], start: Array | None
) -> Iterator[Any]:
    """The sums of earlier keys as they reach each frame. steps: the flow from the frame before.

    They are sampled once a frame from the last key, by chained positions: repeated sampling would
    blur them.
    """
    sums: Any = start
    path: tuple[Array, Array] | None = None
    for color, step in zip(own, steps, strict=True):
        if sums is not None and step is not None:
            path = chained(path, step.back, step.back_trust * np.float32(WEIGHT_DECAY))
        reached = sums if path is None else carry(sums, *path)
        yield reached
        if color is not None:
            sums, path = _added(reached, color), None


def _added(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else one + other


def settle(sums: Array) -> Array:
    """ab (h×w×2) of sums of ab × weight and weight (h×w×3).

    Where weights vanish, ab come from around (normalized convolution, Knutsson and Westin 1993,
    over a pyramid).
    """
    size = sums.shape[:2]
    total = sums
    for factor, weight in FILLS:
        small = max(1, size[0] // factor), max(1, size[1] // factor)
        around = cv2.GaussianBlur(resized(sums, small), (3, 3), 0)
        total = total + np.float32(weight) * resized(around, size, cv2.INTER_LINEAR)
    return np.asarray(total[..., :2] / np.maximum(total[..., 2:], np.float32(1e-9)), np.float32)
