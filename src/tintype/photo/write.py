"""A photograph to a file, whole or not at all: its own format, depth and alpha, tagged as sRGB,
with metadata and a label."""

import io
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from PIL import Image

from tintype.errors import PhotoError, UsageError
from tintype.files import whole_file
from tintype.photo import deep, jpeg, jxl, png
from tintype.photo.file import explained
from tintype.photo.label import Label
from tintype.photo.metadata import exif_with_texts
from tintype.photo.pages import write_tiff
from tintype.photo.peek import enable_heif
from tintype.photo.photo import Metadata, Photo, to_uint8, to_uint16
from tintype.photo.profile import SRGB_PROFILE
from tintype.photo.xmp import guid, split

Target = str | Path | BinaryIO

FORMATS = {
    "jpg": "JPEG",
    "jpeg": "JPEG",
    "jpe": "JPEG",
    "jfif": "JPEG",
    "mpo": "JPEG",
    "png": "PNG",
    "apng": "PNG",
    "tif": "TIFF",
    "tiff": "TIFF",
    "webp": "WEBP",
    "bmp": "BMP",
    "dib": "BMP",
    "gif": "GIF",
    "heic": "HEIF",
    "heif": "HEIF",
    "hif": "HEIF",
    "avif": "AVIF",
    "jp2": "JPEG2000",
    "jxl": "JXL",
    "ppm": "PPM",
    "pnm": "PPM",
    "tga": "TGA",
    "pdf": "PDF",
}
"""What a file's ending, or the command's --format, means."""

MIN_QUALITY = 92
"""Lowest quality of lossy outputs; a source of higher quality keeps its own."""
LABELED = ("JPEG", "PNG", "TIFF", "WEBP", "HEIF", "AVIF", "JPEG2000", "JXL", "PDF")
"""Formats that hold XMP, and with it a label."""
MAKER_NOTE = 0x927C
MAX_SEGMENT_BYTES = 65_500
"""Bytes of metadata in one segment of a JPEG."""


def format_named(name: str) -> str:
    """The format that an ending such as "jpg" stands for. Raises UsageError for one that is not
    written."""
    try:
        return FORMATS[name.lower().lstrip(".")]
    except KeyError:
        raise UsageError(
            f"{name!r} is not a format that is written; use one of {', '.join(FORMATS)}"
        ) from None


def ending_of(kind: str) -> str:
    """The usual ending, with its dot, of a format such as "JPEG"; ".png" for a format that is only
    read."""
    return next((f".{ending}" for ending, each in FORMATS.items() if each == kind), ".png")


def write_photo(
    photo: Photo,
    target: Target,
    quality: int | None = None,
    format: str | None = None,
    label: Label | None = None,
) -> None:
    """Write one photograph.

    target: a path (written beside, then renamed) or a binary file. quality: 1..100 for JPEG, WebP,
    HEIC, AVIF and JPEG XL; by default at least the source's. format: an ending such as "png"; by
    default the photograph's own. label: goes into the XMP of formats that hold XMP.
    Raises PhotoError if it cannot be written (a file that was there stays as it was), UsageError
    for a wrong argument.
    """
    write_photos([photo], target, quality, format, label)


def write_photos(
    photos: Iterable[Photo],
    target: Target,
    quality: int | None = None,
    format: str | None = None,
    label: Label | None = None,
    pages: int | None = None,
) -> None:
    """Write the pages of a TIFF, or a single photograph in any format; as `write_photo` otherwise.

    photos: may be an iterator: each page is written before the next is taken. pages: how many an
    iterator will give, if known (files that may pass 4 GB become BigTIFF).
    """
    if quality is not None and not 1 <= quality <= 100:
        raise UsageError(f"quality is 1 to 100, not {quality}")
    given = format_named(format) if format else None
    remaining = iter(photos)
    first = next(remaining, None)
    if first is None:
        raise UsageError("there is no photograph to write")
    kind = given or first.format
    if kind == "PDF":
        raise UsageError("a PDF is only written as the copy of one, with its pictures in color")
    if pages is None:
        pages = len(photos) if isinstance(photos, list | tuple) else 1
    if kind != "TIFF" and (pages > 1 or next(remaining, None) is not None):
        raise UsageError(
            f"{pages if pages > 1 else 'several'} pages can only be written as TIFF, not as {kind}"
        )

    def encode(file: BinaryIO) -> None:
        if kind == "TIFF":
            write_tiff((_labeled(photo, label) for photo in chain([first], remaining)), file, pages)
        else:
            file.write(_encoded(_labeled(first, label), kind, quality))

    if isinstance(target, str | Path):
        with whole_file(target, PhotoError) as beside, explained(str(target), writing=True):
            encode(beside)  # type: ignore[arg-type]
    else:
        whole = io.BytesIO()
        with explained("the picture", writing=True):
            encode(whole)
        target.write(whole.getbuffer())


def _labeled(photo: Photo, label: Label | None) -> Photo:
    if label is None:
        return photo
    return replace(photo, metadata=replace(photo.metadata, xmp=label.into(photo.metadata.xmp)))


def _encoded(photo: Photo, kind: str, quality: int | None) -> bytes:
    if kind in ("JPEG2000", "JXL"):
        color = photo.pixels if photo.alpha is None else np.dstack([photo.pixels, photo.alpha])
        coded = deep.encode(color, kind, quality or max(photo.metadata.quality or 0, MIN_QUALITY))
        described = deep.with_metadata if kind == "JPEG2000" else jxl.with_metadata
        return described(coded, exif_with_texts(photo.metadata).to_bytes(), photo.metadata.xmp)
    if kind == "PNG" and photo.pixels.dtype != np.uint8:
        return png.described(_deep_png(photo), photo.metadata)
    encoded = _with_pillow(photo, kind, quality)
    return png.described(encoded, photo.metadata) if kind == "PNG" else encoded


def _with_pillow(photo: Photo, kind: str, quality: int | None) -> bytes:
    Image.init()
    if kind == "HEIF":
        enable_heif("writing HEIC, unless you choose another --format, needs")
    if kind not in Image.SAVE or kind not in FORMATS.values():
        raise PhotoError(f"{kind} pictures are read but not written; choose another --format")
    pixels = to_uint8(photo.pixels)
    alpha = None if photo.alpha is None else to_uint8(photo.alpha)
    if alpha is not None and kind in ("JPEG", "BMP", "PPM"):
        pixels, alpha = _on_white(pixels, alpha), None
    pixels = pixels if alpha is None else np.dstack([pixels, alpha])
    options = encoder_options(photo.metadata, kind, quality)
    file = io.BytesIO()
    if kind == "JPEG":
        Image.fromarray(pixels[:1, :1]).save(file, kind, **options)
        return jpeg.encode(pixels, options["quality"], file.getvalue())
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def _on_white(pixels: Any, alpha: Any) -> Any:
    cover = (alpha if pixels.ndim == 2 else alpha[..., None]).astype(np.uint16)
    return ((pixels * cover + 255 * (255 - cover) + 127) // 255).astype(np.uint8)


def encoder_options(metadata: Metadata, kind: str, quality: int | None) -> dict[str, Any]:
    """What Pillow's encoder of a format, other than PNG and TIFF, is given besides pixels."""
    options: dict[str, Any] = {}
    extra = b""
    most = MAX_SEGMENT_BYTES if kind == "JPEG" else 2**30
    if kind in ("JPEG", "WEBP", "HEIF", "AVIF"):
        options["icc_profile"] = SRGB_PROFILE
        options["quality"] = quality or max(metadata.quality or 0, MIN_QUALITY)
        exif = exif_with_texts(metadata)
        if len(exif.to_bytes()) >= most:
            exif.camera.pop(MAKER_NOTE, None)
        if 0 < len(block := exif.to_bytes()) < most:
            options["exif"] = block
        options["xmp"], extended = split(metadata.xmp or b"", most)
        if extended is not None:
            extra += jpeg.xmp_extension(extended, guid(extended))
    if kind in ("JPEG", "BMP") and metadata.dpi:
        options["dpi"] = metadata.dpi
    if kind == "JPEG":
        options["subsampling"] = 0
        comment = metadata.comment or dict(metadata.texts).get("Comment", "").encode()
        if comment:
            options["comment"] = comment[:MAX_SEGMENT_BYTES]
        if metadata.iptc:
            extra += jpeg.photoshop_segments(metadata.iptc)
        options["extra"] = extra
    if kind == "GIF" and metadata.comment:
        options["comment"] = metadata.comment[:MAX_SEGMENT_BYTES]
    if kind == "WEBP" and metadata.lossless and quality is None:
        options["lossless"] = True
    return options


def _deep_png(photo: Photo) -> bytes:
    """The pixels as a 16-bit PNG."""
    pixels: Any = to_uint16(photo.pixels)
    if photo.alpha is not None:
        pixels = np.dstack(
            [
                *([pixels] * 3 if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0)),
                to_uint16(photo.alpha),
            ]
        )
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(
            pixels, cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
        )
    ok, encoded = cv2.imencode(".png", pixels)
    if not ok:
        raise PhotoError("the picture cannot be written as PNG")
    return bytes(encoded.tobytes())
