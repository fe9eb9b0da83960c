"""A prepared photograph in; guidances that color it in several plausible ways out.

What belongs together takes one color, drawn from the network's distribution there (after DISCO's
anchors, Xia et al. 2022).
"""

from dataclasses import dataclass, replace
from statistics import NormalDist

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.color import ab_bins
from tintype.engine.assist.odds import probabilities, smoothed, spread_of
from tintype.engine.assist.things import Things, things_of
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.sizes import resize
from tintype.errors import UsageError
from tintype.guidance import Guidance, Hint, color_of

MOST_VARIATIONS = 64
LIKENESS = (30.0, 12.0, 0.5, 3.0, 3.0, 1.5, 1.2, 0.7, 1.0)
"""How far apart, as standard deviations, parts that are alike may lie: in L* and ab (CIELAB units),
in the network's distributions (Hellinger distance), in the four levels of its features, in saliency
and in place (by the length of a side)."""
CORRELATED = 1.6
"""Distance, in these units, at which the draws of two groups have little to do with each other."""
ALIKE = 0.9
"""Groups whose mean distance is below this are one."""
MOST_GROUPS = 12
TEMPERATURE = 0.5
"""Sharpens the distributions that are drawn from."""
CERTAIN = 12.0
"""Standard deviation (CIELAB units) up to which the network is sure of a color."""
SMALLEST = 0.004
"""Share of the picture below which a group has no color of its own."""
CONFIDENCE = 0.5
LARGEST_RADIUS = 0.06
LIVELY = 0.5
"""Power of chroma by which the boldest color of a distribution is chosen."""
KEPT = {"skin": (38, 72, 6, 38, 0.3), "foliage": (100, 150, 9, 10, 0), "sky": (200, 290, 4, 55, 0)}
"""Of what has no other color: from and to which hue (degrees), and the least chroma, L* and
saliency."""


@dataclass(frozen=True)
class Group:
    """Parts that are alike and take one color. spots: (x, y, radius) of a hint in each part that
    does not touch the others, shares as in `Hint`. odds: Q, the distribution. share: of the
    picture. lightness: mean L*. plain: mean ab. known: as of `_known`. free:
    whether its color is open."""

    spots: tuple[tuple[float, float, float], ...]
    odds: Array
    share: float
    lightness: float
    plain: Array
    known: Array
    free: bool


def draw_variations(
    prepared: Prepared, count: int = 8, seed: int = 0, guidance: Guidance | None = None
) -> list[Guidance]:
    """Several plausible, different colorings, the likeliest first.

    Each is `guidance` (None: nothing) with hints of half confidence below its own marks: one color
    for all parts that are alike, drawn from the network's distribution; what it is sure of, skin,
    sky and foliage keep their color. The same seed gives the same list. Raises UsageError for a
    wrong count or seed, CapabilityError where the network predicts no distribution.
    """
    if not 1 <= count <= MOST_VARIATIONS:
        raise UsageError(f"1 to {MOST_VARIATIONS} variations can be drawn, not {count}")
    replace(guidance or Guidance(), seed=seed)  # refuses a wrong seed
    guidance = replace(guidance or Guidance(), seed=None, bold=False)
    groups = _groups(prepared)
    drawn = _draw(groups, count, seed)
    order = np.argsort([-likelihood for _, likelihood in drawn], kind="stable")
    return [_with_colors(guidance, groups, drawn[k][0]) for k in order]


def bold_guidance(prepared: Prepared, guidance: Guidance) -> Guidance:
    """`guidance` with its `bold` and `seed` carried out as hints: uncertain parts take their
    likeliest lively color, or a drawn one."""
    if guidance.seed is not None:
        return draw_variations(prepared, 1, guidance.seed, guidance)[0]
    groups = _groups(prepared)
    return _with_colors(
        replace(guidance, bold=False), groups, [_lively(group.odds) for group in groups]
    )


def _lively(odds: Array) -> Array:
    """The likeliest ab that has some color."""
    bins = ab_bins()
    return np.asarray(bins[(smoothed(odds) * np.hypot(bins[:, 0], bins[:, 1]) ** LIVELY).argmax()])


def _draw(groups: list[Group], count: int, seed: int) -> list[tuple[list[Array], float]]:
    """ab of each group and the logarithm of how likely they are, `count` times.

    What is nearly alike takes nearly the same color: one normal variable a group, correlated by
    likeness (a Gaussian copula), picks from the group's distribution, which is walked around the
    hues. The draws are stratified, so that they differ.
    """
    rng = np.random.default_rng(seed)
    bins = ab_bins()
    around = np.argsort(np.arctan2(bins[:, 1], bins[:, 0]), kind="stable")
    known = np.stack([group.known for group in groups])
    squares = np.square(known[:, None] - known).sum(-1)
    mixing = np.linalg.cholesky(np.exp(-squares / (2 * CORRELATED**2)) + 1e-4 * np.eye(len(groups)))
    strata = (
        rng.permuted(np.tile(np.arange(count), (len(groups), 1)), axis=1)
        + rng.random((len(groups), count))
    ) / count
    normal = mixing @ np.vectorize(NormalDist().inv_cdf)(np.clip(strata, 1e-6, 1 - 1e-6))
    ranks = np.vectorize(NormalDist().cdf)(normal)
    colors: list[list[Array]] = [[] for _ in range(count)]
    likelihood = np.zeros(count)
    for group, rank in zip(groups, ranks, strict=True):
        odds = smoothed(group.odds) ** (1 / TEMPERATURE)
        odds = odds / odds.sum()
        chosen = around[np.minimum(np.searchsorted(np.cumsum(odds[around]), rank), len(bins) - 1)]
        for k, at in enumerate(chosen):
            colors[k].append(bins[at])
            likelihood[k] += group.share * np.log(odds[at] + 1e-9) if group.free else 0
    return list(zip(colors, likelihood.tolist(), strict=True))


def _with_colors(guidance: Guidance, groups: list[Group], colors: list[Array]) -> Guidance:
    """The guidance with a hint in each spot: of the group's new color where it is free, else of the
    color that it has anyway."""
    hints = []
    for group, color in zip(groups, colors, strict=True):
        shown = color_of(group.lightness, color if group.free else group.plain)
        hints += [Hint(x, y, shown, radius, CONFIDENCE) for x, y, radius in group.spots]
    return replace(guidance, hints=(*hints, *guidance.hints))


def _groups(prepared: Prepared) -> list[Group]:
    """All parts of the picture that are large enough, what is alike as one group."""
    things = things_of(prepared)
    probabilities(prepared)  # raises where the network predicts none
    known, odds = _known(things, prepared), np.square(things.traits[1])
    lightness, plain = things.traits[0][:, 0] * 10, _means(things, prepared.plain)
    member = _cluster(known, things.areas)
    found = []
    for group in np.unique(member):
        parts = np.flatnonzero(member == group)
        share = float(things.areas[parts].sum())
        if share < SMALLEST:
            continue
        weight = things.areas[parts] / share
        held = weight @ odds[parts]
        held = held / held.sum()
        mean, own, salient = (
            float(weight @ lightness[parts]),
            weight @ plain[parts],
            float(weight @ things.traits[-2][parts, 0]),
        )
        free = (
            bool(spread_of(held) > CERTAIN)
            and 8 < mean < 96
            and not _keeps_color(own, mean, salient)
        )
        found.append(
            Group(
                _spots(np.isin(things.labels, parts)),
                held,
                share,
                mean,
                own,
                weight @ known[parts],
                free,
            )
        )
    return found


def _keeps_color(plain: Array, lightness: float, saliency: float) -> bool:
    """Whether a part, by the color that the network gave it, is skin, foliage or sky."""
    chroma, hue = float(np.hypot(*plain)), float(np.degrees(np.arctan2(plain[1], plain[0]))) % 360
    return any(
        low <= hue <= high and chroma >= pale and lightness >= dark and saliency >= dull
        for low, high, pale, dark, dull in KEPT.values()
    )


def _known(things: Things, prepared: Prepared) -> Array:
    """What each patch is known by, so that distances of 1 part what is alike from what is not:
    n×C."""
    light, roots, *levels, saliency, _ = things.traits
    ab = _means(things, prepared.plain)
    kinds = (light * 10, ab, roots, *levels, saliency, things.places)
    return np.asarray(
        np.concatenate([kind / width for kind, width in zip(kinds, LIKENESS, strict=True)], 1),
        np.float32,
    )


def _means(things: Things, ab: Array) -> Array:
    """Mean ab of each patch: n×2."""
    planes = resize(ab, things.labels.shape).reshape(-1, 2)
    sums = [np.bincount(things.labels.ravel(), planes[:, k], things.count) for k in range(2)]
    return np.asarray(
        np.stack(sums, 1) / np.bincount(things.labels.ravel(), minlength=things.count)[:, None],
        np.float32,
    )


def _cluster(known: Array, sizes: Array) -> NDArray[np.intp]:
    """Average linkage (Sokal and Michener 1958) of places known by vectors, n×d, until the nearest
    groups are `ALIKE` apart and at most `MOST_GROUPS` are left: n labels."""
    squares = np.square(known).sum(1)
    apart = np.sqrt(np.maximum(squares[:, None] + squares - 2 * known @ known.T, 0)).astype(
        np.float64
    )
    np.fill_diagonal(apart, np.inf)
    weight, member, groups = sizes.astype(np.float64), np.arange(len(known)), len(known)
    while True:
        one, other = np.unravel_index(int(apart.argmin()), apart.shape)
        if not (
            apart[one, other] < ALIKE or (groups > MOST_GROUPS and np.isfinite(apart[one, other]))
        ):
            return member
        groups -= 1
        joined = (weight[one] * apart[one] + weight[other] * apart[other]) / (
            weight[one] + weight[other]
        )
        apart[one], apart[:, one] = joined, joined
        apart[other], apart[:, other], apart[one, one] = np.inf, np.inf, np.inf
        weight[one] += weight[other]
        member[member == other] = one


def _spots(mask: NDArray[np.bool_]) -> tuple[tuple[float, float, float], ...]:
    """The middle of each part that touches no other, the largest disk around it that holds nothing
    else: (x, y, radius)."""
    height, width = mask.shape
    count, numbered, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=4
    )
    spots = []
    for part in range(1, count):
        if stats[part, cv2.CC_STAT_AREA] < SMALLEST / 2 * mask.size:
            continue
        framed = np.pad((numbered == part).astype(np.uint8), 1)
        inside = cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
        row, column = np.unravel_index(int(inside.argmax()), inside.shape)
        radius = min(0.6 * float(inside.max()) / min(height, width), LARGEST_RADIUS)
        spots.append(((float(column) + 0.5) / width, (float(row) + 0.5) / height, radius))
    return tuple(spots)
