"""A photograph to a file: whole or not at all, in its own format, depth and alpha, tagged as sRGB, with its metadata."""

import io
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
import tifffile
from PIL import Image, PngImagePlugin

from tintype.errors import PhotoError, UsageError
from tintype.photo.photo import Metadata, Photo, to_uint8
from tintype.photo.profile import SRGB_PROFILE

Target = str | Path | BinaryIO

FORMATS = {
    "jpg": "JPEG", "jpeg": "JPEG", "jfif": "JPEG", "png": "PNG", "tif": "TIFF", "tiff": "TIFF", "webp": "WEBP", "bmp": "BMP",
    "gif": "GIF", "heic": "HEIF", "heif": "HEIF",
}  # fmt: skip
"""What a file's ending, or the command's --format, means."""

BEST_GUESS = 92
"""JPEG and WebP quality where the source does not tell one."""


def format_named(name: str) -> str:
    """The format that an ending such as "jpg" stands for. Raises UsageError for one that is not written."""
    try:
        return FORMATS[name.lower().lstrip(".")]
    except KeyError:
        raise UsageError(f"{name!r} is not a format that is written; use one of {', '.join(FORMATS)}") from None


def write_photo(photo: Photo, target: Target, quality: int | None = None, format: str | None = None) -> None:
    """Write one photograph.

    target: a path (written beside, then renamed) or a binary file. quality: 1..100 for JPEG, WebP and HEIC; by default at
    least the source's. format: an ending such as "png"; by default the photograph's own.
    Raises PhotoError if it cannot be written (a file that was there stays as it was), UsageError for a wrong argument.
    """
    write_photos([photo], target, quality, format)


def write_photos(photos: Iterable[Photo], target: Target, quality: int | None = None, format: str | None = None) -> None:
    """Write the pages of a TIFF, or a single photograph in any format; as `write_photo` otherwise.

    A generator of pages is consumed page by page, so that only one of them is in memory.
    """
    pages = iter(photos)
    first = next(pages, None)
    if first is None:
        raise UsageError("there is no photograph to write")
    kind = format_named(format) if format else first.format
    if kind != "TIFF" and next(pages, None) is not None:
        raise UsageError(f"several pages can only be written as TIFF, not as {kind}")
    if quality is not None and not 1 <= quality <= 100:
        raise UsageError(f"quality is 1 to 100, not {quality}")

    def encode(file: BinaryIO) -> None:
        if kind == "TIFF":
            _write_tiff(chain([first], pages), file)
        elif kind == "PNG" and first.pixels.dtype != np.uint8:
            file.write(_deep_png(first))
        else:
            _write_with_pillow(first, file, kind, quality)

    if isinstance(target, str | Path):
        _atomically(Path(target), encode)
    else:
        whole = io.BytesIO()
        encode(whole)
        target.write(whole.getbuffer())


def _atomically(path: Path, encode: Callable[[BinaryIO], None]) -> None:
    beside = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False) as file:
            beside = Path(file.name)
            encode(file)  # type: ignore[arg-type]
        beside.chmod(0o666 & ~_umask())
        beside.replace(path)
        beside = None
    except OSError as error:
        raise PhotoError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)


def _umask() -> int:
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    return 0o022


def _write_with_pillow(photo: Photo, file: BinaryIO, kind: str, quality: int | None) -> None:
    Image.init()
    if kind == "HEIF":
        try:
            from pillow_heif import register_heif_opener
        except ImportError as error:
            raise PhotoError("writing HEIC needs: pip install 'tintype[heif]'; or choose another --format") from error
        register_heif_opener()
    if kind not in Image.SAVE:
        raise PhotoError(f"{kind} pictures are read but not written; choose another --format")
    pixels = to_uint8(photo.pixels)
    alpha = None if photo.alpha is None else to_uint8(photo.alpha)
    if alpha is not None and kind in ("JPEG", "BMP"):
        pixels, alpha = _on_white(pixels, alpha), None
    image = Image.fromarray(pixels if alpha is None else np.dstack([pixels, alpha]))
    image.save(file, kind, **_options(photo.metadata, kind, quality))


def _on_white(pixels: Any, alpha: Any) -> Any:
    cover = (alpha if pixels.ndim == 2 else alpha[..., None]).astype(np.uint16)
    return ((pixels * cover + 255 * (255 - cover) + 127) // 255).astype(np.uint8)


def _options(metadata: Metadata, kind: str, quality: int | None) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if kind in ("JPEG", "PNG", "WEBP", "HEIF"):
        options["icc_profile"] = SRGB_PROFILE
        if metadata.exif:
            options["exif"] = metadata.exif
    if kind in ("JPEG", "WEBP", "HEIF") and metadata.xmp:
        options["xmp"] = metadata.xmp
    if kind == "PNG" and metadata.xmp:
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", metadata.xmp.decode("utf-8", "replace"))
    if kind in ("JPEG", "PNG", "BMP") and metadata.dpi:
        options["dpi"] = metadata.dpi
    if kind in ("JPEG", "WEBP", "HEIF"):
        options["quality"] = quality or max(metadata.quality or 0, BEST_GUESS)
    if kind == "JPEG":
        options["subsampling"] = 0
    if kind == "WEBP" and metadata.lossless and quality is None:
        options["lossless"] = True
    return options


def _write_tiff(photos: Iterable[Photo], file: BinaryIO) -> None:
    with tifffile.TiffWriter(file) as writer:  # type: ignore[arg-type]
        for photo in photos:
            pixels = photo.pixels if photo.alpha is None else np.dstack([photo.pixels, photo.alpha])
            metadata = photo.metadata
            tags: list[tuple[int, str, int, Any, bool]] = []
            if metadata.xmp:
                tags.append((700, "B", len(metadata.xmp), metadata.xmp, True))
            tags += _described(metadata.exif)
            writer.write(
                pixels,
                photometric="rgb" if photo.pixels.ndim == 3 else "minisblack",
                extrasamples=None if photo.alpha is None else ["unassalpha"],
                compression="zlib",
                predictor=pixels.dtype.kind == "u",
                resolution=metadata.dpi,
                resolutionunit="inch" if metadata.dpi else None,
                iccprofile=SRGB_PROFILE,
                extratags=tags,
                software=False,
                metadata=None,
            )


def _described(exif: bytes | None) -> list[tuple[int, str, int, Any, bool]]:
    """The texts of an EXIF block (who, when, with what) as tags of a TIFF; the time of capture becomes the file's time."""
    if not exif:
        return []
    block = Image.Exif()
    block.load(exif)
    texts = {tag: str(block[tag]) for tag in (270, 271, 272, 306, 315, 33432) if tag in block}
    taken = block.get_ifd(0x8769).get(0x9003)
    if taken:
        texts[306] = str(taken)
    return [(tag, "s", 0, text, True) for tag, text in texts.items()]


def _deep_png(photo: Photo) -> bytes:
    """A 16-bit PNG. OpenCV writes the pixels; the chunks that describe them go in behind the header (PNG, section 5)."""
    pixels = photo.pixels
    if pixels.dtype != np.uint16:
        pixels = np.round(np.clip(pixels, 0, 1) * 65535).astype(np.uint16)
    if photo.alpha is not None:
        alpha = photo.alpha if photo.alpha.dtype == np.uint16 else np.round(photo.alpha * 65535).astype(np.uint16)
        pixels = np.dstack([*([pixels] * 3 if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0)), alpha])
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR)
    ok, encoded = cv2.imencode(".png", pixels)
    if not ok:
        raise PhotoError("the picture cannot be written as PNG")
    data = encoded.tobytes()
    chunks = [(b"iCCP", b"sRGB\0\0" + zlib.compress(SRGB_PROFILE))]
    metadata = photo.metadata
    if metadata.dpi:
        chunks.append((b"pHYs", struct.pack(">IIB", *(round(v / 0.0254) for v in metadata.dpi), 1)))
    if metadata.exif:
        chunks.append((b"eXIf", metadata.exif.removeprefix(b"Exif\0\0")))
    if metadata.xmp:
        chunks.append((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + metadata.xmp))
    packed = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    end_of_header = 8 + 25
    return data[:end_of_header] + packed + data[end_of_header:]
