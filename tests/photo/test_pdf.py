"""Pictures in a PDF: found, decoded as their pages show them, and replaced; all else stays."""

import io

import numpy as np
import pytest

from tests.pdfs import CAMERA, DITHERED, GRAY, KINDS, document, flate, jpeg, picture
from tintype.errors import PhotoError, TooLargeError
from tintype.notices import NoticeCode
from tintype.photo import Label, Photo, peek, read_label, read_pages, read_photo
from tintype.photo.file import File
from tintype.photo.pdf_copy import PdfCopy
from tintype.photo.pdf_forms import count_drawn_forms

pikepdf = pytest.importorskip("pikepdf")
LABEL = Label("default", "1.0", "saturation 1.2", "ab" * 32)


def built(*kinds: str, rotate: int = 0) -> bytes:
    pdf = pikepdf.new()
    return document(*([KINDS[kind](pdf)] for kind in kinds), pdf=pdf, rotate=rotate)


def tinted(photo: Photo) -> Photo:
    """With a little more red."""
    color = photo.pixels if photo.pixels.ndim == 3 else np.dstack([photo.pixels] * 3)
    red = color.astype(int) + np.array([40, 0, -40])
    return photo.with_pixels(np.clip(red, 0, 255).astype(np.uint8))


def image_of(data: bytes):
    """The picture of a document's first page: samples, and those of its masks."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        image = pdf.pages[0].Resources.XObject.Im0
        masks = [image[key].read_bytes() for key in ("/SMask", "/Mask") if key in image]
        return (b"" if image.get("/Filter") == "/DCTDecode" else image.read_bytes()), masks


def copied(data: bytes, label: Label | None = LABEL) -> bytes:
    with File(data) as file:
        copy = PdfCopy(file)
        for number, photo in enumerate(read_pages(data)):
            copy.replace(number, tinted(photo))
        return copy.finish(label)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_of_every_kind_is_read_and_replaced(kind):
    data = built(kind)
    photo = read_photo(data)
    assert photo.format == "PDF"
    expected = np.asarray(CAMERA.convert("1").convert("L")) if kind in DITHERED else GRAY
    gray = photo.pixels if photo.pixels.ndim == 2 else photo.pixels[..., 1]
    assert np.abs(gray.astype(int) - expected).mean() < 3
    after = read_photo(copied(data))
    assert after.pixels.shape == (152, 200, 3)
    loss = np.abs(after.pixels.astype(int) - tinted(photo).pixels).mean()
    assert loss == 0 if photo.metadata.lossless else loss < (15 if kind in DITHERED else 3)


def test_depth_that_is_lost_is_told():
    (notice,) = read_photo(built("16 bit")).notices
    assert notice.code == NoticeCode.DEPTH_REDUCED


def test_all_but_the_pictures_stays():
    data = built("jpeg", "flate")
    before, after = (pikepdf.open(io.BytesIO(each)) for each in (data, copied(data)))
    assert len(after.pages) == 2
    for one, other in zip(before.pages, after.pages, strict=True):
        assert one.Contents.read_bytes() == other.Contents.read_bytes()
        assert (one.MediaBox, one.CropBox) == (other.MediaBox, other.CropBox)
    assert after.docinfo["/Title"] == "Letters"
    assert after.Root.PageLabels == before.Root.PageLabels
    with after.open_outline() as outline:
        assert [item.title for item in outline.root] == ["The harvest"]
    assert after.pdf_version == before.pdf_version


def test_masks_stay_with_their_pictures():
    for kind in ("soft mask", "mask"):
        data = built(kind)
        (_, before), (_, after) = image_of(data), image_of(copied(data))
        assert len(before) == 1
        assert before == after


def test_a_mask_of_the_same_samples_as_its_picture_stays():
    pdf = pikepdf.new()
    data = document([flate(pdf, GRAY, SMask=flate(pdf, GRAY))], pdf=pdf)
    with pikepdf.open(io.BytesIO(copied(data))) as after:
        image = after.pages[0].Resources.XObject.Im0
        assert image.SMask.ColorSpace == "/DeviceGray"
        assert image.SMask.read_bytes() == GRAY.tobytes()
        assert image.ColorSpace[0] == "/ICCBased"


def test_the_label_stands_in_the_documents_xmp_and_other_xmp_stays():
    pdf = pikepdf.new()
    with pdf.open_metadata() as metadata:
        metadata["dc:creator"] = ["A. Clerk"]
    data = document([jpeg(pdf)], pdf=pdf)
    assert read_label(data) is None
    copy = copied(data)
    assert read_label(copy) == LABEL
    with pikepdf.open(io.BytesIO(copy)) as after, after.open_metadata() as metadata:
        assert metadata["dc:creator"] == ["A. Clerk"]


def test_copies_are_the_same_byte_for_byte():
    data = built("jpeg")
    assert copied(data) == copied(data)


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_picture_on_a_turned_page_is_read_upright_and_put_back(turned):
    upright = built("flate")
    data = built("flate", rotate=turned)
    assert np.array_equal(read_photo(data).pixels, np.rot90(GRAY, -turned // 90))
    assert peek(data).size == ((200, 152) if turned == 180 else (152, 200))
    assert image_of(copied(upright)) == image_of(copied(data))


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (b"-200 0 0 152 220 60", GRAY[:, ::-1]),
        (b"200 0 0 -152 20 212", GRAY[::-1]),
        (b"0 200 -152 0 172 60", np.rot90(GRAY)),
    ],
    ids=["mirrored", "upside down", "a quarter turn"],
)
def test_a_picture_is_read_as_its_page_draws_it(matrix, expected):
    pdf = pikepdf.new()
    document([flate(pdf, GRAY)], pdf=pdf)
    pdf.pages[0].Contents = pikepdf.Stream(pdf, b"q %b cm /Im0 Do Q" % matrix)
    file = io.BytesIO()
    pdf.save(file)
    assert np.array_equal(read_photo(file.getvalue()).pixels, expected)


def in_form(pdf, content: bytes, held, matrix=(1, 0, 0, 1, 0, 0)):
    """A form that draws a picture or another form."""
    form = pikepdf.Stream(pdf, b"q %b cm /Im0 Do Q" % content)
    form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
    form.BBox, form.Matrix = pikepdf.Array([0, 0, 300, 300]), pikepdf.Array(list(matrix))
    form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=held))
    return pdf.make_indirect(form)


@pytest.mark.parametrize("rotate", [0, 90])
@pytest.mark.parametrize(
    ("page", "outer", "matrix", "expected"),
    [
        (b"1 0 0 1 0 0", b"1 0 0 -1 0 152", (1, 0, 0, 1, 0, 0), GRAY[::-1]),
        (b"1 0 0 -1 0 152", b"1 0 0 -1 0 152", (1, 0, 0, 1, 0, 0), GRAY),
        (b"0 1 -1 0 152 0", b"1 0 0 -1 0 152", (1, 0, 0, 1, 0, 0), np.rot90(GRAY[::-1])),
        (b"0 1 -1 0 152 0", b"1 0 0 1 0 0", (-1, 0, 0, 1, 200, 0), np.rot90(GRAY[:, ::-1])),
    ],
)
def test_a_picture_in_forms_is_read_as_the_page_draws_it(page, outer, matrix, expected, rotate):
    pdf = pikepdf.new()
    inner = in_form(pdf, b"200 0 0 152 0 0", flate(pdf, GRAY))
    document([in_form(pdf, outer, inner, matrix)], pdf=pdf, rotate=rotate)
    pdf.pages[0].Contents = pikepdf.Stream(pdf, b"q %b cm /Im0 Do Q" % page)
    file = io.BytesIO()
    pdf.save(file)
    assert np.array_equal(read_photo(file.getvalue()).pixels, np.rot90(expected, -rotate // 90))


@pytest.mark.parametrize(("levels", "is_read"), [(2, True), (9, False)])
def test_forms_that_multiply_are_refused_before_they_are_drawn(levels, is_read):
    pdf = pikepdf.new()
    form = in_form(pdf, b"200 0 0 152 0 0", flate(pdf, GRAY))
    for _ in range(levels):
        form = in_form(pdf, b"1 0 0 1 0 0", form)
        form.write(b"/Im0 Do\n" * 10)
    data = document([form], pdf=pdf)
    if is_read:
        assert np.array_equal(read_photo(data).pixels, GRAY)
    else:
        with pytest.raises(TooLargeError, match="forms"):
            peek(data)


def test_a_form_that_draws_itself_counts_once():
    pdf = pikepdf.new()
    form = in_form(pdf, b"200 0 0 152 0 0", flate(pdf, GRAY))
    form.Resources.XObject.Self = form
    form.write(b"/Im0 Do /Self Do")
    document([form], pdf=pdf)
    assert count_drawn_forms(pdf) == 2


def test_a_picture_on_several_pages_and_in_forms_is_one():
    pdf = pikepdf.new()
    shared = jpeg(pdf)
    form = in_form(pdf, b"200 0 0 152 0 0", shared)
    data = document([shared], [form], [flate(pdf, GRAY)], pdf=pdf)
    assert peek(data).pages == 2


def test_what_cannot_be_replaced_is_left_and_told():
    pdf = pikepdf.new()
    keyed = flate(pdf, GRAY, Mask=pikepdf.Array([0, 3]))
    small = flate(pdf, GRAY[:20, :20], size=(20, 20))
    stencil = flate(pdf, np.zeros((152, 25), np.uint8), bits=1, ImageMask=True)
    data = document([keyed, small, stencil, jpeg(pdf)], pdf=pdf)
    with pikepdf.open(io.BytesIO(data)) as opened:
        inline = b" q 9 0 0 9 0 0 cm BI /W 4 /H 4 /BPC 8 /CS /G ID 0123456789abcdef EI Q"
        contents = opened.pages[0].Contents
        contents.write(contents.read_bytes() + inline)
        file = io.BytesIO()
        opened.save(file)
    (photo,) = read_pages(file.getvalue())
    assert {notice.code for notice in photo.notices} == {NoticeCode.PICTURES_LEFT}
    assert [notice.text.split()[1] for notice in photo.notices] == ["within", "whose"]
    after = pikepdf.open(io.BytesIO(copied(file.getvalue())))
    images = after.pages[0].Resources.XObject
    assert images["/Im0"].read_bytes() == GRAY.tobytes()
    assert images["/Im1"].read_bytes() == GRAY[:20, :20].tobytes()


def test_a_document_without_pictures_has_none():
    data = document([], pdf=pikepdf.new())
    assert peek(data).pages == 0
    assert list(read_pages(data)) == []


@pytest.mark.parametrize("user", ["", "secret"])
def test_an_encrypted_document_is_refused_in_a_sentence(user):
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(built("jpeg"))) as pdf:
        pdf.save(file, encryption=pikepdf.Encryption(owner="owner", user=user))
    with pytest.raises(PhotoError, match="is encrypted; save a copy without protection"):
        read_photo(file.getvalue())


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_damaged_document_is_refused_in_a_sentence_and_repaired_on_request(share):
    data = built("jpeg", "flate")
    cut = data[: int(share * len(data))]
    with pytest.raises(PhotoError, match="damaged") as raised:
        read_photo(cut)
    assert " object at " not in str(raised.value)
    if share == 0.99:
        codes = {notice.code for notice in read_photo(cut, damaged="keep").notices}
        assert NoticeCode.DAMAGED in codes


def test_what_is_too_large_is_refused_before_work():
    coded = io.BytesIO()
    CAMERA.save(coded, "JPEG", progressive=True)
    data = coded.getvalue()
    scan = data[data.rindex(b"\xff\xda") : -2]
    pdf = pikepdf.new()
    many = picture(pdf, data[:-2] + scan * 1000 + data[-2:], pikepdf.Name.DCTDecode)
    scans = document([many], pdf=pdf)
    pdf = pikepdf.new()
    large = document([flate(pdf, np.zeros(9, np.uint8), bits=1, size=(90_000, 9_000))], pdf=pdf)
    for file, reason in ((scans, "scans; so many"), (large, "megapixels or")):
        for ask in (peek, read_photo):
            with pytest.raises(TooLargeError, match=reason):
                ask(file)
