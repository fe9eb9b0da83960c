"""Guidances that color a prepared photograph in several plausible ways.

Similar patches take one color, drawn from the network's distribution there (after DISCO's anchors,
Xia et al. 2022).
"""

from dataclasses import dataclass, replace
from statistics import NormalDist

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.color import ab_bins
from tintype.color.bins import smoothed, spread_of
from tintype.engine.assist.suggest import probabilities
from tintype.engine.assist.things import Things, patch_means, things_of
from tintype.engine.core.hints import squared_distances
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.sizes import resize
from tintype.errors import UsageError
from tintype.guidance import Guidance, Hint, color_of

MAX_VARIATIONS = 64
# Standard deviations at which patches are similar: of L* and ab (CIELAB units), of the network's
# distributions (Hellinger distance), of the four levels of its features, of saliency and of places
# (by the mean side).
SIMILARITY_SIGMAS = (30.0, 12.0, 0.5, 3.0, 3.0, 1.5, 1.2, 0.7, 1.0)
# Standard deviation, in these units, of the correlation of two groups' draws over their distance.
CORRELATION_SIGMA = 1.6
# Mean distance, in these units, below which groups are merged.
MERGE_DISTANCE = 0.9
MAX_GROUPS = 12
# Temperature of the distributions that are drawn from; below 1 sharpens them.
TEMPERATURE = 0.5
# Standard deviation of a distribution up to which its color is certain, CIELAB units.
MAX_CERTAIN_SPREAD = 12.0
# Share of the picture below which a group gets no color of its own.
MIN_GROUP_SHARE = 0.004
HINT_CONFIDENCE = 0.5
# Largest radius of a hint, by the shorter side.
MAX_HINT_RADIUS = 0.06
# Exponent of chroma in the score by which the boldest color of a distribution is chosen.
BOLD_CHROMA_EXPONENT = 0.5
# Hue range (degrees) and minimum chroma, L* and saliency of regions that keep their color.
KEPT_COLORS = {
    "skin": (38, 72, 6, 38, 0.3),
    "foliage": (100, 150, 9, 10, 0),
    "sky": (200, 290, 4, 55, 0),
}


@dataclass(frozen=True)
class Group:
    """Patches that are similar and take one color. spots: (x, y, radius) of a hint in each
    connected part, shares as in `Hint`. odds: Q, the mean distribution. share: of the picture.
    lightness: mean L*. plain: mean ab without guidance. center: as of `_vectors`. is_free: whether
    its color is open."""

    spots: tuple[tuple[float, float, float], ...]
    odds: Array
    share: float
    lightness: float
    plain: Array
    center: Array
    is_free: bool


def draw_variations(
    prepared: Prepared, count: int = 8, seed: int = 0, guidance: Guidance | None = None
) -> list[Guidance]:
    """Several plausible, different colorings, the likeliest first.

    Each is `guidance` with hints of half confidence below its own marks: one color for all similar
    patches, drawn from the network's distribution; where the network is certain, and skin, sky and
    foliage, keep their color. The same seed gives the same list. Raises UsageError for a wrong
    count or seed, CapabilityError where the network predicts no distribution.
    """
    if not 1 <= count <= MAX_VARIATIONS:
        raise UsageError(f"1 to {MAX_VARIATIONS} variations can be drawn, not {count}")
    guidance = replace(guidance or Guidance(), seed=seed)  # refuses a wrong seed
    guidance = replace(guidance, seed=None, bold=False)
    groups = _groups(prepared)
    drawn = sorted(_draw(groups, count, seed), key=lambda entry: -entry[1])
    return [_with_colors(guidance, groups, colors) for colors, _ in drawn]


def bold_guidance(prepared: Prepared, guidance: Guidance) -> Guidance:
    """`guidance` with its `bold` and `seed` replaced by hints: uncertain groups take their
    likeliest lively color, or a drawn one."""
    if guidance.seed is not None:
        return draw_variations(prepared, 1, guidance.seed, guidance)[0]
    groups, bins = _groups(prepared), ab_bins()
    weight = np.hypot(bins[:, 0], bins[:, 1]) ** BOLD_CHROMA_EXPONENT
    boldest = [bins[(smoothed(group.odds) * weight).argmax()] for group in groups]
    return _with_colors(replace(guidance, bold=False), groups, boldest)


def _draw(groups: list[Group], count: int, seed: int) -> list[tuple[list[Array], float]]:
    """ab of each group and the log-likelihood of the colors of the free ones, `count` times.

    Similar groups take similar colors: one normal variable a group, correlated by similarity (a
    Gaussian copula), picks from the group's distribution, whose bins are ordered by hue. The draws
    are stratified, so that they differ.
    """
    rng = np.random.default_rng(seed)
    bins = ab_bins()
    by_hue = np.argsort(np.arctan2(bins[:, 1], bins[:, 0]), kind="stable")
    centers = np.stack([group.center for group in groups])
    squares = np.square(centers[:, None] - centers).sum(-1)
    correlation = np.exp(-squares / (2 * CORRELATION_SIGMA**2))
    mixing = np.linalg.cholesky(correlation + 1e-4 * np.eye(len(groups)))
    strata = rng.permuted(np.tile(np.arange(count), (len(groups), 1)), axis=1)
    uniform = np.clip((strata + rng.random(strata.shape)) / count, 1e-6, 1 - 1e-6)
    normal = mixing @ np.vectorize(NormalDist().inv_cdf)(uniform)
    ranks = np.vectorize(NormalDist().cdf)(normal)
    colors, likelihood = [], np.zeros(count)
    for group, rank in zip(groups, ranks, strict=True):
        odds = smoothed(group.odds) ** (1 / TEMPERATURE)
        odds = odds / odds.sum()
        drawn = np.minimum(np.searchsorted(np.cumsum(odds[by_hue]), rank), len(bins) - 1)
        chosen = by_hue[drawn]
        colors.append(bins[chosen])
        if group.is_free:
            likelihood += group.share * np.log(odds[chosen] + 1e-9)
    return [(list(each), value) for *each, value in zip(*colors, likelihood.tolist(), strict=True)]


def _with_colors(guidance: Guidance, groups: list[Group], colors: list[Array]) -> Guidance:
    """The guidance with a hint in each spot: of the group's new color where it is free, else of its
    plain one."""
    hints = []
    for group, color in zip(groups, colors, strict=True):
        code = color_of(group.lightness, color if group.is_free else group.plain)
        hints += [Hint(x, y, code, radius, HINT_CONFIDENCE) for x, y, radius in group.spots]
    return replace(guidance, hints=(*hints, *guidance.hints))


def _groups(prepared: Prepared) -> list[Group]:
    """All parts of the picture that are large enough, similar ones as one group."""
    things = things_of(prepared)
    probabilities(prepared)  # raises where the network predicts none
    planes = resize(prepared.plain, things.labels.shape)
    plain = np.stack(
        [patch_means(things.labels, things.count, planes[..., k]) for k in range(2)], 1
    ).astype(np.float32)
    vectors, odds = _vectors(things, plain), np.square(things.roots)
    member = _cluster(vectors, things.areas)
    groups = []
    for group in np.unique(member):
        parts = np.flatnonzero(member == group)
        share = float(things.areas[parts].sum())
        if share < MIN_GROUP_SHARE:
            continue
        weight = things.areas[parts] / share
        mean_odds, ab = weight @ odds[parts], weight @ plain[parts]
        mean_odds = mean_odds / mean_odds.sum()
        lightness, saliency = (
            float(weight @ values[parts]) for values in (things.lightness, things.saliency)
        )
        is_free = (
            bool(spread_of(mean_odds) > MAX_CERTAIN_SPREAD)
            and 8 < lightness < 96
            and not _keeps_color(ab, lightness, saliency)
        )
        spots, center = _spots(np.isin(things.labels, parts)), weight @ vectors[parts]
        groups.append(Group(spots, mean_odds, share, lightness, ab, center, is_free))
    return groups


def _keeps_color(plain: Array, lightness: float, saliency: float) -> bool:
    """Whether a part, by the color that the network gave it, is skin, foliage or sky."""
    chroma, hue = float(np.hypot(*plain)), float(np.degrees(np.arctan2(plain[1], plain[0]))) % 360
    return any(
        low <= hue <= high
        and chroma >= min_chroma
        and lightness >= min_lightness
        and saliency >= min_saliency
        for low, high, min_chroma, min_lightness, min_saliency in KEPT_COLORS.values()
    )


def _vectors(things: Things, plain: Array) -> Array:
    """Each patch as a vector, so that similar ones have distances below 1: n×C float32. plain: n×2,
    mean ab."""
    lightness, saliency = things.lightness[:, None], things.saliency[:, None]
    kinds = (lightness, plain, things.roots, *things.levels, saliency, things.places)
    scaled = [kind / sigma for kind, sigma in zip(kinds, SIMILARITY_SIGMAS, strict=True)]
    return np.concatenate(scaled, 1).astype(np.float32)


def _cluster(vectors: Array, sizes: Array) -> NDArray[np.intp]:
    """Average linkage (Sokal and Michener 1958) of vectors, n×d, until the nearest groups are
    `MERGE_DISTANCE` apart and at most `MAX_GROUPS` are left: n labels."""
    apart = np.sqrt(squared_distances(vectors)).astype(np.float64)
    np.fill_diagonal(apart, np.inf)
    weight, member = sizes.astype(np.float64), np.arange(len(vectors))
    for groups in range(len(vectors), 1, -1):
        one, other = np.unravel_index(int(apart.argmin()), apart.shape)
        if apart[one, other] >= MERGE_DISTANCE and groups <= MAX_GROUPS:
            break
        total = weight[one] + weight[other]
        joined = (weight[one] * apart[one] + weight[other] * apart[other]) / total
        apart[one], apart[:, one] = joined, joined
        apart[other], apart[:, other], apart[one, one] = np.inf, np.inf, np.inf
        weight[one] = total
        member[member == other] = one
    return member


def _spots(mask: NDArray[np.bool_]) -> tuple[tuple[float, float, float], ...]:
    """A disk inside each connected part of a mask that is not small: (x, y, radius)."""
    height, width = mask.shape
    count, numbered, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=4
    )
    spots = []
    for part in range(1, count):
        if stats[part, cv2.CC_STAT_AREA] < MIN_GROUP_SHARE / 2 * mask.size:
            continue
        framed = np.pad((numbered == part).astype(np.uint8), 1)
        inside = cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
        row, column = np.unravel_index(int(inside.argmax()), inside.shape)
        radius = min(0.6 * float(inside.max()) / min(height, width), MAX_HINT_RADIUS)
        spots.append(((float(column) + 0.5) / width, (float(row) + 0.5) / height, radius))
    return tuple(spots)
