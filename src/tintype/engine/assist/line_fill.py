"""A drawn page and dabs of color in; its regions filled out: lines stay black, screentone stays,
paper stays white."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array, Pixels
from tintype.engine.core.prepare import Prepared

LOOK = 800
"""The longer side at which a page is judged, pixels."""
INK, PAPER = 0.75, 0.9
"""Of the paper's lightness around: below the first is ink, above the second is paper."""
GAP = 0.006
"""Gaps in lines up to this share of the shorter side are closed, and never less than `LEAST_GAP`
pixels."""
LEAST_GAP = 4.0
SPECK = 0.009
"""Ink smaller than this share of the shorter side, both ways, is a dot of screentone and bounds
nothing."""
NET = 0.05
"""Many holes of a speck's size, as in dense screentone, are a tone and no line where they fill this
share of the shorter side."""
TOUCHED = 0.15
"""A stroke colors the regions in which at least this share of it lies."""


@dataclass(frozen=True)
class Fill:
    """A color and where a person put it. places: H×W bool. rgb: its sRGB, 0..1. reach: "place",
    "thing" or "alike"."""

    places: NDArray[np.bool_]
    rgb: tuple[float, float, float]
    reach: str = "thing"


def is_drawn(prepared: Prepared) -> bool:
    """`is_line_art` of a prepared picture, once."""
    return prepared.keep("line art", lambda: is_line_art(prepared.lightness))


def is_line_art(lightness: Array) -> bool:
    """Whether a page is drawn with lines on paper: an even, quiet, light ground, thin ink all over
    it, few middle tones.

    lightness: H×W float32, 0..100. Careful rather than eager: none of 1,285 photographs passed when
    the limits were set.
    """
    factor = max(1.0, max(lightness.shape) / LOOK)
    size = max(1, round(lightness.shape[1] / factor)), max(1, round(lightness.shape[0] / factor))
    if min(size) < 32:
        return False
    small = np.asarray(cv2.resize(lightness, size, interpolation=cv2.INTER_AREA), np.float32)
    paper = _paper(small)
    flat = small / paper
    dark, level, light = map(float, np.percentile(paper[::4, ::4], (10, 50, 90)))  # paper is smooth
    # what rules out most photographs costs least
    if level <= 55 or light - dark >= 40 or (flat > PAPER).mean() <= 0.75:
        return False
    ink = (flat < INK).astype(np.uint8)
    slope = np.hypot(cv2.Sobel(flat, cv2.CV_32F, 1, 0), cv2.Sobel(flat, cv2.CV_32F, 0, 1)) / 4
    quiet = slope[cv2.dilate(ink, np.ones((7, 7), np.uint8)) == 0]
    if not ink.any() or not quiet.size:
        return False
    return bool(
        level - np.percentile(small[ink > 0], 10) > 28
        and ((flat < PAPER) & (flat > 0.6) & (slope < 0.08)).mean() < 0.055
        and np.percentile(quiet, 95) < 0.045
        and _spread_over(ink) > 0.45
        and _thin_share(ink) > 0.72
    )


def _paper(lightness: Array) -> Array:
    """L* of the paper at each place, H×W: what is left when lines are closed over, seen at `LOOK`
    pixels at most."""
    factor = max(1.0, max(lightness.shape) / LOOK)
    size = max(1, round(lightness.shape[1] / factor)), max(1, round(lightness.shape[0] / factor))
    small = cv2.resize(np.clip(lightness, 0, 100), size, interpolation=cv2.INTER_AREA)
    side = max(9, int(0.06 * min(size)) | 1)
    calm = cv2.medianBlur(np.asarray(small * 2.55, np.uint8), 3)
    closed = cv2.morphologyEx(calm, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    coarse = cv2.resize(
        closed, (max(1, size[0] // 4), max(1, size[1] // 4)), interpolation=cv2.INTER_AREA
    )
    paper = cv2.GaussianBlur(coarse, (0, 0), side / 8).astype(np.float32) / 2.55
    whole = cv2.resize(np.maximum(paper, 20), lightness.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(whole, np.float32)


def _spread_over(ink: NDArray[np.uint8]) -> float:
    """The share of 8×8 fields of the page that hold ink."""
    height, width = (side // 8 * 8 for side in ink.shape)
    return float(
        (ink[:height, :width].reshape(8, height // 8, 8, width // 8).mean((1, 3)) > 0.002).mean()
    )


def _thin_share(ink: NDArray[np.uint8]) -> float:
    """How much of the ink lies near its edge; what touches the border, such as the table around a
    page, does not count."""
    count, label = cv2.connectedComponents(ink)
    inner = np.ones(count, bool)
    inner[np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])] = False
    inside = (inner[label] & (ink > 0)).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
    return float(
        ((depth > 0) & (depth <= max(2.5, 0.006 * min(ink.shape)))).sum()
        / max(1, int(inside.sum()))
    )


def find_regions(lightness: Array, gap: float | None = None) -> NDArray[np.int32]:
    """The regions that lines bound, gaps up to `gap` pixels closed: H×W, 0 on lines, 1, 2, … in
    regions.

    A region is what a ball too large for the gaps can reach (Zhang, Chen, Zheng 2009), found on the
    distance from the lines: ever smaller balls start regions only where no larger one has been,
    then all grow to the lines. Dots of screentone are no lines.
    lightness: H×W float32, 0..100. gap: None for `GAP` of the shorter side.
    """
    lines = _lines(lightness)
    side = min(lightness.shape)
    gap = max(LEAST_GAP, GAP * side) if gap is None else gap
    free = (~lines).astype(np.uint8)
    depth = cv2.distanceTransform(np.pad(free, 1, mode="edge"), cv2.DIST_L2, 5)[1:-1, 1:-1]
    seeds = np.zeros(lightness.shape, np.int32)
    radius = (
        gap / 2 + 0.75
    )  # the middle of a gap of `gap` pixels lies half a pixel further from both ends
    while radius > 0:
        count, label = cv2.connectedComponents((depth > radius).astype(np.uint8), connectivity=4)
        taken = np.zeros(count, bool)
        taken[label[seeds > 0]] = True
        taken[0] = True
        number = np.zeros(count, np.int32)
        number[~taken] = seeds.max() + 1 + np.arange(int((~taken).sum()))
        seeds += number[label]
        radius = radius - 1 if radius > 1 else radius - 0.5
    return grow(seeds, lines)


def grow(seeds: NDArray[np.int32], barrier: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Grow labels to all that is not barrier, each place to the label it is nearest to without
    crossing: H×W int32.

    Places that no label can reach stay 0.
    """
    number = int(seeds.max()) + 1
    markers = np.where(barrier, number, seeds).astype(np.int32)
    markers = np.pad(markers, 1, constant_values=number)  # the watershed gives its rim away
    # the watershed crosses steps last: barriers, a marker of their own, leave what is even to the
    # labels
    steps = np.repeat(
        np.where(np.pad(barrier, 1, constant_values=True), 0, 255).astype(np.uint8)[..., None],
        3,
        axis=2,
    )
    grown = cv2.watershed(steps, markers.copy())
    # where two labels met, the watershed leaves a line; each of its pixels goes to a neighbor
    met = (grown == -1) & (np.pad(barrier, 1, constant_values=True) == 0)
    around = cv2.dilate(
        np.where((grown > 0) & (grown < number), grown, 0).astype(np.float32),
        np.ones((3, 3), np.uint8),
    )
    grown = np.where(met, around.astype(np.int32), grown)[1:-1, 1:-1]
    return np.where((grown > 0) & (grown < number) & ~barrier, grown, 0).astype(np.int32)


def _lines(lightness: Array) -> NDArray[np.bool_]:
    """Ink that bounds regions: dark against the paper around, and no screentone. H×W."""
    shorter = min(lightness.shape)
    ink = (lightness / _paper(lightness) < INK) | (lightness < 30)
    # gray strokes, such as a pencil's, are dark against what lies beside them
    side = max(5, int(0.012 * shorter) | 1)
    ink |= cv2.morphologyEx(lightness, cv2.MORPH_BLACKHAT, np.ones((side, side), np.uint8)) > 18
    ink = _without_specks(ink, SPECK * shorter)
    holes = (~ink & _without_specks(~ink, SPECK * shorter, keep=False)).astype(np.uint8)
    near = np.ones((max(3, int(SPECK * shorter)),) * 2, np.uint8)
    wide = np.ones((max(5, int(NET * shorter)),) * 2, np.uint8)
    net = cv2.morphologyEx(cv2.morphologyEx(holes, cv2.MORPH_CLOSE, near), cv2.MORPH_OPEN, wide)
    return np.asarray(ink & (net == 0), bool)


def _without_specks(
    marked: NDArray[np.bool_], least: float, keep: bool = True
) -> NDArray[np.bool_]:
    """What of a mask is larger than `least` pixels, across or down; with keep=False, what is
    not."""
    _, label, stats, _ = cv2.connectedComponentsWithStats(
        marked.astype(np.uint8), connectivity=8 if keep else 4
    )
    wanted = (np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) > least) == keep
    wanted[0] = False
    return np.asarray(wanted[label], bool)


def fill_regions(lightness: Array, fills: Sequence[Fill]) -> Array:
    """What colors a page is to be multiplied by: H×W×3 float32, sRGB 0..1, white where nothing is
    asked.

    A fill colors the regions it touches; where fills of different colors touch one region, each
    place takes the nearest.
    lightness: H×W float32, 0..100. Later fills cover earlier ones where both lie.
    """
    regions = find_regions(lightness)
    asked = np.zeros(lightness.shape, np.int32)
    touching: dict[int, list[int]] = {}
    for number, fill in enumerate(fills, 1):
        if fill.reach == "place":
            continue
        for region in _touched(regions, fill.places, lightness, fill.reach == "alike"):
            touching.setdefault(region, []).append(number)
    for region, numbers in touching.items():
        inside = regions == region
        direct = [number for number in numbers if (fills[number - 1].places & inside).any()]
        if len({fills[number - 1].rgb for number in direct}) < 2:
            asked[inside] = direct[-1] if direct else numbers[-1]
            continue
        seeds = np.zeros_like(asked)
        for number in direct:
            seeds[fills[number - 1].places & inside] = number
        asked[inside] = grow(seeds, ~inside)[inside]
    # under a line, color goes as far as its middle, so that no white seam is left beside it
    untouched = len(fills) + 1
    plain = np.ones(int(regions.max()) + 1, bool)
    plain[[0, *touching]] = False
    seeds = np.where(plain[regions], untouched, asked).astype(np.int32)
    under = grow(seeds, np.zeros_like(regions, bool))
    under[under == untouched] = 0
    for number, fill in enumerate(fills, 1):
        if fill.reach == "place":
            under[fill.places] = number
    colors = np.array([(1.0, 1.0, 1.0), *(fill.rgb for fill in fills)], np.float32)
    return np.asarray(colors[under])


def _touched(
    regions: NDArray[np.int32], places: NDArray[np.bool_], lightness: Array, alike: bool
) -> list[int]:
    """The regions that a fill colors: those it lies in; of a fill that lies on lines alone, the
    nearest."""
    counts = np.bincount(regions[places], minlength=int(regions.max()) + 1)
    counts[0] = 0
    if counts.any():
        touched = np.flatnonzero(counts >= max(1, TOUCHED * counts.sum()))
    else:
        away = cv2.distanceTransform((~places).astype(np.uint8), cv2.DIST_L2, 3)
        away[regions == 0] = np.inf
        touched = regions.ravel()[[int(away.argmin())]].astype(np.intp)
        if touched[0] == 0:
            return []
    return [int(region) for region in (_like(regions, touched, lightness) if alike else touched)]


def _like(
    regions: NDArray[np.int32], touched: NDArray[np.intp], lightness: Array
) -> NDArray[np.intp]:
    """All regions of the tone, within 5 units of L*, and the size, within a factor of 3, of one
    that was touched."""
    area = np.bincount(regions.ravel())
    tone = np.bincount(regions.ravel(), weights=lightness.ravel()) / np.maximum(area, 1)
    alike = np.zeros(len(area), bool)
    for region in touched:
        ratio = area / area[region]
        alike |= (np.abs(tone - tone[region]) < 5) & (ratio > 1 / 3) & (ratio < 3)
    alike[0] = False
    return np.flatnonzero(alike)


def multiply(pixels: Pixels, colors: Array) -> Pixels:
    """A page times its colors: H×W or H×W×3 of any kind of pixels and H×W×3 of 0..1 in, H×W×3 of
    the same kind out."""
    page = pixels if pixels.ndim == 3 else pixels[..., None]
    colored = page * colors
    return np.asarray(colored if pixels.dtype.kind == "f" else np.round(colored)).astype(
        pixels.dtype
    )
