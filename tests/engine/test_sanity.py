"""What anyone may expect of a colorizer, whatever it was trained on: measured on the network that
is shipped."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage import color, data

from tintype import Colorizer
from tintype.color import srgb_to_lab

SAME = 4.0
"""Mean CIE76 difference, ab alone, up to which colors count as the same."""


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer()


def gray(name: str) -> Image.Image:
    picture = getattr(data, name)()
    return Image.fromarray(
        picture if picture.ndim == 2 else np.rint(color.rgb2gray(picture) * 255).astype(np.uint8)
    )


def ab(picture: Image.Image) -> np.ndarray:
    return srgb_to_lab(np.asarray(picture.convert("RGB"), np.float32) / 255)[..., 1:]


def recompressed(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=60)
    return Image.open(file)


CHANGES = {
    "half the size": (
        lambda p: p.resize((p.width // 2, p.height // 2), Image.Resampling.BOX),
        lambda p: p,
    ),
    "double the size": (
        lambda p: p.resize((p.width * 2, p.height * 2), Image.Resampling.BICUBIC),
        lambda p: p,
    ),
    "mirrored": (
        lambda p: p.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        lambda p: p.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    ),
    "compressed again": (recompressed, lambda p: p),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "camera", "rocket"])
def test_colors_stay_when_the_file_changes(colorizer, name, change):
    there, back = CHANGES[change]
    picture = gray(name)
    first = colorizer.colorize(picture)
    second = back(colorizer.colorize(there(picture)))
    difference = ab(first) - ab(second.resize(first.size, Image.Resampling.BOX))
    assert np.hypot(*np.moveaxis(difference, -1, 0)).mean() <= SAME


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "camera", "rocket"])
def test_colors_stay_when_the_edge_is_cut_off(colorizer, name):
    picture = gray(name)
    box = (12, 12, picture.width - 12, picture.height - 12)
    difference = ab(colorizer.colorize(picture).crop(box)) - ab(
        colorizer.colorize(picture.crop(box))
    )
    assert np.hypot(*np.moveaxis(difference, -1, 0)).mean() <= SAME


@pytest.mark.parametrize("level", [0, 60, 128, 200, 255])
def test_nothing_to_see_gets_no_color(colorizer, level):
    noise = np.random.default_rng(0).integers(-1, 2, (200, 300))
    for blank in (np.full((200, 300), level), level + noise):
        made = colorizer.colorize(np.clip(blank, 0, 255).astype(np.uint8))
        assert np.hypot(*np.moveaxis(ab(made), -1, 0)).mean() <= 0.5


@pytest.mark.parametrize(
    "make", [data.page, data.text, lambda: 255 - 200 * data.horse().astype(np.uint8)]
)
def test_pages_and_drawings_stay_nearly_neutral(colorizer, make):
    picture = np.asarray(make())
    picture = picture if picture.dtype == np.uint8 else (picture * 255).astype(np.uint8)
    chroma = np.hypot(*np.moveaxis(ab(colorizer.colorize(Image.fromarray(picture))), -1, 0))
    assert chroma.mean() <= 6
