"""The sizes at which a picture is seen: one way to resize, and the working size with its
padding."""

from dataclasses import dataclass

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.contract import STRIDE

LONGEST = 4
"""The longer side at working size is at most this many times the size: a strip of film is not drawn
out to a thread."""


def resize(picture: Array, size: tuple[int, ...]) -> Array:
    """H×W or H×W×C float32 to another (H, W): means of pixels where it shrinks, bilinear where it
    grows."""
    if picture.shape[:2] == tuple(size[:2]):
        return picture
    shrinks = picture.shape[0] >= size[0] and picture.shape[1] >= size[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (size[1], size[0]), interpolation=how), np.float32)


def shrink_hint(hint: Array, size: tuple[int, int]) -> Array:
    """A hint map to another size (H, W): the mean of the colors that are set; the highest
    confidence."""
    if hint.shape[:2] == tuple(size):
        return hint
    sure = hint[..., 2]
    weighted = np.dstack([hint[..., 0] * sure, hint[..., 1] * sure, sure]).astype(np.float32)
    how = cv2.INTER_AREA if size[0] <= sure.shape[0] else cv2.INTER_NEAREST
    small = cv2.resize(weighted, size[::-1], interpolation=how)
    total = small[..., 2]
    some = total > 1e-3
    peak = cv2.resize(
        cv2.dilate(sure.astype(np.float32), np.ones((3, 3))),
        size[::-1],
        interpolation=cv2.INTER_NEAREST,
    )
    color = small[..., :2] / np.maximum(total, 1e-6)[..., None]
    confidence = np.where(some, np.maximum(peak, total), 0)
    return np.dstack([np.where(some[..., None], color, 0), confidence]).astype(np.float32)


@dataclass(frozen=True)
class Working:
    """size: (H, W) that the network should see of the picture; padded: the same, filled up to
    multiples of STRIDE."""

    size: tuple[int, int]
    padded: tuple[int, int]

    @classmethod
    def of(cls, height: int, width: int, size: int, square: bool = False) -> "Working":
        """About size² pixels in the photograph's own shape; if square, all of it squashed to
        size×size."""
        scale = size / (height * width) ** 0.5
        sides = (
            (size, size)
            if square
            else tuple(min(max(1, round(side * scale)), LONGEST * size) for side in (height, width))
        )
        padded = tuple(-(-side // STRIDE) * STRIDE for side in sides)
        return cls((sides[0], sides[1]), (padded[0], padded[1]))

    def pad(self, picture: Array, edge: bool = True) -> Array:
        """H×W or H×W×C at working size to 1×C×H×W at the padded size, mirrored (or 0) beyond the
        edge."""
        bottom, right = (p - s for p, s in zip(self.padded, self.size, strict=True))
        how = cv2.BORDER_CONSTANT
        if edge:
            how = (
                cv2.BORDER_REFLECT
                if bottom <= self.size[0] and right <= self.size[1]
                else cv2.BORDER_REPLICATE
            )
        filled = np.asarray(cv2.copyMakeBorder(picture, 0, bottom, 0, right, how), np.float32)
        filled = filled[..., None] if filled.ndim == 2 else filled
        return np.ascontiguousarray(filled.transpose(2, 0, 1)[None])

    def crop(self, output: Array) -> Array:
        """1×C×h×w, the padded picture at the network's own scale, to what is picture of it:
        h'×w'×C."""
        h, w = (
            max(1, round(have * size / full))
            for have, size, full in zip(output.shape[2:], self.size, self.padded, strict=True)
        )
        return np.ascontiguousarray(output[0, :, :h, :w].transpose(1, 2, 0))
