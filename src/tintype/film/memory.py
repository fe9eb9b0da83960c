"""Frames of earlier shots with their colors in; for a new shot that shows the same again, these colors out."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tintype.arrays import Array, Pixels
from tintype.film.motion import View, carry, link

KEPT = 96
"""Frames that are remembered."""
ALIKE = 0.85
"""Correlation of two thumbnails from which on the frames are compared by flow."""
SAME = 0.5
"""Two frames that agree on this share show the same place."""
TRIED = 3
WORTH = 4.0
"""Weight of the remembered colors, in fresh keys, at most."""


@dataclass(frozen=True)
class Entry:
    """A remembered frame. thumb: normalized. sums, wishes: h×w×3 float16, ab × weight and weight."""

    shot: int
    thumb: Array
    small: Pixels
    sums: Array
    wishes: Array | None


@dataclass(frozen=True)
class Found:
    """The earlier shot, and its colors where the new shot shows the same: sums of ab × weight and weight."""

    shot: int
    sums: Array
    wishes: Array | None


class Memory:
    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT)

    def arrays(self) -> dict[str, Any]:
        """The entries as named arrays."""
        named: dict[str, Any] = {}
        for n, entry in enumerate(self.entries):
            named[f"memory-{n}-shot"] = np.int64(entry.shot)
            for name in ("thumb", "small", "sums", "wishes"):
                if getattr(entry, name) is not None:
                    named[f"memory-{n}-{name}"] = getattr(entry, name)
        return named

    @classmethod
    def of(cls, named: Mapping[str, Any]) -> "Memory":
        """From what `arrays` gave, among other arrays."""
        memory, n = cls(), 0
        while (head := f"memory-{n}-") + "shot" in named:
            wishes = named.get(head + "wishes")
            memory.entries.append(
                Entry(int(named[head + "shot"]), named[head + "thumb"], named[head + "small"], named[head + "sums"], wishes)
            )
            n += 1
        return memory

    def add(self, shot: int, view: View, sums: Array, wishes: Array | None) -> None:
        """Remember a frame. sums, wishes: h×w×3 float32, as `Steady` keeps them."""
        kept = None if wishes is None else _worth(wishes, 1.0).astype(np.float16)
        self.entries.append(Entry(shot, view.thumb, view.small, _worth(sums, WORTH).astype(np.float16), kept))

    def find(self, view: View) -> Found | None:
        """The colors of the earlier frame that shows most of what `view` shows, brought to it along the flow; or None."""
        mine = view.thumb
        alike = [(float((entry.thumb * mine).mean()), entry) for entry in self.entries if entry.small.shape == view.small.shape]
        best: Any = None
        for score, entry in sorted(alike, key=lambda pair: -pair[0])[:TRIED]:
            if score < ALIKE:
                break
            way = link(View.again(entry.small), view)
            if way.agreement >= SAME and (best is None or way.agreement > best[0].agreement):
                best = way, entry
        if best is None:
            return None
        way, entry = best
        sums, wishes = (
            None if kept is None else carry(kept.astype(np.float32), way.back, way.here) for kept in (entry.sums, entry.wishes)
        )
        assert sums is not None
        return Found(entry.shot, sums, wishes)


def _worth(sums: Array, most: float) -> Array:
    return np.asarray(sums * (most / np.maximum(sums[..., 2:], most)), np.float32)
