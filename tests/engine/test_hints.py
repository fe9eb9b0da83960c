import numpy as np
import pytest
from skimage import data

from tintype import Colorizer
from tintype.color import lab_to_srgb, srgb_to_lab
from tintype.engine.hints import honor_hints, propagate_hints, shrink_hint
from tintype.evaluation.protocol import draw_true_hints


@pytest.fixture(scope="module")
def steps() -> np.ndarray:
    """L* of two plain halves, 20 and 70."""
    return np.repeat(np.float32([[20, 70]]), 60, axis=0).repeat(40, axis=1)


def dab(shape, y, x, color, sureness=1.0) -> np.ndarray:
    hint = np.zeros((*shape, 3), np.float32)
    hint[y - 2 : y + 3, x - 2 : x + 3] = (*color, sureness)
    return hint


def test_a_hint_fills_its_side_of_an_edge(steps):
    gray = np.zeros((*steps.shape, 2), np.float32)
    spread = propagate_hints(gray, steps, dab(steps.shape, 30, 20, (60, 40)), gray)
    assert np.abs(spread[:, :38] - (60, 40)).mean() < 8
    assert np.abs(spread[:, 42:]).mean() < 3


def test_what_is_near_to_what_was_there_is_news_about_the_whole_picture(steps):
    gray = np.zeros((*steps.shape, 2), np.float32)
    spread = propagate_hints(gray, steps, dab(steps.shape, 30, 20, (5, 6)), gray)
    assert np.abs(spread[:, 50:] - (5, 6)).max() < 2


def test_hints_are_exact_where_they_lie_and_as_strong_as_they_are_sure(steps):
    gray = np.zeros((*steps.shape, 2), np.float32)
    assert np.allclose(honor_hints(gray, steps, dab(steps.shape, 30, 20, (60, 40)))[30, 20], (60, 40), atol=1e-3)
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
        return float(-10 * np.log10(np.mean((lab_to_srgb(np.dstack([lab[..., 0], ab])) - truth) ** 2)))

    none, ten, fifty = psnr(0), psnr(10), psnr(50)
    assert ten > none + 1.2
    assert fifty > ten + 0.5


def test_shrinking_keeps_colors_and_does_not_lose_small_hints():
    small = shrink_hint(dab((300, 400), 100, 200, (30, -20)), (30, 40))
    assert small[10, 20] == pytest.approx((30, -20, 1), abs=1e-3)
    assert small[..., 2].astype(bool).sum() <= 9
