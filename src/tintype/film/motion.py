"""Two neighboring frames in; how things moved between them, and where that can be trusted, out."""

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.engine.core.render import lightness_of

SEEN_PIXELS = 427 * 240
"""The network sees a picture of about this size: half of 854×480."""
CARRY_PIXELS = 214 * 120
"""ab are carried, and flow is found, at about this size: what the network gives at its larger
look."""
FINEST = 1
"""The last scale of the flow's pyramid that is computed; 0 is the picture itself."""
APART = 0.75
"""Forward and backward flow that miss each other by this, in pixels, are disbelieved (by 1/e)."""
LIGHTER = 6.0
"""So is a difference of L* of this size, beyond what the whole picture changed."""
SLACK = 0.1
"""Disagreement below this, as a sum of squares in these units, is noise and costs no trust."""
AGREED = 0.3
"""Where trust is above this, two frames agree."""
CUT, BLURRED_CUT = 1 / 8, 1 / 3
"""Frames that agree on a smaller share of the picture belong to two shots: surely, and where their
thumbnails differ too."""
DIFFERENT = 0.5
"""Correlation of thumbnails below which they differ."""
THUMB = 18, 32

_local = threading.local()


def shrunk_size(height: int, width: int, pixels: int) -> tuple[int, int]:
    """(H, W) of about so many pixels in the picture's shape, and not above its own."""
    scale = min(1.0, (pixels / (height * width)) ** 0.5)
    return max(2, round(height * scale)), max(2, round(width * scale))


def resized(picture: Any, size: tuple[int, int], how: int = cv2.INTER_AREA) -> Any:
    """H×W or H×W×C of any kind at another size (H, W)."""
    if picture.shape[:2] == size:
        return picture
    return cv2.resize(picture, (size[1], size[0]), interpolation=how)


@dataclass(frozen=True)
class View:
    """A frame as motion is found in it: lightly denoised. small: uint8, as the network sees it. At
    carry size, traced: uint8, h×w;
    light: L*, h×w float32.

    thumb: a tiny picture of mean 0 and variance 1, 18×32 float32; 0 for a blank one.
    """

    small: Pixels
    traced: Pixels
    light: Array
    thumb: Array

    @classmethod
    def of(cls, gray: Pixels) -> "View":
        """gray: H×W uint8, full range."""
        height, width = gray.shape
        return cls.again(
            cv2.GaussianBlur(resized(gray, shrunk_size(height, width, SEEN_PIXELS)), (0, 0), 0.7)
        )

    @classmethod
    def again(cls, small: Pixels) -> "View":
        """From what was found before. small: uint8, as `of` makes it."""
        height, width = small.shape
        traced = resized(small, shrunk_size(height, width, CARRY_PIXELS))
        light = lightness_of(traced)
        tiny = cv2.GaussianBlur(resized(light, THUMB), (3, 3), 0)
        spread = float(tiny.std())
        thumb = (tiny - tiny.mean()) / spread if spread > 1 else np.zeros(THUMB, np.float32)
        return cls(small, traced, np.asarray(cv2.GaussianBlur(light, (3, 3), 0), np.float32), thumb)


@dataclass(frozen=True)
class Link:
    """From the frame before to this one, at carry size.

    back: h×w×2, where each pixel was in the frame before. here: h×w, 0..1, how far that is trusted.
    ahead, there: the same from the frame before to this one. agreement: the share of both pictures
    that is trusted, 0..1. cut: whether they belong to two shots.
    """

    back: Array
    here: Array
    ahead: Array
    there: Array
    agreement: float
    cut: bool


def link(before: View, now: View) -> Link:
    """Dense inverse search (Kroeger et al. 2016) both ways, each checked by the other and by L*."""
    flow, grid = _flow(), _grid(now.light.shape)
    back, ahead = (
        flow.calc(now.traced, before.traced, None),
        flow.calc(before.traced, now.traced, None),
    )
    from_before, to_now = grid + back, grid + ahead
    here = _trust(from_before, back, ahead, now.light, before.light)
    there = _trust(to_now, ahead, back, before.light, now.light)
    agreement = float(min((here > AGREED).mean(), (there > AGREED).mean()))
    different = float((before.thumb * now.thumb).mean()) < DIFFERENT
    return Link(
        from_before, here, to_now, there, agreement, agreement < (BLURRED_CUT if different else CUT)
    )


def carry(state: Array, way: Array, trust: Array) -> Array:
    """Bring a state (h×w×C float32) along: taken from where `way` (h×w×2) says, weakened by `trust`
    (h×w)."""
    moved = _taken(state, way)
    return np.asarray(moved * (trust if moved.ndim == 2 else trust[..., None]), np.float32)


def _trust(way: Array, flow: Array, other: Array, light: Array, other_light: Array) -> Array:
    """How far each pixel's flow is trusted, h×w, 0..1. way: where it leads, h×w×2; other: the flow
    of the opposite direction."""
    across, down = cv2.split(flow + _taken(other, way))
    lighter = light - _taken(other_light, way)
    lighter -= np.float32(
        np.clip(np.median(lighter[::4, ::4]), -15, 15)
    )  # flicker of the whole picture is no motion
    miss = (across * across + down * down) * np.float32(
        1 / APART**2
    ) + lighter * lighter * np.float32(1 / LIGHTER**2)
    miss = np.maximum(miss - np.float32(SLACK), np.float32(0))
    height, width = light.shape
    inside: Any = cv2.inRange(way, (-0.5, -0.5), (width - 0.5, height - 0.5))
    return np.asarray(cv2.exp(-miss) * (inside > 0), np.float32)


def _taken(picture: Any, way: Any) -> Any:
    """The picture's values where `way` (h×w×2) points, bilinear."""
    nowhere: Any = None
    return cv2.remap(picture, way, nowhere, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


@lru_cache(8)
def _grid(size: tuple[int, ...]) -> Array:
    across, down = np.meshgrid(
        np.arange(size[1], dtype=np.float32), np.arange(size[0], dtype=np.float32)
    )
    return np.dstack([across, down])


def _flow() -> Any:
    if not hasattr(_local, "flow"):
        _local.flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        _local.flow.setFinestScale(FINEST)
    return _local.flow
