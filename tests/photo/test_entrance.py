"""A PIL image, an array, bytes and a file of the same photograph are the same photograph."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image
from skimage import data

from tests.photo.test_read import swapped_profile
from tintype.errors import UsageError
from tintype.photo import Photo, as_photo, read_photo

CAT = np.ascontiguousarray(data.chelsea()[:120, :160])
GRAY = np.ascontiguousarray(data.camera()[:120, :160])
DEEP = GRAY.astype(np.uint16) * 257 - (GRAY > 90) * np.uint16(3)


@pytest.mark.parametrize(
    "mode",
    ["1", "L", "LA", "La", "PA", "P", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "LAB", "YCbCr", "HSV"],
)
def test_every_mode_is_read_at_its_brightness(mode):
    color = Image.fromarray(CAT)
    if mode in ("PA", "La", "RGBa"):
        whole = {"PA": "P", "La": "LA", "RGBa": "RGBA"}[mode]
        image = color.convert(whole).convert(mode)
    elif mode == "LAB":
        from PIL import ImageCms

        image = ImageCms.profileToProfile(
            color, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
        )
    else:
        image = color.convert(mode)
    photo = as_photo(image)
    expected = np.asarray(color.convert("L")) if mode in ("1", "L", "LA", "La") else CAT
    assert abs(photo.pixels.astype(float) - expected).mean() < (
        140 if mode == "1" else 20 if mode in ("P", "PA") else 4
    )
    assert (photo.alpha is not None) == (mode in ("LA", "La", "PA", "RGBA", "RGBa"))


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I;16L", "I"])
def test_sixteen_bits_of_every_byte_order_are_kept(mode):
    if mode == "I":
        image = Image.fromarray(DEEP.astype(np.int32))
    else:
        order = ">u2" if mode == "I;16B" else "<u2"
        image = Image.frombytes(mode, (160, 120), DEEP.astype(order).tobytes())
    assert image.mode == mode
    assert np.array_equal(as_photo(image).pixels, DEEP)


def test_eight_bits_in_mode_i_are_not_black():
    assert np.array_equal(as_photo(Image.fromarray(GRAY).convert("I")).pixels, GRAY)


def test_mode_f_is_read_by_its_range():
    for white in (1, 255):
        image = Image.fromarray(GRAY.astype(np.float32) / 255 * white)
        assert np.allclose(as_photo(image).pixels, GRAY / 255, atol=1e-5)


def test_an_image_is_read_as_its_file(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {"exif": exif, "icc_profile": swapped_profile(), "dpi": (300, 200)}
    Image.fromarray(CAT).save(tmp_path / "a.png", **options)
    of_file, of_image = read_photo(tmp_path / "a.png"), as_photo(Image.open(tmp_path / "a.png"))
    assert of_file.pixels.shape == (160, 120, 3)
    assert np.array_equal(of_image.pixels, of_file.pixels)
    assert of_image.metadata.dpi == of_file.metadata.dpi == pytest.approx((200, 300), abs=0.1)


def test_a_transparent_palette_entry_of_an_image_is_alpha():
    image = Image.fromarray(CAT).quantize(16)
    image.info["transparency"] = 3
    assert set(np.unique(as_photo(image).alpha)) == {0, 255}


def test_the_gamma_of_an_image_that_was_a_png_is_honored():
    image = Image.fromarray(GRAY)
    image.info["gamma"] = 1.0
    assert as_photo(image).pixels.mean() > GRAY.mean() + 20


def test_paths_bytes_and_binary_files_are_the_same(tmp_path):
    Image.fromarray(CAT).save(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    with (tmp_path / "a.png").open("rb") as file:
        for source in (tmp_path / "a.png", str(tmp_path / "a.png"), whole, io.BytesIO(whole), file):
            assert np.array_equal(as_photo(source).pixels, CAT)


def test_arrays_of_every_order_and_with_alpha_are_taken():
    assert np.array_equal(as_photo(DEEP.astype(">u2")).pixels, DEEP)
    assert np.array_equal(as_photo(GRAY[..., None]).pixels, GRAY)
    photo = as_photo(np.dstack([CAT, GRAY]))
    assert np.array_equal(photo.alpha, GRAY)
    assert as_photo(Photo(CAT)).pixels is CAT


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.int64, np.uint32, np.uint64])
def test_whole_numbers_of_more_bits_are_taken_by_their_range(kind):
    if kind is not np.int16:
        assert np.array_equal(as_photo(GRAY.astype(kind)).pixels, GRAY)
        assert np.array_equal(as_photo(DEEP.astype(kind)).pixels, DEEP)
    assert as_photo(DEEP.astype(kind) % 30_000).pixels.dtype == np.uint16


def test_bools_are_black_and_white():
    photo = as_photo(GRAY > 90)
    assert np.array_equal(photo.pixels, np.where(GRAY > 90, 255, 0))


def test_tensors_are_taken_channels_first():
    torch = pytest.importorskip("torch")
    whole = torch.from_numpy(CAT).permute(2, 0, 1)
    for tensor in (whole, whole.long(), (whole / 255).requires_grad_()):
        pixels = as_photo(tensor).pixels
        white = 1 if pixels.dtype == np.float32 else 255
        assert np.allclose(pixels / white, CAT / 255, atol=1e-6)
    assert np.array_equal(as_photo(torch.from_numpy(GRAY)).pixels, GRAY)
    assert np.array_equal(as_photo(torch.from_numpy(GRAY)[None]).pixels, GRAY)
    coarse = as_photo((whole / 255).bfloat16()).pixels
    assert coarse.dtype == np.float32 and np.abs(coarse - CAT / 255).max() < 1 / 256
    with pytest.raises(UsageError, match="one at a time"):
        as_photo(whole[None])


@pytest.mark.parametrize(
    "wrong",
    [
        np.full((4, 4), -1),
        np.full((4, 4), 65_536),
        np.full((4, 4), 1.5),
        np.full((4, 4), "a"),
        np.zeros((4, 4), complex),
        np.zeros((4, 4, 5), np.uint8),
    ],
)
def test_other_arrays_are_refused(wrong):
    with pytest.raises(UsageError):
        as_photo(wrong)


@pytest.mark.parametrize("top", [200, 40_000, 100_000, 2**31 - 1])
def test_whole_numbers_of_32_bits_are_read_alike_from_a_picture_and_from_its_file(top, tmp_path):
    ramp = np.linspace(0, top, 64 * 64).astype(np.int32).reshape(64, 64)
    tifffile.imwrite(tmp_path / "a.tif", ramp)
    given, found = as_photo(Image.fromarray(ramp, "I")), read_photo(tmp_path / "a.tif")
    assert given.pixels.dtype == found.pixels.dtype
    assert np.array_equal(given.pixels, found.pixels)
    assert (
        abs(
            found.pixels.mean() / found.white
            - ramp.mean() / (255 if top < 256 else 65535 if top < 65536 else 2**31)
        )
        < 0.01
    )


def test_a_photo_is_shown_in_short_and_by_notebooks_as_a_picture():
    photo = Photo(np.ascontiguousarray(np.tile(DEEP, (1, 10))), format="TIFF")
    assert repr(photo) == "<Photo 1600×120 gray uint16, TIFF>"
    shown = Image.open(io.BytesIO(photo._repr_png_()))
    assert shown.size == (1024, 77)
    assert repr(Photo(CAT, GRAY)) == "<Photo 160×120 RGB uint8 with alpha, PNG>"
    assert Image.open(io.BytesIO(Photo(CAT, GRAY)._repr_png_())).mode == "RGBA"
