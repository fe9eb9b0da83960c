"""A guidance and the motion to a neighboring frame in; the same guidance for that frame out: dabs
stay on what they lay on."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from tintype.arrays import Array
from tintype.film.motion import Link, carry, resized
from tintype.guidance import Guidance, Hint, Region, Stroke

AROUND = 2
"""A point moves as the trusted pixels of carry size move that are no farther away."""
LOST = 0.05
"""A point of whose surroundings no pixel is trusted as much as this has lost its thing."""
CRISP = 1.1
"""The contrast of a mask grows by this with every frame, or its edges would blur."""


@dataclass(frozen=True)
class Wish:
    """What a person asks for at a time of the film, in seconds from its start; it holds through the
    shot."""

    time: float
    guidance: Guidance


@dataclass(frozen=True)
class Ask:
    """A wish as it stands in one frame. wish: its number. age: frames between this frame and the
    wish's own."""

    wish: int
    guidance: Guidance
    age: int = 0


@dataclass(frozen=True)
class Way:
    """From one frame to a neighbor. to: h×w×2, where each pixel goes; sure: h×w, 0..1. origin:
    where each of the neighbor's pixels was."""

    to: Array
    sure: Array
    origin: Array

    @classmethod
    def onward(cls, way: Link) -> "Way":
        """To the next frame."""
        return cls(way.ahead, way.there, way.back)

    @classmethod
    def backward(cls, way: Link) -> "Way":
        """To the frame before."""
        return cls(way.back, way.here, way.ahead)


def followed(asks: Sequence[Ask], way: Way) -> tuple[Ask, ...]:
    """All asks, one frame on."""
    return tuple(Ask(ask.wish, follow(ask.guidance, way), ask.age + 1) for ask in asks)


def follow(guidance: Guidance, way: Way) -> Guidance:
    """Move hints, strokes and region with what lies under them; marks whose thing is lost or leaves
    the picture are dropped."""
    hints = tuple(
        replace(hint, x=x, y=y)
        for hint in guidance.hints
        for x, y in _moved([(hint.x, hint.y)], way)
    )
    strokes = tuple(
        replace(stroke, points=points)
        for stroke in guidance.strokes
        if (points := _moved(stroke.points, way))
    )
    region = None if guidance.region is None else _region(guidance.region, way)
    return replace(guidance, hints=hints, strokes=strokes, region=region)


def to_arrays(head: str, asks: Sequence[Ask]) -> dict[str, Any]:
    """Asks as a named array of text, without their references, which the wishes hold."""
    if not asks:
        return {}
    return {
        f"{head}asks": np.array(
            [
                json.dumps([a.wish, a.age, replace(a.guidance, reference=None).to_json()])
                for a in asks
            ]
        )
    }


def from_arrays(
    head: str, named: Mapping[str, Any], references: Mapping[int, bytes | None]
) -> tuple[Ask, ...]:
    """Asks from what `to_arrays` gave, among other arrays. references: of the wishes, by number."""
    asks = []
    for text in named.get(f"{head}asks", ()):
        wish, age, guidance = json.loads(str(text))
        asks.append(
            Ask(wish, replace(Guidance.from_json(guidance), reference=references[wish]), age)
        )
    return tuple(asks)


def joined(base: Guidance, asks: Sequence[Ask]) -> Guidance:
    """All that is asked of one frame: marks of every wish, those of nearer wishes on top; of the
    rest what the nearest wish says."""
    chosen: dict[str, Any] = {}
    hints: tuple[Hint, ...] = base.hints
    strokes: tuple[Stroke, ...] = base.strokes
    for ask in sorted(asks, key=lambda each: -each.age):
        hints, strokes = (*hints, *ask.guidance.hints), (*strokes, *ask.guidance.strokes)
        chosen |= {
            entry.name: getattr(ask.guidance, entry.name)
            for entry in fields(Guidance)
            if getattr(ask.guidance, entry.name) != entry.default
        }
    return replace(base, **(chosen | {"hints": hints, "strokes": strokes}))


def _step(point: tuple[float, float], way: Way) -> tuple[tuple[float, float], bool]:
    """Where a point (shares of the sides) goes, and whether that is known and within the
    picture."""
    height, width = way.sure.shape
    x, y = point[0] * width - 0.5, point[1] * height - 0.5
    column, row = (int(np.clip(round(at), 0, side - 1)) for at, side in ((x, width), (y, height)))
    box = np.s_[
        max(0, row - AROUND) : row + AROUND + 1, max(0, column - AROUND) : column + AROUND + 1
    ]
    sure = way.sure[box] + np.float32(1e-6)
    down, across = np.mgrid[box]
    step = ((way.to[box] - np.dstack([across, down])) * sure[..., None]).sum((0, 1)) / sure.sum()
    to = (x + float(step[0]) + 0.5) / width, (y + float(step[1]) + 0.5) / height
    return to, float(sure.max()) >= LOST and min(to) >= 0 and max(to) <= 1


def _moved(points: Sequence[tuple[float, float]], way: Way) -> tuple[tuple[float, float], ...]:
    """Where points go; those that are lost are left out."""
    return tuple(to for to, known in (_step(point, way) for point in points) if known)


def _region(region: Region, way: Way) -> Region:
    size = way.sure.shape
    if region.kind == "mask":
        mask = resized(region.mask_array().astype(np.float32) / 255, size)
        return _masked(
            0.5 + (carry(mask, way.origin, np.ones(size, np.float32)) - 0.5) * np.float32(CRISP)
        )
    if region.kind == "polygons":
        corners = ([_step(point, way)[0] for point in polygon] for polygon in region.polygons)
        return replace(
            region,
            polygons=tuple(
                tuple((_share(x), _share(y)) for x, y in polygon) for polygon in corners
            ),
        )
    if region.kind == "objects":
        keep, skip = _moved(region.keep, way), _moved(region.skip, way)
        return (
            replace(region, keep=keep, skip=skip) if keep else _masked(np.zeros(size, np.float32))
        )
    return region


def _masked(mask: Array) -> Region:
    """A mask of h×w as a region; an empty one keeps a trace in its corner, as an empty region is
    refused."""
    levels = np.rint(np.clip(mask, 0, 1) * 255).astype(np.uint8)
    levels[0, 0] = max(1, levels[0, 0])
    return Region.from_mask(levels)


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))
