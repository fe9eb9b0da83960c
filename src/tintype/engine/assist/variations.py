"""Guidances that color a prepared photograph in several plausible ways.

Each thing takes one color, with those that look alike, drawn from the network's distribution there
(after DISCO's anchors, Xia et al. 2022).
"""

from dataclasses import dataclass, replace

import numpy as np

from tintype.arrays import Array
from tintype.color import ab_bins
from tintype.color.bins import smoothed, spread_of
from tintype.engine.assist.groups import Cells, covering_spots
from tintype.engine.assist.things import color_roots, memberships
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.segments import segments_of
from tintype.errors import UsageError
from tintype.guidance import Guidance, Hint, color_of

MAX_VARIATIONS = 64
# Temperature of the distributions that are drawn from; below 1 sharpens them.
TEMPERATURE = 0.5
# Standard deviation of a distribution up to which its color is certain, CIELAB units.
MAX_CERTAIN_SPREAD = 12.0
# Share of the picture below which a group gets no color of its own.
MIN_GROUP_SHARE = 0.004
HINT_CONFIDENCE = 0.9
# Exponent of chroma in the score by which the boldest color of a distribution is chosen.
BOLD_CHROMA_EXPONENT = 0.5
# Parts that keep their color, and the mean probability from which on a group is of them.
KEPT_PARTS, MIN_KEPT_SHARE = ("skin", "lips", "eyes", "mouth", "hair", "sky"), 0.4
# Hue range (degrees) and minimum chroma, L* and saliency of regions that keep their color.
KEPT_COLORS = {
    "skin": (38, 72, 6, 38, 0.3),
    "foliage": (100, 150, 9, 10, 0),
    "sky": (200, 290, 4, 55, 0),
}


@dataclass(frozen=True)
class Group:
    """A thing and those that look alike, which take one color. spots: (x, y, radius) of hints that
    reach all of it, shares as in `Hint`. odds: Q, the mean distribution. share: of the picture.
    lightness: mean L*. plain: mean ab without guidance. is_free: whether its color is open."""

    spots: tuple[tuple[float, float, float], ...]
    odds: Array
    share: float
    lightness: float
    plain: Array
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

    The draws of a group are stratified over its distribution, whose bins are ordered by hue, so
    that they differ.
    """
    rng = np.random.default_rng(seed)
    bins = ab_bins()
    by_hue = np.argsort(np.arctan2(bins[:, 1], bins[:, 0]), kind="stable")
    strata = rng.permuted(np.tile(np.arange(count), (len(groups), 1)), axis=1)
    ranks = (strata + rng.random(strata.shape)) / count
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
    """All things of the picture that are large enough, with those that look alike."""
    cells, roots = Cells.of(prepared), color_roots(prepared)
    things, alike = (memberships(prepared, cells.points, kind) for kind in (False, True))
    group_of = cells.group(np.maximum(things, alike))
    # each place belongs to the group whose cells claim it most
    names = np.unique(group_of)
    claims = [np.maximum(things, alike)[group_of == name].mean(0) for name in names]
    owner = names[np.argmax(claims, 0)]
    parts = segments_of(prepared).parts
    kept = cells.sample(sum(parts[name] for name in KEPT_PARTS))  # type: ignore[arg-type]
    light = cells.sample(prepared.lightness)
    plain, odds = cells.sample(prepared.coarse), np.square(cells.sample(roots))
    saliency = prepared.prediction.saliency
    attention = np.zeros(len(plain)) if saliency is None else cells.sample(saliency)
    groups = []
    for name in names:
        mask, member = owner == name, group_of == name
        share = float(mask.mean())
        if share < MIN_GROUP_SHARE:
            continue
        mean_odds, ab = odds[member].mean(0), plain[member].mean(0)
        mean_odds = mean_odds / mean_odds.sum()
        lightness, salience = (float(values[member].mean()) for values in (light, attention))
        is_free = (
            bool(spread_of(mean_odds) > MAX_CERTAIN_SPREAD)
            and 8 < lightness < 96
            and kept[member].mean() < MIN_KEPT_SHARE
            and not _keeps_color(ab, lightness, salience)
        )
        points = [cells.points[k] for k in np.flatnonzero(member)]
        spots = covering_spots(mask, points, things[member])
        groups.append(Group(spots, mean_odds, share, lightness, ab, is_free))
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
