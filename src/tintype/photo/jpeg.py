"""JPEG (ITU T.81): where a picture truly ends, how much of it is there, its quality, its pixels."""

import re
from dataclasses import dataclass

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from tintype.photo.file import DamageError

START_OF_SCAN, END, RESTARTS = 0xDA, 0xD9, range(0xD0, 0xD8)
PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
SUSPICIOUS_RUN = 24
"""Zero bytes in a row within entropy-coded data, as a failing disk leaves them; flat areas of sound files can have them too."""
LUMINANCE_SUM = 3688
"""Of the standard luminance table (T.81, K.1), from which libjpeg scales the table of each quality."""

_MARKER = re.compile(rb"\xff+[^\x00\xff]")
_ZEROS = re.compile(rb"\x00{%d,}" % SUSPICIOUS_RUN)


@dataclass(frozen=True)
class Extent:
    """end: of the picture in the file, behind its end marker; None if that is missing. progressive: coded in scans of growing
    detail. suspicious: its entropy-coded data has what an intact file rarely has."""

    end: int | None
    progressive: bool
    suspicious: bool


def measure(data: bytes) -> Extent:
    """Walk the markers of a JPEG up to its end marker. Embedded thumbnails are stepped over; what follows the end is not read."""
    at, progressive, suspicious = 2, False, False
    while True:
        while at < len(data) and data[at] != 0xFF:
            at += 1  # decoders skip bytes between segments
        while at < len(data) and data[at] == 0xFF:
            at += 1
        if at >= len(data):
            return Extent(None, progressive, suspicious)
        marker, at = data[at], at + 1
        if marker == END:
            return Extent(at, progressive, suspicious)
        if marker == 0x01 or marker in RESTARTS or marker == 0:
            continue
        progressive = progressive or marker in PROGRESSIVE
        begin = at + int.from_bytes(data[at : at + 2], "big")
        at = max(begin, at + 2)
        if marker == START_OF_SCAN:
            at, odd = _end_of_scan(data, at)
            suspicious = suspicious or odd or _ZEROS.search(data, begin, at) is not None


def _end_of_scan(data: bytes, at: int) -> tuple[int, bool]:
    """Where the next marker begins, and whether the restart markers before it are out of turn."""
    expected, odd = 0, False
    for found in _MARKER.finditer(data, at):
        marker = found.group()[-1]
        if marker not in RESTARTS:
            return found.start(), odd
        odd = odd or marker != RESTARTS[expected]
        expected = (expected + 1) % 8
    return len(data), odd


def decode(data: bytes, gray: bool, keep_damaged: bool) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Pixels (H×W or H×W×3 RGB uint8), and warnings about damage that was passed over.

    Raises DamageError, with how much is missing, for a file that is cut off unless `keep_damaged`; RuntimeError for broken data.
    libjpeg decodes straight into the array: half of the memory that Pillow takes.
    """
    extent = measure(data)
    pixels = np.asarray(imagecodecs.jpeg8_decode(data, outcolorspace="GRAYSCALE" if gray else "RGB"), np.uint8)
    if extent.end is None:
        return pixels, (_cut_off(pixels, extent.progressive, keep_damaged),)
    if extent.suspicious and not _is_sound(data[: extent.end]):
        return pixels, ("is damaged inside: a part of the picture may be shifted or missing",)
    return pixels, ()


def _cut_off(pixels: NDArray[np.uint8], progressive: bool, keep_damaged: bool) -> str:
    if progressive:
        sentence = "is cut off: its finest details are missing"
    else:
        missing = _missing_share(pixels)
        if missing == 0:
            return "lacks its end marker; the picture is complete"
        sentence = f"is cut off: {max(0.1, 100 * missing):.{1 if missing < 0.1 else 0}f} % of the picture is missing at its end"
    if not keep_damaged:
        raise DamageError(sentence)
    return sentence


def _missing_share(pixels: NDArray[np.uint8]) -> float:
    """The share of 8×8 blocks at the end that are the middle gray with which decoders fill what is missing."""
    gray = pixels if pixels.ndim == 2 else pixels.max(2)
    low = gray if pixels.ndim == 2 else pixels.min(2)
    height, width = -(-gray.shape[0] // 8), -(-gray.shape[1] // 8)
    pad = ((0, 8 * height - gray.shape[0]), (0, 8 * width - gray.shape[1]))
    blocks = [np.pad(plane, pad, mode="edge").reshape(height, 8, width, 8) for plane in (gray, low)]
    filled = ((blocks[0].max((1, 3)) == 128) & (blocks[1].min((1, 3)) == 128)).ravel()
    there = np.flatnonzero(~filled)
    return 1.0 if len(there) == 0 else float(len(filled) - 1 - there[-1]) / len(filled)


def _is_sound(data: bytes) -> bool:
    """A strict second reader: JPEG XL transcodes a JPEG without loss, and refuses one whose entropy-coded data does not fit."""
    try:
        imagecodecs.jpegxl_encode_jpeg(data)
    except (RuntimeError, ValueError):
        return False
    return True


def quality(table: list[int]) -> int:
    """The libjpeg quality whose luminance table is nearest in sum to this one."""
    ratio = sum(table) / LUMINANCE_SUM
    estimate = 100 - 50 * ratio if ratio <= 1 else 50 / ratio
    return int(np.clip(np.ceil(estimate), 1, 100))
