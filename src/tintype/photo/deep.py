"""Formats that Pillow reads at 8 bits or not at all, read and written at full depth: JPEG 2000,
JPEG XL, 16-bit portable maps."""

import struct

import cv2
import imagecodecs
import numpy as np

from tintype.arrays import Pixels
from tintype.color.lab import srgb_to_linear
from tintype.photo import jxl
from tintype.photo.photo import to_uint8, to_uint16
from tintype.photo.ranges import to_pixels

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
"""Names the box that holds XMP (XMP specification, part 3)."""
EXIF_UUID = b"JpgTiffExif->JP2"
"""Names the box that holds EXIF, by a custom of Photoshop's and others."""


def decode(data: bytes, kind: str) -> Pixels:
    """H×W or H×W×2..4 uint8, uint16 or float32. kind: "JPEG2000", "JXL" or "PPM". Raises what the
    decoders raise."""
    if kind == "PPM":
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is None:
            raise ValueError("the pixels are broken")
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB) if pixels.ndim == 3 else pixels)
    array = np.asarray(
        imagecodecs.jpegxl_decode(data, index=0)  # of an animation, the first frame
        if kind == "JXL"
        else imagecodecs.jpeg2k_decode(data)
    )
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim != 2 and not (array.ndim == 3 and array.shape[2] in (2, 3, 4)):
        raise ValueError(f"its shape {array.shape} is not supported")
    bits = None
    if array.dtype.kind in "ui" and array.dtype.itemsize == 2:
        top = int(array.max())
        bits = next(bits for bits in (10, 12, 14, 16) if top < 2**bits)
    return to_pixels(array, bits)


def encode(pixels: Pixels, kind: str, quality: int) -> bytes:
    """kind: "JPEG2000" (lossless) or "JXL" (quality 1..100; 100 is lossless). Float pixels become
    16-bit."""
    pixels = np.ascontiguousarray(
        to_uint8(pixels) if pixels.dtype == np.uint8 else to_uint16(pixels)
    )
    if kind == "JPEG2000":
        return bytes(imagecodecs.jpeg2k_encode(pixels, codecformat="jp2", level=0, reversible=True))
    if quality == 100:
        coded = bytes(imagecodecs.jpegxl_encode(pixels, lossless=True))
        return coded if pixels.dtype == np.uint8 else jxl.tagged_srgb(coded)
    if pixels.dtype == np.uint16:  # imagecodecs calls such samples linear
        channels = 3 if pixels.ndim == 3 and pixels.shape[2] > 2 else 1
        linear = srgb_to_linear(np.arange(65536, dtype=np.float32) / 65535)
        table = np.rint(linear * 65535).astype(np.uint16)
        planes = np.atleast_3d(pixels)
        color = [table[planes[..., n]] for n in range(channels)]
        pixels = np.dstack([*color, planes[..., channels:]]) if pixels.ndim == 3 else color[0]
    return bytes(imagecodecs.jpegxl_encode(pixels, level=quality, lossless=False, effort=5))


def with_metadata(data: bytes, exif: bytes | None, xmp: bytes | None) -> bytes:
    """A JP2 file with an EXIF block and an XMP packet at its end."""
    for uuid, body in ((EXIF_UUID, (exif or b"").removeprefix(b"Exif\0\0")), (XMP_UUID, xmp)):
        if body:
            data += struct.pack(">I4s", 24 + len(body), b"uuid") + uuid + body
    return data


def box_in(data: bytes, uuid: bytes) -> bytes | None:
    """What a box of a JP2 file holds, or None."""
    at = 0
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        start = at + 8
        if length == 1:
            length, start = struct.unpack(">Q", data[at + 8 : at + 16])[0], at + 16
        end = at + length if length else len(data)
        if kind == b"uuid" and data[start : start + 16] == uuid:
            return data[start + 16 : end]
        if end <= at:
            return None
        at = end
    return None
