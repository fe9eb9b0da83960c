"""The color that a photograph has of its own, kept in its coloring at full size."""

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.engine.core.render import strips
from tintype.engine.core.sizes import resize
from tintype.photo import ColorAnalysis, Photo

# Distance from the tone from which on a source's own color is kept, and the range over which it
# fades, CIELAB units.
KEPT_CHROMA, KEPT_CHROMA_FADE = 8.0, 4.0


def keep_own_color(photo: Photo, colored: Pixels, share: Array) -> Pixels:
    """A coloring whose color is new only where `share` (h×w of 0..1, any size) says so."""
    height, width = photo.pixels.shape[:2]
    grown = cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR)
    out = np.empty_like(colored)
    for rows in strips(height, width):
        new = grown[rows][..., None]
        mixed = photo.pixels[rows] * (1 - new) + colored[rows] * new
        out[rows] = np.rint(mixed) if photo.white > 1 else mixed
    return out


def monochrome_share(photo: Photo, analysis: ColorAnalysis) -> Array:
    """Where a photograph has no color beyond its tone: H×W float32 at its full size, 0..1."""
    height, width = photo.pixels.shape[:2]
    share = np.ones((height, width), np.float32)
    if photo.pixels.ndim == 2 or analysis.kind == "monochrome":
        return share
    places = None if analysis.places is None else resize(analysis.places, (height, width))
    for rows in strips(height, width):
        rgb = photo.pixels[rows].astype(np.float32) / np.float32(photo.white)
        lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab)
        tone = analysis.toning.ab(np.ascontiguousarray(lab[..., 0]), rows.start, height)
        beyond = cv2.GaussianBlur(lab[..., 1:] - tone, (0, 0), 1.0)
        distance = np.hypot(beyond[..., 0], beyond[..., 1])
        own = np.clip((distance - KEPT_CHROMA + KEPT_CHROMA_FADE) / KEPT_CHROMA_FADE, 0, 1)
        share[rows] = 1 - (own if places is None else own * places[rows])
    return share
