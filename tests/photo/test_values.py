"""What the tones and tints of small photographs become: they change only on purpose."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from skimage import data

from tintype.photo import Photo, analyze_color
from tintype.photo.album import beyond_paper, find_photographs, straighten
from tintype.photo.negative import invert, looks_negative
from tintype.photo.ranges import signed_pixels, to_pixels, unit_range
from tintype.photo.tones import has_two_tones, is_dark, smoothed_points, stretched
from tintype.photo.toning import cell_means, cells_of, fit_toning

CAT = np.ascontiguousarray(data.chelsea()[:150, :210])
GRAY = cv2.cvtColor(CAT, cv2.COLOR_RGB2GRAY)
Y, X = np.mgrid[:150, :210].astype(np.float32)


def toned(shift: float = 1.0) -> np.ndarray:
    """A sepia print that yellows toward one corner."""
    tint = np.dstack([1 + 0.1 * shift + 0 * X, 0.97 + 0 * X, 0.75 - 0.0008 * shift * (X + Y)])
    return np.clip(GRAY[..., None] * tint, 0, 255).astype(np.uint8)


def with_spot() -> np.ndarray:
    picture = toned()
    picture[60:90, 80:130] = CAT[60:90, 80:130] // 2 + (0, 90, 0)
    return picture.astype(np.uint8)


PRINTS = {
    "sepia": (toned(), "monochrome"),
    "gray in three channels": (np.repeat(GRAY[..., None], 3, 2), "monochrome"),
    "with a spot": (with_spot(), "places"),
    "in color": (CAT, "color"),
    "deep": (toned().astype(np.uint16) * 257, "monochrome"),
}


@pytest.mark.parametrize("name", PRINTS)
def test_the_color_of_a_print_is_analyzed(name, recorded):
    pixels, kind = PRINTS[name]
    found = analyze_color(Photo(pixels))
    assert found.kind == kind
    assert found.is_tinted == (name in ("sepia", "with a spot", "deep"))
    made = {"curve": found.toning.curve, "slow": found.toning.slow, "chroma": found.tint_chroma}
    if found.places is not None:
        made["places"] = found.places
    recorded.check({f"{name}: {key}": value for key, value in made.items()}, 5e-3)


def test_a_toning(recorded):
    lab = cv2.cvtColor(toned(2.0).astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    toning = fit_toning(lab)
    light = np.ascontiguousarray(lab[..., 0])
    parts = [toning.ab(light[rows], rows.start, 150) for rows in (slice(0, 70), slice(70, 150))]
    assert np.abs(np.concatenate(parts) - toning.ab(light)).max() < 1e-4, "in strips"
    made = {"ab": toning.ab(light), "at": [toning.curve_at(v) for v in (0, 33, 61, 100)]}
    recorded.check(made, 5e-3)
    assert cells_of((7, 100)) == (1, 12) and cells_of((16, 15)) == (2, 1)
    assert cell_means(light, (2, 3)).shape == (2, 3)


def test_tones(recorded):
    dark = Photo((GRAY // 4).astype(np.uint8))
    deep = Photo(CAT.astype(np.uint16) * 90 + 9000)
    unit = Photo(GRAY.astype(np.float32) / 510 + 0.2)
    made = {
        name: stretched(photo).pixels
        for name, photo in (("dark", dark), ("deep", deep), ("unit", unit))
    }
    recorded.check(made, 1e-3)
    assert is_dark(dark) and not is_dark(Photo(GRAY))
    assert not is_dark(Photo(np.full((40, 40), 20, np.uint8))), "blank"
    full = Photo(np.where(X < 100, 0, 255).astype(np.uint8))
    assert stretched(full) is full
    faint = Photo((100 + 14 * X / 210).astype(np.uint8))
    assert stretched(faint) is faint


@pytest.mark.parametrize("period", [2, 5, 8])
def test_points_become_grays(period, recorded):
    screen = (np.sin(X * np.pi / period) * np.sin(Y * np.pi / period) + 1) * 127
    points = Photo(np.where(screen < GRAY, 255, 0).astype(np.uint8))
    assert has_two_tones(points) and not has_two_tones(Photo(GRAY))
    smooth = smoothed_points(points)
    recorded.check({f"{period}": smooth.pixels}, 2e-3)
    assert smoothed_points(Photo(GRAY)) is None
    assert smoothed_points(Photo(points.pixels[:8])) is None, "too low"
    text = np.full((150, 210), 255, np.uint8)
    text[::20] = 0
    assert smoothed_points(Photo(text)) is None


def test_negatives(recorded):
    orange = np.clip((255 - CAT) * (0.9, 0.55, 0.35) + (20, 8, 3), 0, 255).astype(np.uint8)
    assert looks_negative(Photo(orange)) and not looks_negative(Photo(CAT))
    assert not looks_negative(Photo(255 - CAT)) and not looks_negative(Photo(GRAY))
    deep = Photo(orange.astype(np.uint16) * 257)
    unit = Photo(orange.astype(np.float32) / 255)
    made = {"orange": invert(Photo(orange)), "deep": invert(deep), "unit": invert(unit)}
    recorded.check({name: photo.pixels for name, photo in made.items()}, 1e-3)
    assert np.array_equal(invert(Photo(GRAY)).pixels, 255 - GRAY)
    assert np.array_equal(invert(Photo(255 - CAT)).pixels, CAT)
    alpha = GRAY // 2
    assert np.array_equal(invert(replace(Photo(GRAY), alpha=alpha)).alpha, alpha)


def test_an_album_page(recorded):
    page = np.full((400, 620, 3), (214, 205, 190), np.uint8)
    page += np.random.default_rng(0).integers(0, 5, page.shape, np.uint8)
    page[40:190, 50:260] = CAT
    turn = cv2.getRotationMatrix2D((105, 75), 4, 1.0) + np.array([[0, 0, 330], [0, 0, 190]])
    turned = cv2.warpAffine(CAT, turn, (620, 400), borderValue=(-1,) * 3)
    inside = cv2.warpAffine(np.ones_like(GRAY), turn, (620, 400), flags=cv2.INTER_NEAREST)
    page[inside > 0] = turned[inside > 0]
    quads = find_photographs(page)
    assert len(quads) == 2
    upright = [straighten(Photo(page), quad).pixels for quad in quads]
    assert [cut.shape[:2] for cut in upright] == [
        pytest.approx((150, 210), abs=14),
        pytest.approx((150, 210), abs=14),
    ]
    recorded.check({"quads": quads, "beyond": beyond_paper(page, quads)}, 5e-3)


@pytest.mark.parametrize(
    ("values", "bits", "made"),
    [
        (np.array([True, False]), None, np.array([255, 0], np.uint8)),
        (np.array([0, 1023, 2000], np.uint16), 10, np.array([0, 65535, 65535], np.uint16)),
        (np.array([0, 7, 15], np.uint8), 4, np.array([0, 119, 255], np.uint8)),
        (np.array([0, 2**31], np.uint32), None, np.array([0, 32768], np.uint16)),
        (np.array([0, 4095], np.uint32), 12, np.array([0, 65535], np.uint16)),
        (np.array([3, 2**20], np.uint32), 20, np.array([0, 65535], np.uint16)),
        (np.array([-5, 200], np.int32), None, np.array([0, 200], np.uint8)),
        (np.array([-5, 256], np.int32), None, np.array([0, 256], np.uint16)),
        (np.array([-5, 200], np.int16), None, np.array([0, 200], np.uint16)),
        (np.array([-5, 65536], np.int32), None, np.array([0, 2], np.uint16)),
    ],
)
def test_numbers_of_a_file_become_pixels(values, bits, made):
    found = to_pixels(values, bits)
    assert found.dtype == made.dtype
    if values.dtype == np.uint32 and bits == 20:
        assert found.tolist() == [0, 2**20 >> 4 & 0xFFFF]
    else:
        assert found.tolist() == made.tolist()
    if values.dtype.kind == "i":
        assert np.array_equal(signed_pixels(values), found)


@pytest.mark.parametrize(
    ("bright", "white"), [(1.0, 1), (25.0, 1), (25.1, 255), (300.0, 255), (301.0, 65535)]
)
def test_the_white_of_floats_is_told_by_the_99th_percentile(bright, white):
    values = np.full(1000, bright)
    values[0], values[1], values[2] = np.nan, np.inf, -np.inf
    found = unit_range(values)
    assert found[3] == pytest.approx(min(1, bright / white))
    assert found[:3].tolist() == [0, 1, 0]
    values[:150] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        unit_range(values)
    with pytest.raises(ValueError, match="complex"):
        to_pixels(np.zeros(3, complex))


def test_colors_of_another_space_become_srgb(recorded, monkeypatch):
    from tests.photo.test_read import swapped_profile
    from tintype.photo.profile import SRGB_PROFILE, convert, is_srgb, to_srgb

    profile = swapped_profile()
    deep, unit = CAT.astype(np.uint16) * 257, CAT.astype(np.float32) / 255
    made = {str(each.dtype): to_srgb(each, profile) for each in (CAT, deep, unit)}
    recorded.check(made, 1e-3)
    assert made["float32"].dtype == np.float32 and made["uint16"].dtype == np.uint16
    monkeypatch.setattr("tintype.photo.profile.STRIP_PIXELS", 1000)
    assert np.array_equal(to_srgb(CAT, profile), made["uint8"]), "in strips"
    assert is_srgb(SRGB_PROFILE) and not is_srgb(profile) and not is_srgb(b"none")
    for unusable in (b"none", profile[:200]):
        assert to_srgb(CAT, unusable) is CAT
        with pytest.raises(ValueError, match="the ICC profile cannot be used"):
            convert(CAT, unusable, "RGB")
    assert to_srgb(CAT, None) is CAT is to_srgb(CAT, SRGB_PROFILE)
