"""A file's header: its format, sizes and pages, and what is refused before a pixel is decoded."""

from dataclasses import dataclass

from PIL import Image, ImageFile, UnidentifiedImageError

from tintype.errors import NotAPictureError, PhotoError, TooLargeError, how_to_install
from tintype.photo import deep, tiff
from tintype.photo.file import File, Source, explained
from tintype.photo.metadata import orientation_of

MAX_PIXELS = 600_000_000
"""Of one page."""
Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow's own limit would refuse an archive's scans

HEIF_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"heim")
AVIF_BRANDS = (b"avif", b"avis")


@dataclass(frozen=True)
class FileHeader:
    """format: Pillow's name, such as "JPEG". size: width and height of the first page as people
    see it, pixels. pages: how many photographs `read_pages` gives. largest: pixels of the largest page."""

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
    if file.head.startswith(tiff.MAGIC):
        pages = tiff.pages_of(file)
        if not pages:
            raise PhotoError(f"{file.name} has no pages")
        for page in pages:
            check_size(file.name, page.size)
        largest = max(width * height for width, height in (page.size for page in pages))
        size = upright_size(pages[0].size, pages[0].orientation)
        return FileHeader("TIFF", size, len(pages), largest)
    if deep.is_jpeg_xl(file.head):
        kind, size = "JXL", deep.jpeg_xl_size(file.data)
        check_size(file.name, size)
    else:
        image = open_image(file)
        kind, size = name_of_format(image), upright_size(image.size, orientation_of(image))
    return FileHeader(kind, size, 1, size[0] * size[1])


def open_image(file: File) -> ImageFile.ImageFile:
    """A file's header as Pillow reads it. Raises NotAPictureError and TooLargeError."""
    if file.head[4:8] == b"ftyp" and file.head[8:12] in HEIF_BRANDS:
        enable_heif(f"{file.name} is a HEIC picture, which needs")
    try:
        image = Image.open(file.open())
    except UnidentifiedImageError as error:
        raise NotAPictureError(f"{file.name} is not a picture that can be read") from error
    except Image.DecompressionBombError as error:
        raise TooLargeError(
            f"{file.name} has more than {MAX_PIXELS // 10**6} megapixels"
        ) from error
    check_size(file.name, image.size)
    return image


def upright_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Width and height of a picture that is turned upright."""
    return size[::-1] if orientation in (5, 6, 7, 8) else size


def name_of_format(image: Image.Image) -> str:
    """Pillow's name of an image's format; "PNG" for an image without one."""
    return "JPEG" if image.format == "MPO" else image.format or "PNG"


def check_size(name: str, size: tuple[int, int]) -> None:
    """Raises TooLargeError for a page of more pixels than are read. size: width, height."""
    if size[0] * size[1] > MAX_PIXELS:
        raise TooLargeError(
            f"{name} has {size[0]}×{size[1]} pixels; more than {MAX_PIXELS // 10**6} megapixels are"
            " not read"
        )


def enable_heif(what: str) -> None:
    """Let Pillow open and write HEIC. what: begins the message of the NotAPictureError that is
    raised where the extra is not installed."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        raise NotAPictureError(f"{what} pillow-heif; {how_to_install('heif')}") from error
    register_heif_opener()
