import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tintype.engine.core.sizes import MAX_VIEW_ASPECT, InputView, view_size
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
