"""Negatives become positives; color negative film is recognized, ordinary photographs are not
called negatives."""

import numpy as np
import pytest
from skimage import data

from tintype.photo import Photo, invert, looks_negative

CAT = data.chelsea()
BASE = np.array([0.92, 0.55, 0.33])


def as_film(pixels):
    """A scanned color negative: the complement, compressed, under an orange mask."""
    return (255 * (0.25 + 0.75 * (1 - pixels / 255)) * BASE).astype(np.uint8)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_a_gray_negative_inverted_twice_is_itself(kind):
    gray = (data.camera() * {np.uint8: 1.0, np.uint16: 257.0, np.float32: 1 / 255}[kind]).astype(
        kind
    )
    photo = Photo(gray)
    assert np.allclose(invert(photo).pixels, photo.white - gray.astype(float), atol=1e-6)
    assert np.allclose(invert(invert(photo)).pixels, gray, atol=1e-6)


def test_the_mask_of_color_film_is_divided_out():
    positive = invert(Photo(as_film(CAT))).pixels.astype(float)
    for channel in range(3):
        assert np.corrcoef(positive[..., channel].ravel(), CAT[..., channel].ravel())[0, 1] > 0.99
    cast = positive.mean((0, 1)) - CAT.mean((0, 1)) * 0.75
    assert np.ptp(cast) < 12


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket", "retina"])
def test_color_film_is_recognized_and_photographs_are_not(name):
    photo = getattr(data, name)()
    assert not looks_negative(Photo(photo))
    if name in ("astronaut", "chelsea", "coffee"):
        assert looks_negative(Photo(as_film(photo)))
    assert not looks_negative(Photo(data.camera()))
