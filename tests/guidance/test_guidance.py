import numpy as np
import pytest

from tintype.errors import UsageError
from tintype.guidance import Guidance, Hint, color_ab, draw_hints


def test_a_color_may_be_a_name_a_code_or_three_numbers():
    assert np.allclose(color_ab("red"), (80.09, 67.2), atol=0.05)
    assert np.array_equal(color_ab("#ff0000"), color_ab((255, 0, 0)))
    for wrong in ("reddish", (1, 2), (0, 0, 300)):
        with pytest.raises(UsageError, match="not a color"):
            color_ab(wrong)


def test_a_hint_lands_where_it_was_put_at_every_size():
    for size in ((50, 100), (200, 400)):
        drawn = draw_hints([Hint(300, 50, "blue", radius=20)], (200, 400), size)
        rows, columns = np.nonzero(drawn[..., 2])
        assert abs(rows.mean() / size[0] - 0.25) < 0.02
        assert abs(columns.mean() / size[1] - 0.75) < 0.02
        assert np.allclose(drawn[rows[0], columns[0], :2], color_ab("blue"))


def test_a_tiny_hint_is_never_lost():
    assert draw_hints([Hint(1, 1, "red", radius=0.1)], (4000, 4000), (64, 64))[..., 2].sum() == 1


def test_a_palette_becomes_a_wish():
    assert Guidance().palette_wish() is None
    wish = Guidance(palette=["#804020", "#204080"], mean_chroma=12).palette_wish()
    assert np.count_nonzero(wish[:-3]) == 2
    assert wish[-3:].tolist() == [1, 12, 1]


def test_impossible_wishes_get_a_sentence():
    for wrong in ({"sureness": 0}, {"radius": -1}, {"color": "nothing"}):
        with pytest.raises(UsageError):
            Hint(**{"x": 0, "y": 0, "color": "red", **wrong})
    with pytest.raises(UsageError, match="saturation"):
        Guidance(saturation=-1)
