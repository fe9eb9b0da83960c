"""A published network used as its authors' own program uses it, without the engine's
improvements."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image
from PIL.Image import Resampling

from tintype.arrays import Array
from tintype.color.lab import lab_to_srgb
from tintype.engine.colorizer import Colorizer
from tintype.engine.core.predict import predict_view
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.render import lightness_of
from tintype.engine.core.sizes import InputView, view_size
from tintype.errors import CapabilityError
from tintype.guidance import Guidance
from tintype.photo import Photo
from tintype.photo.photo import WHITE_BY_DTYPE


class PublishedColorizer(Colorizer):
    """Colors by one pass at the network's own size: no stretched tones, second pass, guided edges,
    vividness or gamut mapping; what lies outside sRGB is clipped."""

    as_published = True

    def __init__(self, model: str | Path = "default", *options: Any, **named: Any) -> None:
        """As `Colorizer`; raises CapabilityError for a blend, too."""
        super().__init__(model, *options, **named)
        if self.network.partners:
            raise CapabilityError(f"{model} is a blend; --as-published takes one network")

    def color(self, prepared: Prepared, guidance: Guidance | None = None) -> Photo:
        """Raises CapabilityError for any guidance. Needs about 60 bytes of memory a pixel."""
        if guidance not in (None, Guidance()):
            raise CapabilityError(
                "a network as published takes no guidance; leave out --as-published"
            )
        pixels, metadata = prepared.pixels, self.network.metadata
        program = PROGRAMS.get(metadata.system, ZHANG)
        lightness = lightness_of(pixels)
        size = view_size(lightness.shape, self.sizes[0], metadata.shape == "square")
        picture = pixels.astype(np.float32) / np.float32(WHITE_BY_DTYPE[str(pixels.dtype)])
        seen = lightness_of(program.view(picture, size))
        ab = predict_view(self.network, InputView(seen), ("ab",)).ab
        rgb = program.finish(ab, seen, picture, lightness)
        white = prepared.photo.white
        scaled = np.clip(rgb, 0, 1) * np.float32(white)
        whole = np.rint(scaled) if white > 1 else scaled
        photo = prepared.photo.with_pixels(whole.astype(prepared.photo.pixels.dtype))
        return self._labeled(photo, Guidance())


@dataclass(frozen=True)
class Program:
    """What the program of a network's authors does around it.

    view: a picture, H×W or H×W×3 in 0..1, at the size (h, w) at which the network sees it.
    finish: RGB at full size, H×W×3, not clipped, of ab (h'×w'×2), L* as seen (h×w), the picture
    and its L* (H×W).
    """

    view: Callable[[Array, tuple[int, int]], Array]
    finish: Callable[[Array, Array, Array, Array], Array]


def _bicubic_view(picture: Array, size: tuple[int, int]) -> Array:
    return _filtered(picture, size, Resampling.BICUBIC)


def _deoldify_view(picture: Array, size: tuple[int, int]) -> Array:
    return _filtered(_luma(picture), size, Resampling.BILINEAR)


def _opencv_view(picture: Array, size: tuple[int, int]) -> Array:
    """OpenCV takes single pixels where it shrinks."""
    return np.asarray(cv2.resize(picture, size[::-1], interpolation=cv2.INTER_LINEAR))


def _linear_ab(ab: Array, seen: Array, picture: Array, lightness: Array) -> Array:
    return lab_to_srgb(np.dstack([lightness, _resized(ab, lightness)]))


def _nearest_ab(ab: Array, seen: Array, picture: Array, lightness: Array) -> Array:
    return lab_to_srgb(np.dstack([lightness, _resized(ab, lightness, cv2.INTER_NEAREST)]))


def _chroma_over_luma(ab: Array, seen: Array, picture: Array, lightness: Array) -> Array:
    """U and V of the small colored picture on the luma of the photograph.

    DeOldify's program gives RGB to a conversion for BGR, there and back, so that red and blue
    change their weights in the luma that is replaced.
    """
    small = np.clip(lab_to_srgb(np.dstack([seen, _resized(ab, seen)])), 0, 1)
    luma = _luma(picture)
    made = _filtered(small, luma.shape, Resampling.BILINEAR)
    yuv = np.asarray(cv2.cvtColor(made, cv2.COLOR_BGR2YUV), np.float32)
    yuv[..., 0] = luma
    return np.asarray(cv2.cvtColor(yuv, cv2.COLOR_YUV2BGR), np.float32)


def _luma(picture: Array) -> Array:
    gray: Any = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.asarray(gray, np.float32)


def _filtered(picture: Array, size: tuple[int, ...], how: Resampling) -> Array:
    """H×W or H×W×C in 0..1 resized by Pillow, which takes means of all pixels where it shrinks."""
    planes = [
        np.asarray(Image.fromarray(plane).resize((size[1], size[0]), how), np.float32)
        for plane in cv2.split(picture)
    ]
    return np.clip(planes[0] if picture.ndim == 2 else np.dstack(planes), 0, 1)


def _resized(picture: Array, like: Array, interpolation: int = cv2.INTER_LINEAR) -> Array:
    size = like.shape[1], like.shape[0]
    return np.asarray(cv2.resize(picture, size, interpolation=interpolation), np.float32)


ZHANG = Program(_bicubic_view, _linear_ab)
PROGRAMS = {
    "deoldify": Program(_deoldify_view, _chroma_over_luma),
    "ddcolor": Program(_opencv_view, _nearest_ab),
}
"""By system; all others do as `ZHANG` does."""
