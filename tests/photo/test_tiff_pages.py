"""Which directories of a TIFF are photographs: thumbnails, smaller copies and masks are not."""

import io
import struct

import cv2
import numpy as np
import pytest
import tifffile
from skimage import data

from tintype.errors import PhotoError
from tintype.photo import peek, read_pages, read_photo

CAT = np.ascontiguousarray(data.chelsea()[:120, :200])
OTHER = np.ascontiguousarray(CAT[::-1])


def small(pixels, factor: int = 2):
    size = pixels.shape[1] // factor, pixels.shape[0] // factor
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def written(*pages, **options) -> bytes:
    """pages: pixels, and options of tifffile for that page."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file, **options) as writer:
        for pixels, own in pages:
            writer.write(pixels, metadata=None, photometric="rgb", **own)
    return file.getvalue()


def pages_in(source):
    pages = list(read_pages(source))
    assert peek(source).pages == len(pages)
    return [photo.pixels for photo in pages]


REDUCED = {"subfiletype": 1}
FILES = {
    "thumbnail first": ([(small(CAT), REDUCED), (CAT, {})], [CAT]),
    "thumbnail last": ([(CAT, {}), (small(CAT), REDUCED)], [CAT]),
    "thumbnail with the picture in its SubIFD": (
        [(small(CAT), {"subifds": 1, **REDUCED}), (CAT, {})],
        [CAT],
    ),
    "thumbnail with a preview and the picture": (
        [(small(CAT, 4), {"subifds": 2, **REDUCED}), (small(CAT), REDUCED), (CAT, {})],
        [CAT],
    ),
    "pyramid in the chain": (
        [(CAT, {"tile": (64, 64)}), (small(CAT), REDUCED), (small(CAT, 4), REDUCED)],
        [CAT],
    ),
    "pyramid in SubIFDs": (
        [(CAT, {"subifds": 2}), (small(CAT), REDUCED), (small(CAT, 4), REDUCED)],
        [CAT],
    ),
    "two pages with their thumbnails": (
        [(CAT, {}), (small(CAT), REDUCED), (OTHER, {}), (small(OTHER), REDUCED)],
        [CAT, OTHER],
    ),
    "pages of a document": ([(CAT, {"subfiletype": 2}), (OTHER, {"subfiletype": 2})], [CAT, OTHER]),
    "only a reduced picture": ([(small(CAT), REDUCED)], [small(CAT)]),
    "pages of two sizes": ([(small(CAT), {}), (CAT, {})], [small(CAT), CAT]),
}


@pytest.mark.parametrize("options", [{}, {"bigtiff": True}, {"byteorder": ">"}])
@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
@pytest.mark.parametrize("deep", [False, True], ids=["8 bit", "16 bit"])
@pytest.mark.parametrize("name", FILES)
def test_only_photographs_are_pages(name, deep, compression, options, tmp_path):
    given, expected = FILES[name]
    factor = np.uint16(257) if deep else np.uint8(1)
    file = written(
        *((pixels * factor, {"compression": compression, **own}) for pixels, own in given),
        **options,
    )
    (tmp_path / "a.tif").write_bytes(file)
    for source in (file, tmp_path / "a.tif"):
        found = pages_in(source)
        assert len(found) == len(expected)
        for pixels, right in zip(found, expected, strict=True):
            assert np.array_equal(pixels, right * factor)


def test_a_mask_is_no_page():
    file = written((CAT, {}), (OTHER, {"subfiletype": 2}))
    page, mask = (struct.pack("<HHII", 254, 4, 1, kind) for kind in (2, 4))
    assert page in file
    assert len(pages_in(file.replace(page, mask))) == 1


def test_the_old_subfile_type_counts_too():
    old = {"extratags": [(255, 3, 1, 2, True)]}
    assert len(pages_in(written((small(CAT), old), (CAT, {})))) == 1


def test_a_chain_that_runs_in_a_circle_ends():
    file = bytearray(written((CAT, {}), (OTHER, {})))
    first = int.from_bytes(file[4:8], "little")
    with tifffile.TiffFile(io.BytesIO(file)) as tiff:
        last = tiff.pages[1].offset
    end = last + 2 + 12 * int.from_bytes(file[last : last + 2], "little")
    file[end : end + 4] = first.to_bytes(4, "little")
    assert len(pages_in(bytes(file))) == 2


def test_a_page_that_is_not_there_is_named():
    with pytest.raises(PhotoError, match=r"has 2 pages, so there is no page 3"):
        read_photo(written((CAT, {}), (OTHER, {})), 2)
