"""What marks, masks and palettes become: it changes only on purpose."""

import numpy as np
import pytest
from skimage import data

from tintype.errors import UsageError
from tintype.guidance import Guidance, Hint, Region, Stroke, color_ab, draw_hints
from tintype.guidance.colors import color_hex, color_of, color_rgb
from tintype.guidance.palettes import palette_of

MARKS = {
    "dab": Hint(0.71, 0.32, "crimson", 0.13, 0.7),
    "dab of its own size": Hint(0.71, 0.32, "crimson"),
    "line": Stroke(((0.13, 0.21), (0.52, 0.83), (0.77, 0.64)), "navy", 0.09, 0.4),
    "line of its own width": Stroke(((0.13, 0.21), (0.9, 0.3)), "navy"),
    "dot": Stroke(((0.4, 0.6),), "olive", 0.2),
    "hair": Stroke(((0.0, 0.6), (1.0, 0.5)), "olive", 0.001),
}


@pytest.mark.parametrize("name", MARKS)
def test_a_mark_is_drawn(name, recorded):
    sizes = ((60, 90), (131, 77))
    recorded.check({f"{name} {size}": draw_hints([MARKS[name]], size) for size in sizes}, 1e-4)


def test_a_line_has_round_ends():
    drawn = draw_hints([Stroke(((0.3, 0.5), (0.7, 0.5)), "red", 0.2)], (100, 200))[..., 2] > 0
    columns = np.flatnonzero(drawn.any(0))
    assert (columns[0], columns[-1]) == (50, 150)
    assert drawn[:, 51].sum() < drawn[:, 61].sum() == drawn[:, 139].sum()


def test_colors_are_drawn_into_the_gamut_and_named(recorded):
    assert color_of(50, (200, 0)) == "#e7017a" and color_of(100, (20, 20)) == "#ffffff"
    assert color_rgb("#ff8000") == (1.0, 128 / 255, 0.0)
    assert color_hex((0, 255, 7)) == "#00ff07" == color_hex("#00FF07")
    for wrong in ((0, 0, 256), (-1, 0, 0), (1, 2, 3, 4)):
        with pytest.raises(UsageError, match="not a color"):
            color_hex(wrong)
    assert color_hex("#ff000080") == "#ff0000", "alpha is left out"
    with pytest.raises(ValueError, match="read-only"):
        color_ab("red")[0] = 1


@pytest.mark.parametrize("colors", [1, 3, 8])
def test_the_palette_of_a_photograph(colors, recorded):
    palette = palette_of(data.coffee(), colors)
    named = np.array([[int(code[k : k + 2], 16) for k in (1, 3, 5)] for code in palette])
    recorded.check({f"coffee, {colors}": named}, 2e-3)
    assert len(set(palette)) <= colors
    tiny = palette_of(np.array([[[200, 30, 30], [30, 30, 200]]], np.uint8))
    assert len(set(tiny)) == 2


def test_a_palette_of_the_least_chroma_is_taken_and_grayer_ones_are_not():
    assert Guidance(palette=("#80767f",)).palette
    for grays in (("#807c7f",), ("gray", "#7f7f80")):
        with pytest.raises(UsageError, match="only grays"):
            Guidance(palette=grays)
    assert Guidance(palette=("gray", "red")).palette, "one color is enough"


@pytest.mark.parametrize(
    ("kind", "lacks"),
    [("mask", "mask"), ("polygons", "polygon"), ("objects", "point")],
)
def test_a_region_lacks_nothing_that_its_kind_needs(kind, lacks):
    with pytest.raises(UsageError, match=lacks):
        Region(kind)
    assert Region("subject").mask is None


def test_a_palette_input_names_what_is_asked_for(recorded):
    both = Guidance(palette=("#804020", "gold"), mean_chroma=12.5).palette_input()
    alone = Guidance(mean_chroma=0.0).palette_input()
    recorded.check({"both": both, "chroma": alone})
    assert alone[-3:].tolist() == [0, 0, 1]
