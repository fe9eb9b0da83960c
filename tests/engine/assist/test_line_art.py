from dataclasses import replace

import numpy as np
import pytest

from tests.engine.assist.test_line_fill import drawn
from tintype.engine.colorizer import Colorizer
from tintype.errors import CapabilityError
from tintype.guidance import Guidance, Region
from tintype.photo import Photo

RED = "#cc3333"
DAB = Guidance().with_hint(100 / 300, 300 / 400, RED)


@pytest.fixture(scope="module")
def colorizer(warm_network):
    return Colorizer(warm_network)


def test_a_drawn_page_is_filled_and_says_so(colorizer):
    colored = colorizer.colorize_photo(Photo(drawn()), DAB)
    assert tuple(colored.pixels[300, 100]) == (0xCC, 0x33, 0x33)
    assert tuple(colored.pixels[300, 200]) == (255, 255, 255)
    assert "line art" in colored.notices[-1].text


def test_without_hints_a_page_stays_black_and_white(colorizer):
    page = drawn()
    colored = colorizer.colorize_photo(Photo(page))
    np.testing.assert_array_equal(colored.pixels, np.repeat(page[..., None], 3, 2))
    assert "without hints" in colored.notices[-1].text


def test_line_art_can_be_refused_and_demanded(colorizer):
    page = Photo(drawn())
    assert (
        colorizer.colorize_photo(page, replace(DAB, line_art=False)).pixels[300, 100]
        != (0xCC, 0x33, 0x33)
    ).any()
    photo = Photo(np.tile(np.linspace(60, 200, 90).astype(np.uint8), (60, 1)))
    forced = colorizer.colorize_photo(photo, Guidance(line_art=True).with_hint(0.5, 0.5, RED))
    assert (forced.pixels[..., 0] > forced.pixels[..., 2]).any()


def test_a_stroke_and_a_mask_work_on_a_page(colorizer):
    mask = np.zeros((400, 300), bool)
    mask[:300] = True
    asked = Guidance().with_stroke([(0.25, 0.6), (0.4, 0.6)], RED).with_region(mask)
    pixels = colorizer.colorize_photo(Photo(drawn()), asked).pixels
    assert tuple(pixels[280, 100]) == (0xCC, 0x33, 0x33)
    assert tuple(pixels[330, 100]) == (255, 255, 255)
    with pytest.raises(CapabilityError, match="line art has no subject"):
        colorizer.colorize_photo(Photo(drawn()), DAB.with_region(Region("subject")))


def test_deep_and_colored_pages_keep_their_kind(colorizer):
    page = drawn().astype(np.uint16) * 257
    colored = colorizer.colorize_photo(Photo(page), DAB)
    assert colored.pixels.dtype == np.uint16
    assert tuple(colored.pixels[300, 100]) == (0xCC * 257, 0x33 * 257, 0x33 * 257)


def test_a_large_page_is_filled_up_to_its_lines(colorizer, monkeypatch):
    monkeypatch.setattr("tintype.engine.assist.line_art.MOST_PIXELS", 40_000)
    page = drawn()
    pixels = colorizer.colorize_photo(Photo(page), DAB).pixels
    assert tuple(pixels[300, 100]) == (0xCC, 0x33, 0x33)
    assert (pixels[300, 62:150, 1] < 120).all()
    assert tuple(pixels[300, 200]) == (255, 255, 255)
