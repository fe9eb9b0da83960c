"""A published network used as its authors' own program uses it, without the engine's
improvements."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
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

# Interpolation to the network's size and back, by system; (area, bilinear) for the others.
INTERPOLATION = {"ddcolor": (cv2.INTER_LINEAR, cv2.INTER_NEAREST)}


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
        pixels = prepared.pixels
        lightness, metadata = lightness_of(pixels), self.network.metadata
        shrink, grow = INTERPOLATION.get(metadata.system, (cv2.INTER_AREA, cv2.INTER_LINEAR))
        height, width = view_size(lightness.shape, self.sizes[0], metadata.shape == "square")
        small = _resized(lightness, np.empty((height, width), np.float32), shrink)
        ab = predict_view(self.network, InputView(small), ("ab",)).ab
        if metadata.system == "deoldify":
            rgb = _with_chroma_of(np.dstack([_resized(small, ab), ab]), pixels)
        else:
            rgb = lab_to_srgb(np.dstack([lightness, _resized(ab, lightness, grow)]))
        white = prepared.photo.white
        scaled = np.clip(rgb, 0, 1) * np.float32(white)
        whole = np.rint(scaled) if white > 1 else scaled
        photo = prepared.photo.with_pixels(whole.astype(prepared.photo.pixels.dtype))
        return self._labeled(photo, Guidance())


def _with_chroma_of(lab: Array, pixels: Pixels) -> Array:
    """Rec. 601 U and V of a small colored picture, CIELAB, on the luma of the pixels (DeOldify)."""
    made = cv2.cvtColor(np.clip(lab_to_srgb(lab), 0, 1), cv2.COLOR_RGB2YUV)
    chroma = np.asarray(made[..., 1:], np.float32)
    gray: Any = pixels.astype(np.float32) / np.float32(WHITE_BY_DTYPE[str(pixels.dtype)])
    luma = np.asarray(gray if gray.ndim == 2 else cv2.cvtColor(gray, cv2.COLOR_RGB2GRAY))
    yuv = np.dstack([luma, _resized(chroma, luma)])
    return np.asarray(cv2.cvtColor(yuv, cv2.COLOR_YUV2RGB), np.float32)


def _resized(picture: Array, like: Array, interpolation: int = cv2.INTER_LINEAR) -> Array:
    size = like.shape[1], like.shape[0]
    return np.asarray(cv2.resize(picture, size, interpolation=interpolation), np.float32)
