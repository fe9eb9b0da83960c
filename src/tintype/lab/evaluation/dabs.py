"""Whether a dab of color stays on its thing: segments drawn by people and two colorings in, three
shares out."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.color import fit_gamut, in_gamut, lab_to_srgb
from tintype.lab.evaluation.measures import ciede2000

SMALLEST, LARGEST = 0.03, 0.25
"""Shares of the picture between which a segment is one thing, neither a detail nor a background."""
CHROMA = 40.0
"""Of the dab, CIELAB units."""
CHANGED = 0.5
"""A pixel has changed that has gone this share of the way to the wished color."""


@dataclass(frozen=True)
class Segment:
    """mask: H×W bool. row, column: its innermost pixel, the farthest from its border and from the
    picture's."""

    mask: NDArray[np.bool_]
    row: int
    column: int


def choose_segments(
    labels: NDArray[np.uint8], count: int, rng: np.random.Generator
) -> list[Segment]:
    """Up to `count` segments of 3 to 25 % of the picture, drawn at random. labels: H×W, each value
    one segment.

    Parts of one label that do not touch are segments of their own: a dab on one part says nothing
    of the other.
    """
    found = []
    for label in np.unique(labels):
        parts, numbered = cv2.connectedComponents((labels == label).astype(np.uint8))
        found += [
            mask
            for mask in (numbered == part for part in range(1, parts))
            if SMALLEST <= mask.mean() <= LARGEST
        ]
    chosen = rng.permutation(len(found))[:count]
    return [_with_innermost(found[n]) for n in chosen]


def _with_innermost(mask: NDArray[np.bool_]) -> Segment:
    framed = np.pad(mask.astype(np.uint8), 1)
    distance = cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    row, column = np.unravel_index(int(distance.argmax()), mask.shape)
    return Segment(mask, int(row), int(column))


def opposite(ab: Array) -> Array:
    """The ab of chroma 40 and opposite hue; green (-40, 0) for a gray."""
    chroma = float(np.hypot(ab[0], ab[1]))
    return (
        np.array([-CHROMA, 0], np.float32)
        if chroma < 1e-3
        else (-CHROMA / chroma * np.asarray(ab)).astype(np.float32)
    )


def color_of(ab: Array) -> tuple[int, int, int]:
    """8-bit sRGB of an ab, at the lightness nearest to 60 at which sRGB holds it (else, at 60, with
    less chroma)."""
    for lightness in sorted(range(20, 96, 5), key=lambda value: abs(value - 60)):
        if in_gamut(np.array([lightness, *ab], np.float32)):
            break
    else:
        lightness = 60
    rgb = np.rint(lab_to_srgb(fit_gamut(np.array([[lightness, *ab]], np.float32)))[0] * 255)
    return int(rgb[0]), int(rgb[1]), int(rgb[2])


def met(lab: Array, wished: Array) -> float:
    """CIEDE2000 between a colored pixel and the wished ab at the pixel's own lightness, as far as
    sRGB holds it. lab: 3 CIELAB."""
    asked = fit_gamut(np.array([[lab[0], *wished]], np.float32))[0]
    return float(ciede2000(np.asarray(lab, np.float32), asked))


@dataclass(frozen=True)
class Spread:
    """Where a dab's color went, each 0..1.

    inside: mean change over the segment. spill: share of all change that lies outside of it. iou:
    intersection over union of the segment and of what changed by more than a half. The change of a
    pixel is its step projected on the wished step, 0 (as without the dab) to 1 (all of it).
    """

    inside: float
    spill: float
    iou: float


def measure_spread(with_dab: Array, without: Array, wished: Array, segment: Segment) -> Spread:
    """with_dab, without: H×W×2 CIELAB. wished: the dab's ab; the wished step leads from the color
    at its middle to it.

    Raises ValueError if the wished color is the one that is there already.
    """
    step = np.asarray(wished, np.float64) - without[segment.row, segment.column]
    length = float(step @ step)
    if length < 1:
        raise ValueError("the dab asks for the color that is there already")
    change = np.clip((with_dab - without).astype(np.float64) @ step / length, 0, 1)
    total = float(change.sum())
    changed = change > CHANGED
    union = int((changed | segment.mask).sum())
    return Spread(
        inside=float(change[segment.mask].mean()),
        spill=float(change[~segment.mask].sum()) / total if total > 0 else 0.0,
        iou=int((changed & segment.mask).sum()) / union,
    )
