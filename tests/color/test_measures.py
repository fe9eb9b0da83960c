import numpy as np
import pytest

from tintype.color import colorfulness


def test_gray_has_no_colorfulness():
    assert colorfulness(np.full((4, 4, 3), 0.5, np.float32)) == 0


def test_a_checkerboard_of_red_and_blue_has_the_value_of_the_formula():
    picture = np.zeros((2, 2, 3), np.float32)
    picture[[0, 1], [0, 1], 0] = 1
    picture[[0, 1], [1, 0], 2] = 1
    # rg is 255 or 0, yb is 127.5 or -255
    spread = np.hypot(127.5, 191.25)
    offset = np.hypot(127.5, -63.75)
    assert colorfulness(picture) == pytest.approx(spread + 0.3 * offset, rel=1e-6)
