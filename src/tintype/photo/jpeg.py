"""JPEG (ITU T.81): where a picture truly ends, how much of it is there, its quality, its pixels;
and pixels to a JPEG."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Pixels
from tintype.errors import TooLargeError
from tintype.photo.file import DamageError
from tintype.photo.ranges import to_pixels
from tintype.threads import in_threads

START_OF_FRAME, START_OF_SCAN, END, HUFFMAN_TABLES, RESTART_INTERVAL, RESTARTS = (
    0xC0,
    0xDA,
    0xD9,
    0xC4,
    0xDD,
    range(0xD0, 0xD8),
)
BLOCK_PIXELS, MAX_RESTART_BLOCKS = 8, 65_535
"""Side of a block in pixels; the most blocks between two restart markers."""
MAX_SIDE = 65_500
"""Pixels, of what libjpeg reads and writes."""
STRIP_PIXELS = 2**19
"""A strip that one thread encodes holds about this many pixels."""
APP1, APP13 = 0xE1, 0xED
PHOTOSHOP_HEADER = b"Photoshop 3.0\0"
XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED_XMP_HEADER = b"http://ns.adobe.com/xmp/extension/\0"
MAX_EXTENSION_BYTES = 65_000
"""Of an extended XMP packet, or of image resources, in one segment."""
FRAMES = tuple(marker for marker in range(0xC0, 0xD0) if marker not in (0xC4, 0xC8, 0xCC))
LOSSLESS = (0xC3, 0xC7, 0xCB, 0xCF)
PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
MAX_SCANS, MAX_SCANNED_PIXELS = 100, 10**9
"""Of a progressive JPEG of many scans, each of which visits every pixel."""
ZERO_RUN_BYTES = 24
"""Zero bytes in a row within entropy-coded data, as a failing disk leaves them; flat areas of sound
files can have them too."""
LUMINANCE_SUM = 3688
"""Of the standard luminance table (T.81, K.1), from which libjpeg scales the table of each
quality."""

_ZEROS = bytes(ZERO_RUN_BYTES)


@dataclass(frozen=True)
class Extent:
    """end: of the picture in the file, behind its end marker; None if that is missing. progressive:
    coded in scans of growing detail. zeros: a long run of zero bytes in its entropy-coded data.
    zeros_are_flat: whether zero bits code flat blocks.
    out_of_turn: restart markers are not in their order."""

    end: int | None
    progressive: bool
    zeros: bool
    zeros_are_flat: bool
    out_of_turn: bool


def measure(data: bytes) -> Extent:
    """Walk the markers of a JPEG up to its end marker. Embedded thumbnails are stepped over; what
    follows the end is not read."""
    at, progressive, zeros, flat, odd = 2, False, False, True, False
    while True:
        while at < len(data) and data[at] != 0xFF:
            at += 1  # decoders skip bytes between segments
        while at < len(data) and data[at] == 0xFF:
            at += 1
        if at >= len(data):
            return Extent(None, progressive, zeros, flat, odd)
        marker, at = data[at], at + 1
        if marker == END:
            return Extent(at, progressive, zeros, flat, odd)
        if marker == 0x01 or marker in RESTARTS or marker == 0:
            continue
        progressive = progressive or marker in PROGRESSIVE
        begin = at + int.from_bytes(data[at : at + 2], "big")
        if marker == HUFFMAN_TABLES:
            flat = flat and _zeros_end_blocks(data[at + 2 : begin])
        at = max(begin, at + 2)
        if marker == START_OF_SCAN:
            at, out_of_turn = _end_of_scan(data, at)
            odd = odd or out_of_turn
            zeros = zeros or data.find(_ZEROS, begin, at) >= 0


def _zeros_end_blocks(tables: bytes) -> bool:
    """Whether in all AC tables of a segment the code of zero bits, which belongs to the first
    symbol, is "end of block"."""
    at = 0
    while at + 17 < len(tables):
        if tables[at] >> 4 and tables[at + 17] != 0:
            return False
        at += 17 + sum(tables[at + 1 : at + 17])
    return True


def _end_of_scan(data: bytes, at: int) -> tuple[int, bool]:
    """Where the next marker begins, and whether the restart markers before it are out of turn."""
    coded = np.frombuffer(data, np.uint8)[at:]
    places = np.flatnonzero(coded[:-1] == 0xFF)
    codes = coded[places + 1]
    markers = (codes != 0) & (codes != 0xFF)
    places, codes = places[markers], codes[markers]
    ends = np.flatnonzero((codes < RESTARTS.start) | (codes >= RESTARTS.stop))
    restarts = codes[: ends[0]] if len(ends) else codes
    out_of_turn = bool((restarts != RESTARTS.start + np.arange(len(restarts)) % 8).any())
    return at + int(places[ends[0]]) if len(ends) else len(data), out_of_turn


def decode(
    data: bytes, gray: bool, keep_damaged: bool
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Pixels (H×W or H×W×3 RGB uint8), and warnings about damage that was passed over.

    Raises DamageError, with how much is missing, for a file that is cut off unless `keep_damaged`;
    RuntimeError for broken data. libjpeg decodes straight into the array: half of the memory that
    Pillow takes.
    """
    extent = measure(data)
    pixels = np.asarray(
        imagecodecs.jpeg8_decode(data, outcolorspace="GRAYSCALE" if gray else "RGB"), np.uint8
    )
    if extent.end is None:
        return pixels, (_cut_off(pixels, extent.progressive, keep_damaged),)
    certain = extent.zeros and not extent.zeros_are_flat and not extent.progressive
    if certain or ((extent.zeros or extent.out_of_turn) and not _is_sound(data[: extent.end])):
        return pixels, ("is damaged inside: a part of the picture may be shifted or missing",)
    return pixels, ()


def _cut_off(pixels: NDArray[np.uint8], progressive: bool, keep_damaged: bool) -> str:
    if progressive:
        sentence = "is cut off: its finest details are missing"
    else:
        missing = _missing_share(pixels)
        if missing == 0:
            return "lacks its end marker; the picture is complete"
        sentence = (
            f"is cut off: {max(0.1, 100 * missing):.{1 if missing < 0.1 else 0}f} % of the picture"
            " is missing at its end"
        )
    if not keep_damaged:
        raise DamageError(sentence)
    return sentence


def _missing_share(pixels: NDArray[np.uint8]) -> float:
    """The share of 8×8 blocks at the end that are the middle gray with which decoders fill what is
    missing."""
    gray = pixels if pixels.ndim == 2 else pixels.max(2)
    low = gray if pixels.ndim == 2 else pixels.min(2)
    height, width = -(-gray.shape[0] // 8), -(-gray.shape[1] // 8)
    pad = ((0, 8 * height - gray.shape[0]), (0, 8 * width - gray.shape[1]))
    blocks = [np.pad(plane, pad, mode="edge").reshape(height, 8, width, 8) for plane in (gray, low)]
    filled = ((blocks[0].max((1, 3)) == 128) & (blocks[1].min((1, 3)) == 128)).ravel()
    there = np.flatnonzero(~filled)
    return 1.0 if len(there) == 0 else float(len(filled) - 1 - there[-1]) / len(filled)


def _is_sound(data: bytes) -> bool:
    """A strict second reader: JPEG XL transcodes a JPEG without loss, and refuses one whose
    entropy-coded data does not fit."""
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


def encode(pixels: NDArray[np.uint8], quality: int, header: bytes) -> bytes:
    """A baseline JPEG of pixels, H×W or H×W×3 RGB, without chroma subsampling.

    quality: 1..100. header: a JPEG of any size, of the same channels and quality, without
    subsampling: its metadata and tables stand before the pixels. Strips are encoded by several
    threads and joined at restart markers (T.81, E.1.4); they decode to the
    same pixels as when encoded at once. Raises ValueError for a picture that is too large for the
    format.
    """
    height, width = pixels.shape[:2]
    if max(height, width) > MAX_SIDE:
        raise ValueError(
            f"a JPEG holds at most {MAX_SIDE:,} pixels a side, and this picture has"
            f" {width}×{height}"
        )
    across = -(-width // BLOCK_PIXELS)
    rows = BLOCK_PIXELS * max(
        1, min(MAX_RESTART_BLOCKS // across, STRIP_PIXELS // (BLOCK_PIXELS * width))
    )
    given, coded = ("GRAYSCALE", "GRAYSCALE") if pixels.ndim == 2 else ("RGB", "YCBCR")

    def scan(top: int) -> bytes:
        strip = pixels[top : top + rows]
        encoded = bytes(
            imagecodecs.jpeg8_encode(
                strip, quality, colorspace=given, outcolorspace=coded, subsampling="444"
            )
        )
        return encoded[_segments(encoded)[START_OF_SCAN].stop : -2]

    parts = _segments(header)
    frame, begin = parts[START_OF_FRAME], parts[START_OF_SCAN]
    size = height.to_bytes(2, "big") + width.to_bytes(
        2, "big"
    )  # behind the marker, the length and the depth
    joined = bytearray(header[: frame.start + 5] + size + header[frame.start + 9 : begin.start])
    if rows < height:
        joined += bytes((0xFF, RESTART_INTERVAL, 0, 4)) + (across * rows // BLOCK_PIXELS).to_bytes(
            2, "big"
        )
    joined += header[begin.start : begin.stop]
    for count, entropy_coded in enumerate(in_threads(scan, range(0, height, rows))):
        if count:
            joined += bytes((0xFF, RESTARTS[(count - 1) % len(RESTARTS)]))
        joined += entropy_coded
    return bytes(joined + bytes((0xFF, END)))


def _segments(data: bytes) -> dict[int, slice]:
    """Where the segments of a sound JPEG lie, marker to end, up to its first scan's; the last of
    those with the same marker."""
    places, at = {}, 2
    while START_OF_SCAN not in places:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        places[data[at + 1]], at = slice(at, end), end
    return places


def segments(data: bytes, at: int = 0) -> Iterator[tuple[int, bytes]]:
    """Markers and bodies of the segments before the first scan, of a JPEG that begins at a place in
    the data; fewer where it is damaged."""
    at += 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, end = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xFF:
            at += 1
            continue
        if marker in (START_OF_SCAN, END) or end < at + 4:
            return
        yield marker, data[at + 4 : end]
        at = end


@dataclass(frozen=True)
class FrameHeader:
    """A frame's header (T.81, B.2.2). marker: the coding process. bits: of a sample."""

    marker: int
    bits: int
    size: tuple[int, int]
    components: int

    @property
    def is_lossless(self) -> bool:
        return self.marker in LOSSLESS

    @property
    def is_usual(self) -> bool:
        """Whether every decoder reads it."""
        return self.bits == 8 and not self.is_lossless


def frame_of(data: bytes, at: int = 0, within: int | None = None) -> FrameHeader | None:
    """The frame of a JPEG that begins at a place in the data, or None. within: so many segments."""
    for marker, body in islice(segments(data, at), within):
        if marker in FRAMES and len(body) >= 6:
            bits, height, width, components = struct.unpack(">BHHB", body[:6])
            return FrameHeader(marker, bits, (width, height), components)
    return None


def check_scans(name: str, data: bytes, pixels: int) -> None:
    """Raises TooLargeError for a JPEG of more scans than any has. name: of the file. pixels: of
    the picture."""
    scans = data.count(b"\xff\xda")
    if scans > 10 * MAX_SCANS or (scans > MAX_SCANS and scans * pixels > MAX_SCANNED_PIXELS):
        raise TooLargeError(f"{name} holds a JPEG of {scans} scans; so many are not read")


def decode_deep(data: bytes, bits: int) -> Pixels:
    """Gray or RGB uint8 or uint16 of a lossless JPEG or one of more than 8 bits."""
    pixels = np.asarray(imagecodecs.jpeg8_decode(data))
    if pixels.ndim == 3 and pixels.shape[2] not in (1, 3):
        raise ValueError(f"a JPEG of {bits} bits and {pixels.shape[2]} channels is not read")
    whole = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    return to_pixels(np.ascontiguousarray(whole), bits)


def extended_xmp(data: bytes) -> bytes | None:
    """The extension of a JPEG's XMP packet, or None (XMP specification, part 3, 1.1.3.1)."""
    parts = {}
    for marker, body in segments(data):
        if marker == APP1 and body.startswith(EXTENDED_XMP_HEADER):
            at = len(EXTENDED_XMP_HEADER) + 32
            parts[int.from_bytes(body[at + 4 : at + 8], "big")] = body[at + 8 :]
    return b"".join(part for _, part in sorted(parts.items())) or None


def photoshop_in(data: bytes) -> bytes:
    """The image resources of Photoshop, which may go on from segment to segment."""
    return b"".join(
        body.removeprefix(PHOTOSHOP_HEADER)
        for marker, body in segments(data)
        if marker == APP13 and body.startswith(PHOTOSHOP_HEADER)
    )


def photoshop_segments(iptc: bytes) -> bytes:
    """Segments that hold one image resource of Photoshop, IIM records."""
    resource = struct.pack(">4sHHI", b"8BIM", 0x0404, 0, len(iptc)) + iptc + bytes(len(iptc) % 2)
    out = b""
    for at in range(0, len(resource), MAX_EXTENSION_BYTES):
        body = PHOTOSHOP_HEADER + resource[at : at + MAX_EXTENSION_BYTES]
        out += b"\xff\xed" + struct.pack(">H", 2 + len(body)) + body
    return out


def xmp_extension(extended: bytes, guid: str) -> bytes:
    """Segments that hold an extended packet."""
    out = b""
    for at in range(0, len(extended), MAX_EXTENSION_BYTES):
        part = extended[at : at + MAX_EXTENSION_BYTES]
        head = EXTENDED_XMP_HEADER + guid.encode() + struct.pack(">II", len(extended), at)
        out += b"\xff\xe1" + struct.pack(">H", 2 + len(head) + len(part)) + head + part
    return out
