"""A coloring keeps the color that its source has of its own, at full size and up to its edges."""

import cv2
import numpy as np
import pytest
from skimage import data

from tests.photo.test_tint import TONES, toned, with_stamp
from tintype.engine.core.own_color import keep_own_color, monochrome_share
from tintype.photo import Photo, analyze_color


@pytest.mark.parametrize("tone", ["gray", "sepia"])
@pytest.mark.parametrize("factor", [1, 3])
def test_a_stamp_is_kept_up_to_its_edges(tone, factor):
    plain = toned(data.camera(), *TONES[tone])
    stamped = with_stamp(plain)
    inside = (stamped != plain).any(axis=2).astype(np.uint8)
    size = (factor * 512, factor * 512)
    photo = Photo(cv2.resize(stamped, size, interpolation=cv2.INTER_NEAREST)[: 400 * factor])
    inside = cv2.resize(inside, size, interpolation=cv2.INTER_NEAREST)[: 400 * factor]
    share = monochrome_share(photo, analyze_color(photo))
    assert share.shape == inside.shape
    deep = cv2.erode(inside, np.ones((3, 3))) > 0
    away = cv2.dilate(inside, np.ones((9, 9))) == 0
    assert share[deep].mean() < 0.05
    assert share[away].min() > 0.9


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_new_color_comes_only_where_the_share_says_so(kind):
    white = {np.uint8: 255, np.uint16: 65535, np.float32: 1}[kind]
    photo = Photo(np.full((40, 60, 3), white // 4 if white > 1 else 0.25, kind))
    colored = np.full((40, 60, 3), white, kind)
    share = np.zeros((40, 60), np.float32)
    share[10:, :20] = 1
    share[:, 50:] = 0.5
    mixed = keep_own_color(photo, colored, share)
    assert mixed.dtype == kind
    np.testing.assert_array_equal(mixed[20:, :18], colored[20:, :18])
    np.testing.assert_array_equal(mixed[:, 25:45], photo.pixels[:, 25:45])
    assert abs(float(mixed[5, 55, 0]) / white - 0.625) < 0.01


def test_a_print_of_one_tone_has_no_color_of_its_own():
    photo = Photo(toned(data.camera(), *TONES["sepia"]))
    assert monochrome_share(photo, analyze_color(photo)).min() == 1
