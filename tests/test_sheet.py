import numpy as np
import pytest
from PIL import Image

from tintype.sheet import GAP, LABEL_SIZE, PAPER, contact_sheet


def test_a_long_label_stays_above_its_own_column():
    blank = Image.new("RGB", (64, 32), (200, 0, 0))
    sheet = np.asarray(contact_sheet([[blank, blank, blank]], ["", "a" * 20, ""], cell=100))
    head = (sheet[: LABEL_SIZE + GAP] != PAPER).any(-1).any(0)
    left = GAP + 100 + GAP
    assert head[left : left + 100].any()
    assert not head[:left].any()
    assert not head[left + 100 :].any()


def test_rows_are_as_high_as_their_highest_picture_and_none_is_enlarged_beyond_its_cell():
    wide, high = Image.new("RGB", (80, 20)), Image.new("RGB", (20, 80))
    sheet = contact_sheet([[wide, high], [wide, wide]], cell=40)
    assert sheet.size == (2 * (40 + GAP) + GAP, 40 + 10 + 3 * GAP)
    with pytest.raises(ValueError, match="at least one picture"):
        contact_sheet([[], []])
