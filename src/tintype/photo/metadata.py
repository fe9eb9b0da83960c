"""What a file says of its photograph besides pixels, made true for the upright photograph."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from tintype.arrays import Pixels
from tintype.photo import jpeg, png, tiff
from tintype.photo.file import File
from tintype.photo.ifd import Directory, Exif, number, text
from tintype.photo.photo import Metadata
from tintype.photo.xmp import upright_xmp, without_attachments

ORIENTATION, UNIT = 274, 296
SIZE_TAGS, CAMERA_SIZE_TAGS, RESOLUTION_TAGS = (256, 257), (0xA002, 0xA003), (282, 283)
XMP_TAG, IPTC_TAG, PHOTOSHOP_TAG = 700, 33723, 34377
MAX_EXIF_TEXT = 8_000
"""Letters of a PNG's text that go into EXIF, where a JPEG holds 64 kB in all."""
RESOLUTION_RESOURCE, IPTC_RESOURCE, EXIF_RESOURCE, XMP_RESOURCE = 0x03ED, 0x0404, 0x0422, 0x0424
"""Photoshop's image resources: pixels an inch, IIM records, EXIF and XMP."""


@dataclass(frozen=True)
class Embedded:
    """What a file says besides pixels, read before they are decoded. format: Pillow's name.

    exif: None if the file has no block or a damaged one. orientation: 1..8, of the pixels as
    stored. dpi, xmp, iptc, comment, texts, quality: as `Metadata` has them, not yet upright.
    """

    format: str | None
    exif: Exif | None = None
    orientation: int = 1
    dpi: tuple[float, float] | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    comment: bytes | None = None
    texts: tuple[tuple[str, str], ...] = ()
    quality: int | None = None

    @classmethod
    def of(cls, image: Image.Image, chunks: Sequence[png.Chunk] = ()) -> "Embedded":
        """image: opened, not necessarily loaded. chunks: of a PNG."""
        exif, texts = _exif_of(image), png.texts(chunks)
        iptc: Any = png.raw_profile(texts, "iptc") or png.raw_profile(texts, "8bim")
        if iptc is not None and iptc.startswith(b"8BIM"):
            iptc = resource_in(iptc, IPTC_RESOURCE)
        if isinstance(photoshop := image.info.get("photoshop"), dict):
            iptc = photoshop.get(IPTC_RESOURCE)
        tables = getattr(image, "quantization", None)
        comment = image.info.get("comment")
        return cls(
            image.format,
            exif,
            orientation_of(image),
            _resolution(image, exif),
            xmp_of(image) or png.xmp_in(chunks),
            iptc if isinstance(iptc, bytes) else None,
            comment if isinstance(comment, bytes) else None,
            texts,
            jpeg.quality(tables[0]) if tables and 0 in tables else None,
        )

    @classmethod
    def of_jpeg(cls, data: bytes) -> "Embedded":
        """Of a JPEG that Pillow does not open."""
        bodies = [body for marker, body in jpeg.segments(data) if marker == jpeg.APP1]
        exif = next((body for body in bodies if body.startswith(b"Exif\0\0")), None)
        xmp = next((body for body in bodies if body.startswith(jpeg.XMP_HEADER)), None)
        return cls.of_blocks("JPEG", exif, xmp and xmp.removeprefix(jpeg.XMP_HEADER))

    @classmethod
    def of_blocks(
        cls, format: str, block: bytes | None, xmp: bytes | None, upright: bool = False
    ) -> "Embedded":
        """Of an EXIF block and an XMP packet. upright: whether the decoder turns the picture."""
        exif = parsed_exif(block)
        if exif is None:
            return cls(format, xmp=xmp)
        orientation = 1 if upright else checked_orientation(exif.image.number(ORIENTATION, 1))
        return cls(format, exif, orientation, _dpi_of(exif.image), xmp)

    @classmethod
    def of_psd(cls, resources: bytes) -> "Embedded":
        """Of a Photoshop file's image resources."""
        exif, xmp = (resource_in(resources, code) for code in (EXIF_RESOURCE, XMP_RESOURCE))
        embedded = cls.of_blocks("PSD", exif, xmp, upright=True)
        resolution = resource_in(resources, RESOLUTION_RESOURCE) or b""
        if len(resolution) >= 12:
            across, down = (value / 65536 for value in struct.unpack(">I4xI", resolution[:12]))
            embedded = replace(embedded, dpi=_checked((across, down)))
        return replace(embedded, iptc=resource_in(resources, IPTC_RESOURCE))

    @classmethod
    def of_tiff(cls, file: File, page: tiff.Page) -> "Embedded":
        """Of one page of a TIFF."""
        tags = page.directory
        exif = Exif.of(tags, page.layout, file.open())
        kept = {code: value for code, value in tags.items() if tiff.is_descriptive(code, value)}
        return cls(
            "TIFF",
            replace(exif, image=Directory(kept)),
            page.orientation,
            _dpi_of(tags),
            tags.block(XMP_TAG),
            tags[IPTC_TAG].data
            if IPTC_TAG in tags
            else resource_in(tags.block(PHOTOSHOP_TAG) or b"", IPTC_RESOURCE),
        )

    @property
    def has_attachments(self) -> bool:
        """Whether XMP describes pictures or films that are appended to the file."""
        return self.xmp is not None and without_attachments(self.xmp) is not self.xmp

    def metadata(self, upright: Pixels) -> Metadata:
        """What is kept, true for the upright photograph of these pixels."""
        turned, size = self.orientation in (5, 6, 7, 8), upright.shape[1::-1]
        return Metadata(
            exif=None if self.exif is None else _upright_exif(self.exif, size, turned),
            xmp=None if self.xmp is None else upright_xmp(without_attachments(self.xmp), size),
            iptc=self.iptc,
            comment=self.comment,
            texts=self.texts,
            dpi=self.dpi[::-1] if self.dpi is not None and turned else self.dpi,
            quality=self.quality,
        )


def _exif_of(image: Image.Image) -> Exif | None:
    block = image.info.get("exif")
    decoder: Any = getattr(image, "_decoder", None)
    if image.format == "AVIF" and decoder is not None:
        block = decoder.get_info()[4]  # Pillow writes that of a turned picture anew, in ASCII
    try:
        if not isinstance(block, bytes):
            tags = image.getexif()
            for code, value in tags.items():
                tags[code] = LatinText(value) if isinstance(value, str) else value
            block = tags.tobytes() if tags else None
        exif = Exif.parse(block) if block else None
    except Exception:  # of a damaged block; its parser raises whatever it stumbles over
        return None
    if exif is not None and image.format == "TIFF":
        kept = {code: each for code, each in exif.image.items() if tiff.is_descriptive(code, each)}
        exif.image = Directory(kept)
    return exif


class LatinText(str):
    """Text that Pillow has read as Latin-1 and would write as ASCII: its bytes stay."""

    def encode(self, encoding: str = "latin-1", errors: str = "strict") -> bytes:
        return super().encode("latin-1", "replace")


def orientation_of(image: Image.Image) -> int:
    """1..8, of an opened image's pixels, by EXIF or else by XMP."""
    if image.format == "HEIF":  # pillow-heif gives upright pixels
        return 1
    try:
        value = image.getexif().get(ORIENTATION)
    except Exception:  # as above
        return 1
    return checked_orientation(value)


def checked_orientation(value: object) -> int:
    """1..8; 1 for other values."""
    return value if isinstance(value, int) and value in range(1, 9) else 1


def parsed_exif(block: bytes | None) -> Exif | None:
    """None where there is no block or a damaged one."""
    try:
        return Exif.parse(block) if block else None
    except (ValueError, struct.error):
        return None


def _resolution(image: Image.Image, exif: Exif | None) -> tuple[float, float] | None:
    if image.format in ("JPEG", "MPO") and image.info.get("jfif_unit") not in (1, 2):
        return None if exif is None else _dpi_of(exif.image)
    return _checked(image.info.get("dpi"))


def _dpi_of(tags: Directory) -> tuple[float, float] | None:
    factor = {2: 1.0, 3: 2.54}.get(tags.number(UNIT, 2))
    across, down = (tags.ratio(code) for code in RESOLUTION_TAGS)
    return _checked((across * factor, down * factor)) if factor and across and down else None


def _checked(dpi: Any) -> tuple[float, float] | None:
    """1 dpi and less is a placeholder."""
    try:
        across, down = float(dpi[0]), float(dpi[1])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    return (across, down) if 1 < across < 1e5 and 1 < down < 1e5 else None


def _upright_exif(exif: Exif, size: tuple[int, ...], turned: bool) -> bytes | None:
    """The block with orientation 1 and the sizes and resolutions of the upright photograph."""
    new = {ORIENTATION: 1} | dict(zip(SIZE_TAGS, size, strict=True))
    image, camera = (
        Directory(tags) | {code: number(value) for code, value in changed.items() if code in tags}
        for tags, changed in (
            (exif.image, new),
            (exif.camera, dict(zip(CAMERA_SIZE_TAGS, size, strict=True))),
        )
    )
    if turned and all(code in image for code in RESOLUTION_TAGS):
        across, down = RESOLUTION_TAGS
        image[across], image[down] = image[down], image[across]
    return replace(exif, image=Directory(image), camera=Directory(camera)).to_bytes() or None


TEXT_TAGS = {"Description": 270, "Title": 270, "Author": 315, "Copyright": 33432, "Software": 305}
"""Keywords of PNG texts, and the EXIF tags that say the same."""


def exif_with_texts(metadata: Metadata, tags: Mapping[str, int] = TEXT_TAGS) -> Exif:
    """The EXIF block with a PNG's texts where it does not say these things itself. tags: where the
    texts go, by their keywords."""
    exif = Exif.parse(metadata.exif) if metadata.exif else Exif()
    texts = dict(metadata.texts)
    for keyword, code in tags.items():
        if 0 < len(texts.get(keyword, "")) < MAX_EXIF_TEXT and not exif.image.block(code):
            exif.image[code] = text(texts[keyword].encode())
    return exif


def resource_in(resources: bytes, wanted: int) -> bytes | None:
    """The body of one of Photoshop's image resources, or None."""
    at = 0
    while resources[at : at + 4] == b"8BIM":
        name = at + 6 + (resources[at + 6] + 2) // 2 * 2 if len(resources) > at + 6 else at
        if len(resources) < name + 4:
            return None
        code, length = (
            int.from_bytes(resources[start:end], "big")
            for start, end in ((at + 4, at + 6), (name, name + 4))
        )
        if code == wanted:
            return resources[name + 4 : name + 4 + length] or None
        at = name + 4 + length + length % 2
    return None


def xmp_of(image: Image.Image) -> bytes | None:
    """The XMP packet of an opened file, or None."""
    xmp: Any = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    xmp = xmp.encode() if isinstance(xmp, str) else xmp
    return xmp.rstrip(b"\0") or None if isinstance(xmp, bytes) else None
