"""Photographs to the pages of a TIFF, one after the other, so that only one is in memory at a
time."""

import struct
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, BinaryIO

import cv2
import numpy as np
import tifffile

from tintype.photo.ifd import (
    BYTE,
    EXIF_POINTER,
    GPS_POINTER,
    LONG,
    LONG8,
    UNDEFINED,
    Value,
    text,
)
from tintype.photo.metadata import TEXT_TAGS, exif_with_texts
from tintype.photo.photo import Metadata, Photo
from tintype.photo.profile import SRGB_PROFILE
from tintype.photo.tiff import REDUCED, is_descriptive

MAX_CLASSIC_BYTES = 2**32 - 2**26
"""Bytes of pixels that a TIFF with 32-bit offsets is trusted to hold; larger ones become
BigTIFF."""
NO_UNIT, INCH = 1, 2
RATIONALS = (5, 10)
STAND_INS = {34666: EXIF_POINTER, 34854: GPS_POINTER}
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
        pyramid = photo.metadata.pyramid
        options: dict[str, Any] = {
            "photometric": "rgb" if photo.pixels.ndim == 3 else "minisblack",
            "planarconfig": "contig" if pixels.ndim == 3 else None,
            "extrasamples": None if photo.alpha is None else ["unassalpha"],
            "compression": "zlib",
            "predictor": pixels.dtype.kind == "u",
            "tile": pyramid.tile and pyramid.tile[::-1],
            "resolution": photo.metadata.dpi,
            "resolutionunit": INCH if photo.metadata.dpi else NO_UNIT,
            "software": False,
            "metadata": None,
        }
        writer.write(
            pixels,
            iccprofile=SRGB_PROFILE,
            extratags=_tags(photo.metadata, file, big),
            subifds=len(pyramid.scales) if pyramid.nested else None,
            **options,
        )
        for scale in pyramid.scales:
            size = [max(1, round(side * scale)) for side in pixels.shape[1::-1]]
            smaller = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
            writer.write(smaller, subfiletype=REDUCED, **options)
    if writer is not None:
        writer.close()
        _rename_tags(file, big)


def _tags(metadata: Metadata, file: BinaryIO, big: bool) -> list[Tag]:
    exif = exif_with_texts(metadata, TEXT_TAGS | {"Title": 269})
    tags = {code: each for code, each in exif.image.items() if is_descriptive(code, each)}
    for code, data in ((270, metadata.comment), (306, exif.camera.block(0x9003))):
        if data and code not in tags:
            tags[code] = text(data)
    if metadata.xmp:
        tags[700] = Value(BYTE, metadata.xmp)
    if metadata.iptc:
        tags[33723] = Value(UNDEFINED, metadata.iptc)
    end = file.seek(0, 2)
    file.write(b"\0" * (end % 2))
    directories, pointers = replace(exif, order="<").serialized(file.tell(), big)
    file.write(directories)
    for code, pointer in STAND_INS.items():
        if pointer in pointers:
            kind, form = (LONG8, "<Q") if big else (LONG, "<I")
            tags[code] = Value(kind, struct.pack(form, pointers[pointer]))
    return [
        (code, each.kind, each.length, each.numbers if each.kind in RATIONALS else each.data, True)
        for code, each in tags.items()
    ]


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
