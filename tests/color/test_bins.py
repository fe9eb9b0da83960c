import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from tintype.color import ab_bins, annealed_mean, encode_soft, palette_vector, srgb_to_lab
from tintype.color.bins import HISTOGRAM_GRID, ab_histogram


def test_the_bins_cover_every_color_of_a_photograph():
    ab = srgb_to_lab(data.astronaut()[::4, ::4].astype(np.float32) / 255)[..., 1:].reshape(-1, 2)
    nearest = np.abs(ab[:, None] - ab_bins()[None]).max(-1).min(1)
    assert nearest.max() <= 5.001


def test_there_are_as_many_bins_as_the_gamut_has_cells():
    assert ab_bins().shape == (261, 2)
    assert len(np.unique(ab_bins(), axis=0)) == 261


@given(st.floats(-40, 40, width=32), st.floats(-40, 40, width=32))
def test_soft_encoding_is_a_distribution_whose_mean_is_near_the_color(a, b):
    soft = encode_soft(np.array([a, b], np.float32))
    assert soft.sum() == pytest.approx(1, abs=1e-5)
    assert np.count_nonzero(soft) == 5
    assert np.abs(soft @ ab_bins() - (a, b)).max() < 10


def test_a_low_temperature_goes_to_the_mode_and_a_high_one_to_the_mean():
    probability = np.full(len(ab_bins()), 1e-6, np.float32)
    probability[[10, 200]] = 0.7, 0.3
    logits = np.log(probability / probability.sum())
    assert np.abs(annealed_mean(logits, temperature=0.05) - ab_bins()[10]).max() < 0.1
    mean = 0.7 * ab_bins()[10] + 0.3 * ab_bins()[200]
    assert np.abs(annealed_mean(logits, temperature=1.0) - mean).max() < 0.1
    with pytest.raises(ValueError, match="temperature"):
        annealed_mean(logits, temperature=0)


def test_a_palette_without_a_wish_is_all_zero_and_a_wish_carries_its_flag():
    assert not palette_vector().any()
    ab = srgb_to_lab(data.coffee()[::8, ::8].astype(np.float32) / 255)[..., 1:]
    wish = palette_vector(ab_histogram(ab), 20.0)
    cells = len(ab_bins(HISTOGRAM_GRID))
    assert wish[:cells].sum() == pytest.approx(1, abs=1e-5)
    assert wish[cells:].tolist() == [1, 20, 1]
    with pytest.raises(ValueError, match="histogram"):
        palette_vector(np.zeros(3, np.float32))
