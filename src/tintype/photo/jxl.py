"""JPEG XL (ISO/IEC 18181): sizes, colors and metadata, which decoders of pixels do not give."""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import imagecodecs
from PIL import Image

from tintype.photo.png import SRGB_GAMMA, Colors

SIGNATURES = (b"\0\0\0\x0cJXL ", b"\xff\x0a")
CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0\0\0\x14ftypjxl \0\0\0\0jxl "
RATIOS = ((0, 1), (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
GRAY, XYB = 1, 2
LINEAR, SRGB_TRANSFER, DCI = 8, 13, 17
WHITES = {1: (0.3127, 0.329), 10: (1 / 3, 1 / 3), 11: (0.314, 0.351)}
PRIMARIES = {
    1: (0.639998686, 0.330010138, 0.300003784, 0.600003357, 0.150002046, 0.059997204),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
MAX_METADATA_BYTES = 2**24
"""Of one box, unpacked."""
SRGB = 1
"""Number of sRGB's primaries."""


@dataclass(frozen=True)
class CodestreamHeader:
    """size: width and height, upright. colors: of decoded pixels; None for sRGB and what is not
    known. has_icc: whether only a profile describes the colors. frames: 2 stands for an animation.
    transfer_at: the bit at which a linear transfer function is named, or 0."""

    size: tuple[int, int]
    colors: Colors | None
    has_icc: bool
    frames: int
    transfer_at: int


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and bodies of a container's boxes (ISO/IEC 14496-12); none of a bare codestream."""
    at = 0 if data.startswith(SIGNATURES[0]) else len(data)
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if length == 1:
            length, start = int.from_bytes(data[start : start + 8], "big"), start + 8
        end = at + length if length else len(data)
        body = data[start:end]
        yield name, body
        if end <= at:
            return
        at = end


def codestream(data: bytes) -> bytes:
    """The coded picture, without its container."""
    parts = [
        body[4:] if name == b"jxlp" else body
        for name, body in boxes(data)
        if name in (b"jxlc", b"jxlp")
    ]
    return b"".join(parts) if data.startswith(SIGNATURES[0]) else data


def metadata_in(data: bytes) -> tuple[bytes | None, bytes | None]:
    """The EXIF block and the XMP packet, or None each."""
    blocks: dict[bytes, bytes] = {}
    for name, body in boxes(data):
        inside = body[:4] if name == b"brob" else name
        if inside in (b"Exif", b"xml ") and inside not in blocks:
            blocks[inside] = _unpacked(body[4:]) if name == b"brob" else body
    exif = blocks.get(b"Exif")
    if exif is not None:
        exif = exif[4 + int.from_bytes(exif[:4], "big") :]
    return exif or None, blocks.get(b"xml ") or None


def _unpacked(body: bytes) -> bytes:
    """What a box of Brotli holds; nothing where it is damaged or larger than any metadata."""
    try:
        return bytes(imagecodecs.brotli_decode(body, out=MAX_METADATA_BYTES))
    except RuntimeError:
        return b""


def profile_in(data: bytes) -> bytes | None:
    """The ICC profile, or None without pillow-jxl-plugin, the one decoder in Python that returns
    it. That of a JPEG that was packed without loss (box jbrd) is in the JPEG too."""
    if any(name == b"jbrd" for name, _ in boxes(data)):
        with Image.open(io.BytesIO(imagecodecs.jpegxl_decode_jpeg(data, numthreads=1))) as image:
            profile: bytes | None = image.info.get("icc_profile")
        return profile
    try:
        from pillow_jxl import Decoder
    except ImportError:
        return None
    *_, profile, _ = Decoder(num_threads=1)(data)
    return profile


def with_metadata(coded: bytes, exif: bytes | None, xmp: bytes | None) -> bytes:
    """A container with an encoded picture and its metadata."""
    added = []
    if exif:
        added.append((b"Exif", bytes(4) + exif.removeprefix(b"Exif\0\0")))
    if xmp:
        added.append((b"xml ", xmp))
    if not added:
        return coded
    added.append((b"jxlc", codestream(coded)))
    return CONTAINER + b"".join(
        struct.pack(">I4s", 8 + len(body), name) + body for name, body in added
    )


def tagged_srgb(coded: bytes) -> bytes:
    """A lossless codestream whose samples are called linear, called sRGB instead: imagecodecs tags
    all samples of more than 8 bits so."""
    stream = codestream(coded)
    at = 16 + read_header(stream).transfer_at
    if at == 16:
        return coded
    bits = int.from_bytes(stream[:64], "little") ^ (LINEAR - 2 ^ SRGB_TRANSFER - 2) << at + 2
    return bits.to_bytes(len(stream[:64]), "little") + stream[64:]


def read_header(data: bytes) -> CodestreamHeader:
    """The header of a codestream (ISO/IEC 18181-1, A). Raises ValueError if there is none."""
    stream = codestream(data)
    if not stream.startswith(SIGNATURES[1]):
        raise ValueError("it has no codestream")
    bits = _Bits(stream[2:4096])
    width, height = _size(bits)
    orientation, frames, colors, has_icc, transfer_at = 1, 1, None, False, 0
    if not bits.take(1):
        if bits.take(1):
            orientation = 1 + bits.take(3)
            if bits.take(1):
                _size(bits)
            if bits.take(1):
                raise ValueError("its preview is not supported")
            if bits.take(1):
                frames = 2
                bits.choose((0, 100), (0, 1000), (10, 1), (30, 1))
                bits.choose((0, 1), (0, 1001), (8, 1), (10, 1))
                bits.choose((0, 0), (3, 0), (16, 0), (32, 0))
                bits.take(1)
        _skip_depth(bits)
        bits.take(1)
        for _ in range(bits.choose((0, 0), (0, 1), (4, 2), (12, 1))):
            _skip_extra_channel(bits)
        is_xyb = bits.take(1)
        colors, has_icc, transfer_at = _colors(bits)
        if is_xyb and has_icc:  # libjxl gives linear light of sRGB's primaries then
            colors, has_icc = Colors.of(1.0, None), False
    size = (height, width) if orientation > 4 else (width, height)
    return CodestreamHeader(size, colors, has_icc, frames, transfer_at)


class _Bits:
    """Numbers from a stream of bits, the lowest first. at: how many bits were taken."""

    def __init__(self, data: bytes) -> None:
        self._value, self.at = int.from_bytes(data, "little"), 0

    def take(self, count: int) -> int:
        value = self._value >> self.at & ((1 << count) - 1)
        self.at += count
        return value

    def choose(self, *kinds: tuple[int, int]) -> int:
        """One of four kinds of numbers, each of so many bits and with an offset."""
        count, offset = kinds[self.take(2)]
        return offset + self.take(count)

    def enum(self) -> int:
        return self.choose((0, 0), (0, 1), (4, 2), (6, 18))


def _size(bits: _Bits) -> tuple[int, int]:
    small = bits.take(1)

    def side() -> int:
        return 8 * (bits.take(5) + 1) if small else bits.choose((9, 1), (13, 1), (18, 1), (30, 1))

    height = side()
    across, down = RATIOS[bits.take(3)]
    return height * across // down if across else side(), height


def _skip_depth(bits: _Bits) -> None:
    if bits.take(1):
        bits.choose((0, 32), (0, 16), (0, 24), (6, 1))
        bits.take(4)
    else:
        bits.choose((0, 8), (0, 10), (0, 12), (6, 1))


def _skip_extra_channel(bits: _Bits) -> None:
    if bits.take(1):
        return
    kind = bits.enum()
    _skip_depth(bits)
    bits.choose((0, 0), (0, 3), (0, 4), (3, 1))
    bits.take(8 * bits.choose((0, 0), (4, 0), (5, 16), (10, 48)))
    if kind == 0:
        bits.take(1)
    elif kind == 2:
        bits.take(64)
    elif kind == 5:
        bits.choose((0, 1), (2, 0), (4, 3), (8, 19))


def _colors(bits: _Bits) -> tuple[Colors | None, bool, int]:
    """Colors, whether there is a profile instead, and where a linear transfer function is named."""
    if bits.take(1):
        return None, False, 0
    has_icc, space = bool(bits.take(1)), bits.enum()
    if has_icc or space == XYB:
        return None, has_icc, 0
    white = bits.enum()
    whites = WHITES[white] if white in WHITES else _custom(bits, 1)
    primaries = SRGB if space == GRAY else bits.enum()
    corners = PRIMARIES[primaries] if primaries in PRIMARIES else _custom(bits, 3)
    at = 0
    if bits.take(1):
        gamma = bits.take(24) / 1e7
    else:
        at = bits.at
        transfer = bits.enum()
        at = at if transfer == LINEAR else 0
        gamma = {LINEAR: 1.0, DCI: 1 / 2.6}.get(transfer, SRGB_GAMMA)
    known = (white, primaries) == (1, SRGB)
    return Colors.of(gamma, None if known else (*whites, *corners)), False, at


def _custom(bits: _Bits, pairs: int) -> tuple[float, ...]:
    """Chromaticities x, y that are written as numbers."""
    coded = [
        bits.choose((19, 0), (19, 524288), (20, 1048576), (21, 2097152)) for _ in range(2 * pairs)
    ]
    return tuple((value >> 1 ^ -(value & 1)) / 1e6 for value in coded)
