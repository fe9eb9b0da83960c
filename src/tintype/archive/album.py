"""An album page in, the same page out, each of its photographs colored at its own size; the paper stays as it is."""

import numpy as np

from tintype.engine import Colorizer
from tintype.engine.render import render
from tintype.guidance import Guidance
from tintype.photo import Photo
from tintype.photo.album import find_photographs, put_back, straighten


def color_album(colorizer: Colorizer, page: Photo, guidance: Guidance) -> Photo:
    """Color the photographs of a page; a page on which none are found is colored as one photograph. Raises UsageError."""
    quads = find_photographs(page.pixels)
    if not quads:
        return colorizer.colorize_photo(page, guidance)
    prepared = colorizer.prepare(page)
    ab = np.zeros((*prepared.lightness.shape, 2), np.float32)
    for quad in quads:
        found = colorizer.ab(colorizer.prepare(straighten(page, quad)), guidance)
        ab = put_back(ab, found, (quad + 0.5) / prepared.factor - 0.5)
    return page.with_pixels(render(prepared.pixels, ab, prepared.factor))
