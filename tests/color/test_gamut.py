import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from tintype.color import fit_gamut, in_gamut, lab_to_srgb, srgb_to_lab
from tintype.color.gamut import fit_gamut_fast, fitted_srgb

axis = st.floats(-128, 127, width=32)


@given(st.floats(0.5, 99.5, width=32), axis, axis)
def test_lightness_and_hue_stay_and_the_result_fits(lightness, a, b):
    lab = np.array([[lightness, a, b]], np.float32)
    fitted = fit_gamut(lab)
    assert fitted[0, 0] == lab[0, 0]
    assert in_gamut(fitted, 2e-4).all()
    assert abs(fitted[0, 1] * b - fitted[0, 2] * a) < 1e-2 * max(1, np.hypot(a, b))
    assert np.hypot(*fitted[0, 1:]) <= np.hypot(a, b) + 1e-4


def test_colors_inside_stay_as_they_are():
    lab = srgb_to_lab(data.coffee()[::8, ::8].astype(np.float32) / 255 * 0.98 + 0.01)
    assert np.array_equal(fit_gamut(lab), lab)


def test_the_edge_is_found_and_not_only_something_inside():
    wanted = np.array([[53.24, 160.0, 134.4]], np.float32)
    fitted = fit_gamut(wanted)
    assert np.hypot(*fitted[0, 1:]) > 100
    assert np.abs(srgb_to_lab(lab_to_srgb(fitted))[0, 0] - 53.24) < 0.1


@given(st.floats(2, 98, width=32), axis, axis)
def test_the_table_of_the_edge_agrees_with_the_search(lightness, a, b):
    lab = np.array([[lightness, a, b]], np.float32)
    exact, fast = (np.hypot(*fit(lab)[0, 1:]) for fit in (fit_gamut, fit_gamut_fast))
    assert abs(exact - fast) < 1.5


def test_fitted_colors_as_srgb_are_those_of_the_two_steps():
    rng = np.random.default_rng(5)
    lab = rng.uniform((0, -120, -120), (100, 120, 120), (40, 50, 3)).astype(np.float32)
    assert 0 < in_gamut(lab).mean() < 1
    np.testing.assert_allclose(fitted_srgb(lab), lab_to_srgb(fit_gamut(lab)), atol=1e-6)
    inside = fit_gamut(lab) * (1, 0.9, 0.9)
    np.testing.assert_allclose(fitted_srgb(inside), lab_to_srgb(inside), atol=1e-6)
