"""A file's header: its format, sizes and pages, and what is refused before a pixel is decoded."""

from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image, ImageFile, PngImagePlugin, UnidentifiedImageError

from tintype.errors import NotAPictureError, PhotoError, TooLargeError, how_to_install
from tintype.photo import deep, jpeg, jxl, pdf, psd, raw, tiff
from tintype.photo.file import File, Source, explained
from tintype.photo.kinds import HEIF_BRANDS, what_it_is
from tintype.photo.metadata import Embedded, orientation_of

MAX_PIXELS = 600_000_000
"""Of one page."""
MAX_SIDE_PIXELS = 300_000
MAX_PACKED_PIXELS, MAX_PIXELS_PER_BYTE = 100_000_000, 100
"""A file of more pixels than the first must have a byte for so many."""
Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow's own limits would refuse an archive's scans
PngImagePlugin.MAX_TEXT_CHUNK, PngImagePlugin.MAX_TEXT_MEMORY = 2**24, 2**27


@dataclass(frozen=True)
class FileHeader:
    """format: Pillow's name, such as "JPEG". size: width and height of the first page as people
    see it, pixels. pages: how many photographs `read_pages` gives. largest: pixels of the largest
    page."""

    format: str
    size: tuple[int, int]
    pages: int
    largest: int


def peek(source: Source) -> FileHeader:
    """The header of a picture file, without its pixels.

    Raises PhotoError as `read_photo` does: NotAPictureError for other files, TooLargeError for
    pictures that would not be read because of their size.
    """
    with File(source) as file, explained(file.name):
        return header_of(file)


def header_of(file: File) -> FileHeader:
    """As `peek`, of an open file."""
    if pdf.is_pdf(file.head):
        return _header_of_pdf(file)
    if raw.is_raw(file):
        preview = preview_of(file)
        return _single(file, "JPEG", upright_size(preview.size, preview.orientation))
    if file.head.startswith(tiff.MAGIC):
        pages = tiff_pages(file)
        largest = max(width * height for width, height in (page.size for page in pages))
        size = upright_size(pages[0].size, pages[0].orientation)
        return FileHeader("TIFF", size, len(pages), largest)
    if file.head.startswith(jxl.SIGNATURES):
        return _single(file, "JXL", jxl.read_header(file.data).size)
    if (frame := deep_frame(file)) is not None:
        jpeg.check_scans(file.name, file.data, frame.size[0] * frame.size[1])
        turn = Embedded.of_jpeg(file.data).orientation
        return _single(file, "JPEG", upright_size(frame.size, turn))
    if psd.depth_of(file.head) > 8:
        if not psd.is_read(file.head):
            text = "is a PSD of more than 8 bits that is neither gray nor RGB, which is not read"
            raise NotAPictureError(f"{file.name} {text}; save it as a 16-bit TIFF")
        height, width = (int.from_bytes(file.head[at : at + 4], "big") for at in (14, 18))
        return _single(file, "PSD", (width, height))
    image = open_image(file)
    size = upright_size(image.size, orientation_of(image))
    pages_inside = len(frames_of(image, file))
    return FileHeader(name_of_format(image), size, pages_inside, size[0] * size[1])


def _header_of_pdf(file: File) -> FileHeader:
    pictures = pdf.document_of(file).pictures
    for picture in pictures:
        check_sizes(file, [picture.size])
        if picture.filter == "/DCTDecode":
            data = picture.objects[0].read_raw_bytes()
            jpeg.check_scans(file.name, data, picture.size[0] * picture.size[1])
    sizes = [upright_size(picture.size, picture.orientation) for picture in pictures] or [(1, 1)]
    largest = max(width * height for width, height in sizes)
    return FileHeader("PDF", sizes[0], len(pictures), largest)


def _single(file: File, kind: str, size: tuple[int, int]) -> FileHeader:
    check_sizes(file, [size])
    return FileHeader(kind, size, 1, size[0] * size[1])


def tiff_pages(file: File) -> list[tiff.Page]:
    """The photographs of a TIFF. Raises PhotoError where there is none and TooLargeError."""
    pages = tiff.pages_of(file)
    if not pages:
        raise PhotoError(f"{file.name} has no pages")
    check_sizes(file, (page.size for page in pages))
    return pages


def preview_of(file: File) -> raw.Preview:
    """The embedded picture of a raw photograph. Raises NotAPictureError where there is none."""
    preview = raw.preview_of(file)
    if preview is None:
        raise NotAPictureError(
            f"{file.name} is a raw photograph without an embedded picture; export it as a TIFF"
        )
    return preview


def deep_frame(file: File) -> jpeg.FrameHeader | None:
    """The frame of a lossless JPEG or one of more than 8 bits, which Pillow does not read."""
    frame = jpeg.frame_of(file.data) if file.head.startswith(b"\xff\xd8\xff") else None
    return None if frame is None or frame.is_usual else frame


def frames_of(image: ImageFile.ImageFile, file: File) -> list[int]:
    """The frames of an opened image that are photographs of their own: pictures of a HEIC and those
    of a JPEG (MPO) that are as large as its first. Of an animation, the first."""
    count = int(getattr(image, "n_frames", 1))
    if image.format == "HEIF":
        first = image.tell()
        return [first, *(number for number in range(count) if number != first)]
    if image.format != "MPO":
        return [0]
    places = (offset_of(image, file, number) for number in range(count))
    frames = [jpeg.frame_of(file.data, place) for place in places]
    large = [n for n, frame in enumerate(frames) if frame is not None and frame.size == image.size]
    check_sizes(file, [image.size] * len(large))
    return large


def offset_of(image: ImageFile.ImageFile, file: File, number: int) -> int:
    """Where a picture of an MPO begins in its file (CIPA DC-007, 5.2.3)."""
    mpinfo = image.mpinfo  # type: ignore[attr-defined]
    start = file.data.find(b"MPF\0") + 4
    return start + int(mpinfo[0xB002][number]["DataOffset"]) if number else 0


def open_image(file: File) -> ImageFile.ImageFile:
    """A file's header as Pillow reads it. Raises NotAPictureError and TooLargeError."""
    if file.head[4:8] == b"ftyp" and file.head[8:12] in HEIF_BRANDS:
        enable_heif(f"{file.name} is a HEIC picture, which needs")
    try:
        image = Image.open(file.open())
    except UnidentifiedImageError as error:
        with file.open() as opened:
            raise NotAPictureError(f"{file.name} {what_it_is(opened.read(1024))}") from error
    except Image.DecompressionBombError as error:
        limit = f"{MAX_PIXELS // 10**6} megapixels"
        raise TooLargeError(f"{file.name} has more than {limit}") from error
    check_sizes(file, [image.size])
    if image.format == "JPEG2000":  # Pillow does not look for its EXIF and XMP
        boxes = {"exif": deep.EXIF_UUID, "xmp": deep.XMP_UUID}
        blocks = {name: deep.box_in(file.data, uuid) for name, uuid in boxes.items()}
        image.info |= {name: block for name, block in blocks.items() if block}
    if image.format in ("JPEG", "MPO"):
        jpeg.check_scans(file.name, file.data, image.width * image.height)
    return image


def upright_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Width and height of a picture that is turned upright."""
    return size[::-1] if orientation in (5, 6, 7, 8) else size


def name_of_format(image: Image.Image) -> str:
    """Pillow's name of an image's format; "PNG" for an image without one."""
    return "JPEG" if image.format == "MPO" else image.format or "PNG"


def check_sizes(file: File, sizes: Iterable[tuple[int, int]]) -> None:
    """Raises TooLargeError for pages of more pixels than are read, together or each. sizes: widths
    and heights."""
    total = 0
    for width, height in sizes:
        total += width * height
        if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE_PIXELS:
            raise TooLargeError(
                f"{file.name} has {width}×{height} pixels; more than {MAX_PIXELS // 10**6}"
                f" megapixels or {MAX_SIDE_PIXELS:,} pixels a side are not read"
            )
    if total > max(MAX_PACKED_PIXELS, MAX_PIXELS_PER_BYTE * file.size):
        raise TooLargeError(
            f"{file.name} has {total / 1e6:.0f} megapixels in only {file.size / 1000:.0f} kB, as no"
            " photograph has"
        )


def enable_heif(what: str) -> None:
    """Let Pillow open and write HEIC. what: begins the message of the NotAPictureError that is
    raised where the extra is not installed."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        raise NotAPictureError(f"{what} pillow-heif; {how_to_install('heif')}") from error
    register_heif_opener()
