"""Measures that only benchmarks use: dabs, faces, masks, checkerboards, contrast of a hue."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from tintype.arrays import Array
from tintype.color import fit_gamut, fitted_srgb, in_gamut
from tintype.lab.data.hue_sectors import HUE_SECTORS, hue_sectors
from tintype.lab.evaluation.measures import ciede2000

MIN_SEGMENT_SHARE, MAX_SEGMENT_SHARE = 0.03, 0.25
"""Share of the picture that a usable segment covers: neither a detail nor a background."""
DAB_CHROMA = 40.0
"""CIELAB units."""
CHANGED_SHARE = 0.5
"""A pixel counts as changed from this share of the step to the requested color on."""
MIN_SECTOR_CHROMA = 12.0
"""Chroma from which on a color has a hue worth knowing, CIELAB units."""


@dataclass(frozen=True)
class Segment:
    """mask: H×W bool. row, column: its innermost pixel, the farthest from its border and from the
    picture's."""

    mask: NDArray[np.bool_]
    row: int
    column: int


def true_hints(ab: Tensor, count: int, rng: np.random.Generator) -> Tensor:
    """Hints at random places, each 3×3 pixels of their mean true color. ab: 1×2×S×S, CIELAB units.
    Returns 1×3×S×S: ab, and 1 where there is a hint."""
    side = ab.shape[2]
    hint = ab.new_zeros(1, 3, side, side)
    for y, x in rng.integers(1, side - 1, (count, 2)):
        around = (..., slice(y - 1, y + 2), slice(x - 1, x + 2))
        hint[:, :2][around] = ab[around].mean((2, 3), keepdim=True)
        hint[:, 2:][around] = 1
    return hint


def choose_segments(
    labels: NDArray[np.uint8], count: int, rng: np.random.Generator
) -> list[Segment]:
    """Up to `count` segments of 3 to 25 % of the picture, drawn at random. labels: H×W, each value
    one segment.

    Parts of one label that do not touch are segments of their own: a dab on one part says nothing
    of the other.
    """
    masks = []
    for label in np.unique(labels):
        parts, numbered = cv2.connectedComponents((labels == label).astype(np.uint8))
        masks += [
            mask
            for mask in (numbered == part for part in range(1, parts))
            if MIN_SEGMENT_SHARE <= mask.mean() <= MAX_SEGMENT_SHARE
        ]
    chosen = rng.permutation(len(masks))[:count]
    return [_with_innermost(masks[n]) for n in chosen]


def _with_innermost(mask: NDArray[np.bool_]) -> Segment:
    framed = np.pad(mask.astype(np.uint8), 1)
    distance = cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    row, column = np.unravel_index(int(distance.argmax()), mask.shape)
    return Segment(mask, int(row), int(column))


def opposite(ab: Array) -> Array:
    """The ab of chroma 40 and opposite hue; green (-40, 0) for a gray."""
    chroma = float(np.hypot(ab[0], ab[1]))
    return (
        np.array([-DAB_CHROMA, 0], np.float32)
        if chroma < 1e-3
        else (-DAB_CHROMA / chroma * np.asarray(ab)).astype(np.float32)
    )


def color_of(ab: Array) -> tuple[int, int, int]:
    """8-bit sRGB of an ab, at the lightness nearest to 60 at which sRGB holds it (else, at 60, with
    less chroma)."""
    for lightness in sorted(range(20, 96, 5), key=lambda value: abs(value - 60)):
        if in_gamut(np.array([lightness, *ab], np.float32)):
            break
    else:
        lightness = 60
    rgb = np.rint(fitted_srgb(np.array([[lightness, *ab]], np.float32))[0] * 255)
    return int(rgb[0]), int(rgb[1]), int(rgb[2])


def hint_error(lab: Array, requested: Array) -> float:
    """CIEDE2000 between a colored pixel and the requested ab at the pixel's own lightness, as far
    as sRGB holds it. lab: 3 CIELAB."""
    reachable = fit_gamut(np.array([[lab[0], *requested]], np.float32))[0]
    return float(ciede2000(np.asarray(lab, np.float32), reachable))


@dataclass(frozen=True)
class Spread:
    """Where a dab's color went, each 0..1.

    inside: mean change over the segment. spill: share of all change that lies outside of it. iou:
    intersection over union of the segment and of what changed by more than a half. The change of a
    pixel is its step projected on the requested step, 0 (as without the dab) to 1 (all of it).
    """

    inside: float
    spill: float
    iou: float


def measure_spread(with_dab: Array, without: Array, requested: Array, segment: Segment) -> Spread:
    """with_dab, without: H×W×2 CIELAB. requested: the dab's ab; the requested step leads from the
    color at its middle to it.

    Raises ValueError if the requested color is the one that is there already.
    """
    step = np.asarray(requested, np.float64) - without[segment.row, segment.column]
    length = float(step @ step)
    if length < 1:
        raise ValueError("the dab asks for the color that is there already")
    change = np.clip((with_dab - without).astype(np.float64) @ step / length, 0, 1)
    total = float(change.sum())
    changed = change > CHANGED_SHARE
    union = int((changed | segment.mask).sum())
    return Spread(
        inside=float(change[segment.mask].mean()),
        spill=float(change[~segment.mask].sum()) / total if total > 0 else 0.0,
        iou=int((changed & segment.mask).sum()) / union,
    )


FACE_CENTER = 0.5, 0.5
"""Of the face's oval, as shares of width and height: where aligned crops such as UTKFace's (Zhang
et al. 2017) have it."""
FACE_HALF_AXES = 0.37, 0.47
FACE_PARTS = ("skin", "hair", "background")


def face_parts(height: int, width: int) -> dict[str, NDArray[np.bool_]]:
    """Masks H×W of the parts of a face-centered crop, with gaps between them so that none holds its
    neighbor's border.

    skin: inside the face's oval. hair: around the upper face, hair or what takes its place.
    background: beside the lower face, backdrop or clothes.
    """
    x = (np.arange(width, dtype=np.float32)[None] + 0.5) / width - FACE_CENTER[0]
    y = (np.arange(height, dtype=np.float32)[:, None] + 0.5) / height - FACE_CENTER[1]
    radius = np.hypot(x / FACE_HALF_AXES[0], y / FACE_HALF_AXES[1])
    around = radius >= 1.15
    return {"skin": radius <= 0.8, "hair": around & (y <= -0.2), "background": around & (y >= 0)}


def part_errors(made: Array, truth: Array) -> dict[str, float]:
    """Mean CIEDE2000 of each part. made, truth: H×W×3 CIELAB of one face-centered crop."""
    difference = ciede2000(made, truth)
    return {
        part: float(difference[mask].mean()) for part, mask in face_parts(*truth.shape[:2]).items()
    }


def worst_over_best(errors: Sequence[float]) -> float:
    """How much worse the worst group fares than the best: the ratio of their mean errors; 1 is
    equal treatment."""
    return max(errors) / min(errors)


def leakage(lab: Array, region: NDArray[Any]) -> float:
    """Mean chroma where no color is wanted. lab: H×W×3 CIELAB. region: H×W, 0 there. 0 is perfect,
    also where all is wanted."""
    outside = np.asarray(region) == 0
    return float(np.hypot(lab[..., 1], lab[..., 2])[outside].mean()) if outside.any() else 0.0


def checkerboard_energy(ab: Tensor) -> Tensor:
    """The share of the spectrum's energy (without the mean) at the highest frequency along either
    axis: N.

    ab: N×2×H×W, H and W even. Transposed convolutions of stride 2 write there what no photograph
    has.
    """
    power = torch.fft.fft2(ab - ab.mean((2, 3), keepdim=True)).abs().square().sum(1)
    at_nyquist = power[:, power.shape[1] // 2].sum(1) + power[:, :, power.shape[2] // 2].sum(1)
    return at_nyquist / power.sum((1, 2)).clamp_min(1e-12)


def contrast_kept(
    ab: Tensor, true: Tensor, direction: tuple[float, float], least: float = 30.0
) -> float:
    """How much of what sets places of one color apart from all others is still there: 1 in the
    truth, 0 in one tint for all.

    ab, true: N×2×H×W, CIELAB units. direction: of the ab plane (red is about (80, 67), blue (79,
    -108)). Places count as of that color where the truth lies at least `least` along it. A cast
    over all of a picture is no contrast.
    """
    unit = F.normalize(torch.tensor(direction, device=ab.device, dtype=ab.dtype), dim=0)
    made, wanted = (torch.einsum("nchw,c->nhw", colors, unit) for colors in (ab, true))
    there = wanted >= least
    return float(
        (made[there].mean() - made[~there].mean()) / (wanted[there].mean() - wanted[~there].mean())
    )


def sector_ranks(logits: Array, ab: Array, centers: Array) -> NDArray[np.intp]:
    """Where a distribution over ab bins has the true hue sector: for each place of enough true
    chroma its rank, 0 for the likeliest of 12 sectors.

    logits: h×w×Q. ab: h×w×2, the truth. centers: Q×2, the bins. CIELAB units.
    """
    truth = hue_sectors(ab, MIN_SECTOR_CHROMA)
    has_hue = truth >= 0
    odds = np.exp(logits[has_hue] - logits[has_hue].max(-1, keepdims=True))
    belongs = hue_sectors(centers, MIN_SECTOR_CHROMA)[:, None] == np.arange(HUE_SECTORS)
    chances = odds @ belongs.astype(np.float32)
    own = np.take_along_axis(chances, truth[has_hue][:, None], 1)
    return np.asarray((chances > own).sum(1))
