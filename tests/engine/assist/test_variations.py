import itertools

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tintype import Colorizer, Guidance
from tintype.color import ab_bins
from tintype.color.bins import smoothed
from tintype.engine.assist import variations
from tintype.engine.assist.variations import (
    Group,
    _draw,
    _keeps_color,
    _with_colors,
    draw_variations,
)
from tintype.errors import CapabilityError, UsageError
from tintype.guidance import color_of


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer("fast", device="cpu")


@pytest.fixture(scope="module")
def coffee(colorizer):
    return colorizer.prepare(np.asarray(Image.fromarray(data.coffee()[::2, ::2]).convert("L")))


def test_variations_differ_from_each_other(colorizer, coffee):
    made = [colorizer.ab(coffee, guidance) for guidance in draw_variations(coffee, 4, seed=1)]
    apart = [
        np.linalg.norm(one - other, axis=-1).mean()
        for one, other in itertools.combinations(made, 2)
    ]
    assert min(apart) > 1.5


def test_the_same_seed_draws_the_same_and_another_seed_others(coffee):
    assert draw_variations(coffee, 3, seed=5) == draw_variations(coffee, 3, seed=5)
    assert draw_variations(coffee, 3, seed=5) != draw_variations(coffee, 3, seed=6)


def test_a_variation_is_smooth_where_the_plain_coloring_is(colorizer, coffee):
    """Colors belong to things, never to pixels: a variation has hardly more fine detail in ab than
    the plain coloring."""
    roughness = [
        np.abs(np.diff(colorizer.ab(coffee, guidance), axis=1)).mean()
        for guidance in (None, *draw_variations(coffee, 2, seed=2))
    ]
    assert max(roughness[1:]) < 3 * roughness[0] + 0.1


def test_the_marks_of_a_person_lie_on_top_and_hold(colorizer, coffee):
    asked = Guidance().with_hint(0.5, 0.5, "#2040c0", 0.05)
    for guidance in draw_variations(coffee, 2, seed=3, guidance=asked):
        assert guidance.hints[-1] == asked.hints[0]
        assert (
            np.linalg.norm(
                colorizer.ab(coffee, guidance)[100, 150] - colorizer.ab(coffee, asked)[100, 150]
            )
            < 3
        )


def test_each_is_a_plain_guidance_with_hints_of_less_than_full_confidence(coffee):
    for guidance in draw_variations(coffee, 2, guidance=Guidance(saturation=1.2)):
        assert guidance.saturation == 1.2 and guidance.seed is None and not guidance.bold
        assert {hint.confidence for hint in guidance.hints} == {0.9}
        assert Guidance.from_json(guidance.to_json()) == guidance


def test_a_face_keeps_the_color_of_skin(colorizer):
    prepared = colorizer.prepare(np.asarray(Image.fromarray(data.astronaut()).convert("L")))
    plain = colorizer.ab(prepared)[90:140, 200:240].mean((0, 1))
    for guidance in draw_variations(prepared, 3, seed=4):
        assert (
            np.linalg.norm(colorizer.ab(prepared, guidance)[90:140, 200:240].mean((0, 1)) - plain)
            < 9
        )


def test_bold_is_livelier_than_the_mean_of_all(colorizer, coffee):
    plain, bold = (
        np.linalg.norm(colorizer.ab(coffee, guidance), axis=-1).mean()
        for guidance in (None, Guidance(bold=True))
    )
    assert bold > plain


def test_bold_with_a_seed_draws_and_a_seed_alone_changes_nothing(colorizer, coffee):
    plain, seed, bold, drawn = (
        colorizer.ab(coffee, guidance)
        for guidance in (None, Guidance(seed=3), Guidance(bold=True), Guidance(bold=True, seed=3))
    )
    assert np.array_equal(plain, seed)
    assert np.abs(drawn - bold).max() > 3
    assert np.array_equal(drawn, colorizer.ab(coffee, Guidance(bold=True, seed=3)))


@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (90, 70)])
def test_odd_shapes_and_blank_pictures_are_no_trouble(colorizer, shape):
    prepared = colorizer.prepare(np.full(shape, 90, np.uint8))
    assert len(draw_variations(prepared, 2)) == 2
    assert colorizer.ab(prepared, Guidance(bold=True)).shape == (*prepared.lightness.shape, 2)


@pytest.mark.parametrize(("count", "seed"), [(0, 0), (65, 0), (3, -1)])
def test_a_wrong_count_or_seed_is_refused(coffee, count, seed):
    with pytest.raises(UsageError):
        draw_variations(coffee, count, seed)


def test_a_network_without_a_distribution_is_refused(warm_network):
    colorizer = Colorizer(warm_network)
    with pytest.raises(CapabilityError, match="predicts no distribution over colors"):
        colorizer.colorize(data.camera(), Guidance(bold=True))


def test_the_likeliest_comes_first(coffee, monkeypatch):
    colors = [np.float32([40, 0]), np.float32([0, 40]), np.float32([-40, 0])]
    groups = [group(free=True)]
    monkeypatch.setattr(variations, "_groups", lambda _: groups)
    drawn = [([color], value) for color, value in zip(colors, (-3.0, -1.0, -2.0), strict=True)]
    monkeypatch.setattr(variations, "_draw", lambda *_: drawn)
    found = [guidance.hints[0].color for guidance in draw_variations(coffee, 3)]
    assert found == [color_of(50, colors[k]) for k in (1, 2, 0)]


def group(free: bool, at: int = 0, share: float = 0.5) -> Group:
    odds = np.zeros(len(ab_bins()), np.float32)
    odds[at] = 1
    plain = np.float32([20, 20])
    return Group(((0.5, 0.5, 0.02),), odds, share, 50.0, plain, free)


def test_the_likelihood_is_that_of_the_free_colors_by_their_share():
    one, both, fixed = (
        _draw(groups, 40, 0)
        for groups in (
            [group(True, 5)],
            [group(True, 5), group(True, 5, 0.25)],
            [group(True, 5), group(False, 5, 0.25)],
        )
    )
    odds = smoothed(group(True, 5).odds) ** 2
    odds = odds / odds.sum()
    for (color,), likelihood in one:
        at = int(np.abs(ab_bins() - color).sum(1).argmin())
        assert likelihood == pytest.approx(0.5 * np.log(odds[at] + 1e-9), rel=1e-4)
    assert all(len(colors) == 2 for colors, _ in (*both, *fixed))
    assert sum(value for _, value in both) < sum(value for _, value in fixed)


def test_a_group_that_is_not_free_keeps_its_plain_color():
    groups = [group(True), group(False)]
    hints = _with_colors(Guidance(), groups, [np.float32([-30, 5])] * 2).hints
    assert [hint.color for hint in hints] == [
        color_of(50, np.float32([-30, 5])),
        color_of(50, np.float32([20, 20])),
    ]


@pytest.mark.parametrize(
    ("hue", "chroma", "lightness", "saliency", "kept"),
    [
        (50, 20, 60, 0.5, True),
        (50, 20, 60, 0.2, False),
        (50, 20, 30, 0.5, False),
        (50, 5, 60, 0.5, False),
        (80, 20, 60, 0.5, False),
        (120, 10, 20, 0.0, True),
        (120, 8, 20, 0.0, False),
        (250, 5, 60, 0.0, True),
        (250, 5, 50, 0.0, False),
        (320, 30, 60, 0.9, False),
    ],
)
def test_skin_foliage_and_sky_keep_their_color(hue, chroma, lightness, saliency, kept):
    ab = chroma * np.array([np.cos(np.radians(hue)), np.sin(np.radians(hue))])
    assert _keeps_color(ab, lightness, saliency) is kept
