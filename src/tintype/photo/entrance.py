"""Whatever holds a picture in, a `Photo` out: paths, bytes, binary files, arrays and PIL images."""

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tintype.errors import UsageError
from tintype.photo.photo import Photo
from tintype.photo.read import read_photo

Picture = str | Path | bytes | BinaryIO | Image.Image | NDArray[Any]


def as_photo(picture: Picture) -> Photo:
    """A `Photo` of a path, a file's bytes, a binary file, an array or a PIL image. Raises PhotoError or UsageError."""
    if isinstance(picture, np.ndarray):
        if picture.dtype == bool or picture.dtype.kind not in "uf" or picture.dtype.itemsize > 8:
            raise UsageError(f"an array of pixels is uint8, uint16 or float of 0..1, not {picture.dtype}")
        if picture.dtype.kind == "f":
            if not np.isfinite(picture).all() or picture.min(initial=0) < 0 or picture.max(initial=0) > 1:
                raise UsageError("an array of float pixels must hold values of 0 to 1")
            picture = picture.astype(np.float32)
        return Photo(np.ascontiguousarray(picture))
    if isinstance(picture, Image.Image):
        alpha = np.asarray(picture.getchannel("A")) if "A" in picture.getbands() else None
        if picture.mode.startswith("I;16"):
            return Photo(np.asarray(picture, np.uint16))
        gray = picture.mode in ("1", "L", "LA")
        return Photo(np.array(picture.convert("L" if gray else "RGB")), alpha)
    return read_photo(picture)
