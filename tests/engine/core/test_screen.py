"""Printing screens are found, and nothing else is taken for one."""

import cv2
import numpy as np
import pytest
from skimage import data

from tintype.engine.core.screen import screen_period, without_screen

TONES = cv2.GaussianBlur(data.camera().astype(np.float32) / 2.55, (0, 0), 1.5)[:, :440]


def printed(period: float, degrees: float, tones: np.ndarray = TONES) -> np.ndarray:
    """Black dots on paper whose size follows the tones."""
    down, across = np.mgrid[: tones.shape[0], : tones.shape[1]].astype(np.float32)
    turn = np.deg2rad(degrees)
    u = across * np.cos(turn) + down * np.sin(turn)
    v = down * np.cos(turn) - across * np.sin(turn)
    screen = 50 + 25 * (np.cos(2 * np.pi * u / period) + np.cos(2 * np.pi * v / period))
    dots = np.asarray((screen < tones) * 100, np.float32)
    return cv2.GaussianBlur(dots, (0, 0), 0.6)


@pytest.mark.parametrize("period", [4, 6, 8, 11, 14])
@pytest.mark.parametrize("degrees", [0, 15, 45])
def test_a_screen_is_found_and_becomes_tones(period, degrees):
    dots = printed(period, degrees)
    found = screen_period(dots)
    assert found == pytest.approx(period, rel=0.1) or found == pytest.approx(
        period / 2**0.5, rel=0.1
    )
    rest = cv2.GaussianBlur(without_screen(dots), (0, 0), 1) - cv2.GaussianBlur(
        TONES, (0, 0), period / 2
    )
    assert rest.std() < 0.4 * (dots - TONES).std()


@pytest.mark.parametrize("period", [18, 24, 30])
@pytest.mark.parametrize("degrees", [0, 15, 45, 75])
def test_a_coarse_screen_of_a_large_scan_is_found(period, degrees):
    tones = cv2.resize(TONES, (1000, 800), interpolation=cv2.INTER_CUBIC)
    found = screen_period(printed(period, degrees, tones))
    assert found == pytest.approx(period, rel=0.1) or found == pytest.approx(
        period / 2**0.5, rel=0.1
    )


@pytest.mark.parametrize("name", ["camera", "brick", "grass", "gravel", "chelsea", "coins", "page"])
def test_photographs_textures_and_print_have_none(name):
    picture = getattr(data, name)()
    gray = picture if picture.ndim == 2 else picture[..., 1]
    lightness = gray.astype(np.float32) / 2.55
    assert without_screen(lightness) is lightness


def test_small_pictures_noise_and_stripes_have_none():
    noise = np.random.default_rng(0).uniform(0, 100, (300, 300)).astype(np.float32)
    stripes = np.asarray(50 + 40 * np.sin(np.arange(300) / 2) + 0 * noise, np.float32)
    for lightness in (noise, stripes, noise[:40], np.full((300, 300), 50, np.float32)):
        assert screen_period(lightness) is None
