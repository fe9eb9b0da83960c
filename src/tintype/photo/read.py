"""A picture file of any common kind, read: content decides what it is, not its name."""

import io
import warnings
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, TiffImagePlugin, UnidentifiedImageError

from tintype.errors import PhotoError, UsageError
from tintype.photo.photo import Metadata, Photo, Pixels
from tintype.photo.profile import Conversion, is_srgb

Source = str | Path | bytes | BinaryIO

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp", ".gif", ".heic", ".heif", ".jfif")
"""What a walk through a folder takes for a photograph."""

MOST_PIXELS = 600_000_000
Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # Pillow's own limit would refuse an archive's scans
ORIENTATION = ExifTags.Base.Orientation

# standard luminance table of JPEG (ITU T.81, K.1): its sum tells the quality at which libjpeg scales it
_LUMINANCE_SUM = 3688


def read_photo(source: Source, page: int = 0) -> Photo:
    """Read a photograph: upright, converted to sRGB, with its bit depth, alpha and metadata.

    source: a path, the file's bytes, or a binary file object. page: of a multi-page TIFF, from 0.
    Raises PhotoError, in one sentence, for what is missing, empty, damaged, too large or no picture.
    """
    data, name = _bytes_of(source)
    image = _open(data, name)
    if image is None:
        return _tiff_alone(data, name, page)
    try:
        image.seek(page)
    except EOFError as error:
        raise PhotoError(f"{name} has {getattr(image, 'n_frames', 1)} pages, so there is no page {page + 1}") from error
    orientation = _orientation(image)
    metadata = _metadata(image, data)
    try:
        pixels, alpha = _decode(image, data, page)
    except (OSError, ValueError, SyntaxError, EOFError, cv2.error, tifffile.TiffFileError) as error:
        raise PhotoError(f"{name} is damaged or cut off and cannot be read ({error})") from error
    except MemoryError as error:
        raise PhotoError(f"{name} is too large for this machine's memory") from error
    pixels = _upright(pixels, orientation)
    alpha = None if alpha is None else _upright(alpha, orientation)
    kind = "JPEG" if image.format == "MPO" else image.format or "PNG"
    return Photo(pixels, alpha, kind, metadata)


def count_pages(source: Source) -> int:
    """How many pages a TIFF has; 1 for every other format. Raises PhotoError as `read_photo` does."""
    data, name = _bytes_of(source)
    image = _open(data, name)
    if image is None:
        with tifffile.TiffFile(io.BytesIO(data)) as tiff:
            return len(tiff.pages)
    return int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1


def _tiff_alone(data: bytes, name: str, page: int) -> Photo:
    """A TIFF of a kind that Pillow does not open, such as float RGB."""
    try:
        pixels, alpha = _split(_decode_deep_tiff(data, page), None)
    except (OSError, ValueError, IndexError, tifffile.TiffFileError) as error:
        raise PhotoError(f"{name} is not a picture that can be read ({error})") from error
    return Photo(pixels, alpha, "TIFF")


def _bytes_of(source: Source) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        data, name = source, "the file"
    elif isinstance(source, str | Path):
        name = str(source)
        try:
            data = Path(source).read_bytes()
        except IsADirectoryError as error:
            raise PhotoError(f"{name} is a folder, not a picture") from error
        except OSError as error:
            raise PhotoError(f"{name} cannot be read: {error.strerror}") from error
    elif hasattr(source, "read"):
        data, name = source.read(), str(getattr(source, "name", "the file"))
    else:
        raise UsageError(f"a photograph is a path, bytes or a binary file, not {type(source).__name__}")
    if not data:
        raise PhotoError(f"{name} is empty (0 bytes)")
    return data, name


def _open(data: bytes, name: str) -> ImageFile.ImageFile | None:
    """The file's header; None for a TIFF that Pillow does not know."""
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"heim"):
        try:
            from pillow_heif import register_heif_opener
        except ImportError as error:
            raise PhotoError(f"{name} is a HEIC picture; reading it needs: pip install 'tintype[heif]'") from error
        register_heif_opener()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data))
    except UnidentifiedImageError as error:
        if data[:4] in (b"II*\0", b"MM\0*"):
            return None
        raise PhotoError(f"{name} is not a picture that can be read") from error
    except Image.DecompressionBombError as error:
        raise PhotoError(f"{name} has more than {MOST_PIXELS // 10**6} megapixels") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise PhotoError(f"{name} is damaged or cut off and cannot be read ({error})") from error
    if image.width * image.height > MOST_PIXELS:
        raise PhotoError(
            f"{name} has {image.width}×{image.height} pixels; more than {MOST_PIXELS // 10**6} megapixels are not read"
        )
    return image


def _decode(image: ImageFile.ImageFile, data: bytes, page: int) -> tuple[Pixels, Pixels | None]:
    """Pixels in sRGB and alpha, still as the camera held them."""
    profile = image.info.get("icc_profile")
    mode = image.mode
    if image.format == "JPEG" and mode in ("L", "RGB"):
        return _convert(_decode_jpeg(data, mode), profile), None
    if image.format == "PNG" and data[24] in (8, 16) and data[25] in (0, 2, 4, 6) and "transparency" not in image.info:
        return _split(_decode_png(data), profile)
    if image.format == "TIFF" and _is_deep(image):
        return _split(_decode_deep_tiff(data, page), profile)
    image.load()
    if mode in ("I;16", "I;16B", "I;16L", "I"):
        return _convert(np.asarray(image).clip(0, 65535).astype(np.uint16), profile), None
    if mode == "F":
        return _convert(_unit_range(np.asarray(image)), profile), None
    if mode == "CMYK":
        if profile is not None:
            try:
                return Conversion(profile, "CMYK")(np.asarray(image)), None
            except ValueError:
                pass
        return np.array(image.convert("RGB")), None
    transparent = mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info
    gray = mode in ("1", "L", "LA", "La")
    wanted = ("LA" if gray else "RGBA") if transparent else ("L" if gray else "RGB")
    return _split(np.array(image.convert(wanted)), profile)


def _decode_jpeg(data: bytes, mode: str) -> NDArray[np.uint8]:
    """OpenCV decodes straight into the array: half of the memory that Pillow takes."""
    if data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda"):
        raise ValueError("the end of the file is missing")
    how = cv2.IMREAD_GRAYSCALE if mode == "L" else cv2.IMREAD_COLOR_RGB
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), how | cv2.IMREAD_IGNORE_ORIENTATION)
    if decoded is None:
        raise ValueError("the JPEG data is broken")
    return np.asarray(decoded, np.uint8)


def _decode_png(data: bytes) -> Pixels:
    if b"IEND" not in data[-4096:]:
        raise ValueError("the end of the file is missing")
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None:
        raise ValueError("the PNG data is broken")
    if decoded.ndim == 3:
        decoded = cv2.cvtColor(decoded, cv2.COLOR_BGRA2RGBA if decoded.shape[2] == 4 else cv2.COLOR_BGR2RGB)
        if data[25] == 4:
            decoded = decoded[..., [0, 3]]
    return np.asarray(decoded)


def _is_deep(image: ImageFile.ImageFile) -> bool:
    tags = image.tag_v2  # type: ignore[attr-defined]
    return max(tags.get(TiffImagePlugin.BITSPERSAMPLE, (1,))) > 8


def _decode_deep_tiff(data: bytes, page: int) -> Pixels:
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        found = tiff.pages[page]
        array = found.asarray()
        inverted = getattr(found, "photometric", None) == tifffile.PHOTOMETRIC.MINISWHITE
    array = np.squeeze(array)
    if array.ndim == 3 and array.shape[0] in (2, 3, 4) and array.shape[2] not in (2, 3, 4):
        array = np.moveaxis(array, 0, -1)
    if array.ndim != 2 and not (array.ndim == 3 and array.shape[2] in (2, 3, 4)):
        raise ValueError(f"{array.ndim} dimensions of {array.shape} are no picture")
    if array.dtype.kind == "f":
        array = _unit_range(array)
    elif array.dtype == np.uint32:
        array = (array >> 16).astype(np.uint16)
    elif array.dtype != np.uint16:
        raise ValueError(f"pixels of {array.dtype} are not read")
    return (np.float32(1) if array.dtype.kind == "f" else np.uint16(65535)) - array if inverted else array


def _unit_range(array: Pixels) -> NDArray[np.float32]:
    """Float pixels as 0..1; values beyond 1 are taken for 8-bit or 16-bit numbers."""
    array = array.astype(np.float32)
    if not np.isfinite(array).all():
        raise ValueError("some of its values are no finite numbers")
    top = float(array.max())
    scale = 1.0 if top <= 1.5 else 255.0 if top <= 255 else 65535.0
    return np.clip(array / scale, 0, 1)


def _split(array: Pixels, profile: bytes | None) -> tuple[Pixels, Pixels | None]:
    """Separate alpha from color and convert the color."""
    if array.ndim == 2 or array.shape[2] == 3:
        return _convert(array, profile), None
    alpha = np.ascontiguousarray(array[..., -1])
    color = np.ascontiguousarray(array[..., 0] if array.shape[2] == 2 else array[..., :3])
    return _convert(color, profile), alpha


def _convert(pixels: Pixels, profile: bytes | None) -> Pixels:
    """An unusable profile is passed over, as viewers do."""
    if profile is None or is_srgb(profile):
        return pixels
    try:
        return Conversion(profile, "L" if pixels.ndim == 2 else "RGB")(pixels)
    except ValueError:
        return pixels


def _orientation(image: ImageFile.ImageFile) -> int:
    if image.format == "HEIF":
        return 1  # the decoder has turned it already
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except (OSError, ValueError, SyntaxError, TypeError):
        return 1
    return value if value in range(1, 9) else 1


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Undo the eight orientations of EXIF (CIPA DC-008, tag 0x0112)."""
    if orientation in (5, 6, 7, 8):
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _metadata(image: ImageFile.ImageFile, data: bytes) -> Metadata:
    try:
        exif = image.getexif()
        if ORIENTATION in exif:
            exif[ORIENTATION] = 1
        block = exif.tobytes() if len(exif) and image.format != "TIFF" else None
        if image.format == "TIFF":
            block = _tiff_exif(exif)
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, RuntimeError):
        block = None
    xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if image.format == "TIFF":
        xmp = image.tag_v2.get(700, xmp)  # type: ignore[attr-defined]
    dpi = image.info.get("dpi")
    usable = isinstance(dpi, tuple) and len(dpi) == 2 and all(0 < float(v) < 1e5 for v in dpi)
    tables = getattr(image, "quantization", None)
    return Metadata(
        exif=block,
        xmp=xmp.encode() if isinstance(xmp, str) else xmp if isinstance(xmp, bytes) else None,
        dpi=(float(dpi[0]), float(dpi[1])) if usable and dpi else None,
        quality=_quality(tables[0]) if tables and 0 in tables else None,
        lossless=image.format == "WEBP" and b"VP8L" in data[12:64],
    )


def _tiff_exif(exif: Image.Exif) -> bytes | None:
    """Only what describes the photograph: the rest of a TIFF's tags lay out its pixels."""
    kept = Image.Exif()
    for tag in (ExifTags.Base.ImageDescription, ExifTags.Base.Make, ExifTags.Base.Model, ExifTags.Base.DateTime,
                ExifTags.Base.Artist, ExifTags.Base.Copyright, ExifTags.Base.Software):  # fmt: skip
        if tag in exif:
            kept[tag] = exif[tag]
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    if inner:
        kept[ExifTags.IFD.Exif] = inner
    return kept.tobytes() if len(kept) else None


def _quality(table: list[int]) -> int:
    """The libjpeg quality whose luminance table is nearest in sum to this one."""
    ratio = sum(table) / _LUMINANCE_SUM
    quality = 100 - 50 * ratio if ratio <= 1 else 50 / ratio
    return int(np.clip(np.ceil(quality), 1, 100))
