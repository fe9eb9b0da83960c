"""A tone is a curve of ab over L* that changes slowly over the paper."""

import numpy as np
import pytest

from tintype.photo.toning import KNOTS, Toning, fit_toning


def gray_ramp(height, width):
    """L* of every size of step and every place."""
    return np.random.default_rng(0).uniform(5, 95, (height, width)).astype(np.float32)


def curve(lightness):
    return np.stack([0.1 * lightness * (1 - lightness / 100), 0.2 * (100 - lightness)], axis=-1)


@pytest.mark.parametrize("size", [(120, 200), (200, 88)])
def test_the_curve_of_a_toned_picture_is_found(size):
    lightness = gray_ramp(*size)
    lab = np.dstack([lightness, curve(lightness)]).astype(np.float32)
    assert np.abs(fit_toning(lab).ab(lightness) - lab[..., 1:]).max() < 0.6


def test_what_is_in_color_does_not_move_the_curve():
    lightness = gray_ramp(160, 160)
    lab = np.dstack([lightness, curve(lightness)]).astype(np.float32)
    plain = fit_toning(lab).ab(lightness)
    lab[20:70, 20:90, 1:] += (40, -30)
    assert np.abs(fit_toning(lab).ab(lightness) - plain).max() < 1


def test_a_slow_change_over_the_paper_belongs_to_the_tone():
    lightness = gray_ramp(160, 240)
    lab = np.dstack([lightness, curve(lightness)]).astype(np.float32)
    lab[..., 2] += np.linspace(-6, 6, 240) * lightness / 100
    assert np.abs(fit_toning(lab).ab(lightness) - lab[..., 1:]).mean() < 0.5


def test_strips_of_a_picture_have_the_tone_of_the_whole():
    random = np.random.default_rng(2)
    toning = Toning(
        random.normal(0, 9, (len(KNOTS), 2)).astype(np.float32),
        random.normal(0, 3, (10, 2)).astype(np.float32),
    )
    lightness = gray_ramp(90, 60)
    whole = toning.ab(lightness)
    strips = [toning.ab(lightness[top : top + 40], top, 90) for top in (0, 40, 80)]
    np.testing.assert_allclose(np.concatenate(strips), whole, atol=1e-4)
    assert not np.abs(Toning.neutral().ab(lightness)).any()


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (3, 2)])
def test_pictures_smaller_than_a_cell_have_a_tone(size):
    lab = np.full((*size, 3), (50, 4, 8), np.float32)
    assert np.isfinite(fit_toning(lab).ab(lab[..., 0])).all()
