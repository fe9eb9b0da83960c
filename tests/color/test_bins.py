import numpy as np
import pytest
from skimage import data

from tintype.color import ab_bins, palette_vector, srgb_to_lab
from tintype.color.bins import HISTOGRAM_GRID, ab_histogram, smoothed, spread_of


def test_the_bins_cover_every_color_of_a_photograph():
    ab = srgb_to_lab(data.astronaut()[::4, ::4].astype(np.float32) / 255)[..., 1:].reshape(-1, 2)
    nearest = np.abs(ab[:, None] - ab_bins()[None]).max(-1).min(1)
    assert nearest.max() <= 5.001


def test_there_are_as_many_bins_as_the_gamut_has_cells():
    assert ab_bins().shape == (261, 2)
    assert len(np.unique(ab_bins(), axis=0)) == 261


def test_the_spread_of_a_distribution_is_its_standard_deviation():
    bins = ab_bins()
    odds = np.zeros((3, len(bins)), np.float32)
    odds[0, 7] = 1
    odds[1, [7, 8]] = 0.5
    odds[2] = 1 / len(bins)
    assert spread_of(odds)[0] == pytest.approx(0, abs=1e-3)
    assert spread_of(odds)[1] == pytest.approx(np.linalg.norm(bins[7] - bins[8]) / 2, rel=1e-4)
    assert spread_of(odds)[2] == pytest.approx(np.sqrt(bins.var(0).sum()), rel=1e-4)


def test_smoothing_spreads_a_bin_as_a_gaussian_of_8_units():
    bins = ab_bins()
    odds = np.zeros(len(bins), np.float32)
    middle = int(np.abs(bins).sum(1).argmin())
    odds[middle] = 1
    spread = smoothed(odds)
    assert spread.sum() == pytest.approx(1, abs=1e-5)
    next_to = int(np.abs(bins - (10, 0)).sum(1).argmin())
    assert spread[next_to] / spread[middle] == pytest.approx(np.exp(-100 / 128), rel=1e-4)


def test_a_palette_without_a_wish_is_all_zero_and_a_wish_carries_its_flag():
    assert not palette_vector().any()
    ab = srgb_to_lab(data.coffee()[::8, ::8].astype(np.float32) / 255)[..., 1:]
    wanted = palette_vector(ab_histogram(ab), 20.0)
    cells = len(ab_bins(HISTOGRAM_GRID))
    assert wanted[:cells].sum() == pytest.approx(1, abs=1e-5)
    assert wanted[cells:].tolist() == [1, 20, 1]
    with pytest.raises(ValueError, match="histogram"):
        palette_vector(np.zeros(3, np.float32))
