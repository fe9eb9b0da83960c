import cv2
import numpy as np
import pytest
from skimage import data

from tintype.color import srgb_to_lab
from tintype.engine.upsample import upsample_ab
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
