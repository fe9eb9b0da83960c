"""ab brought to the size of a larger L*, along its edges."""

from typing import Any

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.errors import UsageError

# Differences of L* below this count as texture and grain, which say little about color.
TEXTURE_LIGHTNESS = 5.0
# Gradient of ab at which a color's confidence is 0.5, CIELAB units over the mean side.
HALF_TRUST_GRADIENT = 150.0
# Weight of the smoother that replaces unreliable colors, by the picture's pixels.
SMOOTHER_WEIGHT = 0.006
# Steps of L* above this hold the smoother back, 255ths of its range.
EDGE_STEP = 1.5
# Radius of the median that removes grain before edges are sought, by the mean side, rounded down to
# whole pixels.
GRAIN_RADIUS = 0.003


def upsample_ab(ab: Array, lightness: Array) -> Array:
    """Give ab the detail of L* (detail injection, as local linear models do it: He et al. 2013;
    Chen et al. 2016).

    In each 3×3 places of the small size ab is fitted as a line over L*; the detail of the large L*
    is added along that line, within the range of the neighbors' colors.
    ab: h×w×2 float32, CIELAB units. lightness: H×W float32, 0..100, H >= h and W >= w.
    Returns H×W×2 float32, CIELAB units. Raises UsageError if lightness is smaller than ab.
    """
    small, large = ab.shape[:2], lightness.shape
    if large[0] < small[0] or large[1] < small[1]:
        raise UsageError(
            f"ab of {small[0]}×{small[1]} cannot be enlarged to a smaller {large[0]}×{large[1]}"
        )
    if small == large:
        return ab
    ab, lightness = (
        np.ascontiguousarray(ab, np.float32),
        np.ascontiguousarray(lightness, np.float32),
    )
    low = cv2.resize(lightness, small[::-1], interpolation=cv2.INTER_AREA)
    mean, mean_ab = cv2.blur(low, (3, 3)), cv2.blur(ab, (3, 3))
    variance = cv2.blur(low * low, (3, 3)) - mean * mean
    covariance = cv2.blur(ab * low[..., None], (3, 3)) - mean_ab * mean[..., None]
    slope = covariance / (variance[..., None] + np.float32(TEXTURE_LIGHTNESS**2))
    around = np.ones((3, 3), np.uint8)
    detail = lightness - _resized(low, large, cv2.INTER_CUBIC)
    planes = []
    for c in range(2):
        plane = np.ascontiguousarray(ab[..., c])
        grown = _resized(plane, large, cv2.INTER_CUBIC)
        cv2.accumulateProduct(
            _resized(np.ascontiguousarray(slope[..., c]), large, cv2.INTER_LINEAR), detail, grown
        )
        grown = cv2.max(grown, _resized(cv2.erode(plane, around), large, cv2.INTER_LINEAR))
        planes.append(cv2.min(grown, _resized(cv2.dilate(plane, around), large, cv2.INTER_LINEAR)))
    return np.asarray(cv2.merge(planes), np.float32)


def clean_edges(ab: Array, small: Array, lightness: Array, region: Array | None = None) -> Array:
    """Remove color halos: replace unreliable chroma near edges by chroma from the same side of the
    edge.

    Where the small ab changes fast its confidence is low, and it is replaced by the color of nearby
    places that no edge of L* separates from it (normalized convolution, Knutsson and Westin
    1993).
    ab: H×W×2 float32, the small one at full size, CIELAB units. small: h×w×2 float32. lightness:
    H×W float32, 0..100.
    region: H×W float32, 0..1, the confidence of places: the gray outside of a region is not
    spread into it.
    Returns H×W×2 float32.
    """
    across, down = (cv2.Sobel(small, cv2.CV_32F, dx, 1 - dx, scale=1 / 8) for dx in (1, 0))
    fast = (across**2 + down**2).sum(-1) * (small.shape[0] * small.shape[1])
    confidence = _resized(
        1 / (1 + fast / np.float32(HALF_TRUST_GRADIENT**2)), lightness.shape, cv2.INTER_LINEAR
    )
    if region is not None:
        confidence = cv2.multiply(confidence, region)
    smoother = edge_smoother(lightness, SMOOTHER_WEIGHT, EDGE_STEP, GRAIN_RADIUS)
    total = np.maximum(smoother.filter(confidence), np.float32(1e-6))
    planes = [smoother.filter(cv2.multiply(plane, confidence)) / total for plane in cv2.split(ab)]
    return np.asarray(cv2.merge(planes), np.float32)


def edge_smoother(lightness: Array, reach: float, edge: float, grain: float = 0.0) -> Any:
    """An edge-aware smoother for planes of the size of L* (H×W float32, 0..100; Min et al. 2014).

    reach: the smoother's weight, by the picture's pixels. edge: steps of L* above this, in 255ths
    of its range, hold back. grain: radius of a median that is taken first, by the length of a side,
    in whole pixels.
    """
    guide = np.clip(lightness * 2.55, 0, 255).astype(np.uint8)
    guide = cv2.medianBlur(guide, 2 * int(grain * guide.size**0.5) + 1)
    return cv2.ximgproc.createFastGlobalSmootherFilter(guide, reach * guide.size, edge)


def _resized(plane: Any, size: tuple[int, ...], how: int) -> Any:
    return cv2.resize(plane, (size[1], size[0]), interpolation=how)
