"""Points on a thing in; the mask of the thing out: graph cuts (GrabCut, Rother et al. 2004) over
lightness and the network's colors."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.sizes import resize
from tintype.guidance import Point

SIDE = 224
"""Objects are found on a copy of about SIDE² pixels."""
SEED = 0.012
"""Radius of the disk around a point that surely belongs to the thing, by the length of a side."""
ALIKE = (14.0, 12.0, 12.0)
"""Steps of L*, a*, b* across which the first guess grows from a point."""
ROUNDS = 3
SALIENT = 0.5


def select_objects(
    prepared: Prepared, keep: tuple[Point, ...], skip: tuple[Point, ...] = ()
) -> Array:
    """What the points of `keep` lie on, without what the points of `skip` lie on.

    Points are (x, y), shares of width and height. Returns H×W float32, 0 or 1, at the size of
    `prepared.lightness`.
    """
    height, width = prepared.lightness.shape
    scale = min(1.0, SIDE / (height * width) ** 0.5)
    size = max(2, round(height * scale)), max(2, round(width * scale))
    shown = _picture(prepared, size)
    seeds = _disks(size, keep)
    refused = _disks(size, skip) & ~seeds
    guess = _first_guess(prepared, shown, keep) & ~refused
    state = np.where(guess, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    state[seeds], state[refused] = cv2.GC_FGD, cv2.GC_BGD
    if not (guess | seeds).all():
        background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.grabCut(
            shown, state, (0, 0, 1, 1), background, foreground, ROUNDS, cv2.GC_INIT_WITH_MASK
        )
    found = (state == cv2.GC_FGD) | (state == cv2.GC_PR_FGD)
    found = _connected(found, keep)
    return (resize(found.astype(np.float32), (height, width)) > 0.5).astype(np.float32)


def _picture(prepared: Prepared, size: tuple[int, int]) -> NDArray[np.uint8]:
    """L*, a* and b* of the plain coloring as 8-bit channels, which is what GrabCut takes."""
    lightness = cv2.GaussianBlur(resize(prepared.lightness, size), (0, 0), 0.8)
    ab = resize(prepared.plain, size)
    planes = np.dstack([lightness * 2.55, ab[..., 0] * 2 + 128, ab[..., 1] * 2 + 128])
    return np.clip(planes, 0, 255).astype(np.uint8)


def _disks(size: tuple[int, int], points: tuple[Point, ...]) -> NDArray[np.bool_]:
    drawn = np.zeros(size, np.uint8)
    for place in points:
        cv2.circle(
            drawn,
            _pixel(size, place),
            max(1, round(SEED * (size[0] * size[1]) ** 0.5)),
            1,
            cv2.FILLED,
        )
    return drawn > 0


def _first_guess(
    prepared: Prepared, shown: NDArray[np.uint8], points: tuple[Point, ...]
) -> NDArray[np.bool_]:
    """What looks like the points and is connected to them, and the salient thing that they lie
    on."""
    size = shown.shape[:2]
    guess = np.zeros(size, bool)
    salient = None if prepared.saliency is None else resize(prepared.saliency, size) > SALIENT
    smooth = cv2.medianBlur(shown, 5)
    near = tuple(step * factor for step, factor in zip(ALIKE, (2.55, 2.0, 2.0), strict=True))
    for place in points:
        at = _pixel(size, place)
        grown = np.zeros((size[0] + 2, size[1] + 2), np.uint8)
        flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (1 << 8)
        cv2.floodFill(smooth, grown, at, 0, near, near, flags)
        guess |= grown[1:-1, 1:-1] > 0
        if salient is not None and salient[at[1], at[0]]:
            guess |= _connected(salient, (place,))
    return guess


def _connected(mask: NDArray[np.bool_], points: tuple[Point, ...]) -> NDArray[np.bool_]:
    """The connected parts of a mask that the points lie on."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    wanted = {int(labels[y, x]) for x, y in (_pixel(mask.shape, place) for place in points)} - {0}
    return np.asarray(np.isin(labels, list(wanted)))


def _pixel(size: tuple[int, ...], place: Point) -> tuple[int, int]:
    return min(int(place[0] * size[1]), size[1] - 1), min(int(place[1] * size[0]), size[0] - 1)
