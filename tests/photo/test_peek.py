"""Headers alone: what a file is, how large and of how many pages, without decoding its pixels."""

import io
import struct

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.photo.coded import saved, tiff
from tintype.errors import NotAPictureError, PhotoError, TooLargeError
from tintype.photo import FileHeader, peek, read_photo

PIXELS = np.arange(40 * 56, dtype=np.uint16).reshape(40, 56).astype(np.uint8)


@pytest.mark.parametrize(
    "kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "JPEG2000", "AVIF", "PPM", "TGA", "TIFF"]
)
def test_the_header_names_format_and_size(kind):
    data = saved(Image.fromarray(PIXELS), kind)
    assert peek(data) == FileHeader(kind, (56, 40), 1, 56 * 40)
    assert read_photo(data).format == kind


def test_heic_needs_no_other_opener():
    pytest.importorskip("pillow_heif").register_heif_opener()
    assert peek(saved(Image.fromarray(PIXELS), "HEIF")) == FileHeader("HEIF", (56, 40), 1, 2240)


@pytest.mark.parametrize(
    "shape", [(40, 56), (8, 8), (8, 16), (256, 256), (257, 3), (1, 300), (600, 9000), (30, 40)]
)
@pytest.mark.parametrize("container", [False, True])
def test_sides_of_jpeg_xl_of_every_size_class_are_read(shape, container):
    data = bytes(imagecodecs.jpegxl_encode(np.zeros(shape, np.uint8), usecontainer=container))
    assert peek(data) == FileHeader("JXL", shape[::-1], 1, shape[0] * shape[1])


def test_the_largest_page_counts():
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for shape in ((10, 20), (30, 50), (5, 5)):
            writer.write(np.zeros(shape, np.uint8))
    assert peek(file.getvalue()) == FileHeader("TIFF", (20, 10), 3, 1500)


def test_too_many_pixels_are_refused_from_the_header_alone():
    bomb = tiff(np.zeros((40, 56), np.uint8), metadata=None)
    for tag, side in ((256, 56), (257, 40)):
        entry = struct.pack("<HHII", tag, 4, 1, side)
        assert entry in bomb
        bomb = bomb.replace(entry, struct.pack("<HHII", tag, 4, 1, 30_000))
    for data in (bomb, b"P5 40000 40000 255\n"):
        with pytest.raises(TooLargeError, match="megapixels"):
            peek(data)


def test_what_is_no_picture_is_called_so():
    with pytest.raises(NotAPictureError, match="the file is not a picture"):
        peek(b"hello, this is text")
    with pytest.raises(PhotoError, match="no pages"):
        peek(b"II*\0\x08\0\0\0\0\0\0\0\0\0\0\0")
    with pytest.raises(PhotoError, match="empty"):
        peek(b"")
    wide = struct.pack("<2sHIHHHIHHHHIHHI", b"II", 42, 8, 2, 256, 3, 2, 7, 9, 257, 3, 1, 8, 0, 0)
    with pytest.raises(PhotoError, match="damaged"):
        peek(wide)
