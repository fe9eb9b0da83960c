"""Frames of earlier shots with their colors in; for a new shot that shows the same again, these
colors out."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tintype.arrays import Array, Pixels
from tintype.film.follow import Ask, Way, followed, from_arrays, to_arrays
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
    """A remembered frame. thumb: normalized. sums: h×w×3 float16, ab × weight and weight. asks:
    what was asked of it."""

    shot: int
    thumb: Array
    small: Pixels
    sums: Array
    asks: tuple[Ask, ...]


@dataclass(frozen=True)
class Found:
    """The earlier shot, and its colors where the new shot shows the same, sums of ab × weight and
    weight; what was asked of it."""

    shot: int
    sums: Array
    asks: tuple[Ask, ...]


class Memory:
    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT)

    def arrays(self) -> dict[str, Any]:
        """The entries as named arrays."""
        named: dict[str, Any] = {}
        for n, entry in enumerate(self.entries):
            named[f"memory-{n}-shot"] = np.int64(entry.shot)
            named |= {
                f"memory-{n}-{name}": getattr(entry, name) for name in ("thumb", "small", "sums")
            }
            named |= to_arrays(f"memory-{n}-", entry.asks)
        return named

    @classmethod
    def of(cls, named: Mapping[str, Any], references: Mapping[int, bytes | None]) -> "Memory":
        """From what `arrays` gave, among other arrays. references: of the wishes, by number."""
        memory, n = cls(), 0
        while (head := f"memory-{n}-") + "shot" in named:
            thumb, small, sums = (named[head + name] for name in ("thumb", "small", "sums"))
            memory.entries.append(
                Entry(
                    int(named[head + "shot"]),
                    thumb,
                    small,
                    sums,
                    from_arrays(head, named, references),
                )
            )
            n += 1
        return memory

    def add(self, shot: int, view: View, sums: Array, asks: tuple[Ask, ...] = ()) -> None:
        """Remember a frame. sums: h×w×3 float32, as `Steady` keeps them."""
        worth = sums * (WORTH / np.maximum(sums[..., 2:], WORTH))
        self.entries.append(Entry(shot, view.thumb, view.small, worth.astype(np.float16), asks))

    def find(self, view: View) -> Found | None:
        """The colors of the earlier frame that shows most of what `view` shows, brought to it along
        the flow; or None."""
        mine = view.thumb
        alike = [
            (float((entry.thumb * mine).mean()), entry)
            for entry in self.entries
            if entry.small.shape == view.small.shape
        ]
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
        return Found(
            entry.shot,
            carry(entry.sums.astype(np.float32), way.back, way.here),
            followed(entry.asks, Way.onward(way)),
        )
