import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import color, data

from tintype.color import lab_to_srgb, lightness, srgb_to_lab

channel = st.floats(0, 1, width=32)


def test_lab_agrees_with_scikit_image_on_a_photograph():
    rgb = data.astronaut()[::4, ::4].astype(np.float32) / 255
    assert np.abs(srgb_to_lab(rgb) - color.rgb2lab(rgb)).max() < 0.02


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((1, 1, 1), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((1, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 1, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 1), (32.30, 79.19, -107.86)),
    ],
)
def test_the_primaries_have_their_published_values(rgb, lab):
    assert srgb_to_lab(np.array([rgb], np.float32))[0] == pytest.approx(lab, abs=0.02)


@settings(max_examples=200)
@given(channel, channel, channel)
def test_a_color_survives_the_way_to_lab_and_back(r, g, b):
    rgb = np.array([[r, g, b]], np.float32)
    assert np.abs(lab_to_srgb(srgb_to_lab(rgb)) - rgb).max() < 1e-3


@given(channel)
def test_gray_has_no_chroma_and_its_own_lightness(value):
    gray = np.full((2, 2), value, np.float32)
    lab = srgb_to_lab(np.dstack([gray] * 3))
    assert np.abs(lab[..., 1:]).max() < 0.01
    assert np.allclose(lightness(gray), lab[..., 0], atol=0.01)
    assert np.allclose(lightness(np.dstack([gray] * 3)), lab[..., 0], atol=0.01)


def test_a_picture_without_three_channels_is_refused():
    with pytest.raises(ValueError, match="3 channels"):
        srgb_to_lab(np.zeros((4, 4), np.float32))
