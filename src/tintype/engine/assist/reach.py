"""How far a hint reaches: what it says about the whole picture, and what it says about one thing
alone.

A hint near to what the picture would be without it is news about the picture: its correction may
spread to all that errs alike. One that lies far from it is a wish about one thing, and stays there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.engine.assist.region import feather
from tintype.engine.assist.things import Things, things_of
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.sizes import resize
from tintype.guidance import DEFAULT_RADIUS, DEFAULT_WIDTH, Hint, Point, Reach, Stroke, color_ab

TRUST = 20.0
"""A hint that lies this far (CIELAB units) from what the picture would be without it is half news
and half a wish."""
NEARBY = 0.05
"""Standard deviation of what a hint with the reach `place` changes beyond its rim, by the length of
a side."""
MOST_SPOTS = 80
"""More hints than this are not told apart: where there are so many, each is about its
surroundings."""
STROKE_POINTS = 6


@dataclass(frozen=True)
class Spot:
    """A hint or stroke. points: on it. radius: by the shorter side. ab: its color. trust: how much
    of it is news about the picture, 0..1."""

    points: tuple[Point, ...]
    radius: float
    ab: Array
    confidence: float
    reach: Reach
    trust: float = 1.0


def spots_of(marks: Sequence[Hint | Stroke], plain: Array) -> list[Spot]:
    """The spots of a guidance. plain: the picture's ab without hints, h×w×2, any size."""
    found = []
    for mark in marks[-MOST_SPOTS:]:
        if isinstance(mark, Hint):
            points: tuple[Point, ...] = ((mark.x, mark.y),)
            radius = mark.radius or DEFAULT_RADIUS
        else:
            picks = (
                np.linspace(0, len(mark.points) - 1, min(len(mark.points), STROKE_POINTS))
                .round()
                .astype(int)
            )
            points, radius = tuple(mark.points[k] for k in picks), (mark.width or DEFAULT_WIDTH) / 2
        found.append(
            trusted(Spot(points, radius, color_ab(mark.color), mark.confidence, mark.reach), plain)
        )
    return found


def spots_in(hint: Array, plain: Array) -> list[Spot]:
    """The spots of a hint map (H×W×3: a*, b*, confidence): its connected parts; none where there
    are too many."""
    count, labels, stats, centers = cv2.connectedComponentsWithStats(
        (hint[..., 2] > 0).astype(np.uint8)
    )
    if count - 1 > MOST_SPOTS:
        return []
    height, width = labels.shape
    found = []
    for part in range(1, count):
        y, x = np.nonzero(labels == part)
        nearest = int(((y - centers[part][1]) ** 2 + (x - centers[part][0]) ** 2).argmin())
        at = hint[y[nearest], x[nearest]]
        points = (((x[nearest] + 0.5) / width, (y[nearest] + 0.5) / height),)
        radius = (stats[part, cv2.CC_STAT_AREA] / np.pi) ** 0.5 / min(height, width)
        found.append(trusted(Spot(points, float(radius), at[:2], float(at[2]), "thing"), plain))
    return found


def trusted(spot: Spot, plain: Array) -> Spot:
    """The spot with its trust, by how far its color lies from the plain coloring."""
    if spot.reach != "thing":
        return Spot(
            spot.points,
            spot.radius,
            spot.ab,
            spot.confidence,
            spot.reach,
            1.0 if spot.reach == "alike" else 0.0,
        )
    height, width = plain.shape[:2]
    here = [
        plain[min(int(y * height), height - 1), min(int(x * width), width - 1)]
        for x, y in spot.points
    ]
    surprise = float(np.linalg.norm(spot.ab - np.mean(here, axis=0)))
    return Spot(
        spot.points, spot.radius, spot.ab, spot.confidence, spot.reach, float(_trust(surprise))
    )


def _trust(surprise: Array | float) -> Array | float:
    return 1 / (1 + (surprise / TRUST) ** 4)


def trust_map(spots: Sequence[Spot], hint: Array, plain: Array) -> Array:
    """How much of the hint at each place is news about the picture as a whole: H×W, 0..1, the trust
    of the nearest spot.

    Without spots each place is judged by its own color. hint: H×W×3 (a*, b*, confidence). plain:
    h×w×2, the coloring without hints.
    """
    height, width = hint.shape[:2]
    if not spots:
        return np.asarray(
            _trust(np.linalg.norm(hint[..., :2] - resize(plain, hint.shape), axis=2)), np.float32
        )
    seeds = np.full((height, width), 255, np.uint8)
    trust = np.zeros(height * width + 1, np.float32)
    places = [
        (min(int(y * height), height - 1), min(int(x * width), width - 1), spot.trust)
        for spot in spots
        for x, y in spot.points
    ]
    for y, x, _ in places:
        seeds[y, x] = 0
    _, labels = cv2.distanceTransformWithLabels(
        seeds, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    for y, x, value in places:
        trust[labels[y, x]] = value
    return np.asarray(trust[labels])


@dataclass(frozen=True)
class Reached:
    """What spots change. share: h×w, how much of what network and regression make of the hints is
    let through. fill: h×w, how much the wished color replaces what is there; color: h×w×2, that
    color. All at the size of the patches, 0..1 and CIELAB units.
    """

    share: Array
    fill: Array
    color: Array


def reached(prepared: Prepared, spots: Sequence[Spot]) -> Reached | None:
    """None where every hint applies to the whole picture."""
    if all(spot.trust > 0.99 for spot in spots):
        return None
    things = things_of(prepared)
    members = np.stack([_membership(things, spot, prepared.lightness.shape) for spot in spots])
    trust = np.array([spot.trust for spot in spots], np.float32)[:, None]
    near = members + 0.05
    share = (near * (trust + (1 - trust) * members)).sum(0) / near.sum(0)
    wished = (
        members * (1 - trust) * np.array([spot.confidence for spot in spots], np.float32)[:, None]
    )
    weights = wished**2
    color = (
        np.einsum("kn,kc->nc", weights, np.stack([spot.ab for spot in spots]))
        / np.maximum(weights.sum(0), 1e-6)[:, None]
    )
    return Reached(
        things.drawn(share), things.drawn(wished.max(0)), things.drawn(color.astype(np.float32))
    )


def _membership(things: Things, spot: Spot, size: tuple[int, ...]) -> Array:
    if spot.reach == "alike":
        return np.ones(things.count, np.float32)
    member = things.membership(*spot.points)
    if spot.reach == "thing":
        return member
    centers = (
        np.array([(y * size[0], x * size[1]) for x, y in spot.points]) / (size[0] * size[1]) ** 0.5
    )
    away = np.linalg.norm(things.places[:, None] - centers, axis=2).min(1)
    rim = spot.radius * min(size[0], size[1]) / (size[0] * size[1]) ** 0.5
    return np.asarray(
        member * np.exp(-(np.maximum(away - rim, 0) ** 2) / (2 * NEARBY**2)), np.float32
    )


def fill_things(ab: Array, lightness: Array, found: Reached) -> Array:
    """Apply the hinted colors to their things, up to the things' edges. ab: H×W×2, lightness: H×W,
    both at the guided size."""
    share = feather(
        lightness,
        resize(found.fill, lightness.shape),
        max(4, round(2 * lightness.shape[0] / found.fill.shape[0])),
    )
    weight = np.maximum(cv2.blur(found.fill, (9, 9)), np.float32(1e-4))
    planes = []
    for plane, color in zip(cv2.split(ab), cv2.split(found.color), strict=True):
        wished = resize(cv2.blur(color * found.fill, (9, 9)) / weight, lightness.shape)
        planes.append(cv2.add(plane, cv2.multiply(share, cv2.subtract(wished, plane))))
    return np.asarray(cv2.merge(planes), np.float32)
