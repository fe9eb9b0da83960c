"""What is told of skies by their color, in pictures of plain areas."""

import numpy as np
import pytest

from tintype.lab.data.label_maps import BACKGROUND, CLOTHES, NOBODY, SKY, UNKNOWN
from tintype.lab.data.people_maps import with_sky
from tintype.lab.data.sky_maps import sky_map

BLUE, PALE, BROWN = (90, 140, 215), (225, 225, 228), (110, 80, 50)


def landscape(above) -> np.ndarray:
    """H×W×3, 60×100: 40 rows of one color above rough brown ground, a cloud in the middle."""
    rgb = np.full((60, 100, 3), above, np.uint8)
    rgb[12:20, 40:60] = 60
    rgb[40:] = np.asarray(BROWN) + np.random.default_rng(0).integers(-40, 40, (20, 100, 1))
    return rgb


@pytest.mark.parametrize("outdoors", [True, None])
def test_a_blue_sky_is_told_and_its_clouds_and_edges_are_left_open(outdoors):
    sky = sky_map(landscape(BLUE), outdoors)
    assert (sky[5, 5], sky[30, 90], sky[50, 50]) == (SKY, SKY, BACKGROUND)
    assert sky[16, 50] == UNKNOWN
    assert (sky[39:42] == UNKNOWN).any(0).mean() > 0.9
    assert np.mean(sky[44:] == BACKGROUND) > 0.95


def test_a_pale_area_is_sky_outdoors_and_may_be_a_wall_elsewhere():
    assert sky_map(landscape(PALE), True)[5, 5] == SKY
    assert sky_map(landscape(PALE), None)[5, 5] == UNKNOWN
    assert (sky_map(landscape(PALE), False) == BACKGROUND).all()


def test_what_does_not_reach_the_upper_edge_is_no_sky():
    rgb = landscape(BLUE)
    rgb[:4] = BROWN
    assert SKY not in sky_map(rgb, True)


def test_people_before_a_sky_stay_people():
    people = np.full((60, 100), BACKGROUND, np.uint8)
    people[20:, 70:80] = CLOTHES
    both = with_sky(people, landscape(BLUE), None)
    assert (both[5, 5], both[50, 10], both[30, 75]) == (SKY, BACKGROUND, CLOTHES)
    assert both[16, 50] == NOBODY
