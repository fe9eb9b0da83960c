"""PNG (ISO/IEC 15948): its chunks, its pixels at full depth, transparency and gamma, and the chunks
that go into a new file."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Pixels
from tintype.color.lab import LUMINANCE, TO_XYZ, linear_to_srgb
from tintype.photo.file import DamageError
from tintype.photo.photo import WHITE_BY_DTYPE, Metadata
from tintype.photo.profile import SRGB_PROFILE

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SRGB_GAMMA = 0.45455
"""gAMA of files that are made for sRGB screens."""
XMP_KEYWORD, RAW = "XML:com.adobe.xmp", "raw profile type"
MAX_TEXT_BYTES = 2**24
"""Of one unpacked text."""

# it would report damaged pictures on the terminal, which an exception reports as well
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

_HEADER_END = len(SIGNATURE) + 25
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


@dataclass(frozen=True)
class Chunk:
    """name: its four letters. body: its bytes, fewer than it says where the file is cut off. sound:
    whether its checksum fits."""

    name: bytes
    body: bytes
    sound: bool


def read_chunks(data: bytes) -> Iterator[Chunk]:
    """All chunks up to IEND or the end of the data; what follows IEND is not read."""
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        body, check = data[at + 8 : at + 8 + length], data[at + 8 + length : at + 12 + length]
        yield Chunk(
            name, body, len(check) == 4 and zlib.crc32(name + body) == int.from_bytes(check, "big")
        )
        if name == b"IEND":
            return
        at += 12 + length


def check(chunks: Sequence[Chunk], keep_damaged: bool) -> tuple[bytes, tuple[str, ...]]:
    """The file without the chunks that no decoder of pixels needs, and with pixels for those that
    are missing; and warnings.

    Raises DamageError, with how much is missing, for damaged pixels unless `keep_damaged`.
    """
    header = (
        chunks[0] if chunks and chunks[0].name == b"IHDR" and len(chunks[0].body) == 13 else None
    )
    if header is None or not header.sound:
        raise ValueError("its header is damaged")
    packed = [chunk for chunk in chunks if chunk.name == b"IDAT"]
    needed = [
        chunk for chunk in chunks if chunk.name in (b"IHDR", b"PLTE", b"tRNS") and chunk.sound
    ]
    if chunks[-1].name == b"IEND" and all(chunk.sound for chunk in packed):
        return _joined(needed, packed), ()
    raw = _unpack(b"".join(chunk.body for chunk in packed))
    width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", header.body)
    row = 1 + (width * depth * _CHANNELS.get(color, 4) + 7) // 8
    total = row * height
    share = max(0.0, 1 - len(raw) / total) if total and not interlaced else 0.0
    sentence = (
        f"is damaged or cut off: {max(0.1, 100 * share):.{1 if share < 0.1 else 0}f} % of the"
        " picture is missing"
    )
    if not keep_damaged or interlaced:
        raise DamageError(sentence)
    filled = zlib.compress(raw[:total].ljust(total, b"\0"), 1)
    return _joined(needed, [Chunk(b"IDAT", filled, True)]), (sentence,)


def _joined(needed: Sequence[Chunk], pixels: Sequence[Chunk]) -> bytes:
    return SIGNATURE + b"".join(
        pack(chunk.name, chunk.body) for chunk in (*needed, *pixels, Chunk(b"IEND", b"", True))
    )


def _unpack(packed: bytes) -> bytes:
    """As much as can be inflated."""
    stream, out = zlib.decompressobj(), bytearray()
    try:
        for at in range(0, len(packed), 4096):
            out += stream.decompress(packed[at : at + 4096])
    except zlib.error:
        pass
    return bytes(out)


def decode(data: bytes, chunks: Sequence[Chunk]) -> Pixels:
    """Gray, gray and alpha, RGB or RGBA of 8 or 16 bits; a transparent gray or color of tRNS
    becomes alpha."""
    decoded = cv2.imdecode(
        np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    )
    if decoded is None:
        raise ValueError("the PNG data is broken")
    color = data[25]
    pixels: Pixels = np.asarray(decoded)
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(
            pixels, cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
        )
        pixels = (
            pixels[..., [0, 3]]
            if color == 4
            else pixels[..., 0]
            if color == 0
            else pixels[..., :3]
            if color == 2
            else pixels
        )
    key = next((chunk.body for chunk in chunks if chunk.name == b"tRNS"), None)
    if color not in (0, 2) or key is None or len(key) < 2 * _CHANNELS[color]:
        return pixels
    values = np.frombuffer(key[: 2 * _CHANNELS[color]], ">u2").astype(pixels.dtype)
    same = pixels == values[0] if color == 0 else (pixels == values).all(-1)
    white = pixels.dtype.type(WHITE_BY_DTYPE[str(pixels.dtype)])
    return np.dstack([pixels, np.where(same, pixels.dtype.type(0), white)])


def colors_of(chunks: Sequence[Chunk]) -> "Colors | None":
    """What gAMA and cHRM say where neither iCCP nor sRGB nor cICP does; None for sRGB."""
    bodies = {chunk.name: chunk.body for chunk in chunks if chunk.sound}
    if {b"iCCP", b"sRGB", b"cICP"} & bodies.keys() or len(bodies.get(b"gAMA", b"")) != 4:
        return None
    gamma = int.from_bytes(bodies[b"gAMA"], "big") / 100_000
    chroma = bodies.get(b"cHRM", b"")
    primaries = (
        tuple(value / 100_000 for value in struct.unpack(">8I", chroma))
        if len(chroma) == 32
        else None
    )
    return Colors.of(gamma, primaries)


@dataclass(frozen=True)
class Colors:
    """gamma: samples are light to the power of it (PNG, 11.3.2.2). matrix: 3×3 from linear RGB to
    linear sRGB, or None."""

    gamma: float
    matrix: NDArray[np.float32] | None

    @classmethod
    def of(cls, gamma: float, primaries: Sequence[float] | None) -> "Colors | None":
        """primaries: x, y of white, red, green, blue. None where the result would be sRGB, or the
        values make no sense."""
        if not 0.05 <= gamma <= 5:
            return None
        matrix = None if primaries is None else _matrix(primaries)
        return None if matrix is None and abs(gamma - SRGB_GAMMA) < 0.02 else cls(gamma, matrix)

    def to_srgb(self, pixels: Pixels) -> Pixels:
        """H×W or H×W×3 of any kind; the same in sRGB."""
        white = WHITE_BY_DTYPE[str(pixels.dtype)]
        steps = 256 if pixels.dtype == np.uint8 else 65536
        linear = (np.arange(steps, dtype=np.float32) / (steps - 1)) ** np.float32(1 / self.gamma)
        index = (
            pixels
            if pixels.dtype != np.float32
            else np.rint(np.clip(pixels, 0, 1) * 65535).astype(np.uint16)
        )
        rounding = 0.5 if white > 1 else 0
        if self.matrix is None or pixels.ndim == 2:
            return (linear_to_srgb(linear) * white + rounding).astype(pixels.dtype)[index]
        out = np.empty_like(pixels)
        for row in range(len(pixels)):
            srgb = linear_to_srgb(np.clip(linear[index[row]] @ self.matrix.T, 0, 1))
            out[row] = srgb * white + rounding
        return out


def _matrix(primaries: Sequence[float]) -> NDArray[np.float32] | None:
    """From linear RGB of these primaries to linear sRGB, white to white; None where that is nearly
    nothing."""
    if not all(0 < y < 1 for y in primaries[1::2]):
        return None
    xyz = np.array(
        [
            [x / y, 1.0, (1 - x - y) / y]
            for x, y in zip(primaries[::2], primaries[1::2], strict=True)
        ]
    ).T
    white, own = xyz[:, 0], xyz[:, 1:]
    if abs(np.linalg.det(own)) < 1e-3:
        return None
    matrix = np.linalg.inv(TO_XYZ) @ (own * np.linalg.solve(own, white))
    matrix = matrix / matrix.sum(axis=1, keepdims=True)  # white stays white
    return (
        None
        if np.abs(matrix - np.eye(3)).max() < 0.01 or LUMINANCE @ matrix.sum(1) < 0.5
        else matrix.astype(np.float32)
    )


def texts(chunks: Sequence[Chunk]) -> tuple[tuple[str, str], ...]:
    """Keyword and text of the text chunks. XMP and raw EXIF are read elsewhere and left out;
    damaged chunks, too."""
    return tuple(
        (name, text)
        for name, text in _every_text(chunks)
        if name != XMP_KEYWORD and name.lower() not in (f"{RAW} exif", f"{RAW} xmp")
    )


def xmp_in(chunks: Sequence[Chunk]) -> bytes | None:
    """The XMP packet, wherever it stands, or None."""
    entries = list(_every_text(chunks))
    plain = (text.encode() for name, text in entries if name == XMP_KEYWORD)
    return next(plain, None) or raw_profile(entries, "xmp")


def _every_text(chunks: Sequence[Chunk]) -> Iterator[tuple[str, str]]:
    for chunk in chunks:
        keyword, _, rest = chunk.body.partition(b"\0")
        name = keyword.decode("latin-1")
        with suppress(zlib.error, IndexError):
            if not chunk.sound:
                continue
            if chunk.name == b"tEXt":
                yield name, rest.decode("latin-1")
            elif chunk.name == b"zTXt":
                yield name, _inflated(rest[1:]).decode("latin-1")
            elif chunk.name == b"iTXt":
                body = rest[2:].split(b"\0", 2)[2]
                unpacked = _inflated(body) if rest[:1] == b"\1" else body
                yield name, unpacked.decode("utf-8", "replace")


def _inflated(packed: bytes) -> bytes:
    return zlib.decompressobj().decompress(packed, MAX_TEXT_BYTES)


def decoded(data: bytes) -> str:
    """Text of a file that does not name its encoding: UTF-8, else Latin-1."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def raw_profile(entries: Sequence[tuple[str, str]], kind: str) -> bytes | None:
    """A block such as "iptc" that ImageMagick and ExifTool keep in a text chunk as hexadecimal
    numbers, or None."""
    for name, text in entries:
        if name.lower() == f"{RAW} {kind}":
            with suppress(ValueError):
                return bytes.fromhex("".join(text.split()[2:])) or None
    return None


def pack(name: bytes, body: bytes) -> bytes:
    """One chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def described(encoded: bytes, metadata: Metadata) -> bytes:
    """An encoded PNG with the sRGB profile and the metadata behind its header."""
    added = [(b"iCCP", b"sRGB\0\0" + zlib.compress(SRGB_PROFILE))]
    if metadata.dpi:
        added.append((b"pHYs", struct.pack(">IIB", *(round(v / 0.0254) for v in metadata.dpi), 1)))
    if metadata.exif:
        added.append((b"eXIf", metadata.exif.removeprefix(b"Exif\0\0")))
    if metadata.xmp:
        added.append((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + metadata.xmp))
    entries = [
        (name, text) for name, text in metadata.texts if name.lower() != "raw profile type iptc"
    ]
    if metadata.comment and "Comment" not in dict(entries):
        entries.append(("Comment", decoded(metadata.comment)))
    if metadata.iptc:
        entries.append(
            ("Raw profile type iptc", f"\niptc\n{len(metadata.iptc):8d}\n{metadata.iptc.hex()}\n")
        )
    added += [_text_chunk(name, text) for name, text in entries]
    return (
        encoded[:_HEADER_END]
        + b"".join(pack(name, body) for name, body in added)
        + encoded[_HEADER_END:]
    )


def _text_chunk(name: str, text: str) -> tuple[bytes, bytes]:
    keyword = name.encode("latin-1", "replace")[:79]
    try:
        return b"tEXt", keyword + b"\0" + text.encode("latin-1")
    except UnicodeEncodeError:
        return b"iTXt", keyword + b"\0\0\0\0\0" + text.encode()
