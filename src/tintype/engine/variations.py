"""A prepared photograph in; guidances that color it in several plausible ways out.

What belongs together takes one color, drawn from the network's distribution there (after DISCO's anchors, Xia et al. 2022).
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.color import ab_bins, fit_gamut, lab_to_srgb
from tintype.engine.odds import probabilities, smoothed, spread_of
from tintype.engine.prepare import Prepared
from tintype.engine.sizes import resize
from tintype.errors import UsageError
from tintype.guidance import Guidance, Hint

MOST_VARIATIONS = 64
SIDE = 160
"""Parts are found on a copy of about SIDE² pixels."""
CELL, COMPACT = 12, 12.0
"""Side of a superpixel, in pixels of that copy, and how compact it is."""
LIKENESS = (14.0, 9.0, 0.45, 0.6)
"""How far apart, as standard deviations, parts that are alike may lie: in L* and ab (CIELAB units), in the network's distributions
(Hellinger distance, 0..1.41) and in place (shares of the longer side)."""
ALIKE = 1.0
"""Groups whose mean distance is below this are one."""
TEMPERATURE = 0.5
"""Sharpens the distributions that are drawn from."""
CERTAIN = 12.0
"""Standard deviation (CIELAB units) up to which the network is sure of a color."""
SMALLEST = 0.004
"""Share of the picture below which a group has no color of its own."""
CONFIDENCE = 0.5
LARGEST_RADIUS = 0.06
LIVELY = 1.0
"""Power of chroma by which the boldest color of a distribution is chosen."""
KEPT = {"skin": (15, 80, 8, 45), "foliage": (95, 150, 8, 90), "sky": (200, 290, 4, 60)}
"""Colors of what has no other: from and to which hue (degrees) and chroma."""
KEPT_SHARE = 0.5
"""Of a distribution, in the colors of skin, foliage or sky: such a part keeps the color that it has."""


@dataclass(frozen=True)
class Group:
    """Parts that are alike and take one color. spots: (x, y, radius) of a hint in each part that does not touch the others, shares as
    in `Hint`. odds: Q, the distribution. share: of the picture. lightness: mean L*. plain: mean ab. free: whether its color is open."""

    spots: tuple[tuple[float, float, float], ...]
    odds: Array
    share: float
    lightness: float
    plain: Array
    free: bool


def draw_variations(prepared: Prepared, count: int = 8, seed: int = 0, guidance: Guidance | None = None) -> list[Guidance]:
    """Several plausible, different colorings, the likeliest first.

    Each is `guidance` (None: nothing) with hints of half confidence below its own marks: one color for all parts that are alike,
    drawn from the network's distribution; what it is sure of, skin, sky and foliage keep their color. The same seed gives the
    same list. Raises UsageError for a wrong count or seed, CapabilityError where the network predicts no distribution.
    """
    if not 1 <= count <= MOST_VARIATIONS:
        raise UsageError(f"1 to {MOST_VARIATIONS} variations can be drawn, not {count}")
    guidance = replace(guidance or Guidance(), seed=None, bold=False)
    groups = _groups(prepared)
    drawn = _draw(groups, count, seed)
    order = np.argsort([-likelihood for _, likelihood in drawn], kind="stable")
    return [_with_colors(guidance, groups, drawn[k][0]) for k in order]


def bold_guidance(prepared: Prepared, guidance: Guidance) -> Guidance:
    """`guidance` with its `bold` and `seed` carried out as hints: uncertain parts take their likeliest lively color, or a drawn one."""
    if guidance.seed is not None:
        return draw_variations(prepared, 1, guidance.seed, guidance)[0]
    groups = _groups(prepared)
    return _with_colors(replace(guidance, bold=False), groups, [_lively(group.odds) for group in groups])


def _lively(odds: Array) -> Array:
    """The likeliest ab that has some color."""
    bins = ab_bins()
    return np.asarray(bins[(smoothed(odds) * np.hypot(bins[:, 0], bins[:, 1]) ** LIVELY).argmax()])


def _draw(groups: list[Group], count: int, seed: int) -> list[tuple[list[Array], float]]:
    """ab of each group and the logarithm of how likely they are, `count` times.

    The draws of a group are stratified over its hues: together they show what it may be.
    """
    rng = np.random.default_rng(seed)
    bins = ab_bins()
    around = np.argsort(np.arctan2(bins[:, 1], bins[:, 0]), kind="stable")
    colors: list[list[Array]] = [[] for _ in range(count)]
    likelihood = np.zeros(count)
    for group in groups:
        odds = smoothed(group.odds) ** (1 / TEMPERATURE)
        odds = odds / odds.sum()
        strata = (rng.permutation(count) + rng.random(count)) / count
        chosen = around[np.minimum(np.searchsorted(np.cumsum(odds[around]), strata), len(bins) - 1)]
        for k, at in enumerate(chosen):
            colors[k].append(bins[at])
            likelihood[k] += group.share * np.log(odds[at] + 1e-9) if group.free else 0
    return list(zip(colors, likelihood.tolist(), strict=True))


def _with_colors(guidance: Guidance, groups: list[Group], colors: list[Array]) -> Guidance:
    """The guidance with a hint in each spot: of the group's new color where it is free, else of the color that it has anyway."""
    hints = []
    for group, color in zip(groups, colors, strict=True):
        lab = np.array([group.lightness, *(color if group.free else group.plain)], np.float32)
        rgb = np.rint(lab_to_srgb(fit_gamut(lab[None]))[0] * 255).astype(int)
        hints += [Hint(x, y, tuple(rgb), radius, CONFIDENCE) for x, y, radius in group.spots]
    return replace(guidance, hints=(*hints, *guidance.hints))


def _groups(prepared: Prepared) -> list[Group]:
    """All parts of the picture that are large enough, what is alike as one group."""
    labels, known, odds, lightness, plain = _parts(prepared)
    sizes = np.bincount(labels.ravel()).astype(np.float64)
    member = _cluster(known, sizes)
    found = []
    for group in np.unique(member):
        parts = np.flatnonzero(member == group)
        share = sizes[parts].sum() / labels.size
        if share < SMALLEST:
            continue
        weight = (sizes[parts] / sizes[parts].sum()).astype(np.float32)
        held = weight @ odds[parts]
        mean = float(weight @ lightness[parts])
        free = bool(spread_of(held) > CERTAIN) and 8 < mean < 96 and not _keeps_color(held)
        spots = _spots(np.isin(labels, parts))
        found.append(Group(spots, held, float(share), mean, weight @ plain[parts], free))
    return found


def _keeps_color(odds: Array) -> bool:
    """Whether a distribution says skin, foliage or sky."""
    bins = ab_bins()
    chroma, hue = np.hypot(bins[:, 0], bins[:, 1]), np.degrees(np.arctan2(bins[:, 1], bins[:, 0])) % 360
    return any(
        odds[(hue >= low) & (hue <= high) & (chroma >= pale) & (chroma <= vivid)].sum() > KEPT_SHARE
        for low, high, pale, vivid in KEPT.values()
    )


def _parts(prepared: Prepared) -> tuple[NDArray[np.int32], Array, Array, Array, Array]:
    """Superpixels (SLIC, Achanta et al. 2012): labels h×w, and of each what it is known by, distribution, L* and ab."""
    odds = probabilities(prepared)
    height, width = prepared.lightness.shape
    scale = min(1.0, SIDE / (height * width) ** 0.5)
    size = max(2, round(height * scale)), max(2, round(width * scale))
    lightness, plain = resize(prepared.lightness, size), resize(prepared.plain, size)
    shown = np.dstack([lightness * 2.55, plain * 2 + 128])
    slic = cv2.ximgproc.createSuperpixelSLIC(np.clip(shown, 0, 255).astype(np.uint8), cv2.ximgproc.SLICO, CELL, COMPACT)
    slic.iterate(6)
    slic.enforceLabelConnectivity(25)
    labels = slic.getLabels()
    rows, columns = np.mgrid[: size[0], : size[1]]
    count = int(labels.max()) + 1
    sizes = np.bincount(labels.ravel(), minlength=count)[:, None].astype(np.float32)
    cells = (rows * odds.shape[0] // size[0]) * odds.shape[1] + columns * odds.shape[1] // size[1]
    held = odds.shape[0] * odds.shape[1]
    shares = np.bincount((labels * held + cells).ravel(), minlength=count * held).reshape(count, held) / sizes
    of_odds = np.asarray(shares @ odds.reshape(held, -1), np.float32)
    planes = np.dstack([lightness, plain, rows / max(size), columns / max(size)])
    means = [np.bincount(labels.ravel(), planes[..., k].ravel(), count) for k in range(planes.shape[-1])]
    of_lightness, of_ab, of_place = np.split(np.stack(means, 1).astype(np.float32) / sizes, [1, 3], 1)
    known = np.concatenate(
        [kind / width for kind, width in zip((of_lightness, of_ab, np.sqrt(of_odds), of_place), LIKENESS, strict=True)], 1
    )
    return labels, known, of_odds, of_lightness[:, 0], of_ab


def _cluster(known: Array, sizes: NDArray[np.float64]) -> NDArray[np.intp]:
    """Average linkage (Sokal and Michener 1958) of places known by vectors, n×d, until the nearest groups are `ALIKE` apart: n labels."""
    squares = np.square(known).sum(1)
    apart = np.sqrt(np.maximum(squares[:, None] + squares - 2 * known @ known.T, 0)).astype(np.float64)
    np.fill_diagonal(apart, np.inf)
    weight, member = sizes.copy(), np.arange(len(known))
    while True:
        one, other = np.unravel_index(int(apart.argmin()), apart.shape)
        if not apart[one, other] < ALIKE:
            return member
        joined = (weight[one] * apart[one] + weight[other] * apart[other]) / (weight[one] + weight[other])
        apart[one], apart[:, one] = joined, joined
        apart[other], apart[:, other], apart[one, one] = np.inf, np.inf, np.inf
        weight[one] += weight[other]
        member[member == other] = one


def _spots(mask: NDArray[np.bool_]) -> tuple[tuple[float, float, float], ...]:
    """The middle of each part that touches no other, the largest disk around it that holds nothing else: (x, y, radius)."""
    height, width = mask.shape
    count, numbered, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
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
