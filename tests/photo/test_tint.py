"""Color photographs are told from monochrome ones of any tone."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from tintype.color.lab import lab_to_srgb, srgb_to_lab
from tintype.photo import Photo, analyze_color, is_color, read_photo

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


def reduced(pixels, share: float):
    """A photograph whose chroma has faded to a share of it."""
    lab = srgb_to_lab(pixels / np.float32(255))
    lab[..., 1:] *= share
    return np.round(lab_to_srgb(lab) * 255).astype(np.uint8)


@pytest.mark.parametrize("share", [0.35, 0.5, 0.7])
@pytest.mark.parametrize("name", COLOR)
def test_faded_color_photographs_are_in_color(name, share):
    assert is_color(Photo(reduced(COLOR[name](), share)))


def lawn():
    """Grass: one hue, whose chroma changes at equal lightness."""
    random = np.random.default_rng(1)
    lightness, chroma = (
        cv2.resize(random.normal(0, 1, (h, w)).astype(np.float32), (320, 240)) for h, w in SIZES
    )
    lab = np.dstack([50 + 12 * lightness, *(np.float32(c) * (1 + 0.2 * chroma) for c in (-30, 48))])
    return np.round(lab_to_srgb(lab.astype(np.float32)) * 255).astype(np.uint8)


SIZES = ((60, 80), (12, 16))


@pytest.mark.parametrize("quality", [50, 95])
def test_a_lawn_is_no_toned_print(quality):
    assert is_color(jpeg(lawn(), quality))


@pytest.mark.parametrize("name", ["camera", "astronaut"])
@pytest.mark.parametrize("tone", ["sepia", "cyanotype", "gray"])
def test_paper_that_has_yellowed_unevenly_is_monochrome(name, tone):
    pixels = toned(GRAY[name], *TONES[tone]).astype(np.float32)
    y, x = np.mgrid[-1 : 1 : pixels.shape[0] * 1j, -1 : 1 : pixels.shape[1] * 1j]
    yellow = 0.85 + 0.1 * x + 0.05 * y * y
    pixels[..., 2] *= yellow
    pixels[..., 1] *= 0.7 + 0.3 * yellow
    analysis = analyze_color(jpeg(np.clip(pixels, 0, 255).astype(np.uint8), 75))
    assert (analysis.kind, analysis.is_tinted) == ("monochrome", True)


def with_stamp(pixels):
    """A red ring and a blue line."""
    marked = np.array(pixels)
    cv2.circle(marked, (380, 380), 70, (170, 30, 40), 7)
    return cv2.line(marked, (40, 60), (300, 90), (30, 60, 190), 4)


@pytest.mark.parametrize("tone", ["gray", "sepia", "faded", "selenium"])
@pytest.mark.parametrize("quality", [75, 95])
def test_a_stamp_is_found_on_a_monochrome_print(tone, quality):
    analysis = analyze_color(jpeg(with_stamp(toned(GRAY["camera"], *TONES[tone])), quality))
    assert analysis.kind == "places"
    places = cv2.resize(analysis.places, (512, 512))
    assert places[380, 450] == places[450, 380] == places[75, 170] == 1
    assert places[380, 380] == places[200, 256] == 0
    assert places.mean() < 0.25


def test_a_large_thing_in_color_on_a_gray_ground_is_no_mark_on_a_print():
    pixels = np.full((300, 300, 3), 128, np.uint8)
    pixels[:60] = 0
    pixels[105:255, 55:205] = cv2.resize(data.coffee(), (150, 150), interpolation=cv2.INTER_AREA)
    assert analyze_color(Photo(pixels)).kind == "color"


def test_a_soft_tint_is_found_on_a_print():
    lab = srgb_to_lab(toned(GRAY["astronaut"], *TONES["sepia"]) / np.float32(255))
    y, x = np.mgrid[:512, :512]
    cheek = np.exp(-((x - 225) ** 2 + (y - 120) ** 2) / 30**2)
    lab[..., 1:] += cheek[..., None].astype(np.float32) * np.array([22, 8], np.float32)
    print_ = np.round(lab_to_srgb(lab) * 255).astype(np.uint8)
    analysis = analyze_color(jpeg(print_, 90))
    assert (analysis.kind, analysis.is_tinted) == ("places", True)
    places = cv2.resize(analysis.places, (512, 512))
    assert places[120, 225] == 1
    assert places[400, 100] == 0


def test_a_color_target_is_found_beside_a_print():
    sheet = np.full((600, 512, 3), 238, np.uint8)
    sheet[:512] = GRAY["astronaut"][..., None]
    for k, color in enumerate([(115, 82, 68), (98, 122, 157), (214, 126, 44), (157, 188, 64)]):
        sheet[530:580, 20 + 120 * k : 120 + 120 * k] = color
    analysis = analyze_color(jpeg(sheet, 85))
    assert (analysis.kind, analysis.is_tinted) == ("places", False)
    assert cv2.resize(analysis.places, (512, 600))[:480].max() == 0


def test_a_small_red_thing_in_a_color_photograph_is_no_place_on_a_print():
    assert analyze_color(Photo(reduced(data.coffee(), 0.7))).kind == "color"
    assert analyze_color(Photo(reduced(data.chelsea(), 0.5))).kind == "color"


@pytest.mark.parametrize("quality", [60, 95])
def test_a_thing_with_colored_parts_before_white_is_in_color(quality):
    """Most of it is white, which has no tone; its grays are of several hues."""
    lab = srgb_to_lab(np.dstack([GRAY["camera"]] * 3) / np.float32(255))
    y, x = np.mgrid[-1:1:512j, -1:1:512j]
    thing = x * x + 2 * y * y < 0.35
    lab[..., 1] += np.where(x > 0, 3, -3)
    lab[..., 2] += np.where(y > 0, 4, -4)
    lab[~thing] = (100, 0, 0)
    lab[np.hypot(x - 0.25, y) < 0.1] = (50, 55, 35)
    assert is_color(
        jpeg(np.round(lab_to_srgb(lab.astype(np.float32)) * 255).astype(np.uint8), quality)
    )


def test_toned_prints_of_little_contrast_and_much_tone_are_monochrome():
    soft = (45 + 0.16 * GRAY["astronaut"]).astype(np.uint8)
    for dark, light in (((0, 0.1, 0.5), (0.6, 0.8, 1.0)), ((0.2, 0.08, 0), (1, 0.7, 0.4))):
        assert not is_color(jpeg(toned(soft, dark, light), 90))


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_every_kind_of_pixels_is_judged(kind):
    scale = 257.0 if kind == np.uint16 else 1 / 255
    assert is_color(Photo((data.chelsea() * scale).astype(kind)))
    assert not is_color(Photo((toned(GRAY["camera"], *TONES["sepia"]) * scale).astype(kind)))
    assert not is_color(Photo((GRAY["camera"] * scale).astype(kind)))


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 5000, 3), (3, 2, 3)])
def test_absurd_shapes_are_judged(shape):
    assert not is_color(Photo(np.full(shape, 90, np.uint8)))
