"""Whatever holds a picture in, a `Photo` out: paths, bytes, binary files, arrays and PIL images."""

from typing import Any, Protocol, runtime_checkable

import numpy as np
from PIL import Image

from tintype.arrays import Pixels
from tintype.errors import UsageError
from tintype.photo.file import Source
from tintype.photo.photo import Photo
from tintype.photo.read import from_array, from_image, read_photo


@runtime_checkable
class Tensor(Protocol):
    """A PyTorch tensor, without an import of PyTorch."""

    def detach(self) -> Any: ...
    def cpu(self) -> Any: ...
    def float(self) -> Any: ...
    def numpy(self) -> Any: ...


Picture = Source | Image.Image | Pixels | Tensor


def channels_last(tensor: Tensor) -> Pixels:
    """H×W or C×H×W as an array, H×W or H×W×C. Raises UsageError for a batch."""
    held = tensor.detach().cpu()
    try:
        array = np.asarray(held.numpy())
    except TypeError:  # a type that NumPy lacks, such as bfloat16
        array = np.asarray(held.float().numpy())
    if array.ndim not in (2, 3):
        raise UsageError(
            f"a tensor must be H×W or C×H×W, but has shape {array.shape}; color the pictures of a"
            " batch one at a time"
        )
    return np.moveaxis(array, 0, -1) if array.ndim == 3 else array


def as_photo(picture: "Picture | Photo") -> Photo:
    """A `Photo` of a path, a file's bytes, a binary file, an array, a PIL image or a `Photo`.

    Arrays are H×W, H×W×3, or H×W×4 with alpha: float of 0..1, integers of 0..255 or 0..65535, or
    bool. PyTorch tensors are H×W or C×H×W, likewise. Raises PhotoError or UsageError.
    """
    if isinstance(picture, Photo):
        return picture
    if isinstance(picture, Tensor):
        return from_array(channels_last(picture))
    if isinstance(picture, np.ndarray):
        return from_array(picture)
    if isinstance(picture, Image.Image):
        return from_image(picture)
    return read_photo(picture)
