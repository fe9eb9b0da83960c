"""A decoded picture in; its luma and chroma planes, in the depth and range that is wanted, out."""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Pixels
from tintype.film.tonemap import HDR_TRANSFERS, tone_mapped

HD_HEIGHT = 720
"""From this height on, a film that names no matrix is BT.709, below it is BT.601."""
MATRICES = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}
"""Kr and Kb of each matrix, by its number in ITU-T H.273."""
BT709, BT601 = 1, 6
LIMITED_RANGE, FULL_RANGE = 1, 2
"""FFmpeg's numbers of the ranges of codes."""
DEPTHS = (8, 10, 12, 16)
"""Bits of a luma sample in which frames are held."""
PLANAR_LUMA = re.compile(
    r"(yuvj?4\d\dp|yuva4\d\dp|gray|nv12|nv16|nv21|nv24)$|(yuva?4\d\dp|gray)(9|10|12|14|16)le$"
)
"""Pixel formats whose first plane is luma, one sample after the other."""
PLANAR_CHROMA = re.compile(r"yuv[ja]?4\d\dp")
"""Pixel formats whose second and third planes are Cb and Cr."""
GRAY_NOISE = 2
"""Codes by which the chroma of a gray picture may differ from the middle, of 8 bits."""


@dataclass(frozen=True)
class PixelFormat:
    """How the pictures of a film are coded.

    width, height: upright, pixels. depth: bits of a luma sample, one of `DEPTHS`. full: full-range
    codes.
    matrix, primaries, transfer: numbers of ITU-T H.273. aspect: width of a pixel over its height.
    """

    width: int
    height: int
    depth: int
    full: bool
    matrix: int
    primaries: int
    transfer: int
    aspect: Fraction

    @property
    def codes(self) -> int:
        """Number of codes of a sample."""
        return 1 << self.depth

    @property
    def black(self) -> int:
        return 0 if self.full else 16 << (self.depth - 8)

    @property
    def span(self) -> int:
        """Luma code of white less that of black."""
        return self.codes - 1 if self.full else 219 << (self.depth - 8)

    @property
    def chroma_middle(self) -> int:
        return self.codes // 2

    @property
    def chroma_span(self) -> int:
        return self.codes - 1 if self.full else 224 << (self.depth - 8)


def coded_format(picture: Any, aspect: Fraction, turns: int) -> PixelFormat:
    """How a picture of PyAV is coded. aspect: of its pixels. turns: quarter turns to bring it
    upright."""
    matrix = int(picture.colorspace)
    if matrix not in MATRICES:
        matrix = BT709 if picture.height >= HD_HEIGHT else BT601
    name, color_range = picture.format.name, int(picture.color_range)
    bits = max(component.bits for component in picture.format.components)
    depth = next((depth for depth in DEPTHS if bits <= depth), DEPTHS[-1])
    full = color_range == FULL_RANGE or "yuvj" in name
    full |= name.startswith("gray") and color_range != LIMITED_RANGE
    full &= not picture.format.is_rgb
    width, height = picture.width, picture.height
    if turns % 2:
        width, height, aspect = height, width, 1 / aspect
    primaries, transfer = int(picture.color_primaries), int(picture.color_trc)
    return PixelFormat(width, height, depth, full, matrix, primaries, transfer, aspect)


def luma_of(picture: Any, coded: PixelFormat, wanted: PixelFormat, turns: int) -> Pixels:
    """The luma of a picture of PyAV, upright, in the depth, range and transfer that is wanted."""
    if not PLANAR_LUMA.fullmatch(picture.format.name):
        picture = _in_planes(picture, coded)
    luma: Any = plane_of(picture, 0)
    bits = picture.format.components[0].bits
    if (table := code_table(bits, coded.full, coded.transfer, wanted)) is not None:
        luma = table[luma]
    return np.array(np.rot90(luma, turns), order="C")


def chroma_of_picture(
    picture: Any, coded: PixelFormat, wanted: PixelFormat, turns: int
) -> tuple[Pixels, Pixels] | None:
    """Cb and Cr of a picture of PyAV at half of the wanted size, upright; None for a gray one."""
    if picture.format.name.startswith("gray") or coded.transfer in HDR_TRANSFERS:
        return None
    if not PLANAR_CHROMA.match(picture.format.name):
        picture = _in_planes(picture, coded)
    bits = picture.format.components[0].bits
    here = replace(coded, depth=bits)
    planes = [plane_of(picture, number) for number in (1, 2)]
    noise = GRAY_NOISE << (bits - 8)
    if all(
        (abs(plane[::4, ::4].astype(int) - here.chroma_middle) <= noise).all() for plane in planes
    ):
        return None
    size = (wanted.width + 1) // 2, (wanted.height + 1) // 2
    gain = np.float32(wanted.chroma_span / here.chroma_span)
    kind: Any = np.uint8 if wanted.depth == 8 else np.uint16

    def fitted(plane: Pixels) -> Pixels:
        turned = np.ascontiguousarray(np.rot90(plane, turns))
        if turned.shape != size[::-1]:
            turned = cv2.resize(turned, size, interpolation=cv2.INTER_AREA)
        if (here.depth, here.full) == (wanted.depth, wanted.full):
            return np.asarray(turned)
        codes = (turned.astype(np.float32) - here.chroma_middle) * gain + wanted.chroma_middle
        return np.clip(np.rint(codes), 0, wanted.codes - 1).astype(kind)

    return fitted(planes[0]), fitted(planes[1])


def _in_planes(picture: Any, coded: PixelFormat) -> Any:
    return picture.reformat(
        format="yuv444p" if coded.depth == 8 else "yuv444p16le",
        dst_colorspace="ITU709" if coded.matrix == BT709 else "ITU601",
        dst_color_range="JPEG" if coded.full else "MPEG",
    )


def plane_of(picture: Any, number: int) -> Pixels:
    """A plane of a picture of PyAV, a view of its memory: uint8 or uint16."""
    plane = picture.planes[number]
    kind = np.dtype("u1" if picture.format.components[0].bits == 8 else "<u2")
    rows = np.frombuffer(plane, kind).reshape(-1, plane.line_size // kind.itemsize)
    return rows[: plane.height, : plane.width]


@cache
def code_table(bits: int, full: bool, transfer: int, wanted: PixelFormat) -> Pixels | None:
    """The luma code of each code of so many bits in another depth, range or, from HDR, transfer.
    None if they are the same."""
    coded = replace(wanted, depth=bits, full=full)
    codes = np.arange(coded.codes, dtype=np.float64)
    signal: Any = (codes - coded.black) / coded.span
    if transfer in HDR_TRANSFERS:
        signal = tone_mapped(transfer, signal)
    elif coded == wanted:
        return None
    table = np.clip(np.round(signal * wanted.span + wanted.black), 0, wanted.codes - 1)
    return table.astype(np.uint8 if wanted.depth == 8 else np.uint16)
