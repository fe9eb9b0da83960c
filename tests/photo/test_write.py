import io

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tintype.errors import PhotoError, UsageError
from tintype.photo import Metadata, Photo, count_pages, read_photo, write_photo, write_photos

CAT = np.ascontiguousarray(data.chelsea()[:96, :128])
DEEP = CAT.astype(np.uint16) * 257 - (CAT > 90) * np.uint16(2)
ALPHA = np.arange(96 * 128, dtype=np.uint8).reshape(96, 128)


@pytest.mark.parametrize(
    ("kind", "pixels", "alpha"),
    [
        ("PNG", CAT, None),
        ("PNG", CAT, ALPHA),
        ("PNG", DEEP, None),
        ("PNG", DEEP, ALPHA.astype(np.uint16) * 257),
        ("PNG", DEEP[..., 0], None),
        ("TIFF", CAT, None),
        ("TIFF", CAT, ALPHA),
        ("TIFF", DEEP, None),
        ("TIFF", CAT.astype(np.float32) / 255, None),
        ("BMP", CAT, None),
    ],
)
def test_depth_and_alpha_come_back_as_written(kind, pixels, alpha, tmp_path):
    write_photo(Photo(pixels, alpha, kind), tmp_path / "a")
    back = read_photo(tmp_path / "a")
    assert back.format == kind
    assert back.pixels.dtype == pixels.dtype
    assert np.array_equal(back.pixels, pixels)
    assert (back.alpha is None) == (alpha is None)
    assert alpha is None or np.array_equal(back.alpha, alpha)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("pixels", [CAT, DEEP], ids=["8 bit", "16 bit"])
def test_metadata_travels_and_the_file_is_tagged_srgb(kind, pixels, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Folding Camera"
    exif.get_ifd(0x8769)[0x9003] = "1936:03:01 12:00:00"
    exif[0x8769] = exif.get_ifd(0x8769)
    file = io.BytesIO()
    Image.fromarray(CAT).save(
        file, "JPEG", exif=exif, dpi=(300, 300), xmp=b"<x:xmpmeta/>", quality=97
    )
    source = read_photo(file.getvalue())
    write_photo(Photo(pixels, None, kind, source.metadata), tmp_path / "a")
    with Image.open(tmp_path / "a") as image:
        found = image.getexif()
        assert found.get(0x0112, 1) == 1
        assert found[0x010F] == "Folding Camera"
        taken = found[0x0132] if kind == "TIFF" else found.get_ifd(0x8769)[0x9003]
        assert taken == "1936:03:01 12:00:00"
        assert (
            b"sRGB" in image.info["icc_profile"]
            or "sRGB".encode("utf-16-be") in image.info["icc_profile"]
        )
        if kind != "WEBP":
            assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert b"xmpmeta" in read_photo(tmp_path / "a").metadata.xmp


@pytest.mark.parametrize("gray", [True, False])
def test_transparency_becomes_white_where_a_format_holds_none(gray, tmp_path):
    pixels = CAT[..., 0] if gray else CAT
    write_photo(Photo(pixels, ALPHA, "BMP"), tmp_path / "a.bmp")
    cover = ALPHA.astype(float) / 255
    cover = cover if gray else cover[..., None]
    expected = np.rint(pixels * cover + 255 * (1 - cover))
    assert np.abs(read_photo(tmp_path / "a.bmp").pixels - expected).max() <= 1


@pytest.mark.parametrize(
    ("source", "asked", "written"), [(None, None, 92), (60, None, 92), (97, None, 97), (97, 60, 60)]
)
def test_jpeg_quality_has_a_floor_unless_it_is_asked_for(source, asked, written, tmp_path):
    photo = Photo(CAT, None, "JPEG", Metadata(quality=source))
    write_photo(photo, tmp_path / "a.jpg", asked)
    assert read_photo(tmp_path / "a.jpg").metadata.quality == pytest.approx(written, abs=1)


@pytest.mark.parametrize("quality", [60, 85, 97])
def test_jpeg_quality_is_at_least_the_sources(quality, tmp_path):
    file = io.BytesIO()
    Image.fromarray(CAT).save(file, "JPEG", quality=quality)
    photo = read_photo(file.getvalue())
    assert abs(photo.metadata.quality - quality) <= 1
    write_photo(photo, tmp_path / "a.jpg")
    assert read_photo(tmp_path / "a.jpg").metadata.quality >= quality


@pytest.mark.parametrize(
    "shape",
    [(1, 1, 3), (9, 15), (1030, 1028, 3), (1500, 1300), (9, 40_000, 3), (65_000, 9, 3)],
    ids=lambda shape: "×".join(map(str, shape)),
)
def test_a_jpeg_joined_from_strips_holds_what_one_encoded_at_once_does(shape):
    coarse = np.random.default_rng(0).integers(
        0, 256, (*(side // 16 + 1 for side in shape[:2]), *shape[2:]), np.uint8
    )
    pixels = np.ascontiguousarray(coarse.repeat(16, 0).repeat(16, 1)[: shape[0], : shape[1]])
    whole, joined = io.BytesIO(), io.BytesIO()
    Image.fromarray(pixels).save(whole, "JPEG", quality=90, subsampling=0)
    write_photo(Photo(pixels), joined, quality=90, format="jpg")
    with Image.open(whole) as once, Image.open(joined) as parts:
        assert np.array_equal(np.asarray(parts), np.asarray(once))
        assert parts.info["jfif_version"] == once.info["jfif_version"]
        assert parts.quantization == once.quantization
    assert read_photo(joined.getvalue()).notices == ()


def test_a_jpeg_beyond_the_formats_size_gets_a_sentence(tmp_path):
    with pytest.raises(PhotoError, match="at most 65,500 pixels a side"):
        write_photo(Photo(np.zeros((70_000, 8), np.uint8), format="JPEG"), tmp_path / "a.jpg")


def test_transparency_becomes_white_where_the_format_has_none(tmp_path):
    write_photo(
        Photo(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.uint8)),
        tmp_path / "a.jpg",
        format="jpg",
    )
    assert read_photo(tmp_path / "a.jpg").pixels.min() > 250


def test_a_failure_leaves_the_old_file_and_no_part(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    write_photo(Photo(CAT), path)
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(PhotoError, match="No space left"):
        write_photo(Photo(CAT[::-1]), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(PhotoError, match="nowhere"):
        write_photo(Photo(CAT), tmp_path / "nowhere" / "a.png")


def test_pages_are_written_as_tiff_only(tmp_path):
    pages = [Photo(CAT, format="TIFF"), Photo(DEEP[..., 0], format="TIFF")]
    write_photos(pages, tmp_path / "a.tif")
    assert count_pages(tmp_path / "a.tif") == 2
    assert np.array_equal(read_photo(tmp_path / "a.tif", 1).pixels, DEEP[..., 0])
    with pytest.raises(UsageError, match="TIFF"):
        write_photos(pages, tmp_path / "a.png", format="png")


def test_wrong_arguments_get_a_sentence():
    with pytest.raises(UsageError, match="quality"):
        write_photo(Photo(CAT), io.BytesIO(), quality=101)
    with pytest.raises(UsageError, match="xyz"):
        write_photo(Photo(CAT), io.BytesIO(), format="xyz")
    with pytest.raises(UsageError, match="shape"):
        Photo(np.zeros((2, 2, 4), np.uint8))
    with pytest.raises(UsageError, match="int64"):
        Photo(np.zeros((2, 2), np.int64))
    assert Metadata().exif is None
