"""What may lie beside an output."""

from PIL import Image

from tintype.jobs.extras import _write_sheet
from tintype.sheet import GAP


def test_a_sheet_is_as_wide_as_its_longest_row(tmp_path):
    picture = Image.new("RGB", (40, 40), (90, 90, 90))
    _write_sheet([[picture] * 2, [picture] * 4], tmp_path / "deep" / "sheet.png", 40)
    with Image.open(tmp_path / "deep" / "sheet.png") as sheet:
        assert sheet.width == 4 * (40 + GAP) + GAP
        head = sheet.convert("L").crop((2 * (40 + GAP), 0, sheet.width, GAP + 18))
        assert head.getextrema()[0] < 128  # "1" and "2" stand above the last columns
