"""Photographs to the pages of a TIFF, one after the other, so that only one is in memory at a
time."""

import struct
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np
import tifffile
from PIL import ExifTags, Image, TiffImagePlugin

from tintype.photo.photo import Metadata, Photo
from tintype.photo.profile import SRGB_PROFILE
from tintype.photo.tiff import DESCRIPTIVE

MAX_CLASSIC_BYTES = 2**32 - 2**26
"""Bytes of pixels that a TIFF with 32-bit offsets is trusted to hold; larger ones become
BigTIFF."""
NO_UNIT, INCH = 1, 2
STAND_INS = {34666: ExifTags.IFD.Exif, 34854: ExifTags.IFD.GPSInfo}
"""tifffile does not write pointers to EXIF and GPS directories: they are written under neighboring
codes and renamed at the end."""

Tag = tuple[int, Any, int, Any, bool]


def write_tiff(photos: Iterable[Photo], file: BinaryIO, pages: int = 1) -> None:
    """file: seekable. pages: how many are expected, which decides on BigTIFF."""
    writer = None
    for photo in photos:
        pixels = photo.pixels if photo.alpha is None else np.dstack([photo.pixels, photo.alpha])
        if writer is None:
            big = pixels.nbytes * pages > MAX_CLASSIC_BYTES
            writer = tifffile.TiffWriter(file, bigtiff=big, byteorder="<")  # type: ignore[arg-type]
        writer.write(
            pixels,
            photometric="rgb" if photo.pixels.ndim == 3 else "minisblack",
            planarconfig="contig" if pixels.ndim == 3 else None,
            extrasamples=None if photo.alpha is None else ["unassalpha"],
            compression="zlib",
            predictor=pixels.dtype.kind == "u",
            resolution=photo.metadata.dpi,
            resolutionunit=INCH if photo.metadata.dpi else NO_UNIT,
            iccprofile=SRGB_PROFILE,
            extratags=_tags(photo.metadata, file, big),
            software=False,
            metadata=None,
        )
    if writer is not None:
        writer.close()
        _rename_tags(file, big)


def _tags(metadata: Metadata, file: BinaryIO, big: bool) -> list[Tag]:
    tags: list[Tag] = []
    for code, block in ((700, metadata.xmp), (33723, metadata.iptc)):
        if block:
            tags.append((code, 1 if code == 700 else 7, len(block), block, True))
    told = {269: dict(metadata.texts).get("Title"), 270: dict(metadata.texts).get("Description")}
    texts = {code: text.encode() for code, text in told.items() if text}
    if metadata.comment and 270 not in texts:
        texts[270] = metadata.comment
    if metadata.exif:
        exif = Image.Exif()
        exif.load(metadata.exif)
        inner, places = (
            dict(exif.get_ifd(code)) for code in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)
        )
        for code in DESCRIPTIVE:
            value = exif.get(code)
            if isinstance(value, str) and value:
                texts[code] = value.encode()
            elif isinstance(value, bytes):
                tags.append((code, 1, len(value), value, True))
            elif isinstance(value, int):
                tags.append((code, 3, 1, value, True))
        taken = inner.get(0x9003)
        if taken and 306 not in texts:
            texts[306] = str(taken).encode()
        for (code, part), ifd in zip(STAND_INS.items(), (inner, places), strict=True):
            if ifd:
                tags.append(
                    (code, 16 if big else 4, 1, _append_ifd(ifd, int(part), file, big), True)
                )
    return tags + [(code, 2, len(text) + 1, text + b"\0", True) for code, text in texts.items()]


def _append_ifd(values: dict[int, Any], group: int, file: BinaryIO, big: bool) -> int:
    """Write a directory of EXIF values behind everything in the file; returns where it stands."""
    ifd = TiffImagePlugin.ImageFileDirectory_v2(
        b"II+\0\x08\0\0\0" + bytes(8) if big else b"II*\0\0\0\0\0", group=group
    )
    for code, value in values.items():
        ifd[code] = value
    end = file.seek(0, 2)
    file.write(b"\0" * (end % 2))
    offset = file.tell()
    file.write(ifd.tobytes(offset))
    return offset


def _rename_tags(file: BinaryIO, big: bool) -> None:
    """Give the stand-ins in all page directories their own codes."""
    wide, count, entry = ("<Q", "<Q", 20) if big else ("<I", "<H", 12)
    at = 8 if big else 4
    while offset := _number(file, at, wide):
        entries = _number(file, offset, count)
        first = offset + struct.calcsize(count)
        for place in range(first, first + entries * entry, entry):
            if (code := _number(file, place, "<H")) in STAND_INS:
                file.seek(place)
                file.write(struct.pack("<H", STAND_INS[code]))
        at = first + entries * entry


def _number(file: BinaryIO, at: int, form: str) -> int:
    file.seek(at)
    return int(struct.unpack(form, file.read(struct.calcsize(form)))[0])
