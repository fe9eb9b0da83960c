"""A wish at its time in; what it asks of the other frames of its shot, followed along the flow,
out."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from tintype.film.chroma import gray_of
from tintype.film.follow import Ask, Way, Wish, followed
from tintype.film.keys import Painter
from tintype.film.motion import View, link
from tintype.film.plan import FAR, Anchor
from tintype.film.source import Source

CHUNK = 4.0
"""Seconds that are read at once, from a wish backward."""
LONGEST = 120.0
"""Seconds that a wish is followed at most."""


def anchors_of(
    wishes: Sequence[Wish],
    film: Source,
    painter: Painter,
    start: float,
    stop: float,
    whole: bool = False,
) -> list[Anchor]:
    """What wishes ask between `start` and `stop` seconds, in order of time.

    Each is asked of its own frame and, back to the cut before it, of every `FAR`th; who goes
    through the shot follows it on. A wish before `start` is followed up to there. whole: all frames
    of its shot. Raises UsageError and CapabilityError for what cannot be asked.
    """
    found: list[Anchor] = []
    for number, wish in enumerate(wishes):
        if start - LONGEST <= wish.time < stop + LONGEST:
            found += _of_one(
                Ask(number, wish.guidance), wish.time, film, painter, start, stop, whole
            )
    return sorted(
        (anchor for anchor in found if start - 1e-6 <= anchor.time < stop),
        key=lambda anchor: anchor.time,
    )


def _of_one(
    ask: Ask, time: float, film: Source, painter: Painter, start: float, stop: float, whole: bool
) -> Iterator[Anchor]:
    own = next(_views(film, time - 0.5 / float(film.rate), time + 2 / float(film.rate)), None)
    if own is None:
        return
    time, view = own
    painter(
        view.small, view.light.shape, (ask,)
    )  # what cannot be asked is refused before the long work
    yield Anchor(time, ask)
    earliest = None
    for earliest in _backward(ask, time, view, film, max(start, time - LONGEST)):
        if whole or earliest.ask.age % FAR == 0:
            yield earliest
    if earliest is not None:
        yield earliest
    if whole or time < start:
        for later in _onward(ask, time, view, film, min(stop, time + LONGEST)):
            if later.time >= start:
                yield later
                if not whole:
                    return


def _backward(ask: Ask, time: float, view: View, film: Source, first: float) -> Iterator[Anchor]:
    """Frame by frame to the cut before, or to `first` seconds."""
    with ThreadPoolExecutor(2) as pool:
        while time > first:
            begin = max(first, time - CHUNK)
            read = list(_views(film, begin, time))
            ways = pool.map(lambda pair: link(*pair), pairwise([*(each for _, each in read), view]))
            for (at, _), way in reversed(list(zip(read, ways, strict=True))):
                if way.cut:
                    return
                ask = followed((ask,), Way.backward(way))[0]
                yield Anchor(at, ask)
            time, view = begin, read[0][1] if read else view


def _onward(ask: Ask, time: float, view: View, film: Source, last: float) -> Iterator[Anchor]:
    """Frame by frame to the next cut, or to `last` seconds."""
    for at, now in _views(film, time + 1e-4, last):
        way = link(view, now)
        if way.cut:
            return
        ask, view = followed((ask,), Way.onward(way))[0], now
        yield Anchor(at, ask)


def _views(film: Source, begin: float, end: float) -> Iterator[tuple[float, View]]:
    for frame in film.frames(begin, end):
        if not frame.broken:
            yield (
                float(frame.pts * film.time_base - film.shift),
                View.of(gray_of(frame.luma, film.look)),
            )
