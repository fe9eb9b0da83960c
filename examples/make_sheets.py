"""Draw the sheets of the README and of the model card, from the free photographs that scikit-image
and Matplotlib carry.

pip install scikit-image matplotlib && python examples/make_sheets.py

docs/demo.jpg: the photographs of this folder, gray and colored. docs/failures.jpg: gray, colored
and true, where it goes wrong. docs/palettes.jpg: the old color processes.
"""

from pathlib import Path

import numpy as np
import skimage
from PIL import Image

from tintype import Colorizer, Guidance
from tintype.color import lightness
from tintype.color.lab import lightness_to_luminance, linear_to_srgb
from tintype.guidance.palettes import named_palettes
from tintype.sheet import contact_sheet

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
FREE = Path(skimage.__file__).parent / "data"

SHOWN = (
    "eileen-collins",
    "grace-hopper",
    "rocket",
    "cat",
    "cameraman",
    "coffee",
    "lawn",
    "brick-wall",
)
"""The photographs of this folder: people first."""
PALETTE_PHOTOGRAPHS = ("eileen-collins", "lawn", "rocket")
PALETTE_CELL = 140
FAILURES: dict[str, tuple[int, int, int, int] | None] = {
    "astronaut.png": (60, 260, 512, 512),
    "coffee.png": None,
    "retina.jpg": None,
    "hubble_deep_field.jpg": (0, 0, 500, 400),
    "ihc.png": None,
    "coins.png": None,
    "text.png": None,
    "moon.png": None,
}
"""An orange suit, a red saucer, the inside of an eye, galaxies, stained tissue; coins, a page and
the moon, which are gray."""


def gray_of(picture: Image.Image) -> Image.Image:
    """The picture's L* as a gray picture."""
    luminance = lightness_to_luminance(
        lightness(np.asarray(picture.convert("RGB"), np.float32) / 255)
    )
    return Image.fromarray(np.rint(linear_to_srgb(luminance) * 255).astype(np.uint8))


def palette_sheet(colorizer: Colorizer) -> Image.Image:
    """Three photographs as every old color process shows them."""
    prepared = [colorizer.prepare(HERE / f"{name}.jpg") for name in PALETTE_PHOTOGRAPHS]
    looks = {"automatic": Guidance()}
    looks |= {name: Guidance(palette=each.colors) for name, each in named_palettes().items()}
    cells = []
    for name, guidance in looks.items():
        pictures = [Image.fromarray(colorizer.color(each, guidance).pixels) for each in prepared]
        cells.append(contact_sheet([pictures], ["", name, ""], cell=PALETTE_CELL))
    return contact_sheet([cells[k : k + 2] for k in range(0, len(cells), 2)], cell=cells[0].width)


def main() -> None:
    colorizer = Colorizer()
    palette_sheet(colorizer).save(DOCS / "palettes.jpg", quality=72)
    cells = []
    for name in SHOWN:
        gray = Image.open(HERE / f"{name}.jpg")
        cells.append([gray, colorizer.colorize(gray)])
    rows = [left + right for left, right in zip(cells[::2], cells[1::2], strict=True)]
    contact_sheet(rows, ["gray", "colored"] * 2, cell=300).convert("RGB").save(
        DOCS / "demo.jpg", quality=88
    )

    cells = []
    for name, box in FAILURES.items():
        truth = (
            Image.open(FREE / name).convert("RGB").crop(box)
            if box
            else Image.open(FREE / name).convert("RGB")
        )
        truth.thumbnail((600, 600))
        gray = gray_of(truth)
        cells.append([gray, colorizer.colorize(gray), truth])
    rows = [left + right for left, right in zip(cells[::2], cells[1::2], strict=True)]
    contact_sheet(rows, ["gray", "colored", "truth"] * 2, cell=220).convert("RGB").save(
        DOCS / "failures.jpg", quality=88
    )


if __name__ == "__main__":
    main()
