"""Where color is wanted: masks, polygons, the subject, people, and objects at points, with edges
along those of L*."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.engine.assist.people import part_mask
from tintype.engine.assist.things import logistic, object_odds, raise_mask
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.segments import segments_of
from tintype.engine.core.sizes import pixel_at, resize
from tintype.errors import CapabilityError, UsageError
from tintype.guidance import NAMED_AREAS, Point, Region

# Difference of aspect ratio allowed between a mask and the photograph, as a share: sizes are
# rounded.
ASPECT_TOLERANCE = 0.02


def region_mask(prepared: Prepared, region: Region | None) -> Array | None:
    """H×W float32 at the guided size, 0 (stays gray) to 1 (is colored), or None for everywhere.

    Raises UsageError for a mask of another shape than the photograph's, CapabilityError for a
    subject where the network predicts no saliency.
    """
    if region is None:
        return None
    if region.kind in ("mask", "polygons"):
        return drawn_region(prepared.lightness, region, prepared.photo.pixels.shape[:2])
    if region.kind in NAMED_AREAS:
        return part_mask(prepared, region.kind)
    if region.kind == "objects":
        return select_objects(prepared, region.keep, region.skip)
    mask = subject(prepared)
    return mask if region.kind == "subject" else 1 - mask


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
    """The foreground by the network's saliency, and people: H×W float32, 0..1, at the guided size.
    Raises CapabilityError if it predicts no saliency."""
    saliency = prepared.prediction.saliency
    if saliency is None:
        name = prepared.network.path.stem
        raise CapabilityError(
            f"the network {name} predicts no saliency, which a subject or background region needs"
        )
    person = segments_of(prepared).parts["person"]
    return raise_mask(np.maximum(resize(saliency, person.shape), person), prepared.lightness)


def feather(lightness: Array, mask: Array, radius: int = 4) -> Array:
    """A mask, H×W of 0..1, whose edge follows the edges of L*: the guided filter (He et al. 2013).
    radius: pixels."""
    feathered = cv2.ximgproc.guidedFilter(
        lightness / 100, np.ascontiguousarray(mask, np.float32), radius, 1e-4
    )
    return np.asarray(np.clip(feathered, 0, 1), np.float32)


def select_objects(prepared: Prepared, keep: Sequence[Point], skip: Sequence[Point] = ()) -> Array:
    """What the points of `keep` lie on, without what the points of `skip` lie on.

    Points are (x, y), shares of width and height. Returns H×W float32, 0..1, at the size of
    `prepared.lightness`.
    """
    odds = object_odds(prepared, keep).max(0)
    if skip:
        odds = np.minimum(odds, odds - object_odds(prepared, skip).max(0))
    selected = connected(odds > 0, keep)
    near = cv2.dilate(selected.astype(np.uint8), np.ones((3, 3), np.uint8))
    return raise_mask((logistic(odds) * near).astype(np.float32), prepared.lightness)


def connected(mask: NDArray[np.bool_], points: Sequence[Point]) -> NDArray[np.bool_]:
    """The connected parts of a mask that the points lie on."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    wanted = {int(labels[pixel_at(mask.shape, x, y)]) for x, y in points} - {0}
    return np.asarray(np.isin(labels, list(wanted)))
