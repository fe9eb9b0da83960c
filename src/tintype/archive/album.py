"""An album page in, the same page out, each of its photographs colored at its own size; the paper keeps its gray."""

import cv2

from tintype.engine import Colorizer
from tintype.engine.render import render
from tintype.guidance import Guidance
from tintype.photo import Photo
from tintype.photo.album import beyond_paper, find_photographs, put_back, straighten


def color_album(colorizer: Colorizer, page: Photo, guidance: Guidance) -> Photo:
    """Color the photographs of a page; a page on which none are found is colored as one photograph. Raises UsageError."""
    quads = find_photographs(page.pixels)
    if not quads:
        return colorizer.colorize_photo(page, guidance)
    prepared = colorizer.prepare(page)
    shape = prepared.lightness.shape
    marked = cv2.resize(beyond_paper(page.pixels), shape[::-1], interpolation=cv2.INTER_LINEAR)
    ab = colorizer.ab(prepared, guidance) * marked[..., None]
    for quad in quads:
        found = colorizer.ab(colorizer.prepare(straighten(page, quad)), guidance)
        ab = put_back(ab, found, (quad + 0.5) / prepared.factor - 0.5)
    return page.with_pixels(render(prepared.pixels, ab, prepared.factor))
