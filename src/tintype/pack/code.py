"""The code of a photograph's color: a header, the chroma grid and a checksum as bytes, kept in a
private tag of the EXIF block.

Six bytes beside the grid: version (7 bits), levels (3 bits), quantizer step (7 bits), axes (4
bits), shares of the network's own answer and of the detail that it adds (3 bits each; 5 bits are
free); then, if a share is not 0, two bytes that name the network's file; the grid; and a checksum
of two bytes over the shape of the first grid and all of this.
"""

import binascii
import struct
from dataclasses import dataclass

from PIL import ExifTags, Image

from tintype.errors import PhotoError
from tintype.pack.grid import MOST_LEVELS, Settings

VERSION = 3
"""Version 1 had another upsampling of its grid. Versions 1 and 2 knew nothing of the network's own
answer, and held the shape of the first grid in the header."""
TAG = 65136
"""Of the range that TIFF 6.0 leaves for private use without registration. EXIF blocks travel in
JPEG, WebP and AVIF alike."""
HEADER, NAMED, CHECK = 4, 2, 2
"""Bytes of the header, of the network's name, and of the checksum."""
GUESSES, SHARES = 8, 4
"""The share of the network's own answer is told in eighths, below 1; that of the detail in
quarters, up to 1."""
NEWEST, OLDER = (7, 3, 7, 4, 3, 3, 5), (7, 4, 4, 3, 7, 4, 3)
"""Bits of the header's numbers: now, and in versions 1 and 2."""


@dataclass(frozen=True)
class Code:
    """settings: of the grid. grid: its code. guess: of the network's own answer, to which the
    grid's colors are added, in GUESSES-ths. detail: of what a network changes that sees the colors,
    in SHARES-ths. network: names its file. version: 1 to VERSION."""

    settings: Settings
    grid: bytes
    guess: int = 0
    detail: int = 0
    network: bytes = b""
    version: int = VERSION

    def to_bytes(self) -> bytes:
        """All of it, checksum last, in the newest version."""
        s = self.settings
        header = _joined((VERSION, s.levels, s.step, s.angle, self.guess, self.detail, 0), NEWEST)
        body = header + (self.network if self.guess or self.detail else b"") + self.grid
        return body + _checksum(body, s.rows, s.columns)

    @classmethod
    def from_bytes(cls, data: bytes, rows: int, columns: int) -> "Code":
        """rows, columns: of the photograph's first grid. Raises PhotoError, with one sentence, for
        a code that is damaged, of a newer version, or of a photograph of another shape."""
        body, check = data[:-CHECK], data[-CHECK:]
        fits = check == _checksum(body, rows, columns)
        if len(data) < HEADER + CHECK or not (fits or check == _checksum(body)):
            raise PhotoError(
                "the code of the color is damaged, or the photograph was turned or cropped after it"
                " was packed"
            )
        version = data[0] >> 1
        if version > VERSION:
            raise PhotoError(
                f"the code of the color has version {version}, and this Tintype reads versions up"
                f" to {VERSION}"
            )
        guess = 0
        if version == VERSION:
            _, levels, step, angle, guess, detail, _ = _parted(data[:HEADER], NEWEST)
        else:
            _, *shape, levels, step, angle, detail = _parted(data[:HEADER], OLDER)
            fits = shape == [columns, rows]
        if not fits:
            raise PhotoError("the photograph was turned or cropped after its color was packed")
        if version < 1 or levels > MOST_LEVELS or detail > SHARES:
            raise PhotoError("the code of the color is damaged: its header makes no sense")
        start = HEADER + NAMED if guess or detail else HEADER
        settings = Settings(rows, columns, levels, step, angle)
        return cls(settings, data[start:-CHECK], guess, detail, data[HEADER:start], version)


def _joined(numbers: tuple[int, ...], widths: tuple[int, ...]) -> bytes:
    bits = 0
    for number, width in zip(numbers, widths, strict=True):
        bits = bits << width | number
    return struct.pack(">I", bits)


def _parted(header: bytes, widths: tuple[int, ...]) -> list[int]:
    """What `_joined` joined."""
    (bits,) = struct.unpack(">I", header)
    numbers = []
    for width in reversed(widths):
        numbers.append(bits & ((1 << width) - 1))
        bits >>= width
    return numbers[::-1]


def _checksum(body: bytes, *shape: int) -> bytes:
    return struct.pack(">H", binascii.crc_hqx(bytes(shape) + body, 0xFFFF))


def with_code(exif: bytes | None, code: bytes | None) -> bytes | None:
    """An EXIF block with this code in place of another; None: without one."""
    tags = Image.Exif()
    if exif:
        tags.load(exif)
        for part in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
            if inner := tags.get_ifd(part):
                tags[part] = dict(inner)
    tags.pop(TAG, None)
    if code is not None:
        tags[TAG] = code
    return tags.tobytes() if len(tags) else None


def code_in(exif: bytes | None) -> bytes | None:
    """The code in an EXIF block, or None."""
    if not exif:
        return None
    tags = Image.Exif()
    tags.load(exif)
    found = tags.get(TAG)
    return found if isinstance(found, bytes) else None
