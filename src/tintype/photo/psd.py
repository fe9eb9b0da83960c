"""Photoshop files of 16 bits (Adobe's file format specification): the flattened picture, which
Pillow does not read at this depth."""

import struct

import imagecodecs
import numpy as np

from tintype.arrays import Pixels

COUNTS = {1: 1, 3: 3}
"""Samples of a pixel by mode: gray and RGB."""
MAX_CHANNELS = 56
RAW, PACK_BITS = 0, 1


def depth_of(head: bytes) -> int:
    """Bits a sample; 0 for other files. head: the first 26 bytes."""
    return int.from_bytes(head[22:24], "big") if head.startswith(b"8BPS\0\x01") else 0


def sections(data: bytes) -> tuple[list[bytes], int]:
    """The color table, the image resources and the layers, and where the flattened picture
    begins. Raises struct.error where the file is cut off."""
    at, found = 26, []
    for _ in range(3):
        (length,) = struct.unpack_from(">I", data, at)
        found.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return found, at


def is_read(head: bytes) -> bool:
    """Whether `decode` reads a file of more than 8 bits. head: its first 26 bytes."""
    channels, _, _, depth, mode = struct.unpack_from(">HIIHH", head, 12)
    return depth == 16 and channels >= COUNTS.get(mode, MAX_CHANNELS + 1)


def decode(data: bytes) -> Pixels:
    """H×W or H×W×3 uint16 of a file of 16 bits. Raises ValueError for damaged ones."""
    channels, height, width, _, mode = struct.unpack_from(">HIIHH", data, 12)
    count, at = COUNTS[mode], sections(data)[1]
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
    return pixels[0] if count == 1 else np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
