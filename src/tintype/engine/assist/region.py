"""Where color is wanted, at the size at which ab is guided, its edge drawn to the edges of L*."""

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.sizes import resize
from tintype.errors import CapabilityError, UsageError
from tintype.guidance import Region

SHAPE_TOLERANCE = 0.02
"""By which share the shape of a mask may differ from the photograph's: sizes are rounded."""


def wished_region(prepared: Prepared, region: Region | None) -> Array | None:
    """H×W float32, 0 (stays gray) to 1 (is colored), or None for everywhere.

    Raises UsageError for a mask of another shape than the photograph's, CapabilityError for a
    subject where the network tells none.
    """
    if region is None:
        return None
    if region.kind in ("mask", "polygons"):
        return drawn_region(prepared.lightness, region, prepared.photo.pixels.shape[:2])
    if region.kind == "objects":
        from tintype.engine.assist.select import select_objects  # imports this module's siblings

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
        if not abs(ratio - 1) <= SHAPE_TOLERANCE + rounding:
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
    Raises CapabilityError if it tells none."""
    if prepared.saliency is None:
        name = prepared.network.path.stem
        raise CapabilityError(
            f"the network {name} predicts no saliency, which tells the subject from the background"
        )
    grown = cv2.resize(
        prepared.saliency, prepared.lightness.shape[::-1], interpolation=cv2.INTER_LINEAR
    )
    smooth = cv2.ximgproc.guidedFilter(
        prepared.lightness / 100, grown, max(4, min(grown.shape) // 40), 1e-4
    )
    return (smooth > 0.5).astype(np.float32)


def feather(lightness: Array, mask: Array, radius: int = 4) -> Array:
    """A mask, H×W of 0..1, whose edge follows the edges of L*: the guided filter (He et al. 2013).
    radius: pixels."""
    feathered = cv2.ximgproc.guidedFilter(
        lightness / 100, np.ascontiguousarray(mask, np.float32), radius, 1e-4
    )
    return np.asarray(np.clip(feathered, 0, 1), np.float32)
