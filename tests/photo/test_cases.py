"""Files that people have: what scanners, phones, archives and failing disks make."""

import struct
import zlib

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image
from skimage import data

from tests.photo.coded import saved, tiff
from tintype.errors import PhotoError
from tintype.photo import count_pages, read_pages, read_photo, write_photos

CAT = np.ascontiguousarray(data.chelsea()[60:220, 100:300])
GRAY = np.ascontiguousarray(data.camera()[100:260, 150:350])
DEEP = GRAY.astype(np.uint16) * 257 - (GRAY > 90) * np.uint16(3)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_with(pixels, *added: bytes) -> bytes:
    order = pixels if pixels.ndim == 2 else pixels[..., ::-1]
    plain = cv2.imencode(".png", order)[1].tobytes()
    return plain[:33] + b"".join(added) + plain[33:]


def mean_difference(a, b) -> float:
    return float(np.abs(a.astype(float) - b).mean())


@pytest.mark.parametrize("compression", ["lzw", "zlib", "zstd", "lzma", "packbits", None])
@pytest.mark.parametrize("pixels", [DEEP, CAT.astype(np.uint16) * 257], ids=["gray", "color"])
def test_sixteen_bit_tiffs_of_every_compression_are_read(compression, pixels):
    photometric = "rgb" if pixels.ndim == 3 else "minisblack"
    data = tiff(
        pixels,
        compression=compression,
        photometric=photometric,
        predictor=compression in ("lzw", "zlib") or None,
    )
    assert np.array_equal(read_photo(data).pixels, pixels)


@pytest.mark.parametrize(
    "options", [{"tile": (64, 64)}, {"bigtiff": True}, {"byteorder": ">"}, {"rowsperstrip": 7}]
)
def test_tiffs_of_every_layout_are_read(options):
    assert np.array_equal(read_photo(tiff(DEEP, photometric="minisblack", **options)).pixels, DEEP)
    color = CAT.astype(np.uint16) * 257
    planar = np.ascontiguousarray(np.moveaxis(color, -1, 0))
    assert np.array_equal(
        read_photo(tiff(planar, photometric="rgb", planarconfig="separate", **options)).pixels,
        color,
    )


def test_white_is_zero_is_turned_at_sixteen_bits():
    assert np.array_equal(read_photo(tiff(65535 - DEEP, photometric="miniswhite")).pixels, DEEP)


def test_twelve_bits_fill_the_range():
    data = tiff(DEEP >> 4, photometric="minisblack", bitspersample=12)
    assert mean_difference(read_photo(data).pixels, DEEP) < 20


def test_a_damaged_strip_is_told_in_a_sentence(tmp_path):
    data = bytearray(tiff(DEEP, compression="zlib"))
    data[len(data) // 2] ^= 0xFF
    path = tmp_path / "scan.tif"
    path.write_bytes(data)
    with pytest.raises(PhotoError, match=r"scan\.tif is damaged"):
        read_photo(path)


def test_an_infrared_channel_is_no_transparency():
    for pixels in (np.dstack([CAT, GRAY]), np.dstack([CAT, GRAY]).astype(np.uint16) * 257):
        photo = read_photo(tiff(pixels, photometric="rgb", extrasamples=["unspecified"]))
        assert photo.alpha is None
        assert np.array_equal(photo.pixels, pixels[..., :3])


def test_multiplied_alpha_is_divided_out():
    alpha = np.full(GRAY.shape, 32768, np.uint16)
    color = CAT.astype(np.uint16) * 257
    photo = read_photo(
        tiff(np.dstack([color // 2, alpha]), photometric="rgb", extrasamples=["assocalpha"])
    )
    assert np.array_equal(photo.alpha, alpha)
    assert mean_difference(photo.pixels, color) < 3


def test_colors_brighter_than_their_multiplied_alpha_are_white():
    alpha = np.linspace(1, 65535, GRAY.size).astype(np.uint16).reshape(GRAY.shape)
    color = CAT.astype(np.uint16) * 257
    kept = alpha < 65535
    for pixels, photometric in ((color, "rgb"), (color[..., 1], "minisblack")):
        photo = read_photo(
            tiff(
                np.dstack([pixels, alpha]),
                photometric=photometric,
                planarconfig="contig",
                extrasamples=["assocalpha"],
            )
        )
        cover = alpha if pixels.ndim == 2 else alpha[..., None]
        expected = np.minimum(pixels / (cover / 65535), 65535)
        assert np.abs(photo.pixels.astype(float) - expected)[kept].max() <= 1
        assert (photo.pixels == 65535).mean() > 0.1


def test_cmyk_of_sixteen_bits_is_as_bright_as_of_eight():
    ink = np.asarray(Image.fromarray(CAT).convert("CMYK"))
    fine = read_photo(tiff(ink.astype(np.uint16) * 257, photometric="separated"))
    assert fine.pixels.dtype == np.uint16
    assert mean_difference(fine.pixels / 257, CAT) < 1


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_cielab_tiffs_are_read_at_their_lightness(kind):
    from tintype.color.lab import srgb_to_lab

    lab = srgb_to_lab(CAT.astype(np.float32) / 255)
    wide = kind == np.uint16
    lightness = np.rint(lab[..., 0] * (655.35 if wide else 2.55)).astype(kind)
    ab = (
        np.rint(lab[..., 1:] * (256 if wide else 1))
        .astype(np.int16 if wide else np.int8)
        .view(kind)
    )
    photo = read_photo(tiff(np.dstack([lightness, ab]), photometric="cielab"))
    assert photo.pixels.dtype == kind
    assert mean_difference(photo.pixels / (257 if wide else 1), CAT) < 1.5


@pytest.mark.parametrize("white", [1, 255, 65535])
def test_float_pixels_of_any_range_are_as_bright_as_they_are_meant(white):
    pixels = GRAY.astype(np.float32) / 255 * white
    pixels[3, 4] = 80 * white
    pixels[5, 6] = np.inf
    found = read_photo(tiff(pixels)).pixels
    assert found[3, 4] == found[5, 6] == 1
    found[3, 4], found[5, 6] = GRAY[3, 4] / 255, GRAY[5, 6] / 255
    assert np.allclose(found, GRAY / 255, atol=1e-5)


def test_float_color_tiffs_keep_orientation_and_description():
    turned = np.ascontiguousarray(np.rot90(CAT).astype(np.float32) / 255)
    data = tiff(
        turned,
        photometric="rgb",
        description="Anna",
        metadata=None,
        extratags=[(274, 3, 1, 6, True)],
        resolution=(600, 600),
    )
    photo = read_photo(data)
    assert np.allclose(photo.pixels, CAT / 255, atol=1e-6)
    exif = Image.Exif()
    exif.load(photo.metadata.exif)
    assert exif[270] == "Anna"
    assert photo.metadata.dpi == (600, 600)


def test_gamma_of_a_png_is_honored_unless_it_is_said_to_be_srgb():
    linear = np.rint((((GRAY / 255 + 0.055) / 1.055) ** 2.4) * 65535).astype(np.uint16)
    gamma = chunk(b"gAMA", struct.pack(">I", 100_000))
    photo = read_photo(png_with(linear, gamma))
    assert mean_difference(photo.pixels / 257, GRAY) < 2
    assert np.array_equal(read_photo(png_with(linear, gamma, chunk(b"sRGB", b"\0"))).pixels, linear)
    usual = chunk(b"gAMA", struct.pack(">I", 45_455))
    assert np.array_equal(read_photo(png_with(CAT, usual)).pixels, CAT)


def test_primaries_of_a_png_are_honored():
    usual = chunk(b"gAMA", struct.pack(">I", 45_455))
    srgb = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
    swapped = (*srgb[:2], *srgb[6:], *srgb[4:6], *srgb[2:4])
    for primaries, expected in ((srgb, CAT), (swapped, CAT[..., ::-1])):
        body = struct.pack(">8I", *(round(value * 100_000) for value in primaries))
        assert (
            mean_difference(read_photo(png_with(CAT, usual, chunk(b"cHRM", body))).pixels, expected)
            < 2.5
        )


@pytest.mark.parametrize("pixels", [DEEP, GRAY], ids=["16 bit", "8 bit"])
def test_a_transparent_gray_of_a_png_becomes_alpha(pixels):
    key = int(pixels[0, 0])
    photo = read_photo(png_with(pixels, chunk(b"tRNS", struct.pack(">H", key))))
    assert np.array_equal(photo.alpha == 0, pixels == key)
    assert np.array_equal(photo.pixels, pixels)


@pytest.mark.parametrize("pixels", [CAT, CAT.astype(np.uint16) * 257], ids=["8 bit", "16 bit"])
def test_a_transparent_color_of_a_png_must_match_in_every_channel(pixels):
    key = pixels[3, 5]
    photo = read_photo(png_with(pixels, chunk(b"tRNS", struct.pack(">3H", *map(int, key)))))
    same = (pixels == key).all(-1)
    assert (pixels == key).any(-1).sum() > same.sum() > 0
    assert np.array_equal(photo.alpha == 0, same)
    assert photo.alpha.max() == (255 if pixels.dtype == np.uint8 else 65535)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_bytes_behind_the_end_do_not_matter(kind):
    sound = saved(Image.fromarray(CAT), kind)
    whole = sound + b"\xff\xd8\xff\xda film \xff\xda" + bytes(5000)
    assert np.array_equal(read_photo(whole).pixels, read_photo(sound).pixels)
    assert read_photo(whole).notices == ()


def test_a_thumbnail_inside_a_jpeg_is_not_its_end():
    thumbnail = saved(Image.fromarray(CAT[:40, :40]), "JPEG")
    sound = saved(
        Image.fromarray(CAT), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0" + thumbnail
    )
    assert thumbnail in sound
    with pytest.raises(PhotoError, match=r"cut off: \d+ % of the picture is missing"):
        read_photo(sound[: len(sound) * 3 // 4])


def test_a_cut_jpeg_says_how_much_is_missing_and_may_be_kept(tmp_path):
    sound = saved(Image.fromarray(GRAY), "JPEG", quality=85)
    path = tmp_path / "half.jpg"
    path.write_bytes(sound[: len(sound) // 2])
    with pytest.raises(
        PhotoError, match=r"half\.jpg is cut off: (\d+) % .*--damaged keep"
    ) as caught:
        read_photo(path)
    missing = float(str(caught.value).split("cut off: ")[1].split(" %")[0])
    assert 25 < missing < 70
    photo = read_photo(path, damaged="keep")
    assert np.array_equal(photo.pixels[:40], read_photo(sound).pixels[:40])
    assert "cut off" in photo.notices[0].text


def test_a_jpeg_without_its_end_marker_alone_is_read():
    sound = saved(Image.fromarray(GRAY), "JPEG")
    photo = read_photo(sound[:-2])
    assert np.array_equal(photo.pixels, read_photo(sound).pixels)
    assert "end marker" in photo.notices[0].text


def test_a_cut_progressive_jpeg_lacks_detail():
    sound = saved(Image.fromarray(CAT), "JPEG", progressive=True)
    with pytest.raises(PhotoError, match="finest details"):
        read_photo(sound[: len(sound) * 2 // 3])
    assert read_photo(sound[: len(sound) * 2 // 3], damaged="keep").pixels.shape == CAT.shape


def test_zeros_in_the_middle_of_a_jpeg_are_warned_of():
    sound = saved(Image.fromarray(CAT), "JPEG", quality=90)
    middle = len(sound) // 2
    photo = read_photo(sound[:middle] + bytes(400) + sound[middle + 400 :])
    assert "damaged" in photo.notices[0].text


@pytest.mark.parametrize(
    "options",
    [{}, {"optimize": True}, {"progressive": True}],
    ids=["plain", "optimized", "progressive"],
)
def test_flat_pictures_are_not_called_damaged(options):
    for value in (0, 128, 255):
        assert (
            read_photo(saved(Image.new("RGB", (800, 600), (value,) * 3), "JPEG", **options)).notices
            == ()
        )


def test_a_cut_png_says_how_much_is_missing_and_may_be_kept():
    sound = saved(Image.fromarray(CAT), "PNG")
    half = sound[: len(sound) // 2]
    with pytest.raises(PhotoError, match=r"\d+ % of the picture is missing"):
        read_photo(half)
    photo = read_photo(half, damaged="keep")
    assert np.array_equal(photo.pixels[:50], CAT[:50])
    assert photo.pixels[-1].max() == 0


def test_pages_come_one_by_one_and_go_into_one_file(tmp_path):
    pages = np.stack([DEEP, DEEP[::-1], DEEP[:, ::-1]])
    tifffile.imwrite(tmp_path / "a.tif", pages, photometric="minisblack")
    open_pages = []

    def watched():
        for page in read_pages(tmp_path / "a.tif"):
            open_pages.append(page)
            yield page

    write_photos(watched(), tmp_path / "b.tif", pages=3)
    assert count_pages(tmp_path / "b.tif") == 3
    assert [
        np.array_equal(photo.pixels, page)
        for photo, page in zip(read_pages(tmp_path / "b.tif"), pages, strict=True)
    ] == [True] * 3


def test_forty_pages_need_the_memory_of_few(tmp_path):
    import tracemalloc

    page = np.tile(DEEP, (4, 4))
    with tifffile.TiffWriter(tmp_path / "many.tif") as writer:
        for _ in range(40):
            writer.write(page, photometric="minisblack", contiguous=False)
    tracemalloc.start()
    write_photos(read_pages(tmp_path / "many.tif"), tmp_path / "copy.tif", pages=40)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count_pages(tmp_path / "copy.tif") == 40
    assert peak < 6 * page.nbytes


@pytest.mark.parametrize("kind", ["JPEG2000", "PPM", "TGA", "AVIF", "JXL"])
def test_rarer_formats_are_read_and_written(kind, tmp_path):
    from tintype.photo import Photo, ending_of, write_photo

    write_photo(Photo(CAT, format=kind), tmp_path / f"a{ending_of(kind)}", quality=95)
    photo = read_photo(tmp_path / f"a{ending_of(kind)}")
    assert photo.format == kind
    assert mean_difference(photo.pixels, CAT) < (4 if kind in ("AVIF", "JXL") else 1e-9)


def test_jpeg_2000_and_portable_maps_keep_sixteen_bits(tmp_path):
    from tintype.photo import Photo, write_photo

    color = CAT.astype(np.uint16) * 257
    color[0, 0] = 65535
    for pixels in (color, np.maximum(DEEP, 0)):
        write_photo(Photo(pixels, format="JPEG2000"), tmp_path / "a.jp2")
        assert np.array_equal(read_photo(tmp_path / "a.jp2").pixels, pixels)
    header = b"P6 200 160 65535\n"
    assert np.array_equal(read_photo(header + color.astype(">u2").tobytes()).pixels, color)
