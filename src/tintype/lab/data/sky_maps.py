"""Color photographs in; maps of the sky out, found by its color, its smoothness and the upper edge.

They are weak labels: clouds, dusk and what shines through branches are left unknown. A network that
learns from many of them sees the sky in gray pictures, where no color shows it.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.color import srgb_to_lab
from tintype.lab.data.label_maps import BACKGROUND, SKY, UNKNOWN
from tintype.lab.data.samples import Bytes

# Of a candidate: L* by its color, change of L* a pixel, and shares of the picture and its width.
BLUE_HUES, WARM_HUES = (215, 300), (-60, 85)
"""Degrees in the a*b* plane."""
MIN_BLUE, MIN_PALE, MIN_WARM, MIN_SMOOTH = 30, 62, 45, 25
MIN_BLUE_CHROMA, MAX_PALE_CHROMA = 6, 14
MAX_SLOPE, MAX_CLOUD_SLOPE = 6.0, 4.0
MAX_MEAN_SLOPE = {True: 2.2, False: 1.6}
"""Of the sky, where it is known that a photograph was taken outdoors, and where not."""
MIN_CANDIDATE, MIN_CANDIDATE_TOP = 0.01, 0.05
MIN_SKY, MIN_SKY_TOP = 0.02, 0.1
MIN_BLUE_SHARE = 0.6
"""Of the sky of a photograph of which it is not known that it was taken outdoors."""
TOP_ROWS = 3
# What is left open around the sky, where its color mixes with others, and within it.
RIM, INNER = np.ones((7, 7), np.uint8), np.ones((3, 3), np.uint8)

Mask = NDArray[np.bool_]


def sky_map(rgb: Bytes, outdoors: bool | None) -> NDArray[np.uint8]:
    """rgb: H×W×3 sRGB. outdoors: whether the photograph was taken there; False: there is no sky in
    it; None: unknown, then only blue skies are found. Returns H×W: `SKY`, `BACKGROUND` or
    `UNKNOWN`."""
    result = np.full(rgb.shape[:2], BACKGROUND, np.uint8)
    if outdoors is False:
        return result
    lab = cv2.GaussianBlur(srgb_to_lab(np.asarray(rgb, np.float32) / 255), (0, 0), 1.0)
    lightness, chroma = lab[..., 0], np.hypot(lab[..., 1], lab[..., 2])
    slope = np.hypot(*(cv2.Sobel(lightness, cv2.CV_32F, dx, 1 - dx) / 4 for dx in (0, 1)))
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    blue = (chroma > MIN_BLUE_CHROMA) & _between(hue, BLUE_HUES) & (lightness > MIN_BLUE)
    pale = (lightness > MIN_PALE) & (chroma < MAX_PALE_CHROMA)
    warm = (lightness > MIN_WARM) & _between(hue, WARM_HUES)
    sky = np.zeros_like(blue)
    for part in _from_the_top((blue | pale | warm) & (slope < MAX_SLOPE)):
        area, top = part.mean(), part[:TOP_ROWS].any(0).mean()
        if area < MIN_CANDIDATE or top < MIN_CANDIDATE_TOP:
            continue
        is_smooth = slope[part].mean() < MAX_MEAN_SLOPE[bool(outdoors)]
        is_blue = bool(outdoors) or blue[part].mean() > MIN_BLUE_SHARE
        result[part] = UNKNOWN
        if area > MIN_SKY and top > MIN_SKY_TOP and is_smooth and is_blue:
            sky |= part
    if outdoors:
        for part in _from_the_top((slope < MAX_CLOUD_SLOPE) & (lightness > MIN_SMOOTH)):
            result[part] = UNKNOWN
    lowest = np.where(sky.any(0), len(sky) - 1 - np.argmax(sky[::-1], 0), -1)
    result[np.arange(len(sky))[:, None] <= lowest] = UNKNOWN  # clouds, wires, branches
    around, inside = cv2.dilate(sky.astype(np.uint8), RIM), cv2.erode(sky.astype(np.uint8), INNER)
    result[around > 0] = UNKNOWN
    result[inside > 0] = SKY
    return result


def _between(hue: Array, hues: tuple[int, int]) -> Mask:
    return np.asarray((hue - hues[0]) % 360 < hues[1] - hues[0])


def _from_the_top(candidates: Mask) -> list[Mask]:
    """The connected parts, thin ones removed, that reach the upper edge."""
    opened = cv2.morphologyEx(candidates.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3)))
    labels = np.asarray(cv2.connectedComponents(opened, connectivity=4)[1])
    return [labels == label for label in np.unique(labels[:TOP_ROWS]) if label]
