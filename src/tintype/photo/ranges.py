"""Numbers of any type and range from a file; uint8, uint16 or float32 of 0..1."""

import numpy as np

from tintype.arrays import Pixels

MAX_UNIT_PERCENTILE = 25.0
"""99th percentile up to which float pixels are of 0..1, with highlights above; beyond they are of
0..255 or 0..65535."""
SAMPLE_VALUES = 1_000_000


def to_pixels(array: Pixels, bits: int | None = None) -> Pixels:
    """H×W or H×W×C of any number type as uint8, uint16 or float32 of 0..1.

    bits: how many bits of an unsigned integer type are used (12 of 16, for instance); None: all.
    Raises ValueError if nearly all float values are not finite, or for complex or text arrays.
    """
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind == "b":
        return array.astype(np.uint8) * np.uint8(255)
    if kind == "f":
        return unit_range(array)
    if kind == "i":
        return signed_pixels(array)
    if kind != "u":
        raise ValueError(f"pixels of {array.dtype} are not read")
    used = min(bits or 8 * size, 8 * size)
    if size > 2:
        return (
            (array >> max(0, used - 16)).astype(np.uint16)
            if used >= 16
            else to_pixels(array.astype(np.uint16), used)
        )
    if used < 8 * size:
        top = 2**used - 1
        return (np.minimum(array, top).astype(np.uint32) * (2 ** (8 * size) - 1) // top).astype(
            array.dtype.newbyteorder("=")
        )
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def signed_pixels(array: Pixels) -> Pixels:
    """Whole numbers, negative ones as 0: 16-bit values, unless the values show that they are of 8
    bits or of 32. Makers of scanners agree on no range."""
    top = int(array.max(initial=0))
    if array.dtype.itemsize > 2 and top <= 255:
        return array.clip(0).astype(np.uint8)
    return (array.clip(0) >> 15 if top > 65535 else array.clip(0)).astype(np.uint16)


def unit_range(array: Pixels) -> Pixels:
    """Float pixels as float32 of 0..1; values beyond white are clipped.

    White is 1, 255 or 65535, by the 99th percentile, so that a few highlights or broken pixels
    do not make a picture black.
    Raises ValueError if fewer than 9 of 10 values are finite numbers.
    """
    array = array.astype(np.float32)
    some = array.ravel()[:: max(1, array.size // SAMPLE_VALUES)]
    some = some[np.isfinite(some)]
    if len(some) < 0.9 * min(array.size, -(-array.size // max(1, array.size // SAMPLE_VALUES))):
        raise ValueError("most of its values are not finite numbers")
    bright = float(np.percentile(some, 99))
    white = 1.0 if bright <= MAX_UNIT_PERCENTILE else 255.0 if bright <= 300 else 65535.0
    return np.clip(
        np.nan_to_num(array, nan=0.0, posinf=white, neginf=0.0) / np.float32(white), 0, 1
    )
