import numpy as np
import pytest
from skimage import data

from tintype.color import hue_histogram, hues, srgb_to_lab


def ab_of(degrees: list[float], chroma: float | list[float] = 30.0) -> np.ndarray:
    angle = np.radians(degrees)
    return np.stack([np.cos(angle) * chroma, np.sin(angle) * chroma], -1)[None]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6, 12])
def test_equal_shares_of_n_sectors_are_n_hues(count):
    middles = [15 + 360 * n / count for n in range(count)]
    assert hues(hue_histogram(ab_of(middles))) == pytest.approx(count)


def test_shares_of_three_quarters_and_one_quarter_are_1_75_hues():
    # exp(-(3/4 ln 3/4 + 1/4 ln 1/4)) = 4 / 3^(3/4)
    assert hues(hue_histogram(ab_of([10, 20, 25, 100]))) == pytest.approx(4 / 3**0.75)


def test_a_pixel_counts_by_its_chroma():
    assert hues(hue_histogram(ab_of([15, 195], [30, 10]))) == pytest.approx(4 / 3**0.75)


def test_pixels_of_chroma_6_or_less_have_no_hue():
    assert hues(hue_histogram(ab_of([15, 105, 195, 285], [20, 5.9, 5.99, 1]))) == 1
    assert hues(hue_histogram(ab_of([15, 200], 5.0))) == 0
    assert hue_histogram(ab_of([15, 200], [40, 5])).sum() == pytest.approx(20)


def test_the_hues_of_a_set_are_those_of_the_added_histograms():
    red, blue = hue_histogram(ab_of([15])), hue_histogram(ab_of([285]))
    assert hues(red) == hues(blue) == 1
    assert hues(red + blue) == pytest.approx(2)


def test_size_does_not_change_hues_and_more_chroma_of_all_pixels_does_not_either():
    ab = srgb_to_lab(data.coffee()[:200, :200].astype(np.float32) / 255)[..., 1:]
    colored = ab[np.hypot(ab[..., 0], ab[..., 1]) > 6][None]
    assert hues(hue_histogram(2 * colored)) == pytest.approx(hues(hue_histogram(colored)))
    assert hues(hue_histogram(np.tile(ab, (2, 2, 1)))) == pytest.approx(hues(hue_histogram(ab)))


def test_every_angle_falls_into_a_sector():
    assert hue_histogram(ab_of([0, -1e-9, 360, 359.9999, 180, -180])).sum() == pytest.approx(30)
