"""Every orientation of every format, from every source, is undone once."""

import io

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.photo.coded import saved, tiff
from tintype.photo import Photo, as_photo, read_photo, write_photo

ROWS, COLUMNS = np.mgrid[0:24, 0:40].astype(np.uint8)
STORED = np.dstack([6 * ROWS, 6 * COLUMNS, 255 - 3 * ROWS - 3 * COLUMNS])
ALPHA = np.maximum(1, 9 * ROWS % 251)
UPRIGHT = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: np.rot90(stored, 2),
    4: lambda stored: stored[::-1],
    5: lambda stored: np.rot90(stored, -1)[:, ::-1],
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored)[:, ::-1],
    8: lambda stored: np.rot90(stored),
}


def with_pillow(kind, orientation, pixels=STORED, **options) -> bytes:
    exif = Image.Exif()
    exif[274] = orientation
    exif.get_ifd(0x8769)[0xA002], exif.get_ifd(0x8769)[0xA003] = 40, 24
    return saved(Image.fromarray(pixels), kind, exif=exif, **options)


def with_tifffile(orientation, pixels, **options) -> bytes:
    options.setdefault("photometric", "rgb")
    return tiff(
        pixels,
        metadata=None,
        extratags=[(274, 3, 1, orientation, True)],
        resolution=(300, 200),
        **options,
    )


MAKERS = {
    "JPEG": lambda o: with_pillow("JPEG", o, quality=100, subsampling=0),
    "PNG": lambda o: with_pillow("PNG", o),
    "PNG alpha": lambda o: with_pillow("PNG", o, np.dstack([STORED, ALPHA])),
    "WEBP": lambda o: with_pillow("WEBP", o, lossless=True),
    "TIFF": lambda o: with_tifffile(o, STORED),
    "TIFF LZW": lambda o: with_tifffile(o, STORED, compression="lzw"),
    "TIFF alpha": lambda o: with_tifffile(
        o, np.dstack([STORED, ALPHA]), extrasamples=["unassalpha"]
    ),
    "TIFF gray": lambda o: with_tifffile(o, STORED[..., 1], photometric="minisblack"),
    "TIFF 16": lambda o: with_tifffile(o, STORED.astype(np.uint16) * 257),
    "TIFF float": lambda o: with_tifffile(o, STORED.astype(np.float32) / 255),
    "TIFF tiles": lambda o: with_tifffile(o, STORED, tile=(16, 16), compression="zlib"),
    "TIFF WebP": lambda o: with_tifffile(
        o, STORED, compression="webp", compressionargs={"lossless": True}
    ),
    "JPEG in TIFF": lambda o: with_tifffile(
        o, STORED, compression="jpeg", compressionargs={"level": 100, "outcolorspace": "rgb"}
    ),
    "BigTIFF": lambda o: with_tifffile(o, STORED, bigtiff=True),
}
BEYOND_PILLOW = ("TIFF 16", "TIFF float", "TIFF WebP")
"""Pixels and compressions that a PIL image does not hold."""


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("maker", "source"),
    [
        (maker, source)
        for maker in MAKERS
        for source in ("path", "bytes", "image", "image of a path", "loaded image")
        if "image" not in source or maker not in BEYOND_PILLOW
    ],
)
def test_every_orientation_is_undone_once(maker, orientation, source, tmp_path):
    data = MAKERS[maker](orientation)
    if source == "path":
        (tmp_path / "a").write_bytes(data)
        photo = as_photo(tmp_path / "a")
    elif source == "bytes":
        photo = as_photo(data)
    else:
        (tmp_path / "a").write_bytes(data)
        path = source == "image of a path"
        image = Image.open(tmp_path / "a" if path else io.BytesIO(data))
        if source == "loaded image":
            image.load()
        photo = as_photo(image)
    expected = UPRIGHT[orientation](STORED[..., 1] if maker == "TIFF gray" else STORED)
    assert photo.pixels.shape == expected.shape
    error = np.abs(photo.pixels / photo.white * 255 - expected)
    assert error.max() <= (8 if "JPEG" in maker else 0.01)
    if "alpha" in maker:
        assert np.array_equal(photo.alpha, UPRIGHT[orientation](ALPHA))


@pytest.mark.parametrize("orientation", [0, 9])
@pytest.mark.parametrize("maker", MAKERS)
def test_an_orientation_that_does_not_exist_turns_nothing(maker, orientation):
    photo = as_photo(MAKERS[maker](orientation))
    expected = STORED[..., 1] if maker == "TIFF gray" else STORED
    assert photo.pixels.shape == expected.shape
    error = np.abs(photo.pixels / photo.white * 255 - expected)
    assert error.max() <= (8 if "JPEG" in maker else 0.01)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pages_are_turned_each_by_its_own_tag(orientation):
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for each in (1, orientation):
            for pixels in (STORED, STORED.astype(np.uint16) * 257):
                writer.write(pixels, photometric="rgb", extratags=[(274, 3, 1, each, True)])
    for page in range(4):
        expected = UPRIGHT[orientation if page > 1 else 1](STORED)
        photo = read_photo(file.getvalue(), page)
        assert np.array_equal(photo.pixels / photo.white * 255, expected)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("maker", ["JPEG", "TIFF", "TIFF 16"])
def test_what_is_written_is_not_turned_again(maker, orientation, tmp_path):
    photo = read_photo(MAKERS[maker](orientation))
    write_photo(photo, tmp_path / "a.tif", format="tif")
    again = read_photo(tmp_path / "a.tif")
    assert np.array_equal(again.pixels, photo.pixels)
    stored = cv2.imread(str(tmp_path / "a.tif"), cv2.IMREAD_UNCHANGED)[..., ::-1]
    assert np.array_equal(stored, photo.pixels)
    if "TIFF" in maker:
        assert again.metadata.dpi == ((200, 300) if orientation > 4 else (300, 200))


def test_a_photograph_that_is_made_of_pixels_has_no_orientation(tmp_path):
    write_photo(Photo(STORED), tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.getexif().get(274, 1) == 1
