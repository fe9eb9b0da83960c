"""Kinds of files that cameras, scanners and programs make: read, or called by their name."""

import contextlib
import io
import struct
import time
import tracemalloc
from contextlib import nullcontext
from dataclasses import replace
from importlib import import_module

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from skimage import data

from tests.photo.coded import saved, tiff
from tintype.errors import NotAPictureError, TooLargeError, UsageError
from tintype.notices import NoticeCode
from tintype.photo import Label, Photo, peek, read_label, read_pages, read_photo, write_photo
from tintype.photo.ifd import Exif, number, text
from tintype.photo.jpeg import segments
from tintype.photo.label import label_of

CAT = np.ascontiguousarray(data.chelsea()[:120, :200])
GRAY = np.ascontiguousarray(data.camera()[100:220, 150:350])
DEEP = GRAY.astype(np.uint16) * 257 - (GRAY > 90) * np.uint16(3)
LABEL = Label("network", "1.0", "abc")


def again(photo: Photo, **options) -> Photo:
    file = io.BytesIO()
    write_photo(photo, file, label=LABEL, **options)
    assert read_label(file.getvalue()) == LABEL
    return read_photo(file.getvalue())


def with_exif(coded: bytes, exif: Exif) -> bytes:
    """A JPEG with an EXIF block."""
    block = exif.to_bytes()
    return coded[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + coded[2:]


def difference(a, b) -> float:
    return float(np.abs(a.astype(float) - b).mean())


def codes(photo: Photo) -> list[NoticeCode]:
    return [notice.code for notice in photo.notices]


def raw(pages, order="<", orientation=1) -> bytes:
    """A raw photograph as tifffile can write it: pages are pixels and options; the sensor's samples
    are the last, in the first one's SubIFDs."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file, byteorder=order) as writer:
        for number, (pixels, options) in enumerate(pages):
            first = {"subifds": len(pages) - 1, "extratags": [(274, 3, 1, orientation, True)]}
            own = {} if number else first
            writer.write(pixels, metadata=None, **options, **own)
    return file.getvalue()


SENSOR = (np.zeros((240, 400), np.uint16), {"photometric": "cfa", "subfiletype": 0})
THUMBNAIL = (CAT[::4, ::4], {"photometric": "rgb", "subfiletype": 1})


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("compression", [None, "jpeg"])
def test_a_raw_photograph_is_read_from_its_largest_picture(compression, orientation, order):
    options = {"photometric": "rgb", "subfiletype": 1, "compression": compression}
    if compression:
        options["compressionargs"] = {"level": 98, "outcolorspace": "rgb"}
    file = raw([THUMBNAIL, (CAT, options), SENSOR], order, orientation)
    photo = read_photo(file)
    expected = CAT if orientation == 1 else np.rot90(CAT, -1)
    assert photo.pixels.shape == expected.shape
    assert difference(photo.pixels, expected) < 3
    assert codes(photo) == [NoticeCode.RAW_PREVIEW]
    header = peek(file)
    assert (header.format, header.size, header.pages) == ("JPEG", expected.shape[1::-1], 1)


@pytest.mark.parametrize("magic", [b"FUJIFILMCCD-RAW 0201", b"IIRO\x08\0\0\0", b"IIU\0\x18\0\0\0"])
def test_the_jpeg_inside_other_raw_photographs_is_found(magic):
    small, large = (
        saved(Image.fromarray(each), "JPEG", quality=97) for each in (CAT[::4, ::4], CAT)
    )
    lossless = imagecodecs.jpeg8_encode(np.zeros((500, 500), np.uint16), lossless=True)
    photo = read_photo(magic + bytes(100) + small + lossless + large + bytes(500))
    assert difference(photo.pixels, CAT) < 3
    with pytest.raises(NotAPictureError, match="without an embedded picture"):
        read_photo(magic + bytes(500))


@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize("pixels", [CAT, DEEP], ids=["8 bit", "16 bit"])
def test_a_pyramid_of_tiles_is_written_anew(pixels, nested, tmp_path):
    half = cv2.resize(pixels, (100, 60), interpolation=cv2.INTER_AREA)
    kind = "rgb" if pixels.ndim == 3 else "minisblack"
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for _ in range(2):
            options = {"tile": (32, 64), "photometric": kind, "metadata": None}
            writer.write(pixels, subifds=1 if nested else None, **options)
            writer.write(half, subfiletype=1, **options)
    pages = list(read_pages(file.getvalue()))
    assert len(pages) == 2
    from tintype.photo import write_photos

    write_photos(pages, tmp_path / "a.tif")
    assert len(list(read_pages(tmp_path / "a.tif"))) == 2
    with tifffile.TiffFile(tmp_path / "a.tif") as opened:
        assert len(opened.pages) == (2 if nested else 4)
        small = opened.pages[0].pages[0] if nested else opened.pages[1]
        assert (small.tilelength, small.tilewidth, small.subfiletype) == (32, 64, 1)
        assert difference(small.asarray(), half) <= (1 if pixels.dtype == np.uint8 else 257)


@pytest.mark.parametrize("bits", [12, 16])
@pytest.mark.parametrize("lossless", [False, True])
def test_deep_and_lossless_jpegs_are_read(bits, lossless):
    if bits == 16 and not lossless:
        return
    values = DEEP >> (16 - bits)
    coded = imagecodecs.jpeg8_encode(values, 98, bitspersample=bits, lossless=lossless)
    exif = Exif()
    exif.image[270] = text("Żywiec".encode())
    photo = read_photo(with_exif(coded, exif))
    assert photo.pixels.dtype == np.uint16
    assert difference(photo.pixels, DEEP) < 300
    assert photo.format == "JPEG"
    assert Exif.parse(again(photo).metadata.exif).image.block(270) == "Żywiec".encode()


def test_the_size_of_a_deep_jpeg_is_that_of_the_upright_picture():
    coded = imagecodecs.jpeg8_encode(DEEP >> 4, 98, bitspersample=12)
    exif = Exif()
    exif.image[274] = number(6)
    coded = with_exif(coded, exif)
    assert peek(coded).size == read_photo(coded).pixels.shape[1::-1] == DEEP.shape[:2]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("color", [False, True])
def test_photoshop_files_of_sixteen_bits_are_read(color, packed):
    pixels = CAT.astype(np.uint16) * 257 if color else DEEP
    planes = np.atleast_3d(pixels).transpose(2, 0, 1).astype(">u2")
    count, height, width = planes.shape
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, count, height, width, 16, 3 if color else 1)
    if packed:
        rows = [imagecodecs.packbits_encode(row.tobytes()) for plane in planes for row in plane]
        body = struct.pack(f">H{len(rows)}H", 1, *map(len, rows)) + b"".join(rows)
    else:
        body = struct.pack(">H", 0) + planes.tobytes()
    photo = read_photo(head + struct.pack(">III", 0, 0, 0) + body)
    assert np.array_equal(photo.pixels, pixels)
    assert peek(head + struct.pack(">III", 0, 0, 0) + body).size == (width, height)


def photoshop(planes, mode: int, depth: int, *resources: tuple[int, bytes]) -> bytes:
    """A Photoshop file of unpacked planes."""
    count, height, width = planes.shape
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, count, height, width, depth, mode)
    packed = np.packbits(planes, axis=2) if depth == 1 else planes.astype(f">u{depth // 8}")
    blocks = b"".join(
        struct.pack(">4sHHI", b"8BIM", code, 0, len(body)) + body + bytes(len(body) % 2)
        for code, body in resources
    )
    table = bytes(range(256)) * 3 if mode == 2 else b""
    sections = b"".join(struct.pack(">I", len(each)) + each for each in (table, blocks, b""))
    return head + sections + bytes(2) + packed.tobytes()


PHOTOSHOP_MODES = {
    "gray": (1, 8, GRAY[None]),
    "RGB": (3, 8, np.stack([GRAY] * 3)),
    "CMYK": (4, 8, np.stack([np.full_like(GRAY, 255)] * 3 + [GRAY])),
    "indexed": (2, 8, GRAY[None]),
    "duotone": (8, 8, GRAY[None]),
    "gray 16": (1, 16, DEEP[None]),
    "RGB 16": (3, 16, np.stack([DEEP] * 3)),
    "bitmap": (0, 1, GRAY[None] < 128),
}


@pytest.mark.parametrize("mode", PHOTOSHOP_MODES)
def test_photoshop_files_keep_what_they_say_of_the_photograph(mode):
    number_of_mode, depth, planes = PHOTOSHOP_MODES[mode]
    exif = Exif()
    exif.image[270] = text("Großmutter".encode())
    iptc, resolution = (
        b"\x1c\x02\x78\x00\x03cat",
        struct.pack(">IHHIHH", 300 << 16, 1, 1, 150 << 16, 1, 1),
    )
    resources = [(0x0404, iptc), (0x0422, exif.to_bytes()[6:]), (0x0424, LABEL.into(None))]
    data = photoshop(planes, number_of_mode, depth, (0x03ED, resolution), *resources)
    photo = read_photo(data)
    gray = photo.pixels if photo.pixels.ndim == 2 else photo.pixels[..., 1]
    expected = (GRAY >= 128) * 255 if mode == "bitmap" else GRAY
    assert difference(gray / photo.white * 255, expected) < 1
    assert Exif.parse(photo.metadata.exif).image.block(270) == "Großmutter".encode()
    assert (photo.metadata.iptc, photo.metadata.dpi) == (iptc, (300.0, 150.0))
    assert label_of(photo.metadata.xmp) == LABEL


def test_deep_photoshop_files_that_are_not_read_are_called_so():
    for mode, depth in ((4, 16), (9, 16), (1, 32)):
        data = photoshop(np.zeros((4, 8, 8), np.uint32), mode, depth)
        for ask in (peek, read_photo):
            with pytest.raises(NotAPictureError, match="PSD of more than 8 bits"):
                ask(data)


@pytest.mark.parametrize("quality", [95, 100])
@pytest.mark.parametrize("pixels", [CAT, CAT.astype(np.uint16) * 257, DEEP], ids=str)
def test_jpeg_xl_is_as_bright_elsewhere_as_here(pixels, quality):
    """A file says which light its samples stand for; imagecodecs ignores it, viewers do not."""
    from tintype.photo import jxl

    file = io.BytesIO()
    write_photo(Photo(pixels, format="JXL"), file, quality=quality)
    read = read_photo(file.getvalue())
    assert read.pixels.dtype == pixels.dtype
    assert difference(read.pixels, pixels) <= (2 if pixels.dtype == np.uint8 else 500) * (
        quality < 100
    )
    header = jxl.read_header(file.getvalue())
    stored = imagecodecs.jpegxl_decode(file.getvalue())
    assert (header.colors is None) == (difference(stored, pixels) < 600)


def test_linear_jpeg_xl_is_read_as_linear():
    light = ((GRAY / 255 + 0.055) / 1.055) ** 2.4
    coded = bytes(
        imagecodecs.jpegxl_encode(np.rint(light * 65535).astype(np.uint16), lossless=True)
    )
    assert difference(read_photo(coded).pixels / 257, GRAY) < 3


def test_exif_and_xmp_of_jpeg_xl_are_kept():
    exif = Exif()
    exif.image[270] = text("Großmutter".encode())
    exif.place[1] = text(b"N")
    photo = read_photo(saved(Image.fromarray(CAT), "JPEG", exif=exif.to_bytes()))
    back = again(replace(photo, format="JXL"))
    assert Exif.parse(back.metadata.exif) == Exif.parse(photo.metadata.exif)


def test_both_pictures_of_a_stereo_pair_are_pages():
    left, right = (Image.fromarray(each) for each in (CAT, CAT[:, ::-1]))
    file = io.BytesIO()
    left.save(file, "MPO", save_all=True, append_images=[right], quality=97)
    pages = list(read_pages(file.getvalue()))
    assert peek(file.getvalue()).pages == 2
    assert difference(pages[0].pixels, CAT) < 4
    assert difference(pages[1].pixels, CAT[:, ::-1]) < 4


def test_a_smaller_picture_behind_a_jpeg_is_no_page():
    file = io.BytesIO()
    gain = Image.fromarray(CAT[::4, ::4])
    Image.fromarray(CAT).save(file, "MPO", save_all=True, append_images=[gain])
    assert peek(file.getvalue()).pages == 1


def test_all_pictures_of_a_heic_are_pages():
    pillow_heif = pytest.importorskip("pillow_heif")
    heif = pillow_heif.from_pillow(Image.fromarray(CAT))
    heif.add_from_pillow(Image.fromarray(CAT[::2, ::2]))
    file = io.BytesIO()
    heif.save(file, quality=90)
    shapes = {photo.pixels.shape[:2] for photo in read_pages(file.getvalue())}
    assert shapes == {(120, 200), (60, 100)}


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_an_animation_the_first_frame_is_read_and_that_is_said(kind):
    frames = [Image.fromarray(CAT), Image.fromarray(CAT[::-1].copy())]
    photo = read_photo(saved(frames[0], kind, save_all=True, append_images=frames[1:]))
    assert NoticeCode.FIRST_FRAME_ONLY in codes(photo)


@pytest.mark.parametrize("pixels", [GRAY, CAT, np.dstack([CAT, GRAY])], ids=["L", "RGB", "RGBA"])
def test_of_an_animated_jpeg_xl_too(pixels):
    frames = np.stack([pixels, pixels[::-1]])
    kind = "gray" if pixels.ndim == 2 else "rgb"
    photo = read_photo(bytes(imagecodecs.jpegxl_encode(frames, lossless=True, photometric=kind)))
    color = pixels if pixels.ndim == 2 else pixels[..., :3]
    assert np.array_equal(photo.pixels, color)
    assert NoticeCode.FIRST_FRAME_ONLY in codes(photo)


GAIN_MAP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="box 4"
 xmlns:g="http://ns.google.com/photos/1.0/camera/" g:MicroVideo="1" g:MotionPhoto="1"
 xmlns:h="http://ns.adobe.com/hdr-gain-map/1.0/" h:Version="1.0"
 xmlns:c="http://ns.google.com/photos/1.0/container/"><c:Directory><rdf:Seq/></c:Directory>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def test_nothing_points_to_a_gain_map_or_a_film_that_is_left_out():
    photo = read_photo(saved(Image.fromarray(CAT), "JPEG", xmp=GAIN_MAP))
    assert NoticeCode.ATTACHMENT_LEFT_OUT in codes(photo)
    back = again(photo).metadata.xmp
    assert b"box 4" in back
    for word in (b"MicroVideo", b"MotionPhoto", b"hdr-gain-map", b"container", b"Directory"):
        assert word not in back
    plain = read_photo(saved(Image.fromarray(CAT), "JPEG", xmp=GAIN_MAP.replace(b"hdr-", b"x-")))
    assert b"box 4" in plain.metadata.xmp


@pytest.mark.parametrize("size", [60_000, 64_944, 70_000, 400_000])
def test_xmp_of_any_size_is_kept_in_a_jpeg(size):
    events = b"<rdf:li>%s</rdf:li>" * 40 % tuple(b"%05d" % n * (size // 200) for n in range(40))
    long = GAIN_MAP.replace(
        b"<c:Directory><rdf:Seq/></c:Directory>",
        b'<dc:title xmlns:dc="http://purl.org/dc/elements/1.1/">Anna</dc:title>'
        b'<m:History xmlns:m="http://ns.adobe.com/xap/1.0/mm/"><rdf:Seq>'
        + events
        + b"</rdf:Seq></m:History>",
    )
    photo = read_photo(saved(Image.fromarray(CAT), "PNG"))
    photo = replace(photo, format="JPEG", metadata=replace(photo.metadata, xmp=long))
    file = io.BytesIO()
    write_photo(photo, file, label=LABEL)
    assert read_label(file.getvalue()) == LABEL
    whole = read_photo(file.getvalue()).metadata.xmp
    for words in (b"Anna", b"box 4", b"00039" * (size // 200)):
        assert words in whole
    assert b"HasExtendedXMP" not in whole
    assert all(len(body) <= 65_533 for _, body in segments(file.getvalue()))


def test_a_gifs_comment_is_kept():
    gif = saved(Image.fromarray(GRAY), "GIF", comment="Großmutter".encode())
    assert again_gif(read_photo(gif)).metadata.comment == "Großmutter".encode()
    png = again(replace(read_photo(gif), format="PNG"))
    assert dict(png.metadata.texts)["Comment"] == "Großmutter"


def again_gif(photo: Photo) -> Photo:
    file = io.BytesIO()
    write_photo(photo, file)
    return read_photo(file.getvalue())


def test_long_texts_and_profiles_of_a_png_are_no_damage():
    from PIL import PngImagePlugin

    info = PngImagePlugin.PngInfo()
    info.add_text("Description", "word " * 500_000, zip=True)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = read_photo(
        saved(Image.fromarray(CAT), "PNG", pnginfo=info, icc_profile=profile + bytes(2_000_000))
    )
    assert np.array_equal(photo.pixels, CAT)
    jpeg = again(replace(photo, format="JPEG"))
    assert difference(jpeg.pixels, CAT) < 3


TAGS = [
    (297, 3, 2, (4, 9), True),
    (33550, 12, 3, (0.5, 0.5, 0.0), True),
    (33922, 12, 6, (0.0, 0.0, 0.0, 460_000.0, 5_970_000.0, 0.0), True),
    (34735, 3, 8, (1, 1, 0, 1, 1024, 0, 1, 1), True),
    (34736, 12, 1, (6378137.0,), True),
    (34737, 2, 8, b"WGS 84|\0", True),
    (42113, 2, 4, b"-99\0", True),
]


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("pixels", [GRAY, DEEP], ids=["8 bit", "16 bit"])
def test_places_on_a_map_and_page_numbers_stay(pixels, order, big, tmp_path):
    file = tiff(pixels, metadata=None, extratags=TAGS, byteorder=order, bigtiff=big)
    write_photo(read_photo(file), tmp_path / "a.tif")
    with tifffile.TiffFile(tmp_path / "a.tif") as opened:
        tags = opened.pages[0].tags
        for code, _, _, value, _ in TAGS:
            expected = value.rstrip(b"\0").decode() if isinstance(value, bytes) else value
            assert np.array_equal(np.ravel(tags[code].value), np.ravel(expected))


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_caption_in_photoshops_tag_is_found(order):
    iptc = b"\x1c\x02\x78\x00\x04Anna"
    resources = b"8BIM\x04\x0a\x00\x00\x00\x00\x00\x01\x00\x00" + b"8BIM\x04\x04\x03abc"
    resources += struct.pack(">I", len(iptc)) + iptc + bytes(len(iptc) % 2)
    tag = (34377, 7, len(resources), resources, True)
    photo = read_photo(tiff(GRAY, metadata=None, extratags=[tag], byteorder=order))
    assert photo.metadata.iptc == iptc
    assert again(photo).metadata.iptc == iptc


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"\0\0\0\x18ftypmp42" + bytes(20), "film; `tintype film`"),
        (b"\x1a\x45\xdf\xa3" + bytes(20), "film; `tintype film`"),
        (b"RIFF\0\0\0\0AVI LIST", "film; `tintype film`"),
        (b"OggS" + bytes(20), "film; `tintype film`"),
        ((b"G" + bytes(187)) * 4, "film; `tintype film`"),
        (b"\0\0\0\x18ftypavif" + bytes(20), "not a picture that can be read"),
        (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n", "Radiance"),
        (b"\x76\x2f\x31\x01\x02\0\0\0", "OpenEXR"),
        (bytes(128) + b"DICM" + bytes(40), "DICOM"),
        (b"II\xbc\x01" + bytes(20), "JPEG XR"),
        (b"PK\x03\x04" + bytes(40), "ZIP"),
        (b"just text", "not a picture"),
    ],
)
def test_other_files_are_called_by_their_name(head, words):
    for call in (peek, read_photo):
        with pytest.raises(NotAPictureError, match=words):
            call(head + bytes(200))


def test_an_address_is_called_so():
    with pytest.raises(UsageError, match="download"):
        read_photo("https://example.org/a.jpg")


def fake_png(width: int, height: int) -> bytes:
    body = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    plain = bytearray(saved(Image.fromarray(GRAY), "PNG"))
    import zlib

    plain[16:29] = body
    plain[29:33] = struct.pack(">I", zlib.crc32(b"IHDR" + body))
    return bytes(plain)


@pytest.mark.parametrize(
    "data",
    [
        fake_png(30_000, 30_000),
        fake_png(20_000, 6_000),
        fake_png(11_875_000, 16),
        fake_png(16, 300_001),
        b"P5 11875000 16 255\n" + bytes(1000),
    ],
    ids=["pixels", "pixels of few bytes", "wide", "high", "map"],
)
def test_sizes_beyond_the_limits_are_refused_before_work(data):
    for call in (peek, read_photo, lambda source: next(read_pages(source))):
        with pytest.raises(TooLargeError):
            call(data)


def pages_of_one_strip(pages: int, side: int) -> bytes:
    """A TIFF whose pages, of so many pixels a side, share a strip of 100 × 100."""
    page = tiff(np.zeros((100, 100), np.uint8), metadata=None)
    entries = {code: struct.pack("<HHI", code, kind, 1) for code, kind in ((256, 4), (257, 4))}
    for entry in entries.values():
        at = page.index(entry) + 8
        page = page[:at] + struct.pack("<I", side) + page[at + 4 :]
    first = int.from_bytes(page[4:8], "little")
    count = int.from_bytes(page[first : first + 2], "little")
    directory = page[first : first + 2 + 12 * count]
    out = bytearray(page)
    end = first + 2 + 12 * count
    for _ in range(pages - 1):
        out += bytes(len(out) % 2)
        out[end : end + 4] = struct.pack("<I", len(out))
        out += directory + bytes(4)
        end = len(out) - 4
    return bytes(out)


def test_many_pages_that_share_a_strip_are_refused():
    with pytest.raises(TooLargeError, match="megapixels in only"):
        peek(pages_of_one_strip(200, 20_000))


@pytest.mark.parametrize(("scans", "side"), [(1001, 16), (101, 3200)])
def test_a_progressive_jpeg_of_too_many_scans_is_refused(scans, side):
    """Of more than a thousand at any size; of more than a hundred where they visit 1e9 pixels."""
    plain = saved(Image.new("L", (side, side), 90), "JPEG", progressive=True)
    scan = plain[plain.rindex(b"\xff\xda") : -2]

    def with_scans(count):
        return plain[:-2] + scan * (count - plain.count(b"\xff\xda")) + plain[-2:]

    with pytest.raises(TooLargeError, match=f"{scans} scans"):
        peek(with_scans(scans))
    assert peek(with_scans(scans - 1)).largest == side * side


def test_jpegs_of_too_many_scans_are_refused_in_other_files_too():
    deep = bytes(imagecodecs.jpeg8_encode(DEEP >> 4, 90, bitspersample=12))
    scan = deep[deep.rindex(b"\xff\xda") : -2]
    file = deep[:-2] + scan * 1000 + deep[-2:]
    inside = tiff(DEEP >> 4, photometric="minisblack", compression="jpeg", bitspersample=12)
    assert read_photo(inside).pixels.dtype == np.uint16
    for ask in (peek, read_photo):
        with pytest.raises(TooLargeError, match="1001 scans"):
            ask(file)
    with tifffile.TiffFile(io.BytesIO(inside)) as opened:
        page = opened.pages[0]
        offset, count = page.tags[273], page.tags[279]
    with_scans = bytearray(inside + file)
    for tag, value in ((offset, len(inside)), (count, len(file))):
        struct.pack_into("<HI", with_scans, tag.offset + 2, 4, 1)
        struct.pack_into("<I", with_scans, tag.offset + 8, value)
    with pytest.raises(TooLargeError, match="1001 scans"):
        read_photo(bytes(with_scans))


def test_pictures_of_one_file_are_limited_together(monkeypatch):
    first, second = Image.fromarray(GRAY), Image.fromarray(GRAY[::-1])
    pair = saved(first, "MPO", save_all=True, append_images=[second])
    assert peek(pair).pages == 2
    module = import_module("tintype.photo.peek")  # whose name its main function has
    monkeypatch.setattr(module, "MAX_PIXELS_PER_BYTE", 0)
    for most, is_read in ((2 * GRAY.size, True), (2 * GRAY.size - 1, False)):
        monkeypatch.setattr(module, "MAX_PACKED_PIXELS", most)
        with nullcontext() if is_read else pytest.raises(TooLargeError, match="megapixels in only"):
            peek(pair)


@pytest.mark.parametrize(
    "part",
    [
        b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x10\x00\x10\x03\x01\x11\x00\x02\x11\x01\x03\x11\x01",
        b"\xff\xe1\x00\x05\xff\xd8\xff",
    ],
    ids=["frames", "segments"],
)
def test_a_raw_photograph_of_many_beginnings_costs_little(part):
    data = b"FUJIFILMCCD-RAW " + part * (700_000 // len(part))
    tracemalloc.start()
    started = time.perf_counter()
    with contextlib.suppress(NotAPictureError):
        peek(data)
    assert time.perf_counter() - started < 30
    assert tracemalloc.get_traced_memory()[1] < 2**26
    tracemalloc.stop()


def test_packed_metadata_of_a_jpeg_xl_is_bounded(monkeypatch):
    from tintype.photo import jxl

    coded = bytes(imagecodecs.jpegxl_encode(GRAY, lossless=True))
    exif = Exif()
    exif.image[270] = text(b"cat")
    block = bytes(4) + exif.to_bytes()[6:]

    def packed(body: bytes) -> bytes:
        box = b"Exif" + bytes(imagecodecs.brotli_encode(body))
        whole = struct.pack(">I4s", 8 + len(box), b"brob") + box
        stream = jxl.codestream(coded)
        return jxl.CONTAINER + whole + struct.pack(">I4s", 8 + len(stream), b"jxlc") + stream

    photo = read_photo(packed(block))
    assert Exif.parse(photo.metadata.exif).image.block(270) == b"cat"
    monkeypatch.setattr(jxl, "MAX_METADATA_BYTES", len(block))
    assert read_photo(packed(block)).metadata.exif == photo.metadata.exif
    assert read_photo(packed(block + bytes(2**20))).metadata.exif is None
