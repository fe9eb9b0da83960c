"""Color every photograph of a folder, and lay gray and color out on one sheet: what `make demo`
runs.

python examples/colorize_folder.py examples examples/colored
"""

import sys
from pathlib import Path

from PIL import Image

from tintype import Colorizer
from tintype.sheet import contact_sheet

source, target = Path(sys.argv[1]), Path(sys.argv[2])
target.mkdir(parents=True, exist_ok=True)
paths = sorted(source.glob("*.jpg"))

cells = []
for path, colored in zip(paths, Colorizer().colorize_many(paths), strict=True):
    colored.save(target / path.name, quality=95)
    print(target / path.name)
    cells.append([Image.open(path), colored])

rows = [left + right for left, right in zip(cells[::2], cells[1::2], strict=True)]
sheet = target / "sheet.png"
contact_sheet(rows, ["gray", "colored"] * 2, cell=300).save(sheet)
print(f"\nAll of them on one sheet: {sheet}")
