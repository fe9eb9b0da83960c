"""A colored PIL image, saved as anybody saves a PIL image, keeps metadata and label."""

import io
import pickle

import numpy as np
import pytest
from PIL import Image, ImageCms
from skimage import data

from tests.photo.test_metadata import XMP
from tintype.photo import ColoredImage, Label, Metadata, Photo, read_label, read_photo
from tintype.photo.ifd import Exif, text
from tintype.photo.label import label_of

CAT = np.ascontiguousarray(data.chelsea()[:48, :64])
IPTC = b"\x1c\x02\x78\x00\x03cat"
LABEL = Label("default", "0.1.0", '{"guidance": {"saturation": 1.2}}', "ab" * 32)
ENDINGS = ["jpg", "png", "tif", "webp", "avif"]


def exif() -> bytes:
    tags = Image.Exif()
    tags[271] = "Plaubel"
    tags.get_ifd(0x8769)[0x9003] = "1931:05:06 07:08:09"
    return tags.tobytes()


@pytest.fixture
def image() -> ColoredImage:
    metadata = Metadata(exif=exif(), xmp=LABEL.into(XMP), dpi=(300.0, 300.0), iptc=b"\x1c\x02\x05")
    return ColoredImage.of(Photo(CAT, format="JPEG", metadata=metadata))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_plain_save_keeps_label_exif_profile_and_resolution(image, ending, tmp_path):
    path = tmp_path / f"a.{ending}"
    image.save(path)
    assert read_label(path) == LABEL
    again = read_photo(path)
    assert b"Plaubel" in again.metadata.exif
    assert b"1931:05:06" in again.metadata.exif
    opened = Image.open(path)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(opened.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)
    if ending in ("jpg", "png", "tif"):
        assert again.metadata.dpi == pytest.approx((300, 300), abs=0.1)
    assert np.abs(np.asarray(opened.convert("RGB"), int) - CAT).mean() < 3


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_captions_pass_byte_for_byte(kind):
    block, caption, artist = Exif(), "Großmutter".encode(), "Müller".encode("latin-1")
    block.image[270], block.image[315] = text(caption), text(artist)
    made = ColoredImage.of(Photo(CAT, metadata=Metadata(exif=block.to_bytes(), iptc=IPTC)))
    file = io.BytesIO()
    made.save(file, kind)
    metadata = read_photo(file.getvalue()).metadata
    saved = Exif.parse(metadata.exif).image
    assert (saved.block(270), saved.block(315)) == (caption, artist)
    assert metadata.iptc == (IPTC if kind in ("JPEG", "TIFF") else None)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_file_object_and_a_format_do_as_well(image, kind):
    file = io.BytesIO()
    image.save(file, kind)
    assert read_label(file.getvalue()) == LABEL


def test_copies_that_pillow_makes_keep_the_label(image, tmp_path):
    smaller = image.resize((32, 24))
    copies = (smaller, image.crop((0, 0, 9, 9)), image.copy(), pickle.loads(pickle.dumps(image)))
    for number, copy in enumerate(copies):
        copy.save(tmp_path / f"{number}.jpg")
        assert read_label(tmp_path / f"{number}.jpg") == LABEL


def test_options_of_pillows_encoders_win(image, tmp_path):
    image.save(tmp_path / "a.jpg", quality=20, xmp=b"<x/>", dpi=(72, 72))
    image.save(tmp_path / "b.jpg")
    assert (tmp_path / "a.jpg").stat().st_size < (tmp_path / "b.jpg").stat().st_size - 500
    assert read_label(tmp_path / "a.jpg") is None
    assert read_photo(tmp_path / "a.jpg").metadata.dpi == (72, 72)


def test_formats_without_metadata_and_alpha_are_written(tmp_path):
    alpha = np.full(CAT.shape[:2], 128, np.uint8)
    image = ColoredImage.of(Photo(CAT, alpha))
    assert image.mode == "RGBA"
    for ending in ("png", "tif", "webp", "gif", "tga"):
        image.save(tmp_path / f"a.{ending}")
    image.convert("RGB").save(tmp_path / "a.bmp")
    with pytest.raises(ValueError, match="unknown file extension"):
        image.save(tmp_path / "a.unknown")


def test_the_image_is_a_picture_like_any_other(image):
    assert isinstance(image, Image.Image)
    assert image.info["dpi"] == (300, 300)
    assert label_of(image.info["xmp"]) == LABEL
    assert image.getexif()[271] == "Plaubel"
