"""What a file says of its photograph is kept, across formats, and is true for the upright
photograph."""

import io
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image, PngImagePlugin
from skimage import data

from tests.photo.coded import saved, tiff
from tintype.photo import Label, Photo, as_photo, peek, read_label, read_photo, write_photo
from tintype.photo.ifd import Directory, Exif, Value, number, text
from tintype.photo.label import label_of
from tintype.photo.png import pack

CAT = np.ascontiguousarray(data.chelsea()[:96, :128])
IPTC = (
    b"\x1c\x02\x00\x00\x02\x00\x04\x1c\x02\x19\x00\x06family\x1c\x02\x78\x00\x11Anna, Wismar 1931"
)
XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about=""
 xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
 tiff:Orientation="6" exif:PixelXDimension="128">
<tiff:ImageWidth>128</tiff:ImageWidth></rdf:Description></rdf:RDF></x:xmpmeta>"""


def exif_block(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E], exif[0x010F], exif[0x0112] = "Anna by the lake", "Folding Camera", orientation
    exif[ExifTags.IFD.Exif] = {0x9003: "1931:06:01 12:00:00", 0xA002: 128, 0xA003: 96}
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: (53.0, 53.0, 24.0), 3: "E", 4: (11.0, 27.0, 0.0)}
    return exif


def jpeg(**options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(CAT).save(file, "JPEG", **options)
    body = (
        b"Photoshop 3.0\0"
        + b"8BIM\x04\x04\0\0"
        + struct.pack(">I", len(IPTC))
        + IPTC
        + b"\0" * (len(IPTC) % 2)
    )
    plain = file.getvalue()
    return plain[:2] + b"\xff\xed" + struct.pack(">H", len(body) + 2) + body + plain[2:]


def loaded(block: bytes | None) -> Image.Exif:
    exif = Image.Exif()
    exif.load(block)
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_jpegs_caption_place_and_time_go_into_every_format(kind, tmp_path):
    photo = read_photo(jpeg(exif=exif_block(), comment=b"box 4", dpi=(600, 600)))
    write_photo(Photo(photo.pixels, None, kind, photo.metadata), tmp_path / "a")
    found = read_photo(tmp_path / "a").metadata
    exif = loaded(found.exif)
    assert exif[0x010E] == "Anna by the lake"
    assert exif.get_ifd(ExifTags.IFD.Exif)[0x9003] == "1931:06:01 12:00:00"
    assert exif.get_ifd(ExifTags.IFD.GPSInfo)[2] == (53, 53, 24)
    if kind != "WEBP":
        assert found.iptc == IPTC
        assert found.dpi == pytest.approx((600, 600), abs=0.1)
    assert {"JPEG": found.comment, "PNG": dict(found.texts).get("Comment", "").encode()}.get(
        kind, b"box 4"
    ) == b"box 4"


CAPTION, ARTIST = "Großmutter, Żywiec – 1931".encode(), "Müller".encode("latin-1")
RIGHTS = "© Łódź".encode()


def captioned(order: str = "<") -> bytes:
    """An EXIF block with text in UTF-8 and Latin-1, a maker's note and a user's comment."""
    exif = Exif(order)
    exif.image = Directory({270: text(CAPTION), 315: text(ARTIST), 33432: text(RIGHTS)})
    exif.image[282] = exif.image[283] = Value(5, struct.pack("<2I", 300, 1))
    exif.camera = Directory({0x9003: text(b"1931:06:01 12:00:00")})
    exif.camera[0x9286] = Value(7, b"UNICODE\0" + "Żywiec".encode("utf-16-le"))
    exif.camera[0x927C] = Value(7, b"a maker's note \xff\x00\x01")
    exif.interop = Directory({1: text(b"R98")})
    exif.place = Directory({1: text(b"N"), 2: Value(5, struct.pack("<6I", 53, 1, 53, 1, 24, 1))})
    return exif.to_bytes()


@pytest.mark.parametrize("order", ["<", ">"])
def test_an_exif_block_comes_back_as_it_was(order):
    block = captioned(order)
    assert Exif.parse(block).to_bytes() == block
    assert Exif.parse(block) == replace(Exif.parse(captioned("<")), order=order)
    assert loaded(block).get_ifd(ExifTags.IFD.GPSInfo)[2] == (53, 53, 24)
    assert loaded(block).get_ifd(ExifTags.IFD.Exif)[0x9003] == "1931:06:01 12:00:00"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BigTIFF"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_captions_pass_byte_for_byte(kind, source, order, tmp_path):
    if "TIFF" in source:
        tags = [
            (code, 2, len(body) + 1, body + b"\0", True)
            for code, body in ((270, CAPTION), (315, ARTIST), (33432, RIGHTS))
        ]
        data = tiff(
            CAT,
            photometric="rgb",
            metadata=None,
            extratags=tags,
            software=False,
            byteorder=order,
            bigtiff=source == "BigTIFF",
        )
    else:
        data = saved(Image.fromarray(CAT), source, exif=captioned(order))
    write_photo(replace(read_photo(data), format=kind), tmp_path / "a")
    exif = Exif.parse(read_photo(tmp_path / "a").metadata.exif)
    assert [exif.image[code].data.rstrip(b"\0") for code in (270, 315, 33432)] == [
        CAPTION,
        ARTIST,
        RIGHTS,
    ]
    if "TIFF" not in source:
        assert (exif.camera, exif.interop, exif.place) == (
            Exif.parse(captioned()).camera | {40965: exif.camera[40965]},
            Exif.parse(captioned()).interop,
            Exif.parse(captioned()).place,
        )


def test_texts_of_a_png_become_utf_8_elsewhere(tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_itxt("Description", CAPTION.decode())
    info.add_itxt("Copyright", RIGHTS.decode())
    Image.fromarray(CAT).save(tmp_path / "a.png", pnginfo=info)
    for kind in ("JPEG", "TIFF"):
        write_photo(replace(read_photo(tmp_path / "a.png"), format=kind), tmp_path / "b")
        exif = Exif.parse(read_photo(tmp_path / "b").metadata.exif)
        assert exif.image.block(270) == CAPTION
        assert exif.image.block(33432) == RIGHTS


@pytest.mark.parametrize("comment", [CAPTION, ARTIST])
def test_a_comment_of_any_encoding_is_read_as_text(comment, tmp_path):
    write_photo(replace(read_photo(jpeg(comment=comment)), format="PNG"), tmp_path / "a.png")
    expected = CAPTION.decode() if comment == CAPTION else "Müller"
    assert dict(read_photo(tmp_path / "a.png").metadata.texts)["Comment"] == expected


@pytest.mark.parametrize("big", [False, True])
def test_a_tiffs_descriptions_go_into_every_page(big, tmp_path, monkeypatch):
    if big:
        monkeypatch.setattr("tintype.photo.pages.MAX_CLASSIC_BYTES", 0)
    photo = read_photo(jpeg(exif=exif_block()))
    exif = loaded(photo.metadata.exif)
    exif[269], exif[285] = "Box 4", "Seite 7 ä"
    for part in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        exif[part] = dict(exif.get_ifd(part))
    from tintype.photo import read_pages, write_photos

    page = replace(photo, format="TIFF", metadata=replace(photo.metadata, exif=exif.tobytes()))
    write_photos([page, page], tmp_path / "a.tif")
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        assert tiff.is_bigtiff == big
    for back in read_pages(tmp_path / "a.tif"):
        kept = loaded(back.metadata.exif)
        assert kept[269] == "Box 4"
        assert kept.get_ifd(ExifTags.IFD.GPSInfo)[4] == (11, 27, 0)
        assert back.metadata.iptc == IPTC
        assert np.array_equal(back.pixels, page.pixels)


def test_iptc_that_a_tiff_holds_as_long_numbers_is_whole(tmp_path):
    padded = IPTC + b"\0" * (-len(IPTC) % 4)
    numbers = struct.unpack(f"<{len(padded) // 4}I", padded)
    tifffile.imwrite(
        tmp_path / "a.tif",
        CAT,
        photometric="rgb",
        byteorder="<",
        extratags=[(33723, 4, len(numbers), numbers, True)],
    )
    assert read_photo(tmp_path / "a.tif").metadata.iptc == padded


def test_a_programs_note_on_the_shape_of_its_array_is_no_description(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", CAT[..., 0])
    exif = read_photo(tmp_path / "a.tif").metadata.exif
    assert exif is None or 270 not in loaded(exif)


def test_the_texts_of_a_png_stay_and_describe_other_formats(tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_text("Title", "Grandmother 1931")
    info.add_itxt("Description", "Großmutter am See, 1931 – Lübeck")
    info.add_text("Author", "K. Braun", zip=True)
    Image.fromarray(CAT).save(tmp_path / "a.png", pnginfo=info)
    photo = read_photo(tmp_path / "a.png")
    write_photo(photo, tmp_path / "b.png")
    assert set(read_photo(tmp_path / "b.png").metadata.texts) == set(photo.metadata.texts)
    assert dict(photo.metadata.texts)["Author"] == "K. Braun"
    write_photo(photo, tmp_path / "b.jpg", format="jpg")
    assert loaded(read_photo(tmp_path / "b.jpg").metadata.exif)[315] == "K. Braun"
    write_photo(photo, tmp_path / "b.tif", format="tif")
    assert loaded(read_photo(tmp_path / "b.tif").metadata.exif)[269] == "Grandmother 1931"


def test_nothing_asks_for_another_turn_and_sizes_are_those_of_the_upright_picture(tmp_path):
    photo = read_photo(jpeg(exif=exif_block(6), xmp=XMP, dpi=(600, 300)))
    write_photo(photo, tmp_path / "a.jpg")
    again = read_photo(tmp_path / "a.jpg")
    assert again.pixels.shape == photo.pixels.shape == (128, 96, 3)
    inner = loaded(again.metadata.exif).get_ifd(ExifTags.IFD.Exif)
    assert (inner[0xA002], inner[0xA003]) == (96, 128)
    xmp = again.metadata.xmp
    assert b'tiff:Orientation="1"' in xmp
    assert b'exif:PixelXDimension="96"' in xmp
    assert b"<tiff:ImageWidth>96<" in xmp
    assert again.metadata.dpi == (300, 600)


def test_an_orientation_that_only_xmp_tells_is_followed_once(tmp_path):
    photo = read_photo(jpeg(xmp=XMP))
    assert photo.pixels.shape == (128, 96, 3)
    write_photo(photo, tmp_path / "a.jpg")
    assert read_photo(tmp_path / "a.jpg").pixels.shape == (128, 96, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP"])
def test_no_resolution_is_invented(kind, tmp_path):
    assert read_photo(jpeg()).metadata.dpi is None
    write_photo(Photo(CAT, format=kind), tmp_path / "a")
    if kind != "BMP":
        assert read_photo(tmp_path / "a").metadata.dpi is None
    with Image.open(tmp_path / "a") as image:
        assert kind == "BMP" or "dpi" not in image.info or image.info["dpi"][0] <= 1


def test_metadata_that_is_too_large_for_a_jpeg_does_not_stop_it(tmp_path):
    photo = read_photo(jpeg())
    large = replace(
        photo.metadata, iptc=b"\x1c\x02\x78" * 30_000, xmp=b"<x>" + b" " * 70_000 + b"</x>"
    )
    write_photo(replace(photo, metadata=large), tmp_path / "a.jpg")
    assert read_photo(tmp_path / "a.jpg").pixels.shape == CAT.shape


@pytest.mark.parametrize("orientation", [1, 6])
def test_jpeg_2000_keeps_exif_and_is_turned_by_it(orientation, tmp_path):
    write_photo(read_photo(jpeg(exif=captioned())), tmp_path / "a.jp2", format="jp2")
    data = (tmp_path / "a.jp2").read_bytes()
    place = data.index(b"JpgTiffExif->JP2") + 16
    exif = Exif.parse(data[place:])
    assert exif.image.block(270) == CAPTION
    assert exif.camera.block(0x9003) == b"1931:06:01 12:00:00"
    exif.image[274] = number(orientation)
    block = exif.to_bytes()[6:]
    box = struct.pack(">I4s", 24 + len(block), b"uuid") + b"JpgTiffExif->JP2" + block
    photo = read_photo(data[: place - 24] + box)
    assert photo.pixels.shape[:2] == ((128, 96) if orientation == 6 else (96, 128))
    assert peek(data[: place - 24] + box).size == photo.pixels.shape[1::-1]
    assert Exif.parse(photo.metadata.exif).image.block(270) == CAPTION


@pytest.mark.parametrize("length", [16, 70_000, 200_000])
@pytest.mark.parametrize("before", [0, 60_000])
def test_iptc_of_a_jpeg_may_go_on_from_segment_to_segment(length, before):
    records = b"\x1c\x02\x78\x80\x04" + struct.pack(">I", length) + b"x" * length
    blocks = b"".join(
        struct.pack(">4sHHI", b"8BIM", code, 0, len(body)) + body + bytes(len(body) % 2)
        for code, body in ((0x040C, bytes(before)), (0x0404, records))
    )
    parts = (b"Photoshop 3.0\0" + blocks[at : at + 59_999] for at in range(0, len(blocks), 59_999))
    added = b"".join(b"\xff\xed" + struct.pack(">H", len(part) + 2) + part for part in parts)
    plain = saved(Image.fromarray(CAT), "JPEG")
    photo = read_photo(plain[:2] + added + plain[2:])
    assert photo.metadata.iptc == records
    file = io.BytesIO()
    write_photo(photo, file)
    assert read_photo(file.getvalue()).metadata.iptc == records


@pytest.mark.parametrize("place", [33, -12], ids=["before the pixels", "behind them"])
@pytest.mark.parametrize("form", ["plain", "packed", "raw"])
def test_xmp_of_a_png_is_found_in_every_form_and_place(form, place):
    label = Label("default", "1.0", "saturation 1.2", "ab" * 32)
    xmp = label.into(None)
    hexadecimal = f"\nxmp\n{len(xmp):8d}\n{xmp.hex()}\n".encode()
    name, body = {
        "plain": (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp),
        "packed": (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp)),
        "raw": (b"zTXt", b"Raw profile type xmp\0\0" + zlib.compress(hexadecimal)),
    }[form]
    plain = saved(Image.fromarray(CAT), "PNG")
    data = plain[:place] + pack(name, body) + plain[place:]
    assert label_of(read_photo(data).metadata.xmp) == label
    assert read_label(data) == label


@pytest.mark.parametrize("kind", ["iptc", "8bim"])
def test_iptc_of_a_png_may_be_in_photoshops_resources(kind):
    resource = struct.pack(">4sHHI", b"8BIM", 0x0404, 0, len(IPTC)) + IPTC + bytes(len(IPTC) % 2)
    hexadecimal = f"\n{kind}\n{len(resource):8d}\n{resource.hex()}\n".encode()
    plain = saved(Image.fromarray(CAT), "PNG")
    body = f"Raw profile type {kind}".encode() + b"\0\0" + zlib.compress(hexadecimal)
    photo = read_photo(plain[:33] + pack(b"zTXt", body) + plain[33:])
    assert photo.metadata.iptc == IPTC


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_captions_of_a_turned_avif_pass_byte_for_byte(orientation):
    """Pillow writes ASCII alone, which is replaced in the file."""
    texts = {270: CAPTION, 315: ARTIST, 33432: RIGHTS}
    exif = Exif(image=Directory({274: number(orientation)}))
    exif.image |= {code: text(b"%d" % (code % 10) * len(words)) for code, words in texts.items()}
    data = saved(Image.fromarray(CAT), "AVIF", exif=exif.to_bytes())
    for code, words in texts.items():
        assert data.count(b"%d" % (code % 10) * len(words)) == 1
        data = data.replace(b"%d" % (code % 10) * len(words), words)
    for photo in (read_photo(data), as_photo(Image.open(io.BytesIO(data)))):
        assert photo.pixels.shape[:2] == ((128, 96) if orientation == 6 else (96, 128))
        kept = Exif.parse(photo.metadata.exif)
        assert [kept.image.block(code) for code in (270, 315, 33432)] == [CAPTION, ARTIST, RIGHTS]
        assert kept.image.number(274, 1) == 1
