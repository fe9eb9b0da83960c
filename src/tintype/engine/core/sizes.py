"""The sizes at which a picture is seen: one way to resize, and the view that a network gets."""

from dataclasses import dataclass

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.contract import STRIDE

# Longest side of a view, as a multiple of its nominal size: a filmstrip does not become a thread.
MAX_VIEW_ASPECT = 4


def resize(picture: Array, size: tuple[int, ...]) -> Array:
    """H×W or H×W×C float32 to another (H, W): area means where it shrinks, bilinear where it
    grows."""
    if picture.shape[:2] == tuple(size[:2]):
        return picture
    shrinks = picture.shape[0] >= size[0] and picture.shape[1] >= size[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (size[1], size[0]), interpolation=method), np.float32)


def shrink_to(picture: Array, size: tuple[int, ...]) -> Array:
    """As `resize`, but neither side grows."""
    return resize(picture, (min(picture.shape[0], size[0]), min(picture.shape[1], size[1])))


def pixel_at(size: tuple[int, ...], x: float, y: float) -> tuple[int, int]:
    """(row, column) of the pixel at a point, given in shares (0..1) of width and height."""
    return min(int(y * size[0]), size[0] - 1), min(int(x * size[1]), size[1] - 1)


def shrink_hint(hint: Array, size: tuple[int, ...]) -> Array:
    """A hint map H×W×3 (a*, b*, confidence) at another size (H, W): the mean of the colors that are
    set, weighted by confidence, and the highest confidence nearby."""
    height, width = size[:2]
    if hint.shape[:2] == (height, width):
        return hint
    confidence = hint[..., 2]
    weighted = np.dstack([hint[..., :2] * confidence[..., None], confidence]).astype(np.float32)
    method = cv2.INTER_AREA if height <= hint.shape[0] else cv2.INTER_NEAREST
    small = cv2.resize(weighted, (width, height), interpolation=method)
    total = small[..., 2:]
    highest = cv2.dilate(confidence.astype(np.float32), np.ones((3, 3)))
    peak = cv2.resize(highest, (width, height), interpolation=cv2.INTER_NEAREST)[..., None]
    means = np.concatenate(
        [small[..., :2] / np.maximum(total, 1e-6), np.maximum(peak, total)], axis=2
    )
    return np.where(total > 1e-3, means, 0).astype(np.float32)


@dataclass(frozen=True, eq=False)
class InputView:
    """A picture at the size at which a network sees it. lightness: L*, h×w."""

    lightness: Array

    @classmethod
    def of(cls, lightness: Array, size: int, square: bool = False) -> "InputView":
        """lightness: H×W at any size. The view has about size² pixels in the picture's own shape;
        if square, the picture is squashed to size×size."""
        return cls(resize(lightness, view_size(lightness.shape, size, square)))

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) of the picture in the network's input."""
        return self.lightness.shape[0], self.lightness.shape[1]

    @property
    def padded_size(self) -> tuple[int, int]:
        """(H, W) of the network's input: multiples of STRIDE."""
        height, width = (-(-side // STRIDE) * STRIDE for side in self.size)
        return height, width

    def pad(self, picture: Array, mirror: bool = True) -> Array:
        """h×w or h×w×C to 1×C×H×W, mirrored beyond the edge, else 0."""
        bottom, right = (p - s for p, s in zip(self.padded_size, self.size, strict=True))
        border = cv2.BORDER_CONSTANT
        if mirror:
            fits = bottom <= self.size[0] and right <= self.size[1]
            border = cv2.BORDER_REFLECT if fits else cv2.BORDER_REPLICATE
        padded = np.asarray(cv2.copyMakeBorder(picture, 0, bottom, 0, right, border), np.float32)
        return np.ascontiguousarray(padded.reshape(*self.padded_size, -1).transpose(2, 0, 1)[None])

    def crop(self, output: Array) -> Array:
        """1×C×H'×W', an output at the network's own scale, without the padding: h'×w'×C."""
        height, width = (
            max(1, round(have * size / full))
            for have, size, full in zip(output.shape[2:], self.size, self.padded_size, strict=True)
        )
        return np.ascontiguousarray(output[0, :, :height, :width].transpose(1, 2, 0))


def view_size(shape: tuple[int, ...], size: int, square: bool = False) -> tuple[int, int]:
    """(h, w) of the view of a picture of H×W."""
    if square:
        return size, size
    scale = size / (shape[0] * shape[1]) ** 0.5
    height, width = (min(max(1, round(s * scale)), MAX_VIEW_ASPECT * size) for s in shape[:2])
    return height, width
