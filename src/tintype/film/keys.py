"""The frames of a shot in, in order; its key frames, and their colors, out. Only here does the
network run."""

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np

from tintype.arrays import Array, Pixels
from tintype.engine import Colorizer
from tintype.engine.assist.reference import matched_features
from tintype.errors import UsageError
from tintype.film.chroma import gray_levels
from tintype.film.follow import ANCHOR_FRAMES, Anchors, ColorKey, FrameGuidance, followed, joined
from tintype.film.motion import AGREED_CONFIDENCE, Flow, MotionInput, carry, resized, shrunk_size
from tintype.film.palette import KeyColors
from tintype.film.pixels import PixelFormat
from tintype.film.source import Frame
from tintype.guidance import Guidance

KEY_PIXELS = 854 * 480
"""Area up to which the network sees a key frame whole."""
MIN_KEY_FRAMES, MAX_KEY_FRAMES = 6, ANCHOR_FRAMES
"""Keys are at least and at most so many frames apart."""
NEW_SHARE = 0.12
"""Share of the picture that no key has seen above which a new key is set."""
SEEN_COVERAGE = 0.3
"""Coverage (1: a fresh key) above which a pixel counts as seen."""
TWO_LEVEL_SHARES = 0.90, 0.97
"""Shares of a frame's pixels at two gray levels, as in titles and leader, between which its colors
fade to gray."""


@dataclass(frozen=True)
class KeyState:
    """What planning knows after a frame.

    covered: h×w, how well keys have seen each pixel. since: frames since the last key. guidances:
    of this frame. next_anchor: index of the first anchor that is still to come.
    """

    covered: Array | None = None
    since: int = 0
    guidances: tuple[FrameGuidance, ...] = ()
    next_anchor: int = 0


@dataclass
class TrackedFrame:
    """A frame and what is known of it. gray: half size, uint8. in_color: it
    shows color of its own. flow: from the frame before. key: its colors, if it is a key."""

    frame: Frame
    gray: Pixels
    view: MotionInput
    in_color: bool = False
    pending_flow: "Future[Flow] | None" = None
    key: "Future[KeyColors] | None" = None
    state: KeyState | None = None

    @property
    def flow(self) -> Flow:
        assert self.pending_flow is not None
        return self.pending_flow.result()


class KeyColorizer:
    """Colors key frames with one network. guidance: of the whole film."""

    def __init__(
        self,
        colorizer: Colorizer,
        pixel_format: PixelFormat,
        guidance: Guidance | None = None,
    ) -> None:
        self.colorizer, self.pixel_format = colorizer, pixel_format
        self.guidance = guidance or Guidance()

    def __call__(
        self, luma: Pixels, size: tuple[int, int], guidances: Sequence[FrameGuidance] = ()
    ) -> KeyColors:
        """luma: H×W codes. size: (h, w) of the result's ab. Raises as the engine does."""
        height, width = luma.shape
        picture = resized(luma, shrunk_size(height, width, KEY_PIXELS))
        gray = gray_levels(picture, self.pixel_format)
        share = pictured_share(gray)
        if share == 0:
            return KeyColors(np.zeros((*size, 2), np.float32))
        prepared = self.colorizer.prepare(gray)

        def colors(guidance: Guidance) -> Array:
            if guidance.line_art is None:  # a frame is not line art unless a person says so
                guidance = replace(guidance, line_art=False)
            ab = resized(self.colorizer.ab(prepared, guidance), size)
            return np.asarray(ab * np.float32(share), np.float32)

        guidance = joined(self.guidance, guidances)
        if guidance.tone != "keep":
            raise UsageError("the tones of films are kept; leave out tone")
        plain = colors(replace(guidance, hints=(), strokes=()))
        change = colors(guidance) - plain if guidance.marks else None
        features = matched_features(prepared)
        light = resized(prepared.lightness, features.shape[:2])
        return KeyColors(plain, features, light, change)


def pictured_share(gray: Pixels) -> float:
    """How far a frame (H×W uint8) is a picture, 0..1: black frames, leader and titles have only two
    levels of gray."""
    counts = np.bincount(gray[::2, ::2].ravel() >> 2, minlength=64).astype(np.float64)
    near = np.convolve(counts / counts.sum(), np.ones(5), "same")
    first = int(near.argmax())
    others = counts.copy()
    others[max(0, first - 2) : first + 3] = 0
    second = np.convolve(others / counts.sum(), np.ones(5), "same").max()
    low, high = TWO_LEVEL_SHARES
    return float(np.clip((high - near[first] - second) / (high - low), 0, 1))


class KeyPlanner:
    """Sets the keys of a film: at the begin of a shot, where new things appear, at most
    `MAX_KEY_FRAMES` apart, and where a guidance begins.

    frame_seconds: how long a frame is shown.
    """

    def __init__(
        self,
        color_key: ColorKey,
        pool: Executor,
        anchors: Anchors = (),
        frame_seconds: float = 0.04,
    ) -> None:
        self.color_key, self.pool, self.anchors = color_key, pool, anchors
        self.half_frame = frame_seconds / 2

    def plan(self, frames: Sequence[TrackedFrame], before: KeyState) -> None:
        """Set the states of the frames that have none, and color their keys in the pool. before:
        the state after the frame before the first."""
        for tracked, following in zip_longest(frames, frames[1:]):
            if tracked.state is None:
                tracked.state = self._after(before, tracked, following)
            before = tracked.state

    def _after(
        self, before: KeyState, tracked: TrackedFrame, following: TrackedFrame | None
    ) -> KeyState:
        size = tracked.view.light.shape
        covered, guidances = before.covered, before.guidances
        if covered is not None and tracked.pending_flow is not None:
            covered = carry(covered, tracked.flow.back, tracked.flow.back_trust)
            guidances = followed(guidances, tracked.flow) if guidances else guidances
        now = self._anchored(
            replace(before, covered=covered, since=before.since + 1, guidances=guidances),
            tracked.frame.seconds + self.half_frame,
        )
        guided = {each.number for each in now.guidances} != {
            each.number for each in guidances
        } or any(each.age == 0 for each in now.guidances)
        if not tracked.frame.broken and (guided or _is_due(now, following)):
            tracked.key = self.pool.submit(self.color_key, tracked.frame.luma, size, now.guidances)
            now = replace(now, covered=np.ones(size, np.float32), since=0)
        return now

    def _anchored(self, now: KeyState, until: float) -> KeyState:
        """With the anchors up to a time, which replace the guidance followed from farther away."""
        guidances, at = {each.number: each for each in now.guidances}, now.next_anchor
        while at < len(self.anchors) and self.anchors[at][0] <= until:
            guidances[self.anchors[at][1].number] = self.anchors[at][1]
            at += 1
        return replace(now, guidances=tuple(guidances.values()), next_anchor=at)


def _is_due(now: KeyState, following: TrackedFrame | None) -> bool:
    """Whether a frame without a guidance of its own becomes a key."""
    if now.covered is None or now.since >= MAX_KEY_FRAMES:
        return True
    if now.since < MIN_KEY_FRAMES:
        return False
    new = now.covered < SEEN_COVERAGE
    if following is not None and following.pending_flow is not None and new.any():
        new &= following.flow.ahead_trust > AGREED_CONFIDENCE  # dust of one frame is nothing new
    return float(new.mean()) > NEW_SHARE
