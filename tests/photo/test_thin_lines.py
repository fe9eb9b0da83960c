"""Pen lines that are thin beside the size of a scan keep their color."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from tintype.engine.core.own_color import monochrome_share
from tintype.photo import Photo, analyze_color, read_photo

SEPIA = np.array([1.0, 0.87, 0.68])


def scan(width, height, tone=(1, 1, 1)):
    """A large scan of a print, with the grain of a scanner."""
    gray = cv2.resize(data.camera(), (width, height), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(0).normal(0, 3, (height, width, 1)).astype(np.float32)
    return np.clip(gray[..., None] * np.float32(tone) + noise, 0, 255).astype(np.uint8)


def jpeg(pixels, quality=90):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return read_photo(file.getvalue())


@pytest.mark.parametrize("tone", [(1, 1, 1), SEPIA])
@pytest.mark.parametrize(("width", "height"), [(6000, 1600), (1200, 1800)])
def test_a_pen_line_of_two_pixels_keeps_its_color(width, height, tone):
    pixels = scan(width, height, tone)
    y, left, right = height // 5, width // 8, width // 8 + 500
    cv2.line(pixels, (left, y), (right, y), (40, 50, 180), 2)
    photo = jpeg(pixels)
    analysis = analyze_color(photo)
    assert analysis.kind == "places"
    new = monochrome_share(photo, analysis)
    assert new[y, left + 20 : right - 20].mean() < 0.2
    assert new[height * 4 // 5 :].min() == 1
    assert analysis.places.mean() < 0.25


@pytest.mark.parametrize("tone", [(1, 1, 1), SEPIA])
def test_fringes_of_channels_that_do_not_match_are_no_lines(tone):
    pixels = scan(2400, 1800, tone)
    shifted = np.dstack([pixels[:, 2:, 0], pixels[:, :-2, 1:]])
    assert analyze_color(jpeg(shifted)).kind == "monochrome"


@pytest.mark.parametrize("quality", [40, 95])
def test_noise_of_a_sensor_has_no_lines(quality):
    noise = np.random.default_rng(1).normal(0, 14, (900, 1350, 3))
    pixels = np.clip(scan(1350, 900) + noise, 0, 255).astype(np.uint8)
    assert analyze_color(jpeg(pixels, quality)).kind == "monochrome"


def test_lines_of_sixteen_bits_are_found():
    pixels = scan(2400, 1600)
    cv2.line(pixels, (300, 300), (420, 380), (190, 30, 50), 2)
    assert analyze_color(Photo(pixels.astype(np.uint16) * 257)).kind == "places"
