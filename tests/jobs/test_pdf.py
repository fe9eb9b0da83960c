"""`colorize scan.pdf`: the pictures in a copy of the document."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.pdfs import CAMERA, document, flate, jpeg
from tintype import Guidance, Photo, Policy, color_files, read_photo
from tintype.jobs import ColoredPage
from tintype.jobs.color import write_pdf
from tintype.notices import NoticeCode
from tintype.photo import peek, read_label

pikepdf = pytest.importorskip("pikepdf")
COLOR = Image.fromarray(data.coffee()).resize((200, 152))


@pytest.fixture
def colored(tmp_path, warm_network):
    """The outcome of a document's coloring, and the document written."""
    from tintype import Colorizer

    def run(content: bytes, name="scan.pdf", output="out/", **options):
        (tmp_path / name).write_bytes(content)
        (outcome,) = color_files(
            [tmp_path / name],
            f"{tmp_path}/{output}",
            colorizer=Colorizer(str(warm_network)),
            policy=Policy(**options),
        )
        return outcome, outcome.output and outcome.output.read_bytes()

    return run


def chroma(pixels) -> float:
    return float((pixels.max(-1).astype(int) - pixels.min(-1)).mean()) if pixels.ndim == 3 else 0


def test_gray_pictures_are_colored_and_color_pictures_stay(colored):
    pdf = pikepdf.new()
    outcome, written = colored(document([jpeg(pdf)], [jpeg(pdf, COLOR)], pdf=pdf))
    assert outcome.state == "colored"
    assert NoticeCode.IN_COLOR in {notice.code for notice in outcome.notices}
    assert outcome.output.name == "scan.pdf"
    assert chroma(read_photo(written, 0).pixels) > 8
    with pikepdf.open(io.BytesIO(written)) as after:
        raw = after.pages[1].Resources.XObject.Im0.read_raw_bytes()
    assert raw == pdf.pages[1].Resources.XObject.Im0.read_raw_bytes()
    assert read_label(written) is not None


def test_the_same_command_again_skips_it_and_other_settings_do_not(colored):
    content = document([jpeg(pdf := pikepdf.new())], pdf=pdf)
    assert colored(content)[0].state == "colored"
    assert colored(content, quality=95)[0].state == "colored"


def test_text_without_grays_is_left_and_told(colored):
    pdf = pikepdf.new()
    text = np.full((152, 200), 255, np.uint8)
    text[20:140:8, 10:190:3] = 0
    content = document([flate(pdf, text)], [jpeg(pdf)], pdf=pdf)
    outcome, written = colored(content)
    assert NoticeCode.PICTURES_LEFT in {notice.code for notice in outcome.notices}
    assert np.array_equal(read_photo(written, 0).pixels, text)
    assert chroma(read_photo(written, 1).pixels) > 8


@pytest.mark.parametrize(("negative", "replaced"), [(False, [1]), (True, [0, 1, 2])])
def test_pictures_without_color_keep_their_very_bytes(negative, replaced):
    gray = Photo(np.asarray(CAMERA), format="PDF")
    drawn = gray.with_pixels(np.dstack([gray.pixels] * 3))
    tinted = gray.with_pixels(drawn.pixels // np.array([1, 2, 3], np.uint8))
    numbers = []

    class Copy:
        def replace(self, number, photo, quality=None):
            numbers.append(number)

        def finish(self, label):
            return b""

    pages = [ColoredPage(gray, after, Guidance(), ()) for after in (drawn, tinted, gray)]
    write_pdf(pages, Copy(), Policy(negative=negative), None)
    assert numbers == replaced


def test_a_document_with_nothing_to_color_is_copied_byte_for_byte(colored):
    pdf = pikepdf.new()
    content = document([jpeg(pdf, COLOR)], pdf=pdf)
    outcome, written = colored(content)
    assert outcome.state == "left"
    assert written == content
    empty = document([], pdf=pikepdf.new())
    outcome, written = colored(empty, "empty.pdf")
    assert outcome.state == "left"
    assert written == empty
    assert [notice.code for notice in outcome.notices] == [NoticeCode.NO_PHOTOGRAPHS_FOUND]


def test_negatives_in_a_document_are_inverted(colored):
    pdf = pikepdf.new()
    content = document([flate(pdf, 255 - np.asarray(CAMERA))], pdf=pdf)
    _, written = colored(content, negative=True)
    after = read_photo(written).pixels.mean(-1)
    assert np.abs(after - np.asarray(CAMERA)).mean() < 12


def test_a_document_becomes_a_tiff_of_its_pictures_and_no_picture_a_pdf(colored):
    pdf = pikepdf.new()
    outcome, _ = colored(
        document([jpeg(pdf)], [jpeg(pdf, CAMERA.rotate(180))], pdf=pdf), format="tif"
    )
    assert peek(outcome.output).pages == 2
    file = io.BytesIO()
    CAMERA.save(file, "JPEG")
    outcome, _ = colored(file.getvalue(), "scan.jpg", "scan.color.pdf")
    assert outcome.state == "failed"
    assert "only written as the copy" in outcome.error


def test_a_broken_document_is_a_failed_outcome_and_nothing_is_written(colored):
    content = document([jpeg(pdf := pikepdf.new())], pdf=pdf)
    outcome, written = colored(content[:-200])
    assert outcome.state == "failed"
    assert "damaged" in outcome.error
    assert written is None
    outcome, written = colored(content[:-200], damaged="keep")
    assert chroma(read_photo(written).pixels) > 8
