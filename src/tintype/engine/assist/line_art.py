"""A page drawn with lines, filled with the colors of hints and strokes: lines stay black,
screentone stays, paper stays white."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array, Pixels
from tintype.engine.assist.people import not_found
from tintype.engine.assist.region import drawn_region
from tintype.engine.assist.unused import unused_hints
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.render import lightness_of, shrink
from tintype.errors import CapabilityError
from tintype.guidance import Guidance, Reach, color_rgb, draw_hints
from tintype.notices import Notice, NoticeCode
from tintype.photo import Photo

# Pixels above which regions are found on a smaller copy of the page.
MAX_FILL_PIXELS = 4_000_000
# Confidence of a drawn hint from which on a place belongs to its fill.
MIN_CONFIDENCE = 0.05
# Longer side at which a page is judged, pixels.
JUDGED_SIDE = 800
# Lightness, as a share of the paper's nearby, below which a place is ink, and above which, paper.
INK_SHARE, PAPER_SHARE = 0.75, 0.9
# Gaps in lines are closed up to this width: by the shorter side, and pixels at least.
MAX_GAP, MIN_GAP_PIXELS = 0.03, 4.0
# A region must be closed to a ball of this share of its own radius.
PASSED_SHARE = 0.5
# A page of few lines: least share of bare paper, the 99th percentile of its slope, and shares of
# all places that are ink.
BARE_SHARE, BARE_SLOPE, BARE_INK = 0.85, 0.015, (0.0005, 0.12)
# Ink up to this size both ways, by the shorter side, is a dot of screentone and bounds nothing.
MAX_SPECK = 0.009
# Larger ink up to this size is a dot, too, where so many lie within a window, by the shorter side.
MAX_DOT, DOT_CROWD, DOT_WINDOW = 0.025, 12, 0.15
# Size, by the shorter side, from which on a field of speck-sized holes is dense screentone.
MIN_SCREENTONE = 0.05
# Share of a stroke that must lie in a region to color it.
MIN_TOUCH_SHARE = 0.15


@dataclass(frozen=True)
class Fill:
    """A color and where it was put. places: H×W bool. rgb: sRGB, 0..1."""

    places: NDArray[np.bool_]
    rgb: tuple[float, float, float]
    reach: Reach = "thing"


def fill_page(photo: Photo, guidance: Guidance) -> Photo:
    """Fill the regions that hints and strokes lie in. Raises CapabilityError for a subject or
    objects, which drawings do not have."""
    height, width = photo.pixels.shape[:2]
    factor = max(1, round((height * width / MAX_FILL_PIXELS) ** 0.5))
    lightness = lightness_of(shrink(photo.pixels, factor))
    colors, unused = np.ones((1, 1, 3), np.float32), np.zeros(0, int)
    sentence = "the page is line art and stays as it is without hints"
    if guidance.marks:
        sentence = (
            "the page is line art: hints fill the regions that its lines bound, and the rest stays"
            " as it is"
        )
        drawn = [draw_hints([mark], lightness.shape)[..., 2] for mark in guidance.marks]
        fills = [
            Fill(confidence >= MIN_CONFIDENCE, color_rgb(mark.color), mark.reach)
            for confidence, mark in zip(drawn, guidance.marks, strict=True)
        ]
        number_at = fill_regions(lightness, fills)
        region = guidance.region
        if region is not None and region.kind not in ("mask", "polygons"):
            raise CapabilityError(
                f"line art has no {region.kind} to find; say where by a mask or polygons"
            )
        small = color_regions(fills, number_at)
        if region is not None:
            inside = drawn_region(lightness, region, (height, width))
            small = 1 - (1 - small) * inside[..., None]
            number_at[inside == 0] = 0
        unused = np.setdiff1d(np.arange(1, len(fills) + 1), number_at)
        colors = np.asarray(cv2.resize(small, None, fx=factor, fy=factor), np.float32)
    missing = not_found(dict.fromkeys(each.part for each in guidance.parts))
    drawing = Notice(NoticeCode.LINE_ART, sentence)
    notices = (*photo.notices, drawing, *missing, *unused_hints(guidance, unused))
    return replace(photo, notices=notices).with_pixels(
        multiply(photo.pixels, colors[:height, :width])
    )


def multiply(pixels: Pixels, colors: Array) -> Pixels:
    """A page times its colors: H×W or H×W×3 pixels and H×W×3 of 0..1 in, H×W×3 pixels of the same
    type out."""
    colored = (pixels if pixels.ndim == 3 else pixels[..., None]) * colors
    return np.asarray(colored if pixels.dtype.kind == "f" else np.round(colored)).astype(
        pixels.dtype
    )


def is_drawn(prepared: Prepared) -> bool:
    """`is_line_art` of a prepared picture, judged once."""
    return prepared.cache.get("line art", lambda: is_line_art(prepared.lightness))


def is_line_art(lightness: Array) -> bool:
    """Whether a page is drawn with lines on paper: an even, light ground, thin ink all over it, few
    middle tones.

    lightness: H×W float32, 0..100. Cautious: none of 1,285 photographs passed when the limits were
    set.
    """
    small = _at_most(lightness, JUDGED_SIDE)
    if min(small.shape) < 32:
        return False
    paper = _paper(small)
    flat = small / paper
    dark, level, light = map(float, np.percentile(paper[::4, ::4], (10, 50, 90)))  # paper is smooth
    # what rules out most photographs costs least
    if level <= 55 or light - dark >= 40 or (flat > PAPER_SHARE).mean() <= 0.75:
        return False
    ink = (flat < INK_SHARE).astype(np.uint8)
    slope = np.hypot(cv2.Sobel(flat, cv2.CV_32F, 1, 0), cv2.Sobel(flat, cv2.CV_32F, 0, 1)) / 4
    quiet = slope[cv2.dilate(ink, np.ones((7, 7), np.uint8)) == 0]
    if not ink.any() or not quiet.size:
        return False
    thin, black = _thin_share(ink) > 0.72, level - np.percentile(small[ink > 0], 10)
    is_bare = (
        (flat > PAPER_SHARE).mean() > BARE_SHARE
        and np.percentile(quiet, 99) < BARE_SLOPE
        and BARE_INK[0] < ink.mean() < BARE_INK[1]
        and black > 50
    )
    return thin and bool(
        is_bare
        or (
            black > 28
            and ((flat < PAPER_SHARE) & (flat > 0.6) & (slope < 0.08)).mean() < 0.055
            and np.percentile(quiet, 95) < 0.045
            and _spread_share(ink) > 0.45
        )
    )


def _at_most(lightness: Array, side: int) -> Array:
    """A picture whose longer side has at most so many pixels."""
    factor = max(1.0, max(lightness.shape) / side)
    width, height = (max(1, round(length / factor)) for length in lightness.shape[::-1])
    return np.asarray(cv2.resize(lightness, (width, height), interpolation=cv2.INTER_AREA))


def _paper(lightness: Array) -> Array:
    """L* of the paper at each place, H×W: the closing of the picture over lines and small drawn
    objects."""
    small = _at_most(np.clip(lightness, 0, 100), JUDGED_SIDE)
    side = max(9, int(0.06 * min(small.shape)) | 1)
    calm = cv2.medianBlur(np.asarray(small * 2.55, np.uint8), 3)
    closed = cv2.morphologyEx(calm, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    quarter = max(1, small.shape[1] // 4), max(1, small.shape[0] // 4)
    coarse = cv2.resize(closed, quarter, interpolation=cv2.INTER_AREA)
    paper = cv2.GaussianBlur(coarse, (0, 0), side / 8).astype(np.float32) / 2.55
    return np.asarray(cv2.resize(np.maximum(paper, 20), lightness.shape[::-1]), np.float32)


def _spread_share(ink: NDArray[np.uint8]) -> float:
    """The share of 8×8 fields of the page that hold ink."""
    height, width = (side // 8 * 8 for side in ink.shape)
    fields = ink[:height, :width].reshape(8, height // 8, 8, width // 8)
    return float((fields.mean((1, 3)) > 0.002).mean())


def _thin_share(ink: NDArray[np.uint8]) -> float:
    """The share of the ink that lies near its edge, without what touches the border, such as the
    table around a page."""
    count, label = cv2.connectedComponents(ink)
    inner = np.ones(count, bool)
    inner[np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])] = False
    inside = (inner[label] & (ink > 0)).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
    thin = (depth > 0) & (depth <= max(2.5, 0.006 * min(ink.shape)))
    return float(thin.sum() / max(1, int(inside.sum())))


def find_regions(lightness: Array, gap: float | None = None) -> NDArray[np.int32]:
    """The regions that lines bound, gaps up to `gap` pixels closed: H×W, 0 on lines, 1, 2, … in
    regions.

    A region is what a ball too large for the gaps can reach (Zhang, Chen, Zheng 2009), found on the
    distance from the lines: ever smaller balls start regions only where no larger one has been,
    then all grow to the lines. Dots of screentone are no lines.
    lightness: H×W float32, 0..100. gap: default `MAX_GAP` of the shorter side.
    """
    lines = _lines(lightness)
    gap = max(MIN_GAP_PIXELS, MAX_GAP * min(lightness.shape)) if gap is None else gap
    free = (~lines).astype(np.uint8)
    depth = cv2.distanceTransform(np.pad(free, 1, mode="edge"), cv2.DIST_L2, 5)[1:-1, 1:-1]
    # the middle of a gap of `gap` pixels lies half a pixel further from both ends
    radius = gap / 2 + 0.75
    _, label = cv2.connectedComponents((depth > radius).astype(np.uint8), connectivity=4)
    large = np.zeros(int(label.max()) + 1, np.int32)
    large[np.unique(label[depth > radius + 1])] = 1
    seeds = (np.cumsum(large, dtype=np.int32) * large)[label]
    while radius > 0:
        count, label = cv2.connectedComponents((depth > radius).astype(np.uint8), connectivity=4)
        # a wedge that ends in a point breaks up on the way: a smaller ball comes through it
        passable = (depth > PASSED_SHARE * radius).astype(np.uint8)
        parts, part = cv2.connectedComponents(passable, connectivity=4)
        is_known = np.zeros(parts, bool)
        is_known[part[seeds > 0]] = True
        is_new = np.ones(count, bool)
        is_new[label[is_known[part] & (label > 0)]] = False
        is_new[0] = False
        seeds += np.where(is_new, seeds.max() + np.cumsum(is_new), 0).astype(np.int32)[label]
        radius -= 1 if radius > 1 else 0.5
    return grow(seeds, lines)


def grow(seeds: NDArray[np.int32], barrier: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Grow labels to all that is not barrier: H×W int32. Each place takes the label that is nearest
    in a straight line, or where a barrier cuts that off, the one that grows there first. Places
    that no label can reach stay 0."""
    seeds = _nearest(seeds, barrier)
    number = int(seeds.max()) + 1
    walls = np.pad(barrier, 1, constant_values=True)  # the watershed leaves the picture's rim open
    markers = np.where(walls, number, np.pad(seeds, 1)).astype(np.int32)
    # the watershed crosses steps last: barriers, a marker of their own, leave even ground to the
    # labels
    steps = np.repeat(np.where(walls, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    grown = cv2.watershed(steps, markers)
    # where two labels meet, the watershed leaves a line; each of its pixels goes to a neighbor
    labels = np.where((grown > 0) & (grown < number), grown, 0)
    around = cv2.dilate(labels.astype(np.float32), np.ones((3, 3), np.uint8)).astype(np.int32)
    return np.where(walls, 0, np.where(grown == -1, around, labels))[1:-1, 1:-1].astype(np.int32)


def _nearest(seeds: NDArray[np.int32], barrier: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Seeds with all around them that is nearer to them than to others and joined to them, without
    the seams between them."""
    free = np.where(barrier, 0, 1).astype(np.uint8)
    _, place = cv2.distanceTransformWithLabels(
        (seeds == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_place = np.zeros(int(place.max()) + 1, np.int32)
    of_place[place[seeds > 0]] = seeds[seeds > 0]
    nearest = of_place[place]
    free[:, 1:][nearest[:, 1:] != nearest[:, :-1]] = 0
    free[1:][nearest[1:] != nearest[:-1]] = 0
    count, part = cv2.connectedComponents(free, connectivity=4)
    joined = np.zeros(count, bool)
    joined[part[seeds > 0]] = True
    joined[0] = False
    return np.where(joined[part], nearest, seeds).astype(np.int32)


def _lines(lightness: Array) -> NDArray[np.bool_]:
    """Ink that bounds regions: dark against the paper around, and no screentone. H×W."""
    shorter = min(lightness.shape)
    speck = MAX_SPECK * shorter
    ink = (lightness / _paper(lightness) < INK_SHARE) | (lightness < 30)
    # gray strokes, such as a pencil's, are dark against what lies beside them
    side = max(5, int(0.012 * shorter) | 1)
    ink |= cv2.morphologyEx(lightness, cv2.MORPH_BLACKHAT, np.ones((side, side), np.uint8)) > 18
    ink &= ~_specks(ink, speck, 8)
    ink &= ~_crowded_dots(ink)
    holes = _specks(~ink, speck, 4).astype(np.uint8)
    near = np.ones((max(3, int(speck)),) * 2, np.uint8)
    wide = np.ones((max(5, int(MIN_SCREENTONE * shorter)),) * 2, np.uint8)
    tone = cv2.morphologyEx(cv2.morphologyEx(holes, cv2.MORPH_CLOSE, near), cv2.MORPH_OPEN, wide)
    return np.asarray(ink & (tone == 0), bool)


def _specks(mask: NDArray[np.bool_], size: float, connectivity: int) -> NDArray[np.bool_]:
    """The parts of a mask that are no larger than `size` pixels, across and down."""
    _, label, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=connectivity
    )
    sides = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    return np.asarray(mask & (sides.max(1) <= size)[label])


def color_regions(fills: Sequence[Fill], number_at: NDArray[np.int32]) -> Array:
    """The colors that a page is to be multiplied by: H×W×3 float32, sRGB 0..1, white where there is
    no fill. number_at: of the fill at each place, from `fill_regions`."""
    return np.array([(1.0, 1.0, 1.0), *(fill.rgb for fill in fills)], np.float32)[number_at]


def _crowded_dots(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The dots of coarse screentone: small parts of the ink with many others around. H×W."""
    shorter = min(ink.shape)
    _, label, stats, centers = cv2.connectedComponentsWithStats(ink.astype(np.uint8))
    small = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1) <= MAX_DOT * shorter
    small[0] = False  # what is no ink, whose center is NaN where all is
    columns, rows = np.rint(centers[small]).astype(int).T
    middles = np.zeros(ink.shape, np.float32)
    np.add.at(middles, (rows, columns), 1)
    window = (max(9, round(DOT_WINDOW * shorter)),) * 2
    crowd = cv2.boxFilter(middles, -1, window, normalize=False, borderType=cv2.BORDER_CONSTANT)
    small[small] = crowd[rows, columns] >= DOT_CROWD
    return np.asarray(small[label], bool)


def fill_regions(lightness: Array, fills: Sequence[Fill]) -> NDArray[np.int32]:
    """The number of the fill at each place: H×W, from 1; 0 where there is none.

    A fill colors the regions it touches; where fills of different colors touch one region, each
    place takes the nearest. Later fills cover earlier ones.
    lightness: H×W float32, 0..100.
    """
    regions = find_regions(lightness)
    number_at = np.zeros(lightness.shape, np.int32)  # of the fill at each place, from 1
    touching: dict[int, list[int]] = {}
    for number, fill in enumerate(fills, 1):
        if fill.reach != "place":
            for region in _touched(regions, fill, lightness):
                touching.setdefault(region, []).append(number)
    for region, numbers in touching.items():
        inside = regions == region
        direct = [number for number in numbers if (fills[number - 1].places & inside).any()]
        seeds = np.zeros_like(number_at)
        for number in direct:
            seeds[fills[number - 1].places & inside] = number
        if len({fills[number - 1].rgb for number in direct}) > 1:
            number_at[inside] = grow(seeds, ~inside)[inside]
        else:
            number_at[inside] = (direct or numbers)[-1]
    # under a line, color goes as far as its middle, so that no white seam is left beside it
    uncolored = len(fills) + 1
    plain = np.ones(int(regions.max()) + 1, bool)
    plain[[0, *touching]] = False
    seeds = np.where(plain[regions], uncolored, number_at).astype(np.int32)
    under = grow(seeds, np.zeros_like(regions, bool))
    under[under == uncolored] = 0
    for number, fill in enumerate(fills, 1):
        if fill.reach == "place":
            under[fill.places] = number
    return under


def _touched(regions: NDArray[np.int32], fill: Fill, lightness: Array) -> list[int]:
    """The regions that a fill colors: those it lies in; of a fill that lies on lines alone, the
    nearest; with the reach `alike`, those of the same tone and size, too."""
    counts = np.bincount(regions[fill.places], minlength=int(regions.max()) + 1)
    counts[0] = 0
    touched = np.flatnonzero(counts >= max(1, MIN_TOUCH_SHARE * counts.sum()))
    if not counts.any():
        away = cv2.distanceTransform((~fill.places).astype(np.uint8), cv2.DIST_L2, 3)
        away[regions == 0] = np.inf
        touched = np.setdiff1d(regions.ravel()[[int(away.argmin())]], [0])
    if fill.reach == "alike":
        area = np.bincount(regions.ravel())
        tone = np.bincount(regions.ravel(), weights=lightness.ravel()) / np.maximum(area, 1)
        alike = np.zeros(len(area), bool)
        for region in touched:  # within 5 units of L* and a factor of 3 in size
            ratio = area / area[region]
            alike |= (np.abs(tone - tone[region]) < 5) & (ratio > 1 / 3) & (ratio < 3)
        alike[0] = False
        touched = np.flatnonzero(alike)
    return [int(region) for region in touched]
