import cv2
import numpy as np
import pytest
from skimage import data

from tests.engine.core.networks import Fake
from tests.photo.test_album import lay
from tintype.engine.assist.pages import parts_of, prepare_page
from tintype.photo import Photo


def strip(height: int, width: int) -> Photo:
    pixels = np.random.default_rng(height).integers(0, 255, (height, width))
    return Photo(pixels.astype(np.uint8))


@pytest.mark.parametrize(
    ("height", "width", "count"),
    [(30, 65, 0), (30, 66, 2), (66, 30, 2), (23, 200, 0), (24, 200, 8), (30, 3000, 16)],
)
def test_a_long_picture_is_seen_in_windows(height, width, count):
    assert len(parts_of(strip(height, width))[0]) == count


@pytest.mark.parametrize("shape", [(30, 100), (100, 30)])
def test_windows_cover_a_strip_and_fade_into_each_other(shape):
    photo = strip(*shape)
    parts, ink = parts_of(photo)
    assert ink is None
    total, laid = np.zeros(shape), np.zeros(shape)
    for part in parts:
        height, width = part.pixels.shape
        ones = np.ones((height, width), np.float32)
        weight = part.lay(
            ones * np.resize(part.weight, ones.shape)
            if shape[0] < shape[1]
            else ones * np.resize(part.weight.T, ones.T.shape).T,
            shape,
            1,
        )
        total += weight
        laid += weight * part.lay(part.pixels.astype(np.float32), shape, 1)
    inner = total[1:-1, 1:-1]
    assert inner.min() > 0.3
    assert np.allclose((laid / np.maximum(total, 1e-6))[2:-2, 2:-2], photo.pixels[2:-2, 2:-2])


def test_a_page_is_prepared_with_its_parts():
    prepared = prepare_page(Fake(), strip(30, 100), [64])
    assert len(prepared.parts) == 3
    assert prepared.raised.shape == (30, 100, 2)
    assert not prepare_page(Fake(), strip(30, 40), [64]).parts


@pytest.mark.parametrize("turn", [0, 4])
def test_no_color_is_laid_around_the_prints_of_a_page(turn):
    page = 236 + np.random.default_rng(0).normal(0, 1, (560, 1000)).astype(np.float32)
    inside = np.zeros(page.shape, np.uint8)
    for middle in (250, 750):
        corners = lay(page, data.camera()[::2, ::2].astype(np.float32), (middle, 280), turn)
        cv2.fillConvexPoly(inside, np.round(corners).astype(np.int32), 1)
    prepared = prepare_page(Fake(), Photo(np.clip(page, 0, 255).astype(np.uint8)), [64])
    assert prepared.ink is not None
    chroma = np.hypot(*np.moveaxis(prepared.raised, -1, 0))
    beyond = cv2.erode(1 - inside, np.ones((5, 5), np.uint8)) > 0
    assert chroma[beyond].max() < 3
    within = cv2.erode(inside, np.ones((7, 7), np.uint8)) > 0
    assert (chroma > prepared.lightness / 20)[within].mean() > 0.95
