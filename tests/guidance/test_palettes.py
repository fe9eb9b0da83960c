import importlib.util
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from skimage import data

from tintype.color import srgb_to_lab
from tintype.color.bins import ab_histogram
from tintype.color.process import through_process, unpack_table
from tintype.errors import UsageError
from tintype.guidance import color_ab
from tintype.guidance.palettes import named_palette, named_palettes, palette_of, process_table

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
    looks = [np.concatenate([shown(name, kind) for kind in NATURAL]) for name in named_palettes()]
    for one in range(12):
        for other in range(one):
            assert np.linalg.norm(looks[one] - looks[other], axis=-1).mean() > 2.5


def test_the_file_holds_what_the_script_computes(dyes):
    made = {name: make().to_mapping() for name, make in dyes.PALETTES.items()}
    kept = {name: asdict(palette) for name, palette in named_palettes().items()}
    for name, mapping in made.items():
        tables = [unpack_table(str(each.pop("table"))) for each in (mapping, kept[name])]
        assert np.abs(tables[0] - tables[1]).max() <= 1, name
        assert {key: kept[name][key] for key in ("title", "known", "approximated")} == {
            key: mapping[key] for key in ("title", "known", "approximated")
        }
    assert made.keys() == kept.keys()


def test_fitted_processes_have_the_filters_and_dyes_that_were_measured():
    """Within 8 degrees of hue and 12 of chroma of one of the sources."""
    fitted = {name: each.measured for name, each in named_palettes().items() if each.measured}
    assert sorted(fitted) == [
        *("autochrome", "dufaycolor", "kodachrome-64", "technicolor", "velvia"),
    ]
    for name, measured in fitted.items():
        assert len(measured["parts"]) == len(measured["model"]) == 3
        for number, (h, chroma) in enumerate(measured["model"]):
            apart = [
                (abs((h - source[number][0] + 180) % 360 - 180), abs(chroma - source[number][1]))
                for source in measured["sources"].values()
            ]
            assert any(hue <= 8 and step <= 12 for hue, step in apart), (name, number)


def test_a_density_of_one_everywhere_is_a_gray_of_no_chroma(dyes):
    assert dyes.hue_and_chroma(np.full(69, 0.1))[1] == 0
    h, chroma = dyes.hue_and_chroma(10 ** -dyes.Dye(540, 90).density)
    assert abs(h - 330) < 10 and 70 < chroma < 95, "it is magenta"


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


# Lab of natural colors: light and dark skin, sky, foliage, a red thing
SKIN = ((70, 17, 19), (45, 15, 20))
NATURAL = {"skin": SKIN, "sky": ((70, -6, -24),), "leaf": ((45, -18, 26),), "red": ((45, 50, 30),)}


def shown(name, kind="skin"):
    lab = np.array(NATURAL[kind], np.float32)
    table = process_table(named_palette(name).colors)
    return through_process(lab[None, :, 1:], lab[None, :, 0], table)[0]


def hue(ab):
    return np.degrees(np.arctan2(ab[..., 1], ab[..., 0]))


@pytest.mark.parametrize("name", named_palettes())
def test_skin_stays_skin_in_every_process(name):
    ab = shown(name)
    assert ((hue(ab) > 0) & (hue(ab) < 85)).all()
    assert (np.hypot(*ab.T) > 6).all()


def test_two_strip_is_salmon_and_blue_green():
    assert (np.abs(hue(shown("technicolor-two-strip")) - 35) < 25).all()
    assert 20 < hue(shown("technicolor-two-strip", "red"))[0] < 55
    for kind in ("sky", "leaf"):
        ab = shown("technicolor-two-strip", kind)
        assert ab[0, 0] < 0 and abs(ab[0, 1]) < abs(ab[0, 0]) + 12
    assert shown("technicolor-two-strip", "leaf")[0, 1] < 8, "there is no yellow-green"


def test_dufaycolor_and_autochrome_are_paler_than_nature_and_other_films_are_not():
    for kind, values in NATURAL.items():
        chroma = np.hypot(*np.array(values)[:, 1:].T).mean()
        for name in ("dufaycolor", "autochrome"):
            assert np.hypot(*shown(name, kind).T).mean() < chroma
        if kind != "sky":
            for name in ("technicolor", "kodachrome-64", "velvia"):
                assert np.hypot(*shown(name, kind).T).mean() > 0.93 * chroma
    assert np.hypot(*shown("dufaycolor", "red").T)[0] < 35


def test_a_faded_print_has_lost_its_cyan():
    gray = np.zeros((1, 3, 2), np.float32)
    light = np.array([[30, 55, 80]], np.float32)
    cast = through_process(gray, light, process_table(named_palette("faded-print").colors))[0]
    assert (cast[:, 0] > 3).all() and (np.hypot(*cast.T) < 35).all()
    assert shown("faded-print", "sky")[0, 0] > -3
    assert np.hypot(*shown("faded-print", "leaf").T)[0] < 25


def test_a_tinted_albumen_print_is_brown_paper_and_tints_what_is_colorful():
    table = process_table(named_palette("hand-tinted-albumen").colors)
    pale = np.array([[(0, 0), (3, 4), (-4, -5)]], np.float32)
    paper = through_process(pale, np.full((1, 3), 60, np.float32), table)[0]
    assert np.ptp(paper, axis=0).max() < 2 and 40 < hue(paper)[0] < 90
    assert shown("hand-tinted-albumen", "sky")[0, 1] < 0
    assert shown("hand-tinted-albumen", "red")[0, 0] > 20


def test_grays_stay_gray_where_the_process_has_no_cast_and_black_and_white_everywhere():
    for name in named_palettes():
        table = process_table(named_palette(name).colors)
        gray = through_process(
            np.zeros((1, 3, 2), np.float32), np.array([[0, 50, 100]], np.float32), table
        )[0]
        if name not in ("faded-print", "hand-tinted-albumen", "yokohama", "photochrom"):
            assert np.abs(gray).max() < 1.5, name


def test_only_the_colors_of_a_process_are_a_process():
    colors = named_palette("velvia").colors
    assert process_table(tuple(reversed(colors))) is not None
    assert process_table(colors[1:]) is None
    assert process_table(()) is None


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
    wanted, own, other = (
        ab_histogram(values)
        for values in (
            np.stack([color_ab(color) for color in palette_of(coffee)]),
            srgb_to_lab(coffee[::4, ::4].astype(np.float32) / 255)[..., 1:],
            srgb_to_lab(space[::4, ::4].astype(np.float32) / 255)[..., 1:],
        )
    )
    assert np.abs(wanted - own).sum() < np.abs(wanted - other).sum()


def test_a_gray_photograph_has_no_palette():
    for gray in (data.camera(), np.repeat(data.camera()[..., None], 3, 2)):
        with pytest.raises(UsageError, match="gray"):
            palette_of(gray)
