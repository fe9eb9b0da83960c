"""The likeliest colors of a place in a prepared photograph, and the places where a hint helps
most."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tintype.arrays import Array
from tintype.color import ab_bins, fit_gamut
from tintype.color.bins import SMOOTHING_SIGMA, spread_of
from tintype.engine.assist.groups import Cells
from tintype.engine.assist.things import color_roots, memberships
from tintype.engine.core.hints import squared_distances
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.sizes import pixel_at, resize
from tintype.errors import UsageError
from tintype.guidance import Point, check_point, color_of

# Spacing of the grid over ab on which modes are sought, CIELAB units.
GRID_STEP = 4
# Color distance up to which colors count as one suggestion, CIELAB units.
MIN_COLOR_DISTANCE = 10.0
# Chroma up to which a color is nearly gray, CIELAB units.
MAX_GRAY_CHROMA = 8.0
# Standard deviation of the Gaussian that smooths the distribution over hues, degrees.
HUE_SIGMA = 14.0
# Standard deviation of the Gaussian over places that averages the distribution of one place, by
# the mean side.
PLACE_SIGMA = 0.01
# Smallest share of a suggested color, except the first.
MIN_SHARE = 0.02
MAX_SUGGESTIONS = 50
# Standard deviations at which cells are similar: of L* and ab (CIELAB units), of the network's
# distributions (Hellinger distance, 0..1.41), of places (by the mean side).
SIMILARITY_SIGMAS = (10.0, 11.0, 0.5, 0.35)
# L* beyond which no color is visible, and the range of L* over which it fades.
MIN_LIGHTNESS, MAX_LIGHTNESS, FADE_LIGHTNESS = 8.0, 96.0, 12.0
# Visibility up to which a cell is no candidate, 0..1.
MIN_VISIBILITY = 0.1
# One place is tried in each of this many columns and rows of the picture.
CANDIDATE_GRID = 8
# Fraction of a cell's uncertainty that one hint on the same object removes.
REMOVED_UNCERTAINTY = 0.25
# Distance of suggested places from each other, by the mean side.
MIN_PLACE_DISTANCE = 0.12


@dataclass(frozen=True)
class Suggestion:
    """color: "#rrggbb" at the lightness of the place. share: the probability of it and of similar
    colors, 0..1."""

    color: str
    share: float


def suggest_colors(prepared: Prepared, x: float, y: float, count: int = 5) -> list[Suggestion]:
    """The likeliest colors of a place: the modes of the network's distribution, smoothed over ab
    and over hue, the likeliest first.

    x, y: shares of width and height. At most `count`, fewer where the distribution has fewer modes.
    Raises UsageError for a place outside of the photograph or a wrong count, CapabilityError where
    the network predicts no distribution.
    """
    _check_count(count)
    x, y = check_point((x, y), "a place")
    odds = probabilities(prepared)
    height, width = odds.shape[:2]
    rows, columns = np.mgrid[:height, :width] + 0.5
    squares = np.square(columns / width - x) * (width / height)
    squares = squares + np.square(rows / height - y) * (height / width)
    sigma = max(PLACE_SIGMA, 0.5 / (height * width) ** 0.5)
    near = np.exp(-squares / (2 * sigma**2))
    ab, shares = _modes(np.tensordot(near / near.sum(), odds, 2))
    lightness = prepared.lightness[pixel_at(prepared.lightness.shape, x, y)]
    lab = fit_gamut(np.column_stack([np.full(len(ab), lightness), ab]).astype(np.float32))
    return _distinct(lab, shares, count)


def probabilities(prepared: Prepared) -> Array:
    """The network's distributions over `ab_bins()`, h×w×Q float32. Raises CapabilityError where it
    predicts none."""
    return np.asarray(np.square(color_roots(prepared)), np.float32)


def _modes(odds: Array) -> tuple[Array, Array]:
    """ab of the modes of a distribution over bins, n×2, and their shares, n: the modes over hue,
    then all that is nearly gray as one.

    Over ab itself nearly every distribution has one mode, near gray, which all hues share.
    """
    points, kernel = _grid()
    mass = kernel @ odds
    chroma = np.hypot(points[:, 0], points[:, 1])
    is_gray = chroma <= MAX_GRAY_CHROMA
    hue = np.degrees(np.arctan2(points[:, 1], points[:, 0])) % 360
    degrees = np.arange(0, 360, 5)
    apart = np.abs((degrees[:, None] - hue + 180) % 360 - 180)
    over_hue = np.exp(-np.square(apart) / (2 * HUE_SIGMA**2)) @ np.where(is_gray, 0, mass)
    is_peak = (over_hue > np.roll(over_hue, 1)) & (over_hue >= np.roll(over_hue, -1))
    count = int(is_peak.sum())
    nearest = apart[is_peak].argmin(0) if count else 0
    part = np.where(is_gray, count, nearest)
    shares, a, b, mean_chroma = (
        np.bincount(part, mass * weight, count + 1) for weight in (1, *points.T, chroma)
    )
    total = np.maximum(shares, 1e-9)
    ab = np.stack([a / total, b / total], 1)
    # the mean over a sector of hues is paler than the colors in it
    length = np.maximum(np.hypot(ab[:-1, 0], ab[:-1, 1]), 1e-6)
    ab[:-1] *= ((mean_chroma / total)[:-1] / length)[:, None]
    return np.asarray(ab, np.float32), np.asarray(shares, np.float32)


@lru_cache(1)
def _grid() -> tuple[Array, Array]:
    """Points of ab, P×2, and the share of each bin, spread by a Gaussian, at each: P×Q."""
    axis = np.arange(-112, 113, GRID_STEP, dtype=np.float32)
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
    kernel = np.exp(-np.square(points[:, None] - ab_bins()).sum(-1) / (2 * SMOOTHING_SIGMA**2))
    return points, (kernel / kernel.sum(0)).astype(np.float32)


def _distinct(lab: Array, shares: Array, count: int) -> list[Suggestion]:
    """The colors of the largest shares; similar colors are merged into the likeliest of them."""
    merged: list[tuple[Array, float]] = []
    for color, share in sorted(zip(lab, shares.tolist(), strict=True), key=lambda e: -e[1]):
        away = [float(np.linalg.norm(other - color)) < MIN_COLOR_DISTANCE for other, _ in merged]
        if any(away):
            same = away.index(True)
            merged[same] = merged[same][0], merged[same][1] + share
        else:
            merged.append((color, share))
    merged.sort(key=lambda entry: -entry[1])
    named = [Suggestion(color_of(float(color[0]), color[1:]), share) for color, share in merged]
    return [named[0], *(entry for entry in named[1:] if entry.share >= MIN_SHARE)][:count]


def suggest_places(prepared: Prepared, count: int = 5) -> list[Point]:
    """Where hints help most, the most helpful first: (x, y) as shares of width and height.

    A hint makes similar places of the same object certain; the next place is the one that removes
    most of the remaining variance of the network's distributions, by area (greedy facility
    location, Nemhauser, Wolsey and Fisher 1978), on another thing than those before as long as
    there is one. Black and white do not count. Saliency does not
    count: backgrounds are large, and as often wrong. Fewer than `count` where there are no more.
    Raises UsageError and CapabilityError as `suggest_colors`.
    """
    _check_count(count)
    cells, all_roots = Cells.of(prepared), color_roots(prepared)
    roots, lightness = cells.sample(all_roots), resize(prepared.lightness, cells.size).ravel()
    odds = np.square(roots)
    fade = np.minimum(lightness - MIN_LIGHTNESS, MAX_LIGHTNESS - lightness) / FADE_LIGHTNESS
    visibility = np.clip(fade, 0, 1)
    uncertain = visibility * np.square(spread_of(odds))
    kinds = (lightness[:, None], odds @ ab_bins(), roots, cells.places)
    similarity = _similarity(kinds)
    gain = np.where(visibility > MIN_VISIBILITY, similarity @ uncertain, 0)
    tried = _candidates(cells, gain)
    if not tried:
        return []
    points = [cells.points[cell] for cell in tried]
    members = cells.sample(memberships(prepared, points).transpose(1, 2, 0)).T
    removed = np.sqrt(similarity[tried] * members)
    places: list[Point] = []
    is_free, is_other = np.ones(len(tried), bool), np.ones(len(tried), bool)
    while len(places) < count and is_free.any():
        open_cells = is_free & is_other if (is_free & is_other).any() else is_free
        best = int(np.where(open_cells, removed @ uncertain, -1).argmax())
        places.append(points[best])
        uncertain = uncertain * (1 - REMOVED_UNCERTAINTY * removed[best])
        away = np.linalg.norm(cells.places[tried] - cells.places[tried[best]], axis=1)
        is_free &= away > MIN_PLACE_DISTANCE
        is_other &= members[best, tried] < 0.5
    return places


def _candidates(cells: Cells, gain: Array) -> list[int]:
    """The cell of the largest gain in each square of a coarse grid; none where there is no gain."""
    squares = np.minimum(np.array(cells.points) * CANDIDATE_GRID, CANDIDATE_GRID - 1).astype(int)
    number = squares[:, 1] * CANDIDATE_GRID + squares[:, 0]
    best = [int(np.where(number == square, gain, -1).argmax()) for square in np.unique(number)]
    return [cell for cell in best if gain[cell] > 0]


def _similarity(kinds: Sequence[Array]) -> Array:
    """How similar cells are: n×n float32, 0..1. kinds: n×C each, as of `SIMILARITY_SIGMAS`."""
    vectors = [kind / sigma for kind, sigma in zip(kinds, SIMILARITY_SIGMAS, strict=True)]
    return np.exp(-squared_distances(np.concatenate(vectors, 1)) / 2).astype(np.float32)


def _check_count(count: int) -> None:
    if not 1 <= count <= MAX_SUGGESTIONS:
        raise UsageError(f"1 to {MAX_SUGGESTIONS} suggestions can be asked for, not {count}")
