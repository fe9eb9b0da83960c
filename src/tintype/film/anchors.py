"""A wish in the middle of a shot in; what it asks of the frames of the shot before it out."""

from concurrent.futures import ThreadPoolExecutor

from tintype.film.chroma import gray_of
from tintype.film.follow import Ask, Way, Wish, followed
from tintype.film.keys import Painter
from tintype.film.motion import View, link
from tintype.film.plan import FAR, Anchor
from tintype.film.source import Source

CHUNK = 4.0
"""Seconds that are read at once, from the wish backward."""
LONGEST = 120.0
"""Seconds that a wish reaches back at most."""


def anchors_of(number: int, wish: Wish, film: Source, painter: Painter, start: float | None = None) -> list[Anchor]:
    """Anchors every few frames from the wish back to the cut before it, or to `start` seconds, followed along the flow.

    number: of the wish. Raises UsageError and CapabilityError for what cannot be asked of its frame.
    """
    anchors: list[Anchor] = []
    first = max(start or 0.0, wish.time - LONGEST)
    after: View | None = None
    asks: tuple[Ask, ...] = ()
    earliest = 0.0
    end = wish.time + 1 / float(film.rate)
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
                if not asks:
                    asks = (Ask(number, wish.guidance),)
                    painter(view.small, view.light.shape, asks)
                elif ways[n].cut:
                    return [*anchors, Anchor(earliest, asks[0])]
                else:
                    asks = followed(asks, Way.backward(ways[n]))
                    if asks[0].age % FAR == 0:
                        anchors.append(Anchor(time, asks[0]))
                earliest = time
            after = views[0] if views else after
            end = begin
    return [*anchors, Anchor(earliest, asks[0])] if asks else anchors
