"""A page of line art and a guidance in; the page with its regions filled with the colors of hints
and strokes out."""

from dataclasses import replace

import cv2
import numpy as np

from tintype.engine.assist.line_fill import Fill, fill_regions, multiply
from tintype.engine.assist.region import drawn_region
from tintype.engine.core.render import lightness_of, shrink
from tintype.errors import CapabilityError
from tintype.guidance import Guidance, color_rgb, draw_hints
from tintype.notices import Notice, NoticeCode
from tintype.photo import Photo

MOST_PIXELS = 4_000_000
"""Regions of larger pages are found on a smaller copy."""
LEAST_CONFIDENCE = 0.05
"""Of a drawn mark: below, a place is not part of it."""


def fill_page(photo: Photo, guidance: Guidance) -> Photo:
    """Fill the regions that hints and strokes lie in. Raises CapabilityError for a subject or
    objects, which drawings do not have."""
    factor = max(1, round((photo.pixels.shape[0] * photo.pixels.shape[1] / MOST_PIXELS) ** 0.5))
    lightness = lightness_of(shrink(photo.pixels, factor))
    fills = [
        Fill(
            draw_hints([mark], lightness.shape)[..., 2] >= LEAST_CONFIDENCE,
            color_rgb(mark.color),
            mark.reach,
        )
        for mark in guidance.marks
    ]
    sentence = (
        "the page is line art: hints fill the regions that its lines bound, and the rest stays as"
        " it is"
    )
    if not fills:
        sentence = "the page is line art and stays as it is without hints"
    noted = replace(photo, notices=(*photo.notices, Notice(NoticeCode.LINE_ART, sentence)))
    if not fills:
        return noted.with_pixels(
            multiply(photo.pixels, np.ones((*photo.pixels.shape[:2], 3), np.float32))
        )
    colors = fill_regions(lightness, fills)
    if guidance.region is not None:
        if guidance.region.kind not in ("mask", "polygons"):
            raise CapabilityError(
                f"line art has no {guidance.region.kind} to find; say where by a mask or polygons"
            )
        where = drawn_region(lightness, guidance.region, photo.pixels.shape[:2])[..., None]
        colors = 1 - (1 - colors) * where
    height, width = photo.pixels.shape[:2]
    if factor > 1:
        grown = cv2.resize(colors, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
        colors = np.asarray(grown[:height, :width], np.float32)
    return noted.with_pixels(multiply(photo.pixels, colors))
