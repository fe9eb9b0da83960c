from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("av")
from tests.film.conftest import scene

from tintype.film.follow import Ask, Way, Wish, follow, from_arrays, joined, to_arrays
from tintype.film.motion import View, link
from tintype.film.plan import Anchor, Still
from tintype.film.steady import Steady
from tintype.guidance import Guidance, Region

SIZE = 96, 160


def ways(count=10):
    views = [View.of(scene(0, n, SIZE)) for n in range(count)]
    return [link(before, now) for before, now in pairwise(views)]


def test_dabs_strokes_and_regions_go_with_the_picture_and_come_back():
    mask = np.zeros(SIZE, bool)
    mask[30:70, 80:120] = True
    asked = (
        Guidance()
        .with_hint(0.5, 0.5, "#00a0ff")
        .with_stroke([(0.4, 0.3), (0.6, 0.3)], "#ff0000")
        .with_region(mask)
    )
    moved = asked
    for way in ways():
        moved = follow(moved, Way.onward(way))
    assert moved.hints[0].x == pytest.approx(0.5 - 9 / 160, abs=0.01) and moved.hints[
        0
    ].y == pytest.approx(0.5, abs=0.01)
    assert [x for x, _ in moved.strokes[0].points] == pytest.approx(
        [0.4 - 9 / 160, 0.6 - 9 / 160], abs=0.01
    )
    assert moved.region is not None
    across = (
        np.flatnonzero(moved.region.mask_array().max(0) > 127)
        / moved.region.mask_array().shape[1]
        * 160
    )
    assert (across[0], across[-1]) == pytest.approx((71, 110), abs=2)
    for way in reversed(ways()):
        moved = follow(moved, Way.backward(way))
    assert moved.hints[0].x == pytest.approx(0.5, abs=0.01)


def test_a_dab_whose_thing_leaves_the_picture_is_dropped():
    moved = (
        Guidance(saturation=0.5)
        .with_hint(0.02, 0.5, "#00a0ff")
        .with_region(Region("objects", keep=((0.02, 0.5),)))
    )
    for way in ways():
        moved = follow(moved, Way.onward(way))
    assert not moved.hints and moved.saturation == 0.5
    assert moved.region is not None and np.count_nonzero(moved.region.mask_array()) == 1  # nowhere


def test_wishes_of_one_shot_join_and_the_nearest_counts():
    base = Guidance(saturation=1.2)
    far = Ask(0, Guidance(warmth=1.0, saturation=2.0).with_hint(0.2, 0.5, "#ff0000"), 30)
    near = Ask(1, Guidance(warmth=-1.0).with_hint(0.8, 0.5, "#0000ff"), 3)
    found = joined(base, [near, far])
    assert [hint.x for hint in found.hints] == [0.2, 0.8]
    assert (found.warmth, found.saturation) == (-1.0, 2.0)
    assert joined(base, []) == base


def test_asks_are_kept_as_arrays():
    reference = np.full((20, 30, 3), (200, 60, 40), np.uint8)
    wish = Wish(1.0, Guidance().with_hint(0.5, 0.5, "#00a0ff").with_reference(reference))
    asks = (Ask(0, wish.guidance, 7),)
    assert from_arrays("", to_arrays("", asks), {0: wish.guidance.reference}) == asks


class Listener:
    """A painter that gives every place what is asked of it as a*."""

    def __init__(self):
        self.heard = []

    def __call__(self, small, size, asks=()):
        self.heard.append(asks)
        return np.full((*size, 2), (30 * bool(asks), 0), np.float32)


def test_a_wish_holds_for_what_appears_later_in_its_shot_and_where_the_shot_returns():
    pan = [scene(0, n, SIZE) for n in range(0, 60, 2)]
    grays = pan + [scene(1, n, SIZE) for n in range(12)] + pan[::-1]
    with ThreadPoolExecutor(1) as pool:
        steady = Steady(Listener(), pool, [Anchor(0.0, Ask(0, Guidance(warmth=1.0)))])
        for n, gray in enumerate(grays):
            steady.add(Still(n / 25, n, gray))
        means = [
            colors.ab[..., 0].mean() for window in steady.ready(last=True) for colors in window
        ]
    assert (
        min(means[:30]) > 29
        and max(abs(mean) for mean in means[30:42]) < 1
        and min(means[42:]) > 29
    )
