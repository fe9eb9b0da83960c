"""Whatever holds a picture in, a `Photo` out: paths, bytes, binary files, arrays and PIL images."""

import numpy as np
from PIL import Image

from tintype.arrays import Pixels
from tintype.photo.file import Source
from tintype.photo.photo import Photo
from tintype.photo.read import from_array, from_image, read_photo

Picture = Source | Image.Image | Pixels


def as_photo(picture: "Picture | Photo") -> Photo:
    """A `Photo` of a path, a file's bytes, a binary file, an array, a PIL image or a `Photo`.
    Raises PhotoError or UsageError."""
    if isinstance(picture, Photo):
        return picture
    if isinstance(picture, np.ndarray):
        return from_array(picture)
    if isinstance(picture, Image.Image):
        return from_image(picture)
    return read_photo(picture)
