import numpy as np
import pytest
from skimage import data

from tintype.color import srgb_to_lab
from tintype.engine.core import render as module
from tintype.engine.core.render import is_monochrome, lightness_of, render, shrink

GRAY = data.camera()[:200, :240]


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("ab", [(30, 20), (-60, 60), (90, -100)])
def test_lightness_is_untouched(kind, ab):
    white = {np.uint8: 255, np.uint16: 65535, np.float32: 1}[kind]
    pixels = (GRAY / 255 * white).astype(kind)
    colored = render(pixels, np.full((25, 30, 2), ab, np.float32), 8)
    assert colored.dtype == kind
    difference = np.abs(srgb_to_lab(colored / np.float32(white))[..., 0] - lightness_of(pixels))
    assert np.percentile(difference, 99) < 0.5


def test_colors_come_out_as_asked_where_they_fit():
    colored = render(
        np.full((20, 20), 128, np.uint8), np.full((2, 2, 2), (20, -15), np.float32), 10
    )
    lab = srgb_to_lab(colored / np.float32(255))
    assert np.abs(lab[..., 1:] - (20, -15)).max() < 0.7


@pytest.mark.parametrize("factor", [1, 3, 7])
def test_strips_leave_no_seam(monkeypatch, factor):
    size = -(-200 // factor), -(-240 // factor)
    ab = np.random.default_rng(0).uniform(-30, 30, (*size, 2)).astype(np.float32)
    whole = render(GRAY, ab, factor)
    monkeypatch.setattr(module, "STRIP_PIXELS", 240 * 9)
    assert np.abs(render(GRAY, ab, factor).astype(int) - whole).max() <= 1


def test_shrunk_and_grown_lie_at_the_same_place():
    pixels = np.zeros((101, 107), np.uint8)
    pixels[:, 50:] = 200
    small = shrink(pixels, 4)
    assert small.shape == (26, 27)
    assert small[5, 11] == 0
    assert small[5, 13] == 200
    ab = np.dstack([small, small]).astype(np.float32) / 200 * 40
    colored = render(np.full((101, 107), 128, np.uint8), ab, 4).astype(int)
    chroma = np.abs(colored[50] - 128).sum(1)
    assert np.argmax(chroma > chroma.max() / 2) in (49, 50, 51)


def test_lightness_of_agrees_at_every_depth():
    eight = lightness_of(GRAY)
    assert np.abs(lightness_of(GRAY.astype(np.uint16) * 257) - eight).max() < 0.01
    assert np.abs(lightness_of(np.dstack([GRAY] * 3)) - eight).max() < 0.05


def test_three_equal_channels_are_seen_as_one():
    picture = np.dstack([GRAY] * 3)
    assert is_monochrome(picture)
    picture[150, 200, 2] ^= 8
    assert not is_monochrome(picture)
