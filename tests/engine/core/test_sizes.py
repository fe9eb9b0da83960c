import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tintype.engine.core.sizes import (
    MAX_VIEW_ASPECT,
    InputView,
    pixel_at,
    resize,
    shrink_hint,
    shrink_to,
    view_size,
)
from tintype.engine.core.tone import stretch_tone

side = st.integers(1, 30_000)


@given(side, side, st.integers(64, 512))
def test_every_shape_gets_a_working_size_that_a_network_takes(height, width, size):
    view = InputView(np.zeros(view_size((height, width), size), np.float32))
    for have, full in zip(view.size, view.padded_size, strict=True):
        assert 1 <= have <= full <= MAX_VIEW_ASPECT * size + 31
        assert full % 32 == 0
        assert full - have < 32


def test_the_shape_of_the_picture_is_kept():
    height, width = view_size((3000, 4000), 256)
    assert abs(width / height - 4 / 3) < 0.02
    assert abs(height * width - 256**2) < 1000


def test_padding_is_cut_off_again():
    view = InputView.of(np.zeros((100, 200), np.float32), 256)
    picture = np.random.default_rng(0).random((*view.size, 2)).astype(np.float32)
    assert np.array_equal(view.crop(view.pad(picture)), picture)


def test_a_faded_picture_is_stretched_and_a_full_one_is_not():
    full = np.linspace(0, 100, 10_000, dtype=np.float32).reshape(100, 100)
    assert np.array_equal(stretch_tone(full), full)
    faded = 40 + full * 0.3
    stretched = stretch_tone(faded)
    assert stretched.min() < 2
    assert stretched.max() > 98


def test_blank_paper_stays_blank():
    paper = np.full((64, 64), 90, np.float32)
    assert np.abs(stretch_tone(paper) - 90).max() < 1


def test_a_long_picture_keeps_its_direction_and_is_limited_to_four_times_the_size():
    assert view_size((100, 200), 256) == (181, 362)
    assert view_size((200, 100), 256) == (362, 181)
    assert view_size((10, 4000), 64) == (3, 256)
    assert view_size((4000, 10), 64) == (256, 3)
    assert view_size((100, 200), 256, square=True) == (256, 256)


@pytest.mark.parametrize(
    ("x", "y", "pixel"), [(0, 0, (0, 0)), (0.9, 0.1, (0, 7)), (0.1, 0.9, (3, 0)), (1, 1, (3, 7))]
)
def test_a_point_is_x_of_the_width_and_y_of_the_height(x, y, pixel):
    assert pixel_at((4, 8), x, y) == pixel


def test_resizing_takes_means_to_shrink_and_lines_to_grow():
    picture = np.float32([[0, 2, 10, 30], [4, 6, 50, 70]])
    assert np.allclose(resize(picture, (1, 2)), [[3, 40]])
    assert np.allclose(resize(np.float32([[0, 4]]), (1, 4)), [[0, 1, 3, 4]])
    assert shrink_to(picture, (9, 2)).shape == (2, 2)
    assert shrink_to(picture, (9, 9)) is picture


def test_a_shrunken_hint_has_the_mean_of_the_colors_that_are_set():
    hint = np.zeros((4, 8, 3), np.float32)
    hint[0, 6], hint[1, 7] = (10, -20, 1.0), (40, 10, 0.5)
    small = shrink_hint(hint, (2, 4))
    assert small[0, 3] == pytest.approx((20, -10, 1.0), abs=1e-3)
    assert not small[1].any() and not small[0, :2].any()
