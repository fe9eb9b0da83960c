"""Frames of earlier shots with their colors in; for a new shot of the same place, these colors
out."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tintype.arrays import Array, Pixels
from tintype.film.follow import FrameGuidance, followed, from_arrays, to_arrays
from tintype.film.motion import Flow, MotionInput, carry, flow_between

MAX_FRAMES = 96
"""Frames that are remembered."""
MIN_CORRELATION = 0.85
"""Correlation of two thumbnails from which on the frames are compared by flow."""
MIN_AGREEMENT = 0.5
"""Share of two frames on which they agree when they show the same place."""
MAX_COMPARED = 3
MAX_WEIGHT = 4.0
"""Weight of remembered colors, in fresh keys."""


@dataclass(frozen=True)
class RememberedFrame:
    """thumbnail, small: as `MotionInput` has them. sums: h×w×3 float16, ab × weight and weight."""

    shot: int
    thumbnail: Array
    small: Pixels
    sums: Array
    guidances: tuple[FrameGuidance, ...]


@dataclass(frozen=True)
class ReturningShot:
    """The earlier shot's number; its colors, moved to the new frame, as sums of ab × weight and
    weight; its guidance."""

    shot: int
    sums: Array
    guidances: tuple[FrameGuidance, ...]


class Memory:
    def __init__(self) -> None:
        self.frames: deque[RememberedFrame] = deque(maxlen=MAX_FRAMES)

    def to_arrays(self) -> dict[str, Any]:
        """The frames as named arrays."""
        arrays: dict[str, Any] = {}
        for n, each in enumerate(self.frames):
            prefix = f"memory-{n}-"
            arrays |= {
                prefix + name: getattr(each, name) for name in ("thumbnail", "small", "sums")
            }
            arrays |= {prefix + "shot": np.int64(each.shot), **to_arrays(prefix, each.guidances)}
        return arrays

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, Any], references: Mapping[int, bytes | None]
    ) -> "Memory":
        """The inverse of `to_arrays`. references: of the timed guidances, by number."""
        memory = cls()
        while (prefix := f"memory-{len(memory.frames)}-") + "shot" in arrays:
            thumbnail, small, sums = (
                arrays[prefix + name] for name in ("thumbnail", "small", "sums")
            )
            guidances = from_arrays(prefix, arrays, references)
            memory.frames.append(
                RememberedFrame(int(arrays[prefix + "shot"]), thumbnail, small, sums, guidances)
            )
        return memory

    def add(
        self,
        shot: int,
        view: MotionInput,
        sums: Array,
        guidances: tuple[FrameGuidance, ...] = (),
    ) -> None:
        """Remember a frame. sums: h×w×3 float32, as `SteadyColors` keeps them."""
        limited = (sums * (MAX_WEIGHT / np.maximum(sums[..., 2:], MAX_WEIGHT))).astype(np.float16)
        self.frames.append(RememberedFrame(shot, view.thumbnail, view.small, limited, guidances))

    def find(self, view: MotionInput) -> ReturningShot | None:
        """The earlier frame that shows most of what `view` shows, or None."""
        ranked = sorted(
            (
                (float((each.thumbnail * view.thumbnail).mean()), each)
                for each in self.frames
                if each.small.shape == view.small.shape
            ),
            key=lambda pair: -pair[0],
        )
        best: tuple[Flow, RememberedFrame] | None = None
        for correlation, each in ranked[:MAX_COMPARED]:
            if correlation < MIN_CORRELATION:
                break
            flow = flow_between(MotionInput.from_small(each.small), view)
            if flow.agreement >= MIN_AGREEMENT and (
                best is None or flow.agreement > best[0].agreement
            ):
                best = flow, each
        if best is None:
            return None
        flow, each = best
        sums = carry(each.sums.astype(np.float32), flow.back, flow.back_trust)
        return ReturningShot(each.shot, sums, followed(each.guidances, flow))
