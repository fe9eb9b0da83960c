"""How far each hint reaches: to the whole picture, to all that looks like its object, to the object
that it lies on, or to its surroundings.

A hint whose color is close to the one predicted without it corrects the whole picture: its
correction spreads to all similar places. A hint of a distant color concerns one object only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.engine.assist.things import EDGE_STEP, SMOOTHER_WEIGHT, memberships, raise_mask
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.sizes import pixel_at, resize
from tintype.engine.core.upsample import edge_smoother
from tintype.guidance import (
    DEFAULT_RADIUS,
    DEFAULT_WIDTH,
    Hint,
    Point,
    Reach,
    Stroke,
    color_ab,
    draw_hints,
)

# Color distance, CIELAB units, at which half of a hint's correction spreads to the whole picture.
HALF_TRUST_DISTANCE = 20.0
# Standard deviation of the effect of a hint with the reach `place` beyond its rim, by the mean
# side.
PLACE_SIGMA = 0.05
# Hints above this number are not distinguished; only the last ones are.
MAX_SPOTS = 80
# Points of a stroke that are evaluated.
MAX_STROKE_POINTS = 6


@dataclass(frozen=True)
class Spot:
    """A hint or stroke. points: on it, shares of width and height. radius: by the shorter side.
    ab: its color. trust: the share of its correction that spreads to the whole picture, 0..1."""

    points: tuple[Point, ...]
    radius: float
    ab: Array
    confidence: float
    reach: Reach
    trust: float = 1.0


def spots_of(marks: Sequence[Hint | Stroke], plain: Array) -> list[Spot]:
    """The spots of the last `MAX_SPOTS` marks. plain: ab without hints, h×w×2, any size."""
    spots = []
    for mark in marks[-MAX_SPOTS:]:
        if isinstance(mark, Hint):
            points: tuple[Point, ...] = ((mark.x, mark.y),)
            radius = mark.radius or DEFAULT_RADIUS
        else:
            count = min(len(mark.points), MAX_STROKE_POINTS)
            picks = np.linspace(0, len(mark.points) - 1, count).round().astype(int)
            points, radius = tuple(mark.points[k] for k in picks), (mark.width or DEFAULT_WIDTH) / 2
        spot = Spot(points, radius, color_ab(mark.color), mark.confidence, mark.reach)
        spots.append(_trusted(spot, plain))
    return spots


def spots_in(hint: Array, plain: Array) -> list[Spot]:
    """The spots of a hint map (H×W×3: a*, b*, confidence): its connected parts; none where there
    are more than `MAX_SPOTS`."""
    count, labels, stats, centers = cv2.connectedComponentsWithStats(
        (hint[..., 2] > 0).astype(np.uint8)
    )
    if count - 1 > MAX_SPOTS:
        return []
    height, width = labels.shape
    spots = []
    for part in range(1, count):
        rows, columns = np.nonzero(labels == part)
        x, y = centers[part]
        middle = int(((rows - y) ** 2 + (columns - x) ** 2).argmin())
        row, column = rows[middle], columns[middle]
        radius = (stats[part, cv2.CC_STAT_AREA] / np.pi) ** 0.5 / min(height, width)
        a, b, confidence = hint[row, column]
        points = (((column + 0.5) / width, (row + 0.5) / height),)
        spot = Spot(points, float(radius), np.array([a, b]), float(confidence), "thing")
        spots.append(_trusted(spot, plain))
    return spots


def _trusted(spot: Spot, plain: Array) -> Spot:
    """The spot with its trust, by the distance of its color from the plain coloring."""
    if spot.reach != "thing":
        return replace(spot, trust=0.0)
    here = [plain[pixel_at(plain.shape, x, y)] for x, y in spot.points]
    distance = float(np.linalg.norm(spot.ab - np.mean(here, axis=0)))
    return replace(spot, trust=float(_trust(distance)))


def _trust(distance: Array | float) -> Array:
    return np.asarray(1 / (1 + (distance / HALF_TRUST_DISTANCE) ** 4))


def trust_map(spots: Sequence[Spot], hint: Array, plain: Array) -> Array:
    """The share of the correction at each place that spreads to the whole picture: H×W float32,
    0..1, the trust of the nearest spot.

    Without spots each place is judged by its own color. hint: H×W×3 (a*, b*, confidence). plain:
    ab without hints, h×w×2.
    """
    size = hint.shape[:2]
    if not spots:
        away = np.linalg.norm(hint[..., :2] - resize(plain, hint.shape), axis=2)
        return _trust(away).astype(np.float32)
    trust_at = {pixel_at(size, x, y): spot.trust for spot in spots for x, y in spot.points}
    elsewhere = np.ones(size, np.uint8)
    elsewhere[tuple(np.transpose(list(trust_at)))] = 0
    labels = cv2.distanceTransformWithLabels(
        elsewhere, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )[1]
    trust = np.zeros(int(labels.max()) + 1, np.float32)
    for pixel, value in trust_at.items():
        trust[labels[pixel]] = value
    return np.asarray(trust[labels])


@dataclass(frozen=True)
class Reached:
    """What spots change. share: h×w, 0..1, how much of the network's and the regression's effect of
    the hints applies. member: h×w, 0..1, what hinted colors replace, and strength: h×w, 0..1, to
    which degree. color: h×w×2, those colors, CIELAB units. All at the size of the photograph's
    segments."""

    share: Array
    member: Array
    strength: Array
    color: Array


def reached(prepared: Prepared, spots: Sequence[Spot]) -> Reached | None:
    """The places that hints reach; None where every hint applies to the whole picture."""
    if all(spot.trust > 0.99 for spot in spots):
        return None
    members = np.stack([_membership(prepared, spot) for spot in spots])
    trust, confidence = (
        np.array([getattr(spot, name) for spot in spots], np.float32)[:, None, None]
        for name in ("trust", "confidence")
    )
    near = members + np.float32(0.05)
    share = (near * (trust + (1 - trust) * members)).sum(0) / near.sum(0)
    squares = np.maximum(np.square(members), np.float32(1e-6))
    fill = members * (1 - trust) * confidence
    strength = (squares * (1 - trust) * confidence).sum(0) / squares.sum(0)
    colors = np.einsum("khw,kc->hwc", fill**2, np.stack([spot.ab for spot in spots]))
    colors = colors / np.maximum((fill**2).sum(0), 1e-6)[..., None]
    return Reached(share, members.max(0), strength, colors.astype(np.float32))


def _membership(prepared: Prepared, spot: Spot) -> Array:
    """How much each place belongs to those that a spot reaches: h×w float32, 0..1."""
    member = memberships(prepared, spot.points, spot.reach == "alike").max(0)
    if spot.reach != "place":
        return np.asarray(member)
    height, width = member.shape
    rows, columns = np.mgrid[:height, :width] + 0.5
    away = np.min(
        [np.hypot(rows - y * height, columns - x * width) for x, y in spot.points], axis=0
    ) / np.sqrt(height * width)
    beyond = np.maximum(away - spot.radius * (min(height, width) / max(height, width)) ** 0.5, 0)
    return np.asarray(member * np.exp(-(beyond**2) / (2 * PLACE_SIGMA**2)), np.float32)


def marked_share(prepared: Prepared, marks: Sequence[Hint | Stroke]) -> Array:
    """What hints and strokes reach in a photograph that is in color: H×W float32 at the guided
    size, 0..1."""
    lightness = prepared.lightness
    members = [_membership(prepared, spot) for spot in spots_of(marks, prepared.plain)]
    reach = raise_mask(np.asarray(np.max(members, axis=0)), lightness)
    return np.asarray(np.maximum(reach, draw_hints(marks, lightness.shape)[..., 2]))


def fill_things(ab: Array, lightness: Array, places: Reached) -> Array:
    """Apply the hinted colors to their objects, up to the objects' edges. ab: H×W×2, lightness:
    H×W, both at the guided size."""
    size = lightness.shape
    share = raise_mask(places.member, lightness) * resize(places.strength, size)
    smoother = edge_smoother(lightness, SMOOTHER_WEIGHT, EDGE_STEP)
    fill = np.asarray(places.member * places.strength + 1e-4, np.float32)
    weight = smoother.filter(resize(fill, size))
    planes = []
    for plane, color in zip(cv2.split(ab), cv2.split(places.color), strict=True):
        colored = resize(np.asarray(color * fill, np.float32), size)
        target = smoother.filter(colored) / weight
        planes.append(plane + share * (target - plane))
    return np.asarray(cv2.merge(planes), np.float32)
