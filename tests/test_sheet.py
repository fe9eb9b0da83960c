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


def test_pictures_lie_in_the_middle_of_their_cells():
    """Cells of 40 pixels, gaps of 8, below labels of 18: where each color lies."""
    wide, high = Image.new("RGB", (80, 20), (200, 0, 0)), Image.new("RGB", (20, 80), (0, 0, 200))
    sheet = np.asarray(contact_sheet([[wide, high], [wide]], ["a", "b", "c"][:2], cell=40))
    assert sheet.shape == (26 + 8 + 40 + 8 + 10 + 8, 2 * 48 + 8, 3)

    def box(color: tuple[int, int, int], rows: slice) -> tuple[int, ...]:
        y, x = np.nonzero((sheet[rows] == color).all(-1))
        return y.min() + rows.start, y.max() + rows.start, x.min(), x.max()

    assert box((200, 0, 0), slice(30, 78)) == (49, 58, 8, 47)
    assert box((0, 0, 200), slice(30, 78)) == (34, 73, 71, 80)
    assert box((200, 0, 0), slice(78, 100)) == (82, 91, 8, 47)
    ink = np.nonzero((sheet[:26] < 200).all(-1).any(0))[0]
    assert abs((ink[ink < 52].min() + ink[ink < 52].max()) / 2 - 28) <= 1
    assert abs((ink[ink > 52].min() + ink[ink > 52].max()) / 2 - 76) <= 1
    assert tuple(sheet[0, 0]) == PAPER == (255, 255, 255) and sheet[:26].min() < 60


def test_a_sheet_without_labels_begins_at_once():
    picture = Image.new("RGB", (30, 30), (9, 9, 9))
    assert contact_sheet([[picture]], cell=30).size == (46, 46)
