"""Color photographs are told from monochrome ones of any tone."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tintype.photo import Photo, is_color, read_photo

COLOR = {
    "astronaut": data.astronaut,
    "cat": data.chelsea,
    "coffee": data.coffee,
    "rocket": data.rocket,
    "retina": data.retina,
}
GRAY = {
    "camera": data.camera(),
    "coins": data.coins(),
    "page": data.page(),
    "astronaut": np.asarray(Image.fromarray(data.astronaut()).convert("L")),
}


def jpeg(pixels, quality: int) -> Photo:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return read_photo(file.getvalue())


def toned(
    gray,
    dark: tuple[float, float, float],
    light: tuple[float, float, float],
    gamma: tuple[float, float, float] = (1, 1, 1),
):
    """A print whose tone runs from one color to another along curves of its own."""
    x = gray[..., None].astype(np.float32) / 255
    return (
        255 * (np.array(dark) + (np.array(light) - np.array(dark)) * x ** np.array(gamma))
    ).astype(np.uint8)


TONES = {
    "sepia": ((0.10, 0.05, 0.02), (1.0, 0.9, 0.68), (0.85, 1, 1.1)),
    "cyanotype": ((0.05, 0.1, 0.3), (0.8, 0.95, 1.0), (1.3, 1, 0.8)),
    "faded": ((0.30, 0.22, 0.15), (0.92, 0.82, 0.62)),
    "selenium": ((0.12, 0.06, 0.12), (1.0, 1.0, 1.0)),
    "gray": ((0, 0, 0), (1, 1, 1)),
}


@pytest.mark.parametrize("name", COLOR)
@pytest.mark.parametrize("quality", [40, 95])
def test_color_photographs_are_in_color(name, quality):
    assert is_color(jpeg(COLOR[name](), quality))


@pytest.mark.parametrize("name", GRAY)
@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("quality", [40, 95])
def test_toned_and_faded_photographs_are_not(name, tone, quality):
    assert not is_color(jpeg(toned(GRAY[name], *TONES[tone]), quality))


def test_chroma_noise_of_a_cheap_sensor_is_no_color():
    noise = np.random.default_rng(0).normal(0, 14, (*GRAY["camera"].shape, 3))
    assert not is_color(
        jpeg(np.clip(GRAY["camera"][..., None] + noise, 0, 255).astype(np.uint8), 70)
    )


def test_a_small_red_thing_makes_a_color_photograph():
    pixels = np.repeat(GRAY["camera"][..., None], 3, 2).copy()
    pixels[200:320, 100:220] = pixels[200:320, 100:220] * np.array([1.0, 0.3, 0.3])
    assert is_color(Photo(pixels))


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_every_kind_of_pixels_is_judged(kind):
    scale = 257.0 if kind == np.uint16 else 1 / 255
    assert is_color(Photo((data.chelsea() * scale).astype(kind)))
    assert not is_color(Photo((toned(GRAY["camera"], *TONES["sepia"]) * scale).astype(kind)))
    assert not is_color(Photo((GRAY["camera"] * scale).astype(kind)))


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 5000, 3), (3, 2, 3)])
def test_absurd_shapes_are_judged(shape):
    assert not is_color(Photo(np.full(shape, 90, np.uint8)))
