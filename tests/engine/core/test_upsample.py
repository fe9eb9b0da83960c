import cv2
import numpy as np
import pytest
from skimage import data

from tintype.color import srgb_to_lab
from tintype.engine.core.upsample import clean_edges, upsample_ab
from tintype.errors import UsageError


def shrink(ab, factor):
    return cv2.resize(ab, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("name", ["astronaut", "coffee"])
@pytest.mark.parametrize("factor", [4, 8])
def test_edges_are_kept_better_than_by_bicubic(name, factor):
    lab = srgb_to_lab(getattr(data, name)()[:384, :384].astype(np.float32) / 255)
    true = lab[..., 1:]
    small = shrink(true, factor)
    guided = upsample_ab(small, lab[..., 0])
    bicubic = cv2.resize(small, (384, 384), interpolation=cv2.INTER_CUBIC)
    assert np.abs(guided - true).mean() < np.abs(bicubic - true).mean()


def test_a_uniform_color_stays_uniform():
    lightness = np.random.default_rng(0).uniform(0, 100, (60, 90)).astype(np.float32)
    ab = np.full((8, 12, 2), (20, -30), np.float32)
    assert np.abs(upsample_ab(ab, lightness) - (20, -30)).max() < 1e-3


def test_color_stops_at_an_edge_of_lightness():
    lightness = np.zeros((64, 64), np.float32)
    lightness[:, 35:] = 80
    ab = np.zeros((8, 8, 2), np.float32)
    ab[:, 5:] = 40
    ab[:, 4] = 40 * 5 / 8
    grown = upsample_ab(ab, lightness)
    assert grown[32, 33].max() < 8
    assert grown[32, 36].min() > 32


def test_a_smaller_target_is_refused():
    with pytest.raises(UsageError, match="smaller"):
        upsample_ab(np.zeros((8, 8, 2), np.float32), np.zeros((4, 4), np.float32))


@pytest.mark.parametrize("grain", [0, 2])
def test_edges_get_the_colors_of_their_two_sides(grain):
    lightness = np.random.default_rng(0).normal(70, grain, (512, 768)).astype(np.float32)
    lightness[:, 384:] -= 40
    small = np.zeros((64, 96, 2), np.float32)
    small[:, 48:] = (30, -20)
    small = cv2.GaussianBlur(small, (0, 0), 1.5)
    grown = upsample_ab(small, lightness)
    clean = clean_edges(grown, small, lightness)
    halo, rim = np.s_[64:-64, 364:380], np.s_[64:-64, 388:404]
    assert grown[halo][..., 0].mean() > 5
    assert clean[halo][..., 0].mean() < grown[halo][..., 0].mean() / 3
    assert 30 - clean[rim][..., 0].mean() < (30 - grown[rim][..., 0].mean()) / 3
    assert clean[256, 40] == pytest.approx([0, 0], abs=0.5)
    assert clean[256, 720] == pytest.approx([30, -20], abs=0.5)


def test_colors_that_no_edge_parts_stay_nearly_where_they_are():
    lightness = np.full((96, 96), 60, np.float32)
    ramp = np.broadcast_to(
        np.linspace(-20, 20, 24, dtype=np.float32)[:, None, None], (24, 24, 2)
    ).copy()
    grown = upsample_ab(ramp, lightness)
    assert np.abs(clean_edges(grown, ramp, lightness) - grown)[12:-12].max() < 1


def test_a_uniform_color_stays_uniform_at_edges():
    lightness = np.random.default_rng(0).uniform(0, 100, (60, 90)).astype(np.float32)
    small = np.full((8, 12, 2), (20, -30), np.float32)
    assert (
        np.abs(clean_edges(upsample_ab(small, lightness), small, lightness) - (20, -30)).max()
        < 1e-3
    )
