"""The picture that the network sees: lightness brought to working size and padded, and ab cut back."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.engine.network import STRIDE

Array = NDArray[np.floating[Any]]

LONGEST = 4
"""The longer side at working size is at most this many times the size: a strip of film is not drawn out to a thread."""


@dataclass(frozen=True)
class Working:
    """size: (H, W) that the network should see of the picture; padded: the same, filled up to multiples of 32."""

    size: tuple[int, int]
    padded: tuple[int, int]

    @classmethod
    def of(cls, height: int, width: int, size: int) -> "Working":
        """About size² pixels in the photograph's own shape."""
        scale = size / (height * width) ** 0.5
        sides = [min(max(1, round(side * scale)), LONGEST * size) for side in (height, width)]
        padded = [-(-side // STRIDE) * STRIDE for side in sides]
        return cls((sides[0], sides[1]), (padded[0], padded[1]))

    def shrink(self, picture: Array) -> Array:
        """Any H×W or H×W×C float32 to the working size: means where it shrinks, bilinear where it grows."""
        smaller = picture.shape[0] >= self.size[0] and picture.shape[1] >= self.size[1]
        how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(picture, self.size[::-1], interpolation=how), np.float32)

    def pad(self, picture: Array, edge: bool = True) -> Array:
        """H×W or H×W×C at working size to 1×C×H×W at the padded size, mirrored (or 0) beyond the edge."""
        bottom, right = (p - s for p, s in zip(self.padded, self.size, strict=True))
        how = cv2.BORDER_CONSTANT
        if edge:
            how = cv2.BORDER_REFLECT if bottom <= self.size[0] and right <= self.size[1] else cv2.BORDER_REPLICATE
        filled = np.asarray(cv2.copyMakeBorder(picture, 0, bottom, 0, right, how), np.float32)
        filled = filled[..., None] if filled.ndim == 2 else filled
        return np.ascontiguousarray(filled.transpose(2, 0, 1)[None])

    def crop(self, output: Array) -> Array:
        """1×C×h×w, the padded picture at the network's own scale, to what is picture of it: h'×w'×C."""
        h, w = (
            max(1, round(have * size / full)) for have, size, full in zip(output.shape[2:], self.size, self.padded, strict=True)
        )
        return np.ascontiguousarray(output[0, :, :h, :w].transpose(1, 2, 0))
