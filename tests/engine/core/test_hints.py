import numpy as np
import pytest
from skimage import data

from tintype import Colorizer
from tintype.color import lab_to_srgb, srgb_to_lab
from tintype.engine.assist.reach import trust_map
from tintype.engine.core.hints import (
    MAX_HINT_CELLS,
    _hinted_cells,
    hint_correction,
    honor_hints,
    squared_distances,
)
from tintype.engine.core.predict import Prediction
from tintype.engine.core.sizes import shrink_hint
from tintype.lab.evaluation.protocol import draw_true_hints


@pytest.fixture(scope="module")
def steps() -> np.ndarray:
    """L* of two plain halves, 20 and 70."""
    return np.repeat(np.float32([[20, 70]]), 60, axis=0).repeat(40, axis=1)


def dab(shape, y, x, color, confidence=1.0) -> np.ndarray:
    hint = np.zeros((*shape, 3), np.float32)
    hint[y - 2 : y + 3, x - 2 : x + 3] = (*color, confidence)
    return hint


def spread(lightness, hint, plain=None, logits=None) -> np.ndarray:
    plain = np.zeros((*lightness.shape, 2), np.float32) if plain is None else plain
    return plain + hint_correction(
        plain,
        plain,
        lightness,
        hint,
        trust_map([], hint, plain),
        Prediction(plain, logits=logits).roots,
    )


def test_a_wish_fills_its_side_of_an_edge(steps):
    found = spread(steps, dab(steps.shape, 30, 20, (60, 40)))
    assert np.abs(found[:, :38] - (60, 40)).mean() < 15
    assert np.abs(found[:, 42:]).mean() < 2


def test_a_hint_near_to_what_was_there_is_news_about_the_whole_picture(steps):
    even = np.full_like(steps, 50)
    found = spread(even, dab(steps.shape, 30, 20, (5, 6)))
    assert np.abs(found - (5, 6)).max() < 1.5
    far = np.linalg.norm(
        spread(even, dab(steps.shape, 30, 20, (60, 72)))[:, 70:], axis=-1
    ).mean() / np.hypot(60, 72)
    near = np.linalg.norm(found[:, 70:], axis=-1).mean() / np.hypot(5, 6)
    assert far < near - 0.2


def test_what_the_network_holds_for_another_thing_is_left_alone(steps):
    even = np.full_like(steps, 50)
    logits = np.zeros((*steps.shape, 4), np.float32)
    logits[:, :40, 0], logits[:, 40:, 3] = 9, 9
    found = spread(even, dab(steps.shape, 30, 20, (40, 40)), logits=logits)
    assert found[:, 30:38].mean() > 4 * found[:, 42:50].mean()


def test_hints_that_contradict_each_other_each_keep_their_place(steps):
    hint = dab(steps.shape, 30, 10, (30, 0)) + dab(steps.shape, 30, 70, (-30, 0))
    found = spread(np.full_like(steps, 50), hint)
    assert found[30, 10, 0] > 10
    assert found[30, 70, 0] < -10


def test_a_hint_on_every_place_is_taken_in(steps):
    wanted = np.dstack([np.full_like(steps, 12), np.full_like(steps, -7), np.ones_like(steps)])
    assert np.abs(spread(steps, wanted) - (12, -7)).max() < 1


def test_hints_are_exact_where_they_lie_and_as_strong_as_they_are_sure(steps):
    gray = np.zeros((*steps.shape, 2), np.float32)
    assert np.allclose(
        honor_hints(gray, steps, dab(steps.shape, 30, 20, (60, 40)))[30, 20], (60, 40), atol=1e-3
    )
    half = honor_hints(gray, steps, dab(steps.shape, 30, 20, (60, 40), 0.5))[30, 20]
    assert np.all((half >= (29, 19)) & (half <= (46, 31)))


def test_no_hint_changes_nothing(steps):
    colors = np.random.default_rng(0).normal(0, 20, (*steps.shape, 2)).astype(np.float32)
    assert np.allclose(honor_hints(colors, steps, np.zeros((*steps.shape, 3), np.float32)), colors)


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
def test_true_colors_help_the_more_the_more_there_are(name):
    colorizer = Colorizer()
    lab = srgb_to_lab(getattr(data, name)()[:256, :256].astype(np.float32) / 255)
    truth = lab_to_srgb(lab)

    def psnr(count: int) -> float:
        hint = draw_true_hints(lab, count, np.random.default_rng(1))[0] if count else None
        ab = colorizer.predict(lab[..., 0], hint)
        return float(
            -10 * np.log10(np.mean((lab_to_srgb(np.dstack([lab[..., 0], ab])) - truth) ** 2))
        )

    none, ten, fifty = psnr(0), psnr(10), psnr(50)
    assert ten > none + 2
    assert fifty > ten + 0.5


def test_shrinking_keeps_colors_and_does_not_lose_small_hints():
    small = shrink_hint(dab((300, 400), 100, 200, (30, -20)), (30, 40))
    assert small[10, 20] == pytest.approx((30, -20, 1), abs=1e-3)
    assert small[..., 2].astype(bool).sum() <= 9


def test_what_is_no_news_stays_with_its_thing(steps):
    even = np.full_like(steps, 50)
    plain, hint = np.zeros((*steps.shape, 2), np.float32), dab(steps.shape, 30, 10, (30, 20))
    news, wanted = (
        np.abs(hint_correction(plain, plain, even, hint, np.full_like(even, trust)))[:, 60:].mean()
        for trust in (1, 0)
    )
    assert wanted < 0.7 * news


def test_one_cell_of_each_block_is_looked_at_and_400_at_most():
    coverage = np.zeros((6, 14), np.float32)
    coverage[2, 8], coverage[2, 9], coverage[5, 1] = 0.2, 0.9, 0.1
    assert _hinted_cells(coverage).tolist() == [2 * 14 + 9, 5 * 14 + 1]
    assert _hinted_cells(np.ones((40, 38), np.float32)).size == 20 * 19
    full = _hinted_cells(np.ones((50, 60), np.float32))
    assert full.size == MAX_HINT_CELLS == 400
    assert full[0] == 0 and full[-1] == 48 * 60 + 58


def test_squared_distances_are_those_of_rows_from_columns():
    vectors = np.float32([[0, 0], [3, 4], [0, 1]])
    assert np.allclose(squared_distances(vectors), [[0, 25, 1], [25, 0, 18], [1, 18, 0]])
    assert np.allclose(squared_distances(vectors, np.array([1])), [[25], [0], [18]])


def test_a_hint_is_the_weaker_the_less_sure_it_is(steps):
    even = np.full_like(steps, 50)
    full, half, none = (
        spread(even, dab(even.shape, 30, 20, (12, 0), confidence))[30, 30, 0]
        for confidence in (1.0, 0.3, 0.0)
    )
    assert full > half + 0.1 > 0.2
    assert none == 0


def test_a_hint_spreads_along_both_sides_alike_in_a_picture_that_is_not_square():
    wide = np.full((20, 60), 50, np.float32)
    along = spread(wide, dab(wide.shape, 10, 30, (40, 0)))
    across = spread(wide.T.copy(), dab((60, 20), 30, 10, (40, 0)))
    assert np.allclose(along, across.transpose(1, 0, 2), atol=0.1)
    assert along[10, 40, 0] < along[10, 33, 0] - 1
