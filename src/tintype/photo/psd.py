"""Photoshop files of 16 bits (Adobe's file format specification): the flattened picture, which
Pillow does not read at this depth."""

import struct

import imagecodecs
import numpy as np

from tintype.arrays import Pixels

GRAY, RGB = 1, 3
RAW, PACK_BITS = 0, 1


def depth_of(head: bytes) -> int:
    """Bits a sample; 0 for other files. head: the first 26 bytes."""
    return int.from_bytes(head[22:24], "big") if head.startswith(b"8BPS\0\x01") else 0


def decode(data: bytes) -> tuple[Pixels, bytes]:
    """H×W or H×W×3 uint16, and the image resources. Raises ValueError for kinds that are not
    supported."""
    channels, height, width, depth, mode = struct.unpack_from(">HIIHH", data, 12)
    count = {GRAY: 1, RGB: 3}.get(mode, 0)
    if depth != 16 or not count or channels < count:
        raise ValueError(f"a PSD of mode {mode} with {depth} bits is not read; save it as TIFF")
    at, sections = 26, []
    for _ in range(3):  # color table, resources, layers
        (length,) = struct.unpack_from(">I", data, at)
        sections.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    (compression,) = struct.unpack_from(">H", data, at)
    at += 2
    needed = 2 * width * height * count
    if compression == RAW:
        planes = data[at : at + needed]
    elif compression == PACK_BITS:
        lengths = struct.unpack_from(f">{channels * height}H", data, at)
        start = at + 2 * channels * height
        planes = bytes(
            imagecodecs.packbits_decode(data[start : start + sum(lengths[: count * height])])
        )
    else:
        raise ValueError("its compression is not supported; save it as TIFF")
    if len(planes) < needed:
        raise ValueError("its end is missing")
    stacked = np.frombuffer(planes, ">u2", needed // 2).reshape(count, height, width)
    pixels = stacked.astype(np.uint16)
    whole = pixels[0] if count == 1 else np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
    return whole, sections[1]
