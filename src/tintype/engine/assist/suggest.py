"""A prepared photograph in; the likeliest colors of a place, and the places where a hint helps
most, out."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tintype.arrays import Array
from tintype.color import ab_bins, fit_gamut
from tintype.engine.assist.odds import SIGMA, probabilities, spread_of
from tintype.engine.assist.things import Things, things_of
from tintype.engine.core.prepare import Prepared
from tintype.errors import UsageError
from tintype.guidance import Point, check_point, color_of

STEP = 4
"""Of the grid over ab on which modes are sought, CIELAB units."""
APART = 10.0
"""Colors nearer than this (CIELAB units) count as one suggestion."""
GRAY = 8.0
"""Chroma up to which a color is nearly gray, CIELAB units."""
HUES = 14.0
"""Standard deviation of the Gaussian by which the distribution over hues is smoothed, degrees."""
AROUND = 0.01
"""Standard deviation of the Gaussian over places by which the distribution of one place is
averaged, by the length of a side."""
LEAST_SHARE = 0.02
MOST_COUNT = 50
LIKENESS = (10.0, 11.0, 0.5, 0.35)
"""How much may lie between two patches that are alike, as standard deviations: of L* and ab (CIELAB
units), of the network's distributions (Hellinger distance, 0..1.41), of where they are (by the
length of a side)."""
DARK, LIGHT, FADE = 8.0, 96.0, 12.0
"""L* beyond which there is no color to see, and over how much of L* it comes."""
LEAST_SEEN = 0.1
CELLS = 8
"""One place is tried in each of CELLS×CELLS parts of the picture."""
SETTLED = 0.25
"""How much of what is uncertain about a patch a hint on the same thing takes away."""
DISTANCE = 0.12
"""Suggested places are at least this far from each other, by the length of a side."""


@dataclass(frozen=True)
class Suggestion:
    """color: "#rrggbb" at the lightness of the place. share: how likely it and what is near it are,
    0..1."""

    color: str
    share: float


def suggest_colors(prepared: Prepared, x: float, y: float, count: int = 5) -> list[Suggestion]:
    """The likeliest colors of a place: the modes of the network's distribution, smoothed over ab
    and over hue, the likeliest first.

    x, y: shares of width and height. At most `count`, fewer where the network holds fewer possible.
    Raises UsageError for a place outside of the photograph or a count of none, CapabilityError
    where the network predicts no distribution.
    """
    _check_count(count)
    x, y = check_point((x, y), "a place")
    odds = probabilities(prepared)
    height, width = odds.shape[:2]
    rows, columns = np.mgrid[:height, :width] + 0.5
    squares = np.square(columns / width - x) * (width / height) + np.square(rows / height - y) * (
        height / width
    )
    near = np.exp(-squares / (2 * max(AROUND, 0.5 / (height * width) ** 0.5) ** 2))
    here = np.tensordot(near / near.sum(), odds, 2)
    size = prepared.lightness.shape
    lightness = float(
        prepared.lightness[min(int(y * size[0]), size[0] - 1), min(int(x * size[1]), size[1] - 1)]
    )
    ab, shares = _modes(here)
    lab = fit_gamut(np.concatenate([np.full((len(ab), 1), lightness), ab], 1).astype(np.float32))
    return _distinct(lab, shares, count)


def _modes(odds: Array) -> tuple[Array, Array]:
    """ab of the modes of a distribution over bins, n×2, and their shares, n: what is nearly gray as
    one, else the modes over hue.

    Over ab itself nearly every distribution has one mode, near gray, since all hues share it: the
    hues tell what a thing may be.
    """
    points, kernel = _grid()
    mass = kernel @ odds
    chroma = np.hypot(points[:, 0], points[:, 1])
    angle = np.degrees(np.arctan2(points[:, 1], points[:, 0])) % 360
    degrees = np.arange(0, 360, 5)
    apart = np.abs((degrees[:, None] - angle + 180) % 360 - 180)
    over_hue = np.exp(-np.square(apart) / (2 * HUES**2)) @ np.where(chroma > GRAY, mass, 0)
    peaks = degrees[(over_hue > np.roll(over_hue, 1)) & (over_hue >= np.roll(over_hue, -1))]
    nearest = (
        np.abs((peaks[:, None] - angle + 180) % 360 - 180).argmin(0)
        if len(peaks)
        else np.zeros(len(points), int)
    )
    part = np.where(chroma > GRAY, nearest, len(peaks))
    shares = np.bincount(part, mass, len(peaks) + 1)
    held = np.maximum(shares, 1e-9)
    ab = np.stack(
        [np.bincount(part, mass * points[:, k], len(peaks) + 1) / held for k in range(2)], 1
    )
    vivid = np.bincount(part, mass * chroma, len(peaks) + 1) / held
    length = np.maximum(np.hypot(ab[:, 0], ab[:, 1]), 1e-6)
    ab[:-1] *= (vivid / length)[
        :-1, None
    ]  # the mean over a sector of hues is paler than what it is the mean of
    return np.asarray(ab, np.float32), np.asarray(shares, np.float32)


@lru_cache(1)
def _grid() -> tuple[Array, Array]:
    """Points of ab, P×2, and what each takes of each bin spread by a Gaussian, P×Q."""
    axis = np.arange(-112, 113, STEP, dtype=np.float32)
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
    kernel = np.exp(-np.square(points[:, None] - ab_bins()).sum(-1) / (2 * SIGMA**2))
    return points, (kernel / kernel.sum(0)).astype(np.float32)


def _distinct(lab: Array, shares: Array, count: int) -> list[Suggestion]:
    """The largest shares; what is drawn into the gamut to nearly the same color is counted as
    one."""
    kept: list[tuple[Array, float]] = []
    for at in np.argsort(-shares, kind="stable"):
        same = next(
            (k for k, (color, _) in enumerate(kept) if np.linalg.norm(color - lab[at]) < APART),
            None,
        )
        if same is None:
            kept.append((lab[at], float(shares[at])))
        else:
            kept[same] = kept[same][0], kept[same][1] + float(shares[at])
    kept.sort(key=lambda entry: -entry[1])
    named = [Suggestion(color_of(float(color[0]), color[1:]), share) for color, share in kept]
    return [named[0], *(entry for entry in named[1:] if entry.share >= LEAST_SHARE)][:count]


def suggest_places(prepared: Prepared, count: int = 5) -> list[Point]:
    """Where hints help most, the most helpful first: (x, y) as shares of width and height, apart
    from each other.

    A hint settles what belongs to the same thing and looks alike; the next place is the one that
    settles most of the variance that the network's distributions still have, by area (greedy
    facility location, Nemhauser, Wolsey and Fisher 1978). What is black or
    white counts for nothing. Saliency does not count: backgrounds are large, and as often wrong.
    Fewer than `count` where there are no more. Raises UsageError and CapabilityError as
    `suggest_colors`.
    """
    _check_count(count)
    probabilities(prepared)  # raises where the network predicts none
    things = things_of(prepared)
    lightness, odds = things.traits[0][:, 0] * 10, np.square(things.traits[1])
    seen = np.clip(np.minimum(lightness - DARK, LIGHT - lightness) / FADE, 0, 1)
    uncertain = things.areas * seen * np.square(spread_of(odds))
    likeness = _likeness(things, lightness, odds)
    tried = _candidates(things, np.where(seen > LEAST_SEEN, likeness @ uncertain, 0))
    if not tried:
        return []
    points = [things.middles[patch] for patch in tried]
    settles = np.sqrt(likeness[tried] * np.stack([things.membership(point) for point in points]))
    free = np.ones(len(tried), bool)
    found: list[Point] = []
    while len(found) < count and free.any():
        best = int(np.where(free, settles @ uncertain, -1).argmax())
        found.append(points[best])
        uncertain = uncertain * (1 - SETTLED * settles[best])
        free &= np.linalg.norm(things.places[tried] - things.places[tried[best]], axis=1) > DISTANCE
    return found


def _candidates(things: Things, gain: Array) -> list[int]:
    """The patch of the largest gain in each part of the picture; none where there is nothing to
    gain."""
    parts = np.minimum(np.array(things.middles) * CELLS, CELLS - 1).astype(int)
    number = parts[:, 1] * CELLS + parts[:, 0]
    best = [int(np.where(number == part, gain, -1).argmax()) for part in np.unique(number)]
    return [patch for patch in best if gain[patch] > 0]


def _likeness(things: Things, lightness: Array, odds: Array) -> Array:
    """How much alike patches are: n×n, 0..1."""
    kinds = (lightness[:, None], odds @ ab_bins(), things.traits[1], things.places)
    known = np.concatenate([kind / width for kind, width in zip(kinds, LIKENESS, strict=True)], 1)
    squares = np.square(known).sum(1)
    return np.asarray(
        np.exp(-np.maximum(squares[:, None] + squares - 2 * known @ known.T, 0) / 2), np.float32
    )


def _check_count(count: int) -> None:
    if not 1 <= count <= MOST_COUNT:
        raise UsageError(f"1 to {MOST_COUNT} suggestions can be asked for, not {count}")
