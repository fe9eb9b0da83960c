import numpy as np
import pytest

from tintype.engine.core.tone import chroma_share, stretch_tone, visible_share, warm_ab


def ramp(low: float, high: float) -> np.ndarray:
    """L* whose percentiles 1 and 99 are low and high."""
    margin = (high - low) / 98
    return np.linspace(low - margin, high + margin, 20_000, dtype=np.float32).reshape(100, 200)


@pytest.mark.parametrize(
    ("lightness", "warmth", "expected"),
    [
        (50, 1, (3, 12)),
        (50, -0.5, (-1.5, -6)),
        (25, 1, (2.25, 9)),
        (75, 1, (2.25, 9)),
        (0, 1, (0, 0)),
        (100, 1, (0, 0)),
        (104, 1, (0, 0)),
    ],
)
def test_warmth_is_strongest_in_the_middle_tones_and_0_at_black_and_white(
    lightness, warmth, expected
):
    ab = warm_ab(np.full((2, 3), lightness, np.float32), warmth)
    assert ab.shape == (2, 3, 2) and ab.dtype == np.float32
    assert np.allclose(ab, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(10, 90, (10, 90)), (20, 80, (0, 100)), (15, 85, (7.5, 92.5)), (40, 70, (0, 100))],
)
def test_a_picture_is_stretched_the_more_the_more_it_is_faded(low, high, expected):
    found = np.percentile(stretch_tone(ramp(low, high)), (1, 99))
    assert np.allclose(found, expected, atol=0.2)


def test_fog_is_stretched_no_more_than_a_range_of_20():
    found = np.percentile(stretch_tone(ramp(65, 75)), (1, 99))
    assert np.allclose(found, (45, 95), atol=0.5)


def test_a_photograph_is_visible_and_a_blank_page_or_a_silhouette_is_not():
    assert visible_share(ramp(10, 90)) == 1
    assert visible_share(np.full((20, 30), 70, np.float32)) == 0
    assert visible_share(ramp(50, 51.99)) == 0
    assert visible_share(ramp(50, 55)) == pytest.approx(0.5, abs=0.02)
    silhouette = np.full((20, 30), 90, np.float32)
    silhouette[5:15, 5:20] = 5
    assert visible_share(silhouette) == 0


def test_the_black_of_a_very_faded_picture_keeps_no_color():
    ramp = np.linspace(70, 90, 3000, dtype=np.float32).reshape(30, 100)
    share = chroma_share(ramp)
    darkest = ramp <= np.quantile(ramp, 0.08)
    assert share[darkest].mean() < 0.2
    assert share.flat[0] == 0
    assert (share[ramp >= 77] == 1).all()
    assert (np.diff(share.ravel()) >= 0).all()


@pytest.mark.parametrize(("low", "high"), [(0, 100), (40, 90), (5, 30), (80, 81)])
def test_other_pictures_keep_all_of_their_color(low, high):
    assert chroma_share(np.linspace(low, high, 3000, dtype=np.float32).reshape(30, 100)) is None


def test_between_faded_and_very_faded_the_change_is_gradual():
    least = [
        chroma_share(np.linspace(40, 40 + reach, 3000, dtype=np.float32).reshape(30, 100)).min()
        for reach in (23, 27, 31)
    ]
    assert least == sorted(least)
    assert least[1] == pytest.approx(0.52, abs=0.1)
