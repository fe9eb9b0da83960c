"""Photographs of black and white points become grays; drawings and text stay."""

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from tintype.photo import Photo, is_dark, smoothed_points, stretched

CAMERA = data.camera()


def dithered() -> np.ndarray:
    return np.array(Image.fromarray(CAMERA).convert("1").convert("L"))


def screened(period: int = 8) -> np.ndarray:
    down, across = np.mgrid[: CAMERA.shape[0], : CAMERA.shape[1]] * (2 * np.pi / period)
    waves = np.cos(down) + np.cos(across + 0.3)
    threshold = np.argsort(np.argsort(waves.ravel())).reshape(waves.shape) * (255 / waves.size)
    return np.where(threshold < CAMERA, 255, 0).astype(np.uint8)


@pytest.mark.parametrize("points", [dithered(), screened()], ids=["dithered", "screened"])
def test_points_become_the_tones_that_they_stand_for(points):
    smoothed = smoothed_points(Photo(points))
    assert smoothed is not None
    tones = cv2.GaussianBlur(CAMERA, (0, 0), 4).astype(float)
    assert np.abs(smoothed.pixels - tones)[20:-20, 20:-20].mean() < 12
    assert len(np.unique(smoothed.pixels)) > 100


def test_photographs_text_and_drawings_are_no_points():
    page = np.full((600, 500), 255, np.uint8)
    for line in range(30, 590, 18):
        cv2.putText(page, "The quick brown fox jumps over", (20, line), 0, 0.6, 0, 1)
    drawing = np.full((500, 500), 255, np.uint8)
    for radius in range(20, 240, 22):
        cv2.circle(drawing, (250, 250), radius, 0, 2)
    silhouette = np.where(CAMERA > 90, 255, 0).astype(np.uint8)
    for picture in (CAMERA, page, drawing, silhouette, data.text()):
        assert smoothed_points(Photo(picture)) is None


def exposed(share, kind=np.uint8):
    scale = {np.uint8: 1.0, np.uint16: 257.0, np.float32: 1 / 255}[kind]
    return Photo((data.camera() * np.float32(share * scale)).astype(kind))


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_an_underexposed_scan_is_dark_until_it_is_stretched(kind):
    dark = exposed(0.3, kind)
    assert is_dark(dark)
    assert not is_dark(exposed(1, kind))
    bright = stretched(dark)
    assert bright.pixels.dtype == kind
    assert not is_dark(bright)
    assert float(bright.pixels.max()) == bright.white
    order = np.argsort(dark.pixels, axis=None)
    assert (np.diff(bright.pixels.ravel()[order].astype(float)) >= 0).all()


@pytest.mark.parametrize("value", [0, 12, 128])
def test_a_blank_picture_is_neither_dark_nor_stretched(value):
    blank = Photo(np.full((30, 40), value, np.uint8))
    assert not is_dark(blank)
    assert stretched(blank) is blank


def test_all_channels_are_stretched_alike():
    tinted = Photo((data.camera()[..., None] * np.array([0.3, 0.25, 0.2])).astype(np.uint8))
    red, green, blue = np.moveaxis(stretched(tinted).pixels.astype(float), -1, 0)
    bright = red > 100
    assert abs(np.mean(green[bright] / red[bright]) - 25 / 30) < 0.05
    assert abs(np.mean(blue[bright] / red[bright]) - 20 / 30) < 0.05
