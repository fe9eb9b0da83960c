"""Black-and-white negatives are recognized, and photographs are not called negatives."""

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.pictures import EXAMPLES
from tintype import Colorizer, Guidance
from tintype.engine.assist.negative import NEGATIVE, is_negative
from tintype.photo import Photo


@pytest.fixture(scope="module")
def colorizer():
    return Colorizer()


def gray(name):
    return np.asarray(Image.open(EXAMPLES / f"{name}.jpg").convert("L"))


@pytest.mark.parametrize("name", ["cameraman", "eileen-collins", "grace-hopper"])
def test_portraits_are_told_from_their_negatives(colorizer, name):
    assert not is_negative(colorizer.prepare(Photo(gray(name))))
    assert is_negative(colorizer.prepare(Photo(255 - gray(name))))


@pytest.mark.parametrize("name", ["brick-wall", "cat", "coffee", "lawn", "rocket"])
def test_photographs_are_not_called_negatives(colorizer, name):
    assert not is_negative(colorizer.prepare(Photo(gray(name))))


def test_what_shows_nothing_or_lines_alone_is_no_negative(colorizer):
    drawn = np.full((200, 300), 255, np.uint8)
    drawn[::20] = 0
    for pixels in (
        data.page(),
        255 - data.page(),
        np.full((64, 64), 20, np.uint8),
        drawn,
        255 - drawn,
    ):
        assert not is_negative(colorizer.prepare(Photo(pixels)))


def test_the_result_says_so_and_is_colored_all_the_same(colorizer):
    colored = colorizer.colorize_photo(Photo(255 - gray("grace-hopper")), Guidance())
    assert colored.notices == (NEGATIVE,)
    assert colored.pixels.ndim == 3
    assert colorizer.colorize_photo(Photo(gray("grace-hopper"))).notices == ()
