from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("av")
from tests.film.conftest import scene

from tintype.film.follow import (
    FrameGuidance,
    TimedGuidance,
    follow,
    from_arrays,
    joined,
    to_arrays,
)
from tintype.film.motion import Flow, MotionInput, flow_between
from tintype.film.palette import KeyColors
from tintype.film.source import Frame
from tintype.film.steady import SteadyColors
from tintype.guidance import Guidance, Region

SIZE = 96, 160


def flows(count=10):
    views = [MotionInput.of(scene(0, n, SIZE)) for n in range(count)]
    return [flow_between(before, now) for before, now in pairwise(views)]


def test_dabs_strokes_and_regions_go_with_the_picture_and_come_back():
    mask = np.zeros(SIZE, bool)
    mask[30:70, 80:120] = True
    guidance = (
        Guidance()
        .with_hint(0.5, 0.5, "#00a0ff")
        .with_stroke([(0.4, 0.3), (0.6, 0.3)], "#ff0000")
        .with_region(mask)
    )
    moved = guidance
    for flow in flows():
        moved = follow(moved, flow)
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
    for flow in reversed(flows()):
        moved = follow(moved, flow.reversed())
    assert moved.hints[0].x == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("place", [(0, 0), (1, 0), (0, 1), (1, 1), (0.999, 0.5)])
def test_a_dab_at_the_edge_stays_where_nothing_moves(place):
    view = MotionInput.of(scene(0, 0, (96, 160)))
    moved = follow(Guidance().with_hint(*place, "#ff0000"), flow_between(view, view))
    assert len(moved.hints) == 1
    assert np.hypot(moved.hints[0].x - place[0], moved.hints[0].y - place[1]) < 0.01


@pytest.mark.parametrize(
    ("row", "column", "moved", "found"),
    [
        (20, 40, (2, -1), True),
        (20, 40, (-3, 3), True),
        (20, 40, (9, 0), False),  # farther than the search reaches
        (5, 40, (0, 2), True),
        (4, 40, (0, 2), False),  # too near the edge for a search
        (42, 74, (1, 2), True),
        (43, 74, (1, 2), False),
        (42, 75, (1, 2), False),
    ],
)
def test_a_dab_is_found_beside_where_a_wrong_flow_leads(row, column, moved, found):
    """row, column: of the dab. moved: rows and columns by which the picture moves, of which the
    flow knows nothing."""
    height, width = 48, 80
    before = np.full((height, width), 50, np.float32)
    before[row - 1 : row + 2, column - 1 : column + 2] = [[90, 10, 20], [30, 95, 10], [10, 60, 90]]
    now = np.roll(before, moved, (0, 1))
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    still, trust = np.dstack([columns, rows]), np.ones((height, width), np.float32)
    flow = Flow(still, trust, still, trust, 1.0, False, before, now)
    place = (column + 0.5) / width, (row + 0.5) / height
    (hint,) = follow(Guidance().with_hint(*place, "#ff0000"), flow).hints
    down, across = moved if found else (0, 0)
    assert hint.x * width - 0.5 == pytest.approx(column + across)
    assert hint.y * height - 0.5 == pytest.approx(row + down)


def test_a_dab_whose_thing_leaves_the_picture_is_dropped():
    moved = (
        Guidance(saturation=0.5)
        .with_hint(0.02, 0.5, "#00a0ff")
        .with_region(Region("objects", keep=((0.02, 0.5),)))
    )
    for flow in flows():
        moved = follow(moved, flow)
    assert not moved.hints and moved.saturation == 0.5
    assert moved.region is not None and np.count_nonzero(moved.region.mask_array()) == 1  # nowhere


def test_guidances_of_one_shot_join_and_the_nearest_counts():
    base = Guidance(saturation=1.2)
    far = FrameGuidance(0, Guidance(warmth=1.0, saturation=2.0).with_hint(0.2, 0.5, "#ff0000"), 30)
    near = FrameGuidance(1, Guidance(warmth=-1.0).with_hint(0.8, 0.5, "#0000ff"), 3)
    result = joined(base, [near, far])
    assert [hint.x for hint in result.hints] == [0.2, 0.8]
    assert (result.warmth, result.saturation) == (-1.0, 2.0)
    assert joined(base, []) == base


def test_guidances_are_kept_as_arrays():
    reference = np.full((20, 30, 3), (200, 60, 40), np.uint8)
    timed = TimedGuidance(1.0, Guidance().with_hint(0.5, 0.5, "#00a0ff").with_reference(reference))
    guidances = (FrameGuidance(0, timed.guidance, 7),)
    assert from_arrays("", to_arrays("", guidances), {0: timed.guidance.reference}) == guidances


class GuidedKeys:
    """Colors keys with a* = 30 where a guidance applies, else 0."""

    def __call__(self, small, size, guidances=()):
        return KeyColors(np.full((*size, 2), (30 * bool(guidances), 0), np.float32))


def test_a_guidance_holds_for_what_appears_later_in_its_shot_and_where_the_shot_returns():
    pan = [scene(0, n, SIZE) for n in range(0, 60, 2)]
    grays = pan + [scene(1, n, SIZE) for n in range(12)] + pan[::-1]
    with ThreadPoolExecutor(1) as pool:
        steady = SteadyColors(GuidedKeys(), pool, [(0.0, FrameGuidance(0, Guidance(warmth=1.0)))])
        for n, gray in enumerate(grays):
            steady.add(Frame(n, n, n / 25, gray), gray)
        means = [
            colors.ab[..., 0].mean() for window in steady.ready(last=True) for colors in window
        ]
    assert (
        min(means[:30]) > 29
        and max(abs(mean) for mean in means[30:42]) < 1
        and min(means[42:]) > 29
    )
