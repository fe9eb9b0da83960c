"""A wish in the middle of a shot in; what it means for the frames of the shot before it out."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tintype.film.chroma import gray_of
from tintype.film.keys import Anchor, Painter, Wish
from tintype.film.motion import View, carry, link
from tintype.film.source import Source
from tintype.film.steady import FAR, WISH_FADE, WISH_TRUST

CHUNK = 4.0
"""Seconds that are read at once, from the wish backward."""
LONGEST = 120.0
"""Seconds that a wish reaches back at most."""
LEAST = 1e-3
"""Weight of the farthest anchor."""


def anchors_of(wish: Wish, film: Source, painter: Painter, start: float | None = None) -> list[Anchor]:
    """Anchors every few frames from the wish back to the cut before it, or to `start` seconds; carried along the flow."""
    anchors: list[Anchor] = []
    first = max(start or 0.0, wish.time - LONGEST)
    after: View | None = None
    sums: np.ndarray | None = None
    end, count = wish.time + 1 / float(film.rate), 0
    with ThreadPoolExecutor(2) as pool:
        while end > first:
            begin = max(first, end - CHUNK)
            read = [
                (float(frame.pts * film.time_base - film.shift), View.of(gray_of(frame.luma, film.look)))
                for frame in film.frames(begin, end)
                if not frame.broken
            ]
            views = [view for _, view in read] + ([after] if after is not None else [])
            ways = list(pool.map(link, views, views[1:]))
            for n in range(len(read) - 1, -1, -1):
                time, view = read[n]
                if sums is None:
                    wished = painter(view.small, view.light.shape, wish.guidance).wished
                    if wished is None:
                        return []
                    sums = np.dstack([wished, np.ones(wished.shape[:2], np.float32)])
                    continue
                way = ways[n]
                if way.cut:
                    return anchors
                sums = carry(sums, way.ahead, np.minimum(way.there * np.float32(WISH_TRUST), np.float32(1)))
                count += 1
                if count % FAR == 0:
                    weight = np.float32(max(LEAST, WISH_FADE**count) / max(1e-6, float(sums[..., 2].max())))
                    anchors.append(Anchor(time, sums * weight))
            after = views[0] if views else after
            end = begin
    return anchors
