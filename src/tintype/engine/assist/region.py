"""Where color is wanted: masks, polygons, the subject, and objects grown from points, feathered
along the edges of L*."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.engine.assist.things import small_planes
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.sizes import pixel_at, resize
from tintype.errors import CapabilityError, UsageError
from tintype.guidance import PEOPLE, Point, Region

# Difference of aspect ratio allowed between a mask and the photograph, as a share: sizes are
# rounded.
ASPECT_TOLERANCE = 0.02
# Radius of the disk around a point that surely belongs to its object, by the mean side.
SEED_RADIUS = 0.012
# Differences of the 8-bit planes of L*, a* and b* within which the first guess grows from a point.
GROWTH_STEPS = (14.0 * 2.55, 12.0 * 2.0, 12.0 * 2.0)
GRABCUT_ROUNDS = 3
# Saliency above which a place belongs to the subject.
MIN_SALIENCY = 0.5


def region_mask(prepared: Prepared, region: Region | None) -> Array | None:
    """H×W float32 at the guided size, 0 (stays gray) to 1 (is colored), or None for everywhere.

    Raises UsageError for a mask of another shape than the photograph's, CapabilityError for a
    subject where the network predicts no saliency.
    """
    if region is None:
        return None
    if region.kind in ("mask", "polygons"):
        return drawn_region(prepared.lightness, region, prepared.photo.pixels.shape[:2])
    if region.kind in PEOPLE:
        raise CapabilityError(f"the network {prepared.network.path.stem} does not find people")
    if region.kind == "objects":
        mask = select_objects(prepared, region.keep, region.skip)
    else:
        mask = subject(prepared)
        mask = mask if region.kind == "subject" else 1 - mask
    return feather(prepared.lightness, mask)


def drawn_region(lightness: Array, region: Region, photo_size: tuple[int, ...]) -> Array:
    """A region of the kind mask or polygons, H×W float32, feathered along the edges of lightness,
    H×W.

    photo_size: (H, W) of the photograph. Raises UsageError for a mask of another shape.
    """
    size = lightness.shape
    mask: Array
    if region.kind == "mask":
        given = region.mask_array()
        ratio = (given.shape[1] / given.shape[0]) / (size[1] / size[0])
        rounding = 1 / min(*size, *given.shape)
        if not abs(ratio - 1) <= ASPECT_TOLERANCE + rounding:
            height, width = photo_size
            raise UsageError(
                f"the mask is {given.shape[1]}×{given.shape[0]}, which is not the shape of the"
                f" photograph, {width}×{height}"
            )
        mask = resize(given.astype(np.float32) / 255, size)
    else:
        mask = np.zeros(size, np.float32)
        for polygon in region.polygons:
            corners = np.rint((np.array(polygon) * (size[1], size[0]) - 0.5) * 16).astype(np.int32)
            cv2.fillPoly(mask, [corners], 1.0, cv2.LINE_8, 4)
    return feather(lightness, mask)


def subject(prepared: Prepared) -> Array:
    """The foreground objects by the network's saliency: H×W float32, 0 or 1, at the guided size.
    Raises CapabilityError if it predicts none."""
    saliency, lightness = prepared.prediction.saliency, prepared.lightness
    if saliency is None:
        name = prepared.network.path.stem
        raise CapabilityError(
            f"the network {name} predicts no saliency, which tells the subject from the background"
        )
    grown = cv2.resize(saliency, lightness.shape[::-1], interpolation=cv2.INTER_LINEAR)
    radius = max(4, min(lightness.shape) // 40)
    smooth = cv2.ximgproc.guidedFilter(lightness / 100, grown, radius, 1e-4)
    return (smooth > MIN_SALIENCY).astype(np.float32)


def feather(lightness: Array, mask: Array, radius: int = 4) -> Array:
    """A mask, H×W of 0..1, whose edge follows the edges of L*: the guided filter (He et al. 2013).
    radius: pixels."""
    feathered = cv2.ximgproc.guidedFilter(
        lightness / 100, np.ascontiguousarray(mask, np.float32), radius, 1e-4
    )
    return np.asarray(np.clip(feathered, 0, 1), np.float32)


def select_objects(
    prepared: Prepared, keep: tuple[Point, ...], skip: tuple[Point, ...] = ()
) -> Array:
    """What the points of `keep` lie on, without what the points of `skip` lie on.

    Points are (x, y), shares of width and height. Returns H×W float32, 0 or 1, at the size of
    `prepared.lightness`.
    """
    shown = small_planes(prepared.lightness, prepared.plain)[1]
    seeds = _disks(shown.shape, keep)
    refused = _disks(shown.shape, skip) & ~seeds
    guess = _first_guess(prepared.prediction.saliency, shown, keep) & ~refused
    state = np.where(guess, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    state[seeds], state[refused] = cv2.GC_FGD, cv2.GC_BGD
    if not (guess | seeds).all():
        models = np.zeros((1, 65)), np.zeros((1, 65))
        frame, mode = (0, 0, 1, 1), cv2.GC_INIT_WITH_MASK  # the frame is ignored in this mode
        cv2.grabCut(shown, state, frame, *models, GRABCUT_ROUNDS, mode)
    selected = _connected((state == cv2.GC_FGD) | (state == cv2.GC_PR_FGD), keep)
    large = resize(selected.astype(np.float32), prepared.lightness.shape)
    return (large > 0.5).astype(np.float32)


def _disks(size: tuple[int, ...], points: tuple[Point, ...]) -> NDArray[np.bool_]:
    drawn = np.zeros(size[:2], np.uint8)
    radius = max(1, round(SEED_RADIUS * (size[0] * size[1]) ** 0.5))
    for x, y in points:
        cv2.circle(drawn, pixel_at(size, x, y)[::-1], radius, 1, cv2.FILLED)
    return drawn > 0


def _first_guess(
    saliency: Array | None, shown: NDArray[np.uint8], points: tuple[Point, ...]
) -> NDArray[np.bool_]:
    """What looks like the points and is connected to them, and the salient object that they lie
    on. shown: h×w×3."""
    height, width = shown.shape[:2]
    salient = np.zeros((height, width), bool)
    if saliency is not None:
        salient = resize(saliency, (height, width)) > MIN_SALIENCY
    guess = _connected(salient, points)
    smooth = cv2.medianBlur(shown, 5)
    for x, y in points:
        grown = np.zeros((height + 2, width + 2), np.uint8)
        flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (1 << 8)
        seed = pixel_at(shown.shape, x, y)[::-1]
        cv2.floodFill(smooth, grown, seed, 0, GROWTH_STEPS, GROWTH_STEPS, flags)
        guess |= grown[1:-1, 1:-1] > 0
    return guess


def _connected(mask: NDArray[np.bool_], points: tuple[Point, ...]) -> NDArray[np.bool_]:
    """The connected parts of a mask that the points lie on."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    wanted = {int(labels[pixel_at(mask.shape, x, y)]) for x, y in points} - {0}
    return np.asarray(np.isin(labels, list(wanted)))
