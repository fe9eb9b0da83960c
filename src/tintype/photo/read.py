"""A picture file of any common kind, read: its content decides what it is, not its name."""

import warnings
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Literal

import numpy as np
from PIL import Image, ImageFile

from tintype.arrays import Pixels
from tintype.errors import NotAPictureError, PhotoError, UsageError, how_to_install
from tintype.notices import Notice, NoticeCode
from tintype.photo import deep, jpeg, jxl, pdf, png, psd, raw, tiff
from tintype.photo.file import File, Source, explained
from tintype.photo.image import pixels_of, split, upright
from tintype.photo.metadata import IPTC_RESOURCE, Embedded, resource_in
from tintype.photo.peek import (
    check_sizes,
    deep_frame,
    frames_of,
    header_of,
    name_of_format,
    offset_of,
    open_image,
    peek,
    preview_of,
    tiff_pages,
)
from tintype.photo.photo import Metadata, Photo
from tintype.photo.profile import to_srgb
from tintype.photo.ranges import signed_pixels, to_pixels
from tintype.photo.xmp import joined

PROFILE_RESOURCE = 0x040F
Damaged = Literal["refuse", "keep"]

# Pillow warns of tags it cannot read and of large pictures: no matter for who only wants the
# picture
warnings.filterwarnings("ignore", module=r"PIL\.")
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

MAX_UINT16 = 65535
ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")


def read_photo(source: Source, page: int = 0, damaged: Damaged = "refuse") -> Photo:
    """Read a photograph: upright, converted to sRGB, with its bit depth, alpha and metadata.

    source: a path, the file's bytes, or a binary file object. page: of a multi-page TIFF, from 0.
    damaged: "refuse" a JPEG or PNG that is cut off, or "keep" what is there of it.
    Raises PhotoError, in one sentence, for what is missing, empty, damaged, too large or no
    picture; nothing else.
    """
    if damaged not in ("refuse", "keep"):
        raise UsageError(f'damaged is "refuse" or "keep", not {damaged!r}')
    with File(source) as file, explained(file.name):
        return read_page(file, page, damaged == "keep")


def read_pages(source: Source, damaged: Damaged = "refuse") -> Iterator[Photo]:
    """The pages of a TIFF or the pictures of a PDF one after the other, or the only photograph of
    any other file; only one is in memory at a time.

    Raises PhotoError as `read_photo` does, at the page that cannot be read.
    """
    with File(source) as file:
        with explained(file.name):
            pages = header_of(file).pages
        for page in range(pages):
            with explained(file.name):
                photo = read_page(file, page, damaged == "keep")
            yield photo


def count_pages(source: Source) -> int:
    """How many pages a TIFF or pictures a PDF has; 1 for every other format. Raises PhotoError as
    `read_photo` does."""
    return peek(source).pages


def format_of(source: Source) -> str:
    """Pillow's name of a file's format, such as "JPEG", by its first bytes. Raises PhotoError
    as `read_photo` does."""
    return peek(source).format


def read_page(file: File, page: int, keep_damaged: bool) -> Photo:
    """As `read_photo`, of an open file."""
    if pdf.is_pdf(file.head):
        header_of(file)  # refuses what is too large
        document = pdf.document_of(file)
        if not 0 <= page < len(document.pictures):
            raise PhotoError(_no_page(file, page, len(document.pictures)))
        return document.read(page, keep_damaged)
    if raw.is_raw(file):
        return _read_raw(file, keep_damaged)
    if file.head.startswith(tiff.MAGIC):
        return _read_tiff(file, page)
    image, frames = None, [0]
    if not (
        file.head.startswith(jxl.SIGNATURES) or psd.depth_of(file.head) > 8 or deep_frame(file)
    ):
        image = open_image(file)
        frames = frames_of(image, file)
    if not 0 <= page < len(frames):
        raise PhotoError(_no_page(file, page, len(frames)))
    if image is None:
        return _read_deep(file)
    if image.format == "MPO" and page:
        return read_page(File(file.data[offset_of(image, file, frames[page]) :]), 0, keep_damaged)
    if page:
        image.seek(frames[page])
    chunks = list(png.read_chunks(file.data)) if image.format == "PNG" else []
    # first, for loading lets some decoders forget it
    embedded = Embedded.of(image, chunks)
    if image.format in ("JPEG", "MPO"):
        iptc = resource_in(jpeg.photoshop_in(file.data), IPTC_RESOURCE)
        embedded = replace(embedded, iptc=iptc)
        if extended := jpeg.extended_xmp(file.data):
            embedded = replace(embedded, xmp=joined(embedded.xmp or b"", extended))
    if image.format == "PSD":
        embedded = Embedded.of_psd(psd.sections(file.data)[0][1])
    pixels, alpha, damage = _decode(image, file, chunks, keep_damaged)
    pixels, alpha = upright(pixels, alpha, embedded.orientation)
    metadata = embedded.metadata(pixels)
    if image.format == "WEBP":
        metadata = replace(metadata, lossless=b"VP8L" in file.head)
    notices = [Notice(NoticeCode.DAMAGED, f"{file.name} {sentence}") for sentence in damage]
    count = int(getattr(image, "n_frames", 1))
    if image.format in ANIMATED and count > 1:
        notices.append(_first_only(file, count))
    if embedded.has_attachments:
        text = f"{file.name} has a gain map, a film or depth appended, which the output leaves out"
        notices.append(Notice(NoticeCode.ATTACHMENT_LEFT_OUT, text))
    return Photo(pixels, alpha, name_of_format(image), metadata, tuple(notices))


def _first_only(file: File, count: int | str) -> Notice:
    text = f"{file.name} has {count} frames; the first is read"
    return Notice(NoticeCode.FIRST_FRAME_ONLY, text)


def _no_page(file: File, page: int, count: int) -> str:
    pages = f"{count} page{'s' if count > 1 else ''}"
    return f"{file.name} has {pages}, so there is no page {page + 1}"


def _read_deep(file: File) -> Photo:
    """JPEG XL, and kinds of JPEG and PSD that Pillow does not read."""
    notices: list[Notice] = []
    if file.head.startswith(jxl.SIGNATURES):
        header = jxl.read_header(file.data)
        check_sizes(file, [header.size])
        pixels, alpha = split(deep.decode(file.data, "JXL"))
        if header.colors is not None:
            pixels = header.colors.to_srgb(pixels)
        profile = jxl.profile_in(file.data) if header.has_icc else None
        pixels = to_srgb(pixels, profile)
        if header.has_icc and profile is None:
            text = f"{file.name}: its profile is ignored without pillow-jxl-plugin; "
            notices.append(Notice(NoticeCode.PROFILE_IGNORED, text + how_to_install("jxl")))
        if header.frames > 1:
            notices.append(_first_only(file, "several"))
        embedded = Embedded.of_blocks("JXL", *jxl.metadata_in(file.data), upright=True)
        return Photo(pixels, alpha, "JXL", embedded.metadata(pixels), tuple(notices))
    header_of(file)  # refuses what is too large or not read
    if (frame := deep_frame(file)) is not None:
        embedded = Embedded.of_jpeg(file.data)
        pixels, _ = upright(jpeg.decode_deep(file.data, frame.bits), None, embedded.orientation)
        return Photo(pixels, None, "JPEG", embedded.metadata(pixels))
    resources = psd.sections(file.data)[0][1]
    pixels = to_srgb(psd.decode(file.data), resource_in(resources, PROFILE_RESOURCE))
    return Photo(pixels, None, "PSD", Embedded.of_psd(resources).metadata(pixels))


def _read_raw(file: File, keep_damaged: bool) -> Photo:
    preview = preview_of(file)
    check_sizes(file, [preview.size])
    if preview.jpeg is not None:
        inside = read_page(File(preview.jpeg), 0, keep_damaged)
        pixels, alpha, metadata = inside.pixels, inside.alpha, inside.metadata
    else:
        assert preview.page is not None
        pixels, alpha = _decode_tiff(*tiff.alone(file, preview.page))
        metadata = Metadata()
    if preview.first is not None:
        embedded = Embedded.of_tiff(file, preview.first)
        turns = metadata.exif is None  # a picture with EXIF of its own is upright by now
        pixels, alpha = upright(pixels, alpha, embedded.orientation if turns else 1)
        own = embedded.metadata(pixels)
        metadata = replace(metadata, exif=own.exif, xmp=own.xmp, iptc=own.iptc)
    width, height = pixels.shape[1], pixels.shape[0]
    text = (
        f"{file.name} is a raw photograph; the picture of {width}×{height} pixels that is embedded"
        " in it is colored (for all of it, export a TIFF)"
    )
    return Photo(pixels, alpha, "JPEG", metadata, (Notice(NoticeCode.RAW_PREVIEW, text),))


def _read_tiff(file: File, number: int) -> Photo:
    pages = tiff_pages(file)
    if not 0 <= number < len(pages):
        raise PhotoError(_no_page(file, number, len(pages)))
    page = pages[number]
    embedded = Embedded.of_tiff(file, page)
    pixels, alpha = _decode_tiff(*tiff.alone(file, page))
    metadata = replace(embedded.metadata(pixels), pyramid=page.pyramid)
    return Photo(pixels, alpha, "TIFF", metadata)


def _decode(
    image: ImageFile.ImageFile, file: File, chunks: list[png.Chunk], keep_damaged: bool
) -> tuple[Pixels, Pixels | None, tuple[str, ...]]:
    """Pixels in sRGB and alpha, as stored, and sentences about damage."""
    profile = image.info.get("icc_profile")
    if image.format in ("JPEG", "MPO"):
        return _decode_jpeg(image, file, profile, keep_damaged)
    if image.format == "PNG":
        return _decode_png(image, file, chunks, profile, keep_damaged)
    if image.format == "JPEG2000" or (image.format == "PPM" and file.head[:2] in (b"P5", b"P6")):
        color, alpha = split(deep.decode(file.data, image.format))
        return to_srgb(color, profile), alpha, ()
    image.load()
    return (*pixels_of(image), ())


def _decode_jpeg(
    image: ImageFile.ImageFile, file: File, profile: bytes | None, keep_damaged: bool
) -> tuple[Pixels, Pixels | None, tuple[str, ...]]:
    if image.mode in ("L", "RGB"):
        pixels, damage = jpeg.decode(file.data, image.mode == "L", keep_damaged)
        if pixels.shape[:2] != (image.height, image.width):
            raise ValueError("its size is not that of its header")
        return to_srgb(pixels, profile), None, damage
    image.load()
    return (*pixels_of(image), ())


def _decode_png(
    image: ImageFile.ImageFile,
    file: File,
    chunks: list[png.Chunk],
    profile: bytes | None,
    keep_damaged: bool,
) -> tuple[Pixels, Pixels | None, tuple[str, ...]]:
    data, damage = png.check(chunks, keep_damaged)
    if data[24] in (8, 16) and data[25] in (0, 2, 4, 6):
        color, alpha = split(png.decode(data, chunks))
        colors = png.colors_of(chunks)
        return to_srgb(color, profile) if colors is None else colors.to_srgb(color), alpha, damage
    plain = Image.open(BytesIO(data))
    plain.load()
    plain.info |= {
        name: image.info[name]
        for name in ("icc_profile", "gamma", "chromaticity", "srgb")
        if name in image.info
    }
    return (*pixels_of(plain), damage)


def _decode_tiff(file: File, index: int) -> tuple[Pixels, Pixels | None]:
    """Pixels in sRGB and alpha, upright: Pillow turns them while it loads, tifffile does not."""
    try:
        image = open_image(file)
        image.seek(index)
        if not tiff.needs_tifffile(image):
            image.load()
            return pixels_of(image)
    except (NotAPictureError, OSError, EOFError, SyntaxError, ValueError):
        pass  # a kind or a compression that Pillow lacks, or damage: the second reader finds which
    return tiff.decode(file, index)


def from_image(image: Image.Image) -> Photo:
    """A PIL image as its file would be read: upright, in sRGB, with 16-bit values, alpha and
    metadata. Raises PhotoError."""
    with explained("the image"):
        embedded = Embedded.of(image)
        name, image.filename = getattr(image, "filename", ""), ""  # type: ignore[attr-defined]
        image.load()  # turns a TIFF upright; one with a name is mapped into memory, and scrambled
        image.filename = name  # type: ignore[attr-defined]
        pixels, alpha = pixels_of(image)
        if image.format != "TIFF":
            pixels, alpha = upright(pixels, alpha, embedded.orientation)
        return Photo(pixels, alpha, name_of_format(image), embedded.metadata(pixels))


def from_array(array: Pixels) -> Photo:
    """Pixels, H×W or H×W×3, as `tintype.photo.as_photo` takes them; a fourth channel is alpha.
    Raises UsageError for others."""
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise UsageError(f"an array of pixels holds numbers, not {array.dtype}")
    if array.dtype == bool:
        array = to_pixels(array)
    elif array.dtype.kind == "i" or (array.dtype.itemsize > 2 and array.dtype.kind == "u"):
        low, high = array.min(initial=0), array.max(initial=0)
        if low < 0 or high > MAX_UINT16:
            raise UsageError(
                f"an array of {array.dtype} pixels must hold values of 0 to 255 or 0 to"
                f" {MAX_UINT16}, not of {low} to {high}"
            )
        array = signed_pixels(array)
    if array.dtype.kind == "f":
        if not np.isfinite(array).all() or array.min(initial=0) < 0 or array.max(initial=0) > 1:
            raise UsageError("an array of float pixels must hold values of 0 to 1")
        array = array.astype(np.float32)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.ndim == 3 and array.shape[2] in (1, 4):
        return (
            Photo(*split(array))
            if array.shape[2] == 4
            else Photo(np.ascontiguousarray(array[..., 0]))
        )
    return Photo(np.ascontiguousarray(array))
