"""A photograph in memory: pixels as the file had them, upright and in sRGB, and what else the file
said."""

import io
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tintype.arrays import Pixels
from tintype.errors import UsageError
from tintype.notices import Notice

WHITE_BY_DTYPE = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0}
"""The value of white in each kind of pixel."""
NOTEBOOK_SIDE = 1024


@dataclass(frozen=True)
class Pyramid:
    """How a TIFF keeps a picture. tile: width and height of its tiles, pixels; None for strips.
    scales: of its smaller copies. nested: whether these lie in SubIFDs, else in the chain."""

    tile: tuple[int, int] | None = None
    scales: tuple[float, ...] = ()
    nested: bool = False


@dataclass(frozen=True)
class Metadata:
    """What travels with the pixels.

    exif: a TIFF-coded block (with GPS and a TIFF's descriptive tags) whose orientation is 1 and
    whose sizes are those of the upright photograph; xmp: XML, likewise. iptc: IIM records. comment:
    a JPEG's. texts: keyword and text of a PNG's text chunks.
    dpi: across and down, None where the file names no resolution. quality: a JPEG's, 1..100.
    lossless: a WebP's kind. pyramid: a TIFF's kind.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    comment: bytes | None = None
    texts: tuple[tuple[str, str], ...] = ()
    dpi: tuple[float, float] | None = None
    quality: int | None = None
    lossless: bool = False
    pyramid: Pyramid = Pyramid()


@dataclass(frozen=True, repr=False)
class Photo:
    """pixels: H×W (gray) or H×W×3 (sRGB), uint8, uint16 or float32 of 0..1. alpha: H×W of the same
    kind, or None.

    format: Pillow's name of the file's format, such as "JPEG". notices: for example damage
    that was passed over.
    Raises UsageError for pixels of another shape or kind.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    format: str = "PNG"
    metadata: Metadata = field(default_factory=Metadata)
    notices: tuple[Notice, ...] = ()

    def __post_init__(self) -> None:
        shape, kind = self.pixels.shape, str(self.pixels.dtype)
        if kind not in WHITE_BY_DTYPE:
            raise UsageError(f"pixels must be uint8, uint16 or float32, not {kind}")
        if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] != 3) or 0 in shape:
            raise UsageError(f"pixels must be H×W or H×W×3, but have shape {shape}")
        if self.alpha is not None and (
            self.alpha.shape != shape[:2] or self.alpha.dtype != self.pixels.dtype
        ):
            raise UsageError(
                f"alpha must be {shape[:2]} {kind}, but is {self.alpha.shape} {self.alpha.dtype}"
            )

    @property
    def white(self) -> float:
        """The value of white: 255, 65535 or 1."""
        return WHITE_BY_DTYPE[str(self.pixels.dtype)]

    def __repr__(self) -> str:
        height, width = self.pixels.shape[:2]
        kind = "gray" if self.pixels.ndim == 2 else "RGB"
        alpha = "" if self.alpha is None else " with alpha"
        return f"<Photo {width}×{height} {kind} {self.pixels.dtype}{alpha}, {self.format}>"

    def _repr_png_(self) -> bytes:
        """As notebooks show it: at most NOTEBOOK_SIDE pixels a side."""
        pixels = to_uint8(self.pixels)
        if self.alpha is not None:
            pixels = np.dstack([pixels, to_uint8(self.alpha)])
        picture = Image.fromarray(pixels)
        picture.thumbnail((NOTEBOOK_SIDE, NOTEBOOK_SIDE))
        file = io.BytesIO()
        picture.save(file, "PNG")
        return file.getvalue()

    def with_pixels(self, pixels: Pixels) -> "Photo":
        """The same photograph with other pixels."""
        return replace(self, pixels=pixels)


def to_uint8(pixels: Pixels) -> NDArray[np.uint8]:
    """Pixels of any kind as uint8, rounded."""
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.uint16:
        return ((pixels.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    return np.asarray(np.round(np.clip(pixels, 0, 1) * 255), np.uint8)


def to_uint16(pixels: Pixels) -> NDArray[np.uint16]:
    """Pixels of any kind as uint16, rounded."""
    if pixels.dtype == np.uint16:
        return pixels
    if pixels.dtype == np.uint8:
        return pixels.astype(np.uint16) * np.uint16(257)
    return np.asarray(np.round(np.clip(pixels, 0, 1) * 65535), np.uint16)
