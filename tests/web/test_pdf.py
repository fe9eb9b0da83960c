"""A PDF handed to the service: the pictures in a copy of it."""

import pytest

from tests.pdfs import document, jpeg
from tintype.photo import read_label, read_photo

pikepdf = pytest.importorskip("pikepdf")


def test_the_pictures_in_a_pdf_are_colored(service):
    pdf = pikepdf.new()
    content = document([jpeg(pdf)], [], pdf=pdf)
    answer = service.post(
        "/api/v1/colorize", content=content, headers={"Content-Type": "application/pdf"}
    )
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert ".pdf" in answer.headers["Content-Disposition"]
    assert read_photo(answer.content).pixels.ndim == 3
    assert read_label(answer.content) is not None
