"""The pictures that the pages of a PDF draw: found, and decoded as photographs."""

import hashlib
import io
import logging
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from PIL import Image

from tintype.errors import PhotoError, TooLargeError, how_to_install
from tintype.notices import Notice, NoticeCode
from tintype.photo import jpeg
from tintype.photo.file import DamageError, File
from tintype.photo.image import upright
from tintype.photo.pdf_forms import count_drawn_forms
from tintype.photo.photo import Metadata, Photo

SIGNATURE = b"%PDF-"
MIN_SIDE_PIXELS = 32
"""Smaller pictures are ornaments and are left as they are."""
MASKS = ("/Mask", "/SMask")
"""Entries of an image whose pictures hide parts of it."""
MAX_NESTED_FORMS = 15
MAX_DRAWN_FORMS = 100_000
"""Of all pages, those within forms each time that they are drawn."""
PDFIUM = threading.Lock()
"""PDFium's library is not thread-safe."""
ORIENTATIONS = {
    ("right", "up"): 1,
    ("left", "up"): 2,
    ("left", "down"): 3,
    ("right", "down"): 4,
    ("down", "left"): 5,
    ("down", "right"): 6,
    ("up", "right"): 7,
    ("up", "left"): 8,
}
"""EXIF's number for where the right and the upper side of a stored picture are on the page."""

logging.getLogger("pikepdf").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class PdfPicture:
    """page: that draws it first, and place: its number among the images of that page, both from 0.
    objects: of the document that hold it. size: width and height as stored, pixels. orientation:
    EXIF's number. bits: of a sample."""

    page: int
    place: int
    objects: tuple[Any, ...]
    size: tuple[int, int]
    orientation: int
    bits: int

    @property
    def filter(self) -> str:
        """The names of its codings, such as "/DCTDecode", one after the other."""
        filters = self.objects[0].get("/Filter", "")
        return str(filters) if str(filters).startswith("/") else "".join(map(str, filters))


class PdfDocument:
    """pictures: in the order of the pages, each once. notices: what the document says of those that
    are left as they are.

    Raises PhotoError for an encrypted document, and where a library is missing; what else goes
    wrong is damage.
    """

    def __init__(self, file: File) -> None:
        pdfium, pikepdf = _libraries()
        self.name = file.name
        try:
            self.document = pikepdf.open(io.BytesIO(file.data))
        except pikepdf.PasswordError as error:
            raise PhotoError(f"{file.name} is encrypted; save a copy without protection") from error
        if self.document.is_encrypted:
            raise PhotoError(f"{file.name} is encrypted; save a copy without protection")
        self.is_damaged = any("damaged" in str(each) for each in self.document.get_warnings())
        if count_drawn_forms(self.document) > MAX_DRAWN_FORMS:
            text = f"draws more than {MAX_DRAWN_FORMS:,} forms; so many are not read"
            raise TooLargeError(f"{file.name} {text}")
        sound = file.data
        if self.is_damaged:
            self.document.trailer.Size = 0  # qpdf writes the true number, but adds no key
            repaired = io.BytesIO()
            self.document.save(repaired)
            sound = repaired.getvalue()
        with PDFIUM:
            self._drawn = pdfium.PdfDocument(sound)
        self.pictures: list[PdfPicture] = []
        self.notices: tuple[Notice, ...] = ()
        self._find()
        if self.is_damaged and not self.pictures:
            raise PhotoError(f"{file.name} is damaged, and no picture of it can be read")

    def read(self, number: int, keep_damaged: bool = False) -> Photo:
        """A picture, upright as its page shows it: gray or RGB, 8 bits. Raises DamageError."""
        if self.is_damaged and not keep_damaged:
            raise DamageError("is damaged: its table of objects is not whole")
        picture = self.pictures[number]
        with PDFIUM:
            image = list(_images(self._drawn[picture.page]))[picture.place]
            drawn = image.get_bitmap(render=False).to_numpy().copy()
        pixels = drawn if drawn.ndim == 2 else drawn[..., :3][..., ::-1]
        if pixels.shape[-1] == 1:
            pixels = pixels[..., 0]
        pixels, _ = upright(pixels, None, picture.orientation)
        quality = None
        if picture.filter == "/DCTDecode":
            with Image.open(io.BytesIO(picture.objects[0].read_raw_bytes())) as coded:
                quality = jpeg.quality(coded.quantization[0])  # type: ignore[attr-defined]
        lossless = not picture.filter.endswith(("/DCTDecode", "/JPXDecode")) and picture.bits > 1
        notices = self.notices if number == 0 else ()
        if picture.bits > 8:
            text = f"picture {number + 1} has {picture.bits} bits a sample, of which 8 are kept"
            notices += (Notice(NoticeCode.DEPTH_REDUCED, text),)
        if self.is_damaged and number == 0:
            notices += (Notice(NoticeCode.DAMAGED, f"{self.name} was damaged and is repaired"),)
        metadata = Metadata(quality=quality, lossless=lossless)
        return Photo(pixels, None, "PDF", metadata, notices)

    def _find(self) -> None:
        _, pikepdf = _libraries()
        objects = defaultdict(list)
        streams = (each for each in self.document.objects if isinstance(each, pikepdf.Stream))
        images = [each for each in streams if each.get("/Subtype") == "/Image"]
        masks = {each[key].objgen for each in images for key in MASKS if key in each}
        for each in images:
            if each.objgen not in masks:
                objects[_hash(each.read_raw_bytes())].append(each)
        seen, inline, special = set[bytes](), set[bytes](), set[bytes]()
        for number in range(len(self._drawn)):
            with PDFIUM:
                page = self._drawn[number]
                turned = page.get_rotation()
                for place, image in enumerate(_images(page)):
                    key = _hash(bytes(image.get_data(decode_simple=False)))
                    holders = tuple(objects.get(key, ()))
                    if not holders:
                        inline.add(key)
                    elif key not in seen and not bool(holders[0].get("/ImageMask", False)):
                        seen.add(key)
                        size = int(holders[0].Width), int(holders[0].Height)
                        if min(size) < MIN_SIDE_PIXELS:
                            continue
                        if _is_special(holders[0]):
                            special.add(key)
                            continue
                        orientation = _orientation(_matrix(image), turned)
                        bits = int(holders[0].get("/BitsPerComponent", 8))
                        self.pictures.append(
                            PdfPicture(number, place, holders, size, orientation, bits)
                        )
        texts = (
            (inline, "within the code of its pages (inline images)"),
            (special, "whose transparency depends on their colors"),
        )
        self.notices = tuple(
            Notice(NoticeCode.PICTURES_LEFT, f"pictures {text} are left as they are: {len(keys)}")
            for keys, text in texts
            if keys
        )


def _images(page: Any) -> Iterator[Any]:
    pdfium, _ = _libraries()
    image: Iterator[Any] = page.get_objects(
        filter=[pdfium.raw.FPDF_PAGEOBJ_IMAGE], max_depth=MAX_NESTED_FORMS
    )
    return image


def _matrix(image: Any) -> tuple[float, ...]:
    """How a page draws an image, within forms too: a to f (ISO 32000, 8.3.4)."""
    matrix, form = image.get_matrix(), image.container
    while form is not None:
        matrix, form = matrix.multiply(form.get_matrix()), form.container
    drawn: tuple[float, ...] = matrix.get()
    return drawn


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _is_special(image: Any) -> bool:
    """Whether some of its colors are transparent, or mixed with those of a background."""
    _, pikepdf = _libraries()
    colors = "/Mask" in image and not isinstance(image.Mask, pikepdf.Stream)
    matte = "/SMask" in image and "/Matte" in image.SMask
    return colors or matte or int(image.get("/SMaskInData", 0)) != 0


def _orientation(matrix: tuple[float, ...], turned: int) -> int:
    """EXIF's number for how a page shows a picture. matrix: a to f (ISO 32000, 8.3.4). turned:
    degrees clockwise."""
    right, up = matrix[:2], matrix[2:4]
    for _ in range(turned // 90 % 4):
        right, up = ((y, -x) for x, y in (right, up))
    return ORIENTATIONS.get((_side(*right), _side(*up)), 1)


def _side(x: float, y: float) -> str:
    if abs(x) >= abs(y):
        return "right" if x > 0 else "left"
    return "up" if y > 0 else "down"


def document_of(file: File) -> PdfDocument:
    """The document in an open file, read once."""
    return file.kept("pdf", lambda: PdfDocument(file))


def is_pdf(head: bytes) -> bool:
    """Whether a file begins like a PDF."""
    return head.lstrip().startswith(SIGNATURE)


def xmp_in(file: File) -> bytes | None:
    """The XMP of a document, or None."""
    _, pikepdf = _libraries()
    with pikepdf.open(io.BytesIO(file.data)) as document:
        return bytes(document.Root.Metadata.read_bytes()) if "/Metadata" in document.Root else None


def _libraries() -> tuple[Any, Any]:
    try:
        import pikepdf
        import pypdfium2
    except ImportError as error:
        raise PhotoError(
            f"PDF files need pikepdf and pypdfium2; {how_to_install('pdf')}"
        ) from error
    return pypdfium2, pikepdf
