"""The code of a photograph's color: a header, the chroma grid and a checksum as bytes, kept in a private tag of the EXIF block.

Six bytes beside the grid: version (7 bits), columns and rows of the first grid (4 bits each), levels (3 bits), quantizer step
(7 bits), axes (4 bits), share of the detail that the network adds (3 bits); then, if that share is not 0, two bytes that
name the network's file; the grid; and a checksum of two bytes.
"""

import binascii
import struct
from dataclasses import dataclass

from PIL import ExifTags, Image

from tintype.errors import PhotoError
from tintype.pack.grid import LONGEST, MOST_LEVELS, Settings

VERSION = 2
"""Version 1 had another upsampling of its grid."""
TAG = 65136
"""Of the range that TIFF 6.0 leaves for private use without registration. EXIF blocks travel in JPEG, WebP and AVIF alike."""
HEADER, NAMED, CHECK = 4, 2, 2
"""Bytes of the header, of the network's name, and of the checksum."""
SHARES = 4
"""The network's share is told in quarters."""


@dataclass(frozen=True)
class Code:
    """settings: of the grid. grid: its code. share: of the detail that the network adds, in SHARES-ths. network: names its file.
    version: 1 to VERSION."""

    settings: Settings
    grid: bytes
    share: int = 0
    network: bytes = b""
    version: int = VERSION

    def to_bytes(self) -> bytes:
        """All of it, checksum last."""
        s = self.settings
        bits = self.version
        for value, width in ((s.columns, 4), (s.rows, 4), (s.levels, 3), (s.step, 7), (s.angle, 4), (self.share, 3)):
            bits = bits << width | value
        body = struct.pack(">I", bits) + (self.network if self.share else b"") + self.grid
        return body + struct.pack(">H", binascii.crc_hqx(body, 0xFFFF))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Code":
        """Raises PhotoError, with one sentence, for a damaged code and for one of a newer version."""
        if len(data) < HEADER + CHECK or binascii.crc_hqx(data[:-CHECK], 0xFFFF) != struct.unpack(">H", data[-CHECK:])[0]:
            raise PhotoError("the code of the color is damaged: its checksum does not fit")
        (bits,) = struct.unpack(">I", data[:HEADER])
        values = []
        for width in (3, 4, 7, 3, 4, 4):
            values.append(bits & ((1 << width) - 1))
            bits >>= width
        share, angle, step, levels, rows, columns = values
        if not 1 <= bits <= VERSION:
            raise PhotoError(f"the code of the color has version {bits}, and this Tintype reads versions up to {VERSION}")
        if not (0 < rows <= LONGEST and 0 < columns <= LONGEST and levels <= MOST_LEVELS and share <= SHARES):
            raise PhotoError("the code of the color is damaged: its header makes no sense")
        start = HEADER + NAMED if share else HEADER
        return cls(Settings(rows, columns, levels, step, angle), data[start:-CHECK], share, data[HEADER:start], bits)


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
