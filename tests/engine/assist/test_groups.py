import numpy as np
import pytest
from skimage import data

from tintype import Colorizer
from tintype.engine.assist.groups import Cells, cluster, covering_spots


def test_groups_closer_than_a_half_are_merged_and_12_at_most_are_left():
    line = np.float32([0, 0.3, 2, 2.45, 9])
    member = cluster(np.abs(line[:, None] - line))
    assert member[0] == member[1] and member[2] == member[3] and len(set(member.tolist())) == 3
    line = np.arange(20, dtype=np.float32)
    assert len(set(cluster(np.abs(line[:, None] - line)).tolist())) == 12


def test_cells_have_the_shape_of_the_picture_and_sample_at_their_centers():
    cells = Cells.of(Colorizer("fast", device="cpu").prepare(data.camera()[:128]))
    assert cells.size == (10, 40)
    assert cells.points[41] == pytest.approx((1.5 / 40, 1.5 / 10))
    values = np.arange(20 * 80).reshape(20, 80)
    assert cells.sample(values)[41] == values[3, 3]
    assert cells.sample(np.dstack([values, values])).shape == (400, 2)
    assert np.ptp(cells.places, 0) == pytest.approx((9 / 20, 39 / 20))


def test_cells_that_belong_together_are_one_group():
    cells = Cells((2, 4), [((x + 0.5) / 4, (y + 0.5) / 2) for y in range(2) for x in range(4)])
    left = np.zeros((2, 4), np.float32)
    left[:, :2] = 1
    members = np.stack([left if x < 0.5 else 1 - left for x, _ in cells.points])
    labels = cells.group(members).reshape(2, 4)
    assert len(np.unique(labels[:, :2])) == len(np.unique(labels[:, 2:])) == 1
    assert labels[0, 0] != labels[0, 3]


def test_spots_are_added_until_they_reach_a_mask_that_is_not_square():
    mask = np.zeros((40, 120), bool)
    mask[10:31, 20:100] = True
    points = [(0.25, 0.5), (0.75, 0.5), (0.5, 0.3)]
    members = np.zeros((3, 40, 120), np.float32)
    members[0, :, :60], members[1, :, 60:], members[2, :, 55:62] = 1, 0.9, 1
    first, second = covering_spots(mask, points, members)
    assert (first, second) == ((0.25, 0.5, 0.06), (0.75, 0.5, 0.06))
    mask[...] = False
    mask[10:13, 80:91] = True
    ((*_, radius),) = covering_spots(mask, [(85.5 / 120, 11.5 / 40)], np.ones((1, 40, 120)))
    assert radius == pytest.approx(0.6 * 2 / 40)
