"""Two neighboring frames in; the motion between them, and how far it is trusted, out."""

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.engine.core.render import lightness_of

VIEW_PIXELS = 427 * 240
"""Area of a frame that is kept for later: half the sides of 854×480."""
FLOW_PIXELS = 214 * 120
"""Area at which flow is computed and ab are carried (the flow size)."""
FINEST_FLOW_SCALE = 1
"""The last level of the flow's pyramid that is computed; 0 is full resolution."""
FLOW_ERROR_PIXELS = 0.75
"""Forward-backward error at which flow confidence falls to 1/e."""
LIGHTNESS_ERROR = 6.0
"""Difference of L*, beyond that of the whole picture, at which confidence falls to 1/e."""
FREE_ERROR = 0.1
"""Sum of both squared errors, in the units above, that is noise and costs no confidence."""
AGREED_CONFIDENCE = 0.3
"""Confidence above which two frames agree at a pixel."""
CUT_SHARE, DISSIMILAR_CUT_SHARE = 1 / 8, 1 / 3
"""Frames that agree on a smaller share of the picture belong to two shots; the second share holds
where their thumbnails differ too."""
DISSIMILAR_CORRELATION = 0.5
"""Correlation of two thumbnails below which they differ."""
MAX_FLICKER = 15.0
"""Largest change of L* of a whole picture that is taken for flicker."""
THUMBNAIL_SIZE = 18, 32

_local = threading.local()


def shrunk_size(height: int, width: int, pixels: int) -> tuple[int, int]:
    """(H, W) of about so many pixels, in the picture's aspect, at most its own size."""
    scale = min(1.0, (pixels / (height * width)) ** 0.5)
    return max(2, round(height * scale)), max(2, round(width * scale))


def resized(picture: Any, size: tuple[int, int], how: int = cv2.INTER_AREA) -> Any:
    """H×W or H×W×C of any kind at another size (H, W)."""
    if picture.shape[:2] == size:
        return picture
    return cv2.resize(picture, (size[1], size[0]), interpolation=how)


@dataclass(frozen=True)
class MotionInput:
    """A lightly denoised frame, as the flow takes it.

    small: uint8, of at most `VIEW_PIXELS`. traced: h×w uint8 at flow size. light: h×w float32, L*.
    thumbnail: 18×32 float32 of mean 0 and variance 1; 0 for a blank frame.
    """

    small: Pixels
    traced: Pixels
    light: Array
    thumbnail: Array

    @classmethod
    def of(cls, gray: Pixels) -> "MotionInput":
        """gray: H×W uint8, full range."""
        height, width = gray.shape
        small = resized(gray, shrunk_size(height, width, VIEW_PIXELS))
        return cls.from_small(cv2.GaussianBlur(small, (0, 0), 0.7))

    @classmethod
    def from_small(cls, small: Pixels) -> "MotionInput":
        """small: the attribute of an earlier one."""
        height, width = small.shape
        traced = resized(small, shrunk_size(height, width, FLOW_PIXELS))
        light = lightness_of(traced)
        tiny = cv2.GaussianBlur(resized(light, THUMBNAIL_SIZE), (3, 3), 0)
        spread = float(tiny.std())
        normalized = tiny - tiny.mean()
        thumbnail = normalized / spread if spread > 1 else np.zeros(THUMBNAIL_SIZE, np.float32)
        blurred = np.asarray(cv2.GaussianBlur(light, (3, 3), 0), np.float32)
        return cls(small, traced, blurred, thumbnail)


@dataclass(frozen=True)
class Flow:
    """Motion between two frames, both ways, at flow size.

    back: h×w×2, where each pixel of this frame was in the frame before. back_trust: h×w, 0..1, its
    confidence. ahead, ahead_trust: the same from the frame before to this one. agreement: 0..1, the
    share of both pictures that is trusted. cut: the frames belong to two shots. before, now: L* of
    both, h×w.
    """

    back: Array
    back_trust: Array
    ahead: Array
    ahead_trust: Array
    agreement: float
    cut: bool
    before: Array
    now: Array

    def reversed(self) -> "Flow":
        """The flow of the same two frames in the opposite order."""
        return Flow(
            self.ahead,
            self.ahead_trust,
            self.back,
            self.back_trust,
            self.agreement,
            self.cut,
            self.now,
            self.before,
        )


def flow_between(before: MotionInput, now: MotionInput) -> Flow:
    """Dense inverse search (Kroeger et al. 2016) both ways, each checked by the other and by L*."""
    dis, grid = _dense_inverse_search(), _grid(now.light.shape)
    back = dis.calc(now.traced, before.traced, None)
    ahead = dis.calc(before.traced, now.traced, None)
    from_before, to_now = grid + back, grid + ahead
    back_trust = _confidence(from_before, back, ahead, now.light, before.light)
    ahead_trust = _confidence(to_now, ahead, back, before.light, now.light)
    agreement = float(
        min((trust > AGREED_CONFIDENCE).mean() for trust in (back_trust, ahead_trust))
    )
    correlation = float((before.thumbnail * now.thumbnail).mean())
    share = DISSIMILAR_CUT_SHARE if correlation < DISSIMILAR_CORRELATION else CUT_SHARE
    return Flow(
        from_before,
        back_trust,
        to_now,
        ahead_trust,
        agreement,
        agreement < share,
        before.light,
        now.light,
    )


def carry(state: Array, origin: Array, trust: Array) -> Array:
    """A state (h×w×C float32) taken from the positions `origin` (h×w×2), times `trust` (h×w)."""
    moved = _sampled(state, origin)
    return np.asarray(moved * (trust if moved.ndim == 2 else trust[..., None]), np.float32)


def chained(path: tuple[Array, Array] | None, origin: Array, trust: Array) -> tuple[Array, Array]:
    """The positions (h×w×2) and trust (h×w) of a path, one frame later. origin, trust: of that
    frame's pixels in the frame before; path: None at its begin."""
    if path is None:
        return origin, trust
    return _sampled(path[0], origin), _sampled(path[1], origin) * trust


def _confidence(
    origin: Array, flow: Array, other: Array, light: Array, other_light: Array
) -> Array:
    """Confidence of each pixel's flow, h×w, 0..1. origin: where it leads, h×w×2. other: the flow of
    the opposite direction."""
    across, down = cv2.split(flow + _sampled(other, origin))
    lighter = light - _sampled(other_light, origin)
    flicker = np.clip(np.median(lighter[::4, ::4]), -MAX_FLICKER, MAX_FLICKER)
    lighter -= np.float32(flicker)
    error = (across * across + down * down) * np.float32(1 / FLOW_ERROR_PIXELS**2)
    error = error + lighter * lighter * np.float32(1 / LIGHTNESS_ERROR**2)
    error = np.maximum(error - np.float32(FREE_ERROR), np.float32(0))
    height, width = light.shape
    inside: Any = cv2.inRange(origin, (-0.5, -0.5), (width - 0.5, height - 0.5))
    return np.asarray(cv2.exp(-error) * (inside > 0), np.float32)


def _sampled(picture: Any, positions: Any) -> Any:
    """The picture's values at `positions` (h×w×2), bilinear."""
    nowhere: Any = None
    return cv2.remap(picture, positions, nowhere, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


@lru_cache(8)
def _grid(size: tuple[int, ...]) -> Array:
    across, down = np.meshgrid(
        np.arange(size[1], dtype=np.float32), np.arange(size[0], dtype=np.float32)
    )
    return np.dstack([across, down])


def _dense_inverse_search() -> Any:
    if not hasattr(_local, "search"):
        _local.search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        _local.search.setFinestScale(FINEST_FLOW_SCALE)
    return _local.search
