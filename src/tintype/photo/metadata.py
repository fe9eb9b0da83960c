"""What a file says of its photograph besides pixels, made true for the upright photograph."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import ExifTags, Image

from tintype.arrays import Pixels
from tintype.photo import jpeg, png, tiff
from tintype.photo.file import File
from tintype.photo.photo import Metadata

ORIENTATION = ExifTags.Base.Orientation
PARTS = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)
XMP_TAG, IPTC_TAG = 700, 33723
IPTC_RESOURCE = 0x0404
"""Where a JPEG's Photoshop segment (APP13) keeps IIM records."""

_SIZES = {
    "tiff:ImageWidth": 0,
    "tiff:ImageLength": 1,
    "exif:PixelXDimension": 0,
    "exif:PixelYDimension": 1,
}


@dataclass(frozen=True)
class Header:
    """What is known of a file before its pixels are decoded. format: Pillow's name. info: as
    Pillow's images have it.

    exif: all EXIF tags (of a TIFF: all tags of the page), or None if the block is damaged. xmp,
    iptc: as `Metadata` has them. orientation: 1..8, that of the pixels as stored.
    """

    format: str | None
    info: dict[Any, Any]
    exif: Image.Exif | None
    xmp: bytes | None
    iptc: bytes | None = None
    texts: tuple[tuple[str, str], ...] = ()
    quality: int | None = None
    orientation: int = field(init=False)

    def __post_init__(self) -> None:
        # at once, for Pillow deletes a TIFF's tag when it turns the pixels; HEIF comes upright
        value = 1 if self.exif is None or self.format == "HEIF" else self.exif.get(ORIENTATION, 1)
        object.__setattr__(self, "orientation", int(value) if value in range(1, 9) else 1)

    @classmethod
    def of(
        cls,
        image: Image.Image,
        file: File | None = None,
        page: int = 0,
        chunks: Sequence[png.Chunk] = (),
    ) -> "Header":
        """image: opened, not necessarily loaded. file: where it comes from, or None. chunks: of a
        PNG."""
        try:
            exif = image.getexif()
        except (
            Exception
        ):  # a damaged block tells nothing; its parser raises whatever it stumbles over
            exif = None
        told = png.texts(chunks)
        iptc = png.iptc_of(told)
        if isinstance(photoshop := image.info.get("photoshop"), dict):
            iptc = photoshop.get(IPTC_RESOURCE)
        if image.format == "TIFF" and file is not None and exif is not None and IPTC_TAG in exif:
            iptc = tiff.block_of(file, page, IPTC_TAG)
        tables = getattr(image, "quantization", None)
        return cls(
            format=image.format,
            info=image.info,
            exif=exif,
            xmp=xmp_of(image),
            iptc=iptc if isinstance(iptc, bytes) else None,
            texts=told,
            quality=jpeg.quality(tables[0]) if tables and 0 in tables else None,
        )

    @classmethod
    def of_tiff(cls, file: File, page: int) -> "Header":
        """Of a TIFF that Pillow does not open."""
        exif = tiff.exif_of(file) if page == 0 else None
        xmp, iptc = (tiff.block_of(file, page, code) for code in (XMP_TAG, IPTC_TAG))
        return cls("TIFF", {}, exif, xmp, iptc)

    def metadata(self, upright: Pixels) -> Metadata:
        """What is kept, true for the upright photograph of these pixels."""
        turned, size = self.orientation in (5, 6, 7, 8), upright.shape[1::-1]
        dpi = self._resolution()
        comment = self.info.get("comment")
        return Metadata(
            exif=_block(self._kept_exif(), size, turned),
            xmp=None if self.xmp is None else upright_xmp(self.xmp, size),
            iptc=self.iptc,
            comment=(
                comment if isinstance(comment, bytes) and self.format in ("JPEG", "MPO") else None
            ),
            texts=self.texts,
            dpi=(dpi[1], dpi[0]) if dpi is not None and turned else dpi,
            quality=self.quality,
        )

    def _kept_exif(self) -> Image.Exif | None:
        if self.exif is None:
            return None
        kept = Image.Exif()
        for tag, value in self.exif.items():
            if tag in PARTS or (self.format == "TIFF" and not tiff.is_descriptive(tag, value)):
                continue
            kept[tag] = value
        for part in PARTS:
            try:
                inner = dict(self.exif.get_ifd(part))
            except Exception:  # as above
                continue
            if inner:
                kept[part] = inner
        return kept

    def _resolution(self) -> tuple[float, float] | None:
        """Dots per inch where the file says so; 1 dpi and less is a placeholder, and a resolution
        without a unit is none."""
        told: Any = self.info.get("dpi")
        if self.format == "TIFF" or (
            self.format in ("JPEG", "MPO") and self.info.get("jfif_unit") not in (1, 2)
        ):
            told = None
            if self.exif is not None:
                factor = {2: 1.0, 3: 2.54}.get(self.exif.get(0x0128, 2))
                across, down = self.exif.get(0x011A), self.exif.get(0x011B)
                told = (across * factor, down * factor) if factor and across and down else None
        try:
            dpi = float(told[0]), float(told[1])
        except (TypeError, ValueError, IndexError, ZeroDivisionError):
            return None
        return dpi if all(1 < value < 1e5 for value in dpi) else None


def _block(exif: Image.Exif | None, size: tuple[int, ...], turned: bool) -> bytes | None:
    """The EXIF block with orientation 1 and the sizes and resolutions of the upright photograph. It
    holds no thumbnail."""
    if not exif:
        return None
    if ORIENTATION in exif:
        exif[ORIENTATION] = 1
    for tag, value in ((0x0100, size[0]), (0x0101, size[1])):
        if tag in exif:
            exif[tag] = value
    if turned and 0x011A in exif and 0x011B in exif:
        exif[0x011A], exif[0x011B] = exif[0x011B], exif[0x011A]
    inner = exif.get(ExifTags.IFD.Exif)
    if isinstance(inner, dict):
        for tag, value in ((0xA002, size[0]), (0xA003, size[1])):
            if tag in inner:
                inner[tag] = value
    try:
        return exif.tobytes()
    except Exception:  # values of a damaged block that cannot be written again
        return None


def xmp_of(image: Image.Image) -> bytes | None:
    """The XMP packet of an opened file, or None."""
    xmp: Any = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if image.format == "TIFF" and hasattr(image, "tag_v2"):
        xmp = image.tag_v2.get(XMP_TAG, xmp)
    if isinstance(xmp, tuple):
        xmp = bytes(each for each in xmp if isinstance(each, int) and each < 256)
    xmp = xmp.encode() if isinstance(xmp, str) else xmp
    return xmp.rstrip(b"\0") or None if isinstance(xmp, bytes) else None


def upright_xmp(xmp: bytes, size: tuple[int, ...]) -> bytes:
    """An XMP packet whose orientation is 1 and whose sizes are those of the upright photograph
    (width, height)."""
    new = {"tiff:Orientation": 1} | {name: size[axis] for name, axis in _SIZES.items()}
    for name, value in new.items():
        word = name.encode()
        xmp = re.sub(rb"(%s\s*=\s*[\"'])\s*\d+\s*([\"'])" % word, rb"\g<1>%d\g<2>" % value, xmp)
        xmp = re.sub(rb"(<%s>)\s*\d+\s*(</%s>)" % (word, word), rb"\g<1>%d\g<2>" % value, xmp)
    return xmp
