"""The code of a photograph's color: a header, the chroma grid and a checksum as bytes, kept in a
private tag of the EXIF block.

Six bytes beside the grid: version (7 bits), levels (3 bits), quantizer step (7 bits), axes (4
bits), shares of the network's own prediction and of the detail that it adds (3 bits each; 5 bits
are free); then, if a share is not 0, two bytes that name the network's file; the grid; and a
checksum of two bytes over the shape of the first grid and all of this.
"""

import binascii
from dataclasses import dataclass

from PIL import ExifTags, Image

from tintype.errors import PhotoError
from tintype.pack.grid import MAX_LEVELS, Settings

# Version of the format, in the first 7 bits of a code.
VERSION = 3
# EXIF tag, of the range that TIFF 6.0 leaves for private use without registration. EXIF blocks
# travel in JPEG, WebP and AVIF alike.
TAG = 65136
# Bytes of the header, of the network's name, and of the checksum.
HEADER_BYTES, NAME_BYTES, CHECKSUM_BYTES = 4, 2, 2
# Steps of the share of the network's own prediction, below 1, and of the detail, up to 1.
PREDICTION_STEPS, DETAIL_STEPS = 8, 4
# Bits of the header's numbers: version, levels, step, angle, prediction, detail, and those free.
HEADER_BITS = (7, 3, 7, 4, 3, 3, 5)


@dataclass(frozen=True)
class Code:
    """settings, grid: of the grid and its code. prediction: share of the network's own prediction,
    to which the grid's colors are added, in PREDICTION_STEPS-ths. detail: share of what a network
    that sees these colors changes in them, in DETAIL_STEPS-ths. network: names its file."""

    settings: Settings
    grid: bytes
    prediction: int = 0
    detail: int = 0
    network: bytes = b""

    @property
    def needs_network(self) -> bool:
        """Whether a network takes part at unpacking."""
        return bool(self.prediction or self.detail)

    def to_bytes(self) -> bytes:
        """All of it, the checksum last."""
        s = self.settings
        numbers = (VERSION, s.levels, s.step, s.angle, self.prediction, self.detail, 0)
        header = 0
        for number, width in zip(numbers, HEADER_BITS, strict=True):
            header = header << width | number
        name = self.network if self.needs_network else b""
        body = header.to_bytes(HEADER_BYTES, "big") + name + self.grid
        return body + _checksum(body, s.rows, s.columns)

    @classmethod
    def from_bytes(cls, data: bytes, rows: int, columns: int) -> "Code":
        """rows, columns: of the photograph's first grid. Raises PhotoError for a code that is
        damaged, of a newer version, or of a photograph of another shape."""
        body = data[:-CHECKSUM_BYTES]
        if len(body) < HEADER_BYTES or data != body + _checksum(body, rows, columns):
            raise PhotoError(
                "the code of the color is damaged, or the photograph was turned or cropped after it"
                " was packed"
            )
        header, numbers = int.from_bytes(data[:HEADER_BYTES], "big"), []
        for width in reversed(HEADER_BITS):
            numbers.append(header & ((1 << width) - 1))
            header >>= width
        _, detail, prediction, angle, step, levels, version = numbers
        if version != VERSION:
            raise PhotoError(
                f"the code of the color has version {version}, and this Tintype reads version"
                f" {VERSION}"
            )
        if levels > MAX_LEVELS or detail > DETAIL_STEPS:
            raise PhotoError("the code of the color is damaged: its header makes no sense")
        start = HEADER_BYTES + (NAME_BYTES if prediction or detail else 0)
        settings = Settings(rows, columns, levels, step, angle)
        return cls(settings, body[start:], prediction, detail, body[HEADER_BYTES:start])


def _checksum(body: bytes, *shape: int) -> bytes:
    return binascii.crc_hqx(bytes(shape) + body, 0xFFFF).to_bytes(CHECKSUM_BYTES, "big")


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
    tags = Image.Exif()
    if exif:
        tags.load(exif)
    code = tags.get(TAG)
    return code if isinstance(code, bytes) else None
