"""Scans in a PDF, page by page as photographs, and back into a PDF with the same page sizes."""

import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tintype.archive.pending import PendingPage
from tintype.errors import PhotoError, how_to_install
from tintype.files import whole_path
from tintype.photo import Photo, write_photo
from tintype.photo.photo import Metadata

_ONE_AT_A_TIME = threading.Lock()  # PDFium's library is not thread-safe
POINTS_PER_INCH = 72.0
"""PDF's points to an inch."""
DPI = 300.0
"""At which a page is drawn that holds no scan of its own size."""
MIN_PAGE_SHARE = 0.8
"""A page is a scan if one image covers so much of it; it is then drawn at the scan's own
resolution."""


def _pdfium() -> Any:
    try:
        import pypdfium2
    except ImportError as error:
        raise PhotoError(f"PDF files need pypdfium2; {how_to_install('pdf')}") from error
    return pypdfium2


class PdfPages:
    """The pages of a PDF. Raises PhotoError for one that is damaged or locked with a password."""

    format = "PDF"

    def __init__(self, data: bytes, name: str) -> None:
        pdfium = _pdfium()
        self._name = name
        try:
            with _ONE_AT_A_TIME:
                self._document = pdfium.PdfDocument(data)
                self.count = len(self._document)
        except pdfium.PdfiumError as error:
            raise PhotoError(f"{name} is not a PDF that can be read ({error})") from error
        if not self.count:
            raise PhotoError(f"{name} has no pages")

    def page(self, number: int) -> PendingPage:
        """A page, drawn when it is loaded: 8-bit RGB, or gray where the page is."""
        with _ONE_AT_A_TIME:
            page = self._document[number]
            dpi = _scan_dpi(page)
            width, height = page.get_size()
        pixels = int(width / POINTS_PER_INCH * dpi) * int(height / POINTS_PER_INCH * dpi)

        def load() -> Photo:
            with _ONE_AT_A_TIME:
                drawn = page.render(scale=dpi / POINTS_PER_INCH, rev_byteorder=True).to_numpy()
                return Photo(drawn[..., :3].copy(), format="PDF", metadata=Metadata(dpi=(dpi, dpi)))

        return PendingPage(pixels, load)


def _scan_dpi(page: Any) -> float:
    """The resolution of the image that covers the page, or 300."""
    raw = _pdfium().raw
    width, height = page.get_size()
    for image in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE]):
        left, bottom, right, top = (
            image.get_bounds() if hasattr(image, "get_bounds") else image.get_pos()
        )
        if (right - left) * (top - bottom) >= MIN_PAGE_SHARE * width * height:
            across, _ = image.get_px_size() if hasattr(image, "get_px_size") else image.get_size()
            return float(np.clip(across / (right - left) * POINTS_PER_INCH, DPI / 4, 4 * DPI))
    return DPI


def write_pdf(photos: Iterator[Photo], path: Path, quality: int | None = None) -> None:
    """Write photographs as the pages of a PDF, each a JPEG of the page's size; only one is in
    memory decoded."""
    pdfium = _pdfium()
    document = pdfium.PdfDocument.new()
    for photo in photos:
        across, down = photo.metadata.dpi or (DPI, DPI)
        width, height = (
            photo.pixels.shape[1] / across * POINTS_PER_INCH,
            photo.pixels.shape[0] / down * POINTS_PER_INCH,
        )
        encoded = io.BytesIO()
        write_photo(photo, encoded, quality, "jpg")
        with _ONE_AT_A_TIME:
            image = pdfium.PdfImage.new(document)
            image.load_jpeg(encoded, inline=True)
            image.set_matrix(pdfium.PdfMatrix().scale(width, height))
            page = document.new_page(width, height)
            page.insert_obj(image)
            page.gen_content()
    with whole_path(path, PhotoError) as beside, _ONE_AT_A_TIME:
        document.save(str(beside))
