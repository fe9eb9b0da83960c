"""An album page in: where its photographs lie, each of them straightened, and what was computed for
one put back on the page."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.photo.photo import Photo, to_uint8

SEARCH_SIDE_PIXELS = 640
"""Longer side of the copy of the page that is searched."""
RIM_SHARE = 0.012
"""Width of the page's rim that must be paper, relative to the longer side."""
MIN_PAPER_SHARE = 0.97
"""Minimum share of the rim that has one tone; with less the picture is no album page."""
PAPER_TOLERANCE = (6.0, 14.0)
"""Bounds (of 255) of the paper's deviation from its median, which is else 2.5 standard deviations
of the rim."""
MIN_AREA_SHARE = 0.003
"""Area of the smallest photograph relative to the page; smaller marks are captions and dust."""
MIN_SIDE_SHARE = 0.03
"""Shorter side of the smallest photograph, relative to the page's longer side."""
MAX_SINGLE_AREA_SHARE = 0.55
"""A single photograph that covers more of the page is an ordinary print with a border."""
MAX_ASPECT_RATIO = 4.0
"""Longer side of a photograph divided by its shorter side."""
MIN_FILL_SHARE = 0.65
"""Minimum share of a photograph's rectangle that differs from the paper (a light sky may not)."""
MIN_EDGE_SUPPORT = 0.6
"""Minimum share of each side of the rectangle along which an edge runs."""
MIN_EXPLAINED_SHARE = 0.5
"""Minimum share of all marks on the page that lies in the photographs."""
AROUND_PIXELS = 4
"""Pixels, at the size of the search, around a photograph that count as paper: its edge is blurred
into them."""
MIN_TONE_RANGE = 24
"""Minimum distance (of 255) of percentiles 5 and 95 in a photograph; a box or a label has less."""


def find_photographs(pixels: Pixels) -> list[Array]:
    """Find the photographs on an album page: rectangles, possibly turned, on paper of one tone.

    pixels: H×W or H×W×3, uint8, uint16 or float32 of 0..1. Returns a 4×2 float32 array (x, y in
    pixels; top left, top right, bottom right, bottom left) for each photograph in reading order;
    nothing for an ordinary photograph, which has no paper around it, or whose border is a print's
    own. Errs on the side of finding nothing.
    """
    small, scale = _small_gray(pixels)
    marks = _marks(small)
    if marks is None:
        return []
    area = float(small.size)
    total = float(np.count_nonzero(marks))
    contours, _ = cv2.findContours(marks, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    quads = []
    covered = 0.0
    for contour in contours:
        quad = _rectangle(contour, marks, small, area)
        if quad is not None:
            quads.append(quad)
            covered += float(np.count_nonzero(_inside(quad, marks.shape) & (marks > 0)))
    if (
        not quads
        or covered < MIN_EXPLAINED_SHARE * total
        or (len(quads) == 1 and _area(quads[0]) > MAX_SINGLE_AREA_SHARE * area)
    ):
        return []
    return [(_inset(quad) + 0.5) / scale - 0.5 for quad in _reading_order(quads)]


def beyond_paper(pixels: Pixels, quads: Sequence[Array]) -> Array:
    """What on an album page is neither paper nor a photograph that was found, for instance one that
    was not, and a little around it.

    pixels: as in `find_photographs`, which gave the quads. Returns h×w float32 of 0 and 1, at a
    small size; 1 everywhere where there is no paper.
    """
    small, scale = _small_gray(pixels)
    marks = _marks(small)
    if marks is None:
        return np.ones(small.shape, np.float32)
    ink = cv2.dilate(marks, np.ones((5, 5), np.uint8))
    around = np.ones((2 * AROUND_PIXELS + 1,) * 2, np.uint8)
    for quad in quads:
        inside = _inside((quad + 0.5) * scale - 0.5, small.shape).astype(np.uint8)
        ink[cv2.dilate(inside, around) > 0] = 0
    return np.asarray(ink / 255, np.float32)


def straighten(photo: Photo, quad: Array) -> Photo:
    """Cut a photograph out of a page, upright and at its own size. quad: as `find_photographs`
    gives it."""
    alpha = None if photo.alpha is None else _cut(photo.alpha, quad)
    return Photo(_cut(photo.pixels, quad), alpha, photo.format, photo.metadata)


def _cut(pixels: Pixels, quad: Array) -> Pixels:
    left, top = quad.min(0)
    right, bottom = quad.max(0)
    if (right - left) * (bottom - top) < 1.01 * _area(quad):  # not turned: no resampling
        return np.ascontiguousarray(
            pixels[round(top) : round(bottom) + 1, round(left) : round(right) + 1]
        )
    width, height = _size(quad)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), _corners(width, height))
    cut = cv2.warpPerspective(
        pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(np.clip(cut, 0, 1) if pixels.dtype.kind == "f" else cut, pixels.dtype)


def _small_gray(pixels: Pixels) -> tuple[Pixels, float]:
    """A small uint8 copy, H×W, and its scale."""
    scale = min(1.0, SEARCH_SIDE_PIXELS / max(pixels.shape[:2]))
    if scale <= 0.5 and min(pixels.shape[:2]) > 1:  # means of 2×2 cost a tenth of other areas
        height, width = (side // 2 for side in pixels.shape[:2])
        halves = cv2.resize(
            pixels[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA
        )
        small, rest = _small_gray(np.asarray(halves, pixels.dtype))
        return small, rest / 2
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    small = to_uint8(np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)))
    return (
        small if small.ndim == 2 else np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
    ), scale


def _marks(gray: Pixels) -> Pixels | None:
    """What differs from the paper, holes filled, 255; None where there is no paper all around."""
    ring = max(2, round(RIM_SHARE * max(gray.shape)))
    rim = np.concatenate(
        [gray[:ring].ravel(), gray[-ring:].ravel(), gray[:, :ring].ravel(), gray[:, -ring:].ravel()]
    )
    paper = float(np.median(rim))
    tolerance = float(np.clip(2.5 * rim.std(), *PAPER_TOLERANCE))
    if np.mean(np.abs(rim - paper) <= tolerance) < MIN_PAPER_SHARE:
        return None
    differs = np.asarray((np.abs(gray - np.float32(paper)) > tolerance) * 255, np.uint8)
    # a thin print edge or a light sky breaks the outline: close it, then drop what is thinner than
    # a photograph
    closed = cv2.morphologyEx(differs, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    filled = cv2.drawContours(np.zeros_like(gray), contours, -1, 255, cv2.FILLED)
    opened = cv2.morphologyEx(filled, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    return np.asarray(opened) if opened.any() else None


def _rectangle(contour: Pixels, marks: Pixels, gray: Pixels, area: float) -> Array | None:
    """The rectangle that a contour fills, or None if it is not one, or too small, or shows no
    photograph."""
    _, (a, b), _ = cv2.minAreaRect(contour)
    short, long = sorted((a + 1, b + 1))
    if (
        short * long < MIN_AREA_SHARE * area
        or short < MIN_SIDE_SHARE * max(marks.shape)
        or long > MAX_ASPECT_RATIO * short
    ):
        return None
    quad = _ordered(np.asarray(cv2.boxPoints(cv2.minAreaRect(contour)), np.float32))
    inside = _inside(quad, marks.shape)
    if (
        np.mean(marks[inside] > 0) < MIN_FILL_SHARE
        or min(_support(contour, quad)) < MIN_EDGE_SUPPORT
    ):
        return None
    low, high = np.percentile(gray[inside], (5, 95))
    return quad if high - low >= MIN_TONE_RANGE else None


def _support(contour: Pixels, quad: Array) -> list[float]:
    """For each side, the share of it along which the contour runs, within a pixel and a half."""
    points = contour[:, 0].astype(np.float32)
    shares = []
    for start, end in pairwise([*quad, quad[0]]):
        along = end - start
        length = float(np.hypot(*along))
        unit = along / max(length, 1e-6)
        relative = points - start
        near = np.abs(relative @ np.array([-unit[1], unit[0]])) <= 1.5
        steps = np.unique(np.round(relative[near] @ unit).astype(int))
        shares.append(float(np.count_nonzero((steps >= 0) & (steps <= length)) / (length + 1)))
    return shares


def _ordered(box: Array) -> Array:
    """Corners from the top left clockwise, the top side being the one that is nearest to level."""
    box = box[np.argsort(np.arctan2(*(box - box.mean(0)).T[::-1]))]  # clockwise on the screen
    turns = [np.roll(box, -k, 0) for k in range(4)]
    return np.asarray(
        max(
            turns, key=lambda turn: (turn[1] - turn[0])[0] / (np.hypot(*(turn[1] - turn[0])) + 1e-6)
        ),
        np.float32,
    )


def _inset(quad: Array) -> Array:
    """The quad without the outermost pixel, which is half paper."""
    width, height = _size(quad)
    middle = quad.mean(0)
    across, down = quad[1] - quad[0], quad[3] - quad[0]
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32) / 2
    return middle + signs[:, :1] * across * (1 - 1 / width) + signs[:, 1:] * down * (1 - 1 / height)


def _reading_order(quads: list[Array]) -> list[Array]:
    """Row by row: a row's photographs overlap in height."""
    waiting = sorted(quads, key=lambda quad: float(quad[:, 1].min()))
    ordered: list[Array] = []
    while waiting:
        bottom = float(waiting[0][:, 1].mean())
        row = [quad for quad in waiting if float(quad[:, 1].min()) <= bottom]
        ordered += sorted(row, key=lambda quad: float(quad[:, 0].min()))
        waiting = [quad for quad in waiting if float(quad[:, 1].min()) > bottom]
    return ordered


def _inside(quad: Array, shape: tuple[int, ...]) -> Pixels:
    return cv2.fillConvexPoly(np.zeros(shape, np.uint8), np.round(quad).astype(np.int32), 1).astype(
        bool
    )


def _size(quad: Array) -> tuple[int, int]:
    """Width and height in pixels."""
    width = max(np.hypot(*(quad[1] - quad[0])), np.hypot(*(quad[2] - quad[3])))
    height = max(np.hypot(*(quad[3] - quad[0])), np.hypot(*(quad[2] - quad[1])))
    return round(float(width)) + 1, round(float(height)) + 1


def _area(quad: Array) -> float:
    width, height = _size(quad)
    return float(width * height)


def _corners(width: int, height: int) -> Array:
    return np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float32)
