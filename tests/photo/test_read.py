import struct
import sys
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageCms
from skimage import data

from tests.photo.coded import saved, tiff
from tintype.errors import PhotoError, UsageError
from tintype.notices import NoticeCode
from tintype.photo import count_pages, read_photo
from tintype.photo.jxl import codestream

CAT = data.chelsea()[:120, :160]
GRAY = data.camera()[:120, :160]


@pytest.mark.parametrize(
    ("kind", "options"), [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True}), ("BMP", {})]
)
def test_lossless_formats_come_back_to_the_value(kind, options):
    photo = read_photo(saved(Image.fromarray(CAT), kind, **options))
    assert np.array_equal(photo.pixels, CAT)
    assert photo.format == kind


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "HEIF"])
def test_lossy_formats_come_back_nearly(kind):
    if kind == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    photo = read_photo(saved(Image.fromarray(CAT), kind))
    assert photo.pixels.shape == CAT.shape
    assert np.abs(photo.pixels.astype(int) - CAT).mean() < 8


def test_one_bit_scans_and_gray_pictures_stay_gray():
    bits = Image.fromarray(GRAY).convert("1")
    assert np.array_equal(read_photo(saved(bits, "PNG")).pixels, np.asarray(bits.convert("L")))
    assert np.array_equal(read_photo(saved(Image.fromarray(GRAY), "TIFF")).pixels, GRAY)


def test_sixteen_bits_are_kept_in_gray_and_in_color():
    deep = GRAY.astype(np.uint16) * 257 - (GRAY > 100) * np.uint16(3)
    assert np.array_equal(read_photo(saved(Image.fromarray(deep), "PNG")).pixels, deep)
    color = CAT.astype(np.uint16) * 200 + 7
    assert np.array_equal(read_photo(tiff(color, photometric="rgb")).pixels, color)


def test_a_float_tiff_is_read_as_zero_to_one():
    assert np.allclose(
        read_photo(tiff(GRAY.astype(np.float32) / 255)).pixels, GRAY / 255, atol=1e-6
    )


def test_a_float_tiff_with_holes_is_refused():
    with pytest.raises(PhotoError, match="not finite numbers"):
        read_photo(tiff(np.full((4, 4), np.nan, np.float32)))


def test_alpha_is_remembered_beside_gray_and_color():
    alpha = np.arange(120 * 160, dtype=np.uint8).reshape(120, 160)
    for base in (GRAY, CAT):
        photo = read_photo(saved(Image.fromarray(np.dstack([base, alpha])), "PNG"))
        assert np.array_equal(photo.alpha, alpha)
        assert np.array_equal(photo.pixels, base)


def test_a_palette_picture_with_transparency_is_read():
    image = Image.fromarray(CAT).quantize(16)
    photo = read_photo(saved(image, "PNG", transparency=3))
    assert photo.pixels.shape == CAT.shape
    assert set(np.unique(photo.alpha)) == {0, 255}


def test_cmyk_becomes_rgb():
    photo = read_photo(saved(Image.fromarray(CAT).convert("CMYK"), "TIFF"))
    assert np.abs(photo.pixels.astype(int) - CAT).mean() < 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_sideways_phone_photo_comes_out_upright(orientation):
    turned = {
        1: CAT,
        2: CAT[:, ::-1],
        3: CAT[::-1, ::-1],
        4: CAT[::-1],
        5: CAT.transpose(1, 0, 2),
        6: np.rot90(CAT, 1),
        7: CAT[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(CAT, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = read_photo(saved(Image.fromarray(np.ascontiguousarray(turned)), "PNG", exif=exif))
    assert np.array_equal(photo.pixels, CAT)
    kept = Image.Exif()
    kept.load(photo.metadata.exif)
    assert kept[0x0112] == 1


def swapped_profile() -> bytes:
    """sRGB whose red and blue primaries have changed places: its effect cannot be overlooked."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at = {profile[i : i + 4].decode(): i for i in range(132, 132 + 12 * profile[131], 12)}
    red, blue = (profile[at[n] + 4 : at[n] + 12] for n in ("rXYZ", "bXYZ"))
    profile[at["rXYZ"] + 4 : at["rXYZ"] + 12], profile[at["bXYZ"] + 4 : at["bXYZ"] + 12] = blue, red
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


def test_an_icc_profile_is_converted_to_srgb_at_eight_and_sixteen_bits():
    profile = swapped_profile()
    photo = read_photo(saved(Image.fromarray(CAT), "PNG", icc_profile=profile))
    assert np.abs(photo.pixels.astype(int) - CAT[..., ::-1]).max() <= 2
    deep = read_photo(
        tiff(CAT.astype(np.uint16) * 257, photometric="rgb", iccprofile=profile)
    ).pixels
    assert np.abs(deep / 257 - CAT[..., ::-1]).max() < 3


def test_the_pages_of_a_tiff_are_read_one_by_one():
    pages = saved(
        Image.fromarray(GRAY), "TIFF", save_all=True, append_images=[Image.fromarray(GRAY[::-1])]
    )
    assert count_pages(pages) == 2
    assert np.array_equal(read_photo(pages, page=1).pixels, GRAY[::-1])
    with pytest.raises(PhotoError, match="no page 3"):
        read_photo(pages, page=2)


def test_the_content_decides_and_not_the_name(tmp_path):
    path = tmp_path / "called.png"
    path.write_bytes(saved(Image.fromarray(CAT), "JPEG"))
    assert read_photo(path).format == "JPEG"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP"])
def test_a_file_that_was_cut_off_is_named(kind, tmp_path):
    whole = saved(Image.fromarray(CAT), kind)
    path = tmp_path / "half.img"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(PhotoError, match=r"half\.img"):
        read_photo(path)


def test_an_empty_file_a_folder_a_text_and_a_missing_file_get_a_sentence(tmp_path):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("hello")
    for name, reason in {
        "empty.jpg": "empty",
        "text.jpg": "not a picture",
        ".": "folder",
        "none.jpg": "No such file",
    }.items():
        with pytest.raises(PhotoError, match=reason):
            read_photo(tmp_path / name)
    with pytest.raises(UsageError):
        read_photo(42)


def png_header(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_a_decompression_bomb_is_refused_before_it_unfolds():
    with pytest.raises(PhotoError, match="megapixels"):
        read_photo(png_header(40_000, 40_000))
    with pytest.raises(PhotoError, match="megapixels"):
        read_photo(png_header(30_000, 25_000))


@pytest.mark.parametrize("shape", [(1, 1), (1, 20_000), (30_000, 2)])
def test_absurd_shapes_are_read(shape):
    picture = np.full(shape, 77, np.uint8)
    assert np.array_equal(read_photo(saved(Image.fromarray(picture), "PNG")).pixels, picture)


def test_the_profile_of_a_jpeg_inside_jpeg_xl_is_honored():
    packed = saved(Image.fromarray(CAT), "JPEG", icc_profile=swapped_profile(), quality=95)
    photo = read_photo(bytes(imagecodecs.jpegxl_encode_jpeg(packed, usecontainer=True)))
    assert np.abs(photo.pixels[..., ::-1].astype(int) - CAT).mean() < 3
    assert photo.notices == ()


def test_a_profile_that_is_only_in_the_codestream_of_jpeg_xl_is_honored():
    pytest.importorskip("pillow_jxl")
    packed = saved(Image.fromarray(CAT), "JPEG", icc_profile=swapped_profile(), quality=95)
    bare = codestream(bytes(imagecodecs.jpegxl_encode_jpeg(packed, usecontainer=True)))
    assert b"jbrd" not in bare
    photo = read_photo(bare)
    assert np.abs(photo.pixels[..., ::-1].astype(int) - CAT).mean() < 3
    assert photo.notices == ()


def test_a_profile_of_jpeg_xl_that_is_not_read_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_jxl", None)
    packed = saved(Image.fromarray(CAT), "JPEG", icc_profile=swapped_profile(), quality=95)
    photo = read_photo(codestream(bytes(imagecodecs.jpegxl_encode_jpeg(packed, usecontainer=True))))
    assert [(each.code, "jxl" in each.text) for each in photo.notices] == [
        (NoticeCode.PROFILE_IGNORED, True)
    ]
