"""Photographs of black and white points become grays; drawings and text stay."""

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from tintype.photo import Photo, smoothed_points

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
