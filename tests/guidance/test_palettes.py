import importlib.util
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from skimage import data

from tintype.color import srgb_to_lab
from tintype.color.bins import ab_histogram
from tintype.errors import UsageError
from tintype.guidance import color_ab
from tintype.guidance.palettes import named_palette, named_palettes, palette_of

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "palettes.py"


@pytest.fixture(scope="module")
def dyes():
    """The script that computes the palettes."""
    spec = importlib.util.spec_from_file_location("palettes", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ab_of(name):
    return np.stack([color_ab(color) for color in named_palette(name).colors])


@pytest.mark.parametrize("name", named_palettes())
def test_each_palette_says_what_is_known_and_what_is_approximated_and_has_colors(name):
    palette = named_palette(name)
    assert palette.known.endswith(".") and palette.approximated.endswith(".")
    assert len(set(palette.colors)) >= 8
    assert np.hypot(*ab_of(name).T).max() > 15


def test_twelve_palettes_each_unlike_the_others():
    assert len(named_palettes()) == 12
    spread = [ab_histogram(ab_of(name)) for name in named_palettes()]
    for one in range(12):
        for other in range(one):
            assert np.abs(spread[one] - spread[other]).sum() > 0.1


def test_the_file_holds_what_the_script_computes(dyes):
    assert {name: asdict(make()) for name, make in dyes.PALETTES.items()} == {
        name: asdict(palette) for name, palette in named_palettes().items()
    }


def test_light_that_nothing_absorbs_is_white_and_dyes_have_the_hue_of_what_they_let_through(dyes):
    np.testing.assert_allclose(dyes.linear_rgb(np.ones(69)), 1, atol=1e-3)
    cyan, magenta, yellow = (
        dyes.subtractive([dyes.Dye(peak, 90, 1.5)], np.ones((1, 1)))[0] for peak in (650, 540, 445)
    )
    assert cyan.argmin() == 0
    assert magenta.argmin() == 1
    assert yellow.argmin() == 2


def test_equal_shares_of_all_filters_are_white(dyes):
    filters = [[dyes.Dye(460, 120)], [dyes.Dye(640, 90)], [dyes.Dye(580, 90)]]
    np.testing.assert_allclose(dyes.additive(filters, np.ones((1, 3))), 1, atol=1e-9)


def test_two_colors_keep_to_a_line_where_three_fill_the_plane():
    def roundness(name):
        small, large = np.linalg.svd(ab_of(name) - ab_of(name).mean(0), compute_uv=False)[::-1]
        return small / large

    assert roundness("technicolor-two-strip") < 0.5 * roundness("technicolor")
    assert roundness("cinecolor") < 0.5 * roundness("technicolor")


def test_reversal_film_is_more_colorful_than_the_scene_and_agfacolor_less(dyes):
    scene = np.hypot(*srgb_to_lab(dyes.SCENE.astype(np.float32) / 255)[:, 1:].T).mean()
    assert np.hypot(*ab_of("velvia").T).mean() > np.hypot(*ab_of("agfacolor-1940").T).mean()
    assert np.hypot(*ab_of("autochrome").T).mean() < scene


def test_a_misspelled_palette_is_answered_with_the_nearest():
    assert named_palette("Kodachrome 64") == named_palette("kodachrome-64")
    with pytest.raises(UsageError, match="did you mean 'autochrome'"):
        named_palette("autocrome")
    with pytest.raises(UsageError, match="available: autochrome, dufaycolor"):
        named_palette("xyz")


def test_the_palette_of_a_photograph_has_its_colors_by_their_share():
    orange, blue = (230, 140, 40), (40, 80, 200)
    pixels = np.full((60, 90, 3), blue, np.uint8)
    pixels[:, :22] = orange
    colors = palette_of(pixels, 2)
    assert {np.round(color_ab(color)).tobytes() for color in colors} == {
        np.round(color_ab(color)).tobytes() for color in (orange, blue)
    }
    assert colors[0] != colors[-1]
    assert 2 < colors.count(colors[0]) / colors.count(colors[-1]) < 4


def test_the_palette_of_a_real_photograph_is_near_its_own_distribution():
    coffee, space = data.coffee(), data.astronaut()
    wished, own, other = (
        ab_histogram(values)
        for values in (
            np.stack([color_ab(color) for color in palette_of(coffee)]),
            srgb_to_lab(coffee[::4, ::4].astype(np.float32) / 255)[..., 1:],
            srgb_to_lab(space[::4, ::4].astype(np.float32) / 255)[..., 1:],
        )
    )
    assert np.abs(wished - own).sum() < np.abs(wished - other).sum()


def test_a_gray_photograph_has_no_palette():
    for gray in (data.camera(), np.repeat(data.camera()[..., None], 3, 2)):
        with pytest.raises(UsageError, match="gray"):
            palette_of(gray)
