import numpy as np
import pytest
from skimage import data
from skimage.color import deltaE_ciede2000

from tintype.color import srgb_to_lab
from tintype.lab.evaluation.measures import (
    auc,
    bleeding,
    cci_ratio,
    ciede2000,
    color_naturalness,
    frechet_distance,
    hint_adherence,
    psnr_ab,
    wilson,
)

TRUTH = data.coffee()[:200, :240].astype(np.float32) / 255
LAB = srgb_to_lab(TRUTH)
GRAY = LAB * np.float32([1, 0, 0])
# Sharma, Wu, Dalal 2005, table 1: pairs 1, 4, 7, 9, 13, 14, 17, 18, 20, 25 and 34
SHARMA = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
    ((50, -0.001, 2.49), (50, 0.0009, -2.49), 4.8045),
    ((50, -0.001, 2.49), (50, 0.0010, -2.49), 4.8045),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (61, -5, 29), 22.8977),
    ((50, 2.5, 0), (58, 24, 15), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "expected"), SHARMA)
def test_ciede2000_gives_the_published_differences(one, other, expected):
    assert ciede2000(np.array(one), np.array(other)) == pytest.approx(expected, abs=1e-4)
    assert ciede2000(np.array(other), np.array(one)) == pytest.approx(expected, abs=1e-4)


def test_ciede2000_in_float32_agrees_with_scikit_image_on_a_photograph():
    other = srgb_to_lab(data.coffee()[100:300, 100:340].astype(np.float32) / 255)
    ours = ciede2000(LAB, other)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(
        ours, deltaE_ciede2000(LAB.astype(float), other.astype(float)), atol=0.01
    )


def test_auc_counts_the_thresholds_that_each_error_passes():
    off = LAB + np.float32([0, 12.5, 0])
    assert auc(off, LAB) == pytest.approx(np.mean(np.arange(151) >= 12.5), abs=1e-3)
    assert auc(LAB, LAB) == 1


def test_weights_make_rare_colors_count_in_auc():
    truth = np.zeros((10, 10, 3), np.float32)
    truth[0, 0, 1] = 60
    weights = np.ones((10, 10))
    weights[0, 0] = 99
    assert auc(truth * 0, truth) > 0.99
    assert auc(truth * 0, truth, weights) == pytest.approx((1 + 91 / 151) / 2)


def test_psnr_of_ab_does_not_see_lightness():
    assert psnr_ab(LAB + np.float32([9, 0, 0]), LAB) == float("inf")
    assert psnr_ab(LAB + np.float32([0, 25.5, 25.5]), LAB) == pytest.approx(20, abs=1e-3)


def test_skin_of_remembered_saturation_is_natural_and_gray_is_not():
    # HSL (45°, 0.76, 0.5)
    skin = np.full((4, 4, 3), (0.88, 0.69, 0.12), np.float32)
    assert color_naturalness(skin) == pytest.approx(1, abs=1e-3)
    assert color_naturalness(np.full((4, 4, 3), 0.5, np.float32)) == 0


def test_cci_ratio_counts_pictures_of_16_to_20():
    assert cci_ratio(np.array([15.9, 16, 20, 20.1])) == 0.5


def test_color_that_crosses_no_lightness_edge_bleeds():
    lab = np.full((40, 40, 3), 50, np.float32)
    lab[..., 1:] = 0
    lab[:, 20:, 1] = 40
    explained = lab.copy()
    explained[:, 20:, 0] = 80
    assert bleeding(lab) > 0.5
    assert bleeding(explained) == 0


def test_hints_that_were_obeyed_are_at_distance_0():
    points = np.array([[3, 4], [100, 200]])
    colors = LAB[points[:, 0], points[:, 1], 1:]
    assert hint_adherence(LAB, points, colors) == 0
    assert hint_adherence(GRAY, points, colors) > 1


def test_wilson_agrees_with_the_worked_value():
    # Newcombe 1998, table I: 81 of 263
    assert wilson(0, 20)[0] == 0
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-3)
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)


def test_frechet_distance_agrees_with_the_closed_form():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 1, (400, 5)), rng.normal(1, 2, (300, 5))
    from scipy.linalg import sqrtm

    root = sqrtm(np.cov(a.T) @ np.cov(b.T)).real
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(np.cov(a.T) + np.cov(b.T) - 2 * root)
    assert frechet_distance(a, b) == pytest.approx(expected)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_one_picture_has_no_frechet_distance():
    with pytest.raises(ValueError, match="two pictures"):
        frechet_distance(np.ones((1, 3)), np.ones((5, 3)))
