"""The steps of a coloring on small arrays that are not square: they change only on purpose."""

import cv2
import numpy as np
import pytest
from skimage import data

from tintype.engine.core import hints, sizes, tone, upsample
from tintype.engine.core.own_color import keep_own_color, monochrome_share
from tintype.engine.core.predict import Prediction
from tintype.engine.core.render import (
    is_monochrome,
    lightness_of,
    render,
    shrink,
    single_channel,
    strips,
)
from tintype.engine.core.screen import screen_period, without_screen
from tintype.engine.core.segments import Affinity, Parts
from tintype.errors import UsageError
from tintype.photo import Photo, analyze_color

GRAY = np.ascontiguousarray(data.camera()[100:220, 150:330])
LIGHT = lightness_of(GRAY)
H, W = GRAY.shape


def ab_of(height: int, width: int, seed: float = 1.0) -> np.ndarray:
    y, x = np.mgrid[:height, :width] * (9.0 / height)
    planes = 30 * np.sin(x * seed) * np.cos(y), 40 * np.cos(x + 2 * y * seed)
    return np.dstack(planes).astype(np.float32)


def spots(height: int, width: int) -> np.ndarray:
    hint = np.zeros((height, width, 3), np.float32)
    hint[height // 5 : height // 4 + 1, width // 3 : width // 3 + 4] = 40, -20, 1
    hint[height // 2 : height // 2 + 3, 3:9] = -15, 35, 0.6
    return hint


RANGES = {
    "whole": LIGHT,
    "faded": 40 + LIGHT * 0.3,
    "half faded": 15 + LIGHT * 0.72,
    "very faded": 45 + LIGHT * 0.26,
    "nearly blank": 60 + LIGHT * 0.05,
    "blank": np.full((H, W), 70, np.float32),
    "silhouette": np.where(LIGHT > 50, 95, 5).astype(np.float32),
}


@pytest.mark.parametrize("name", RANGES)
def test_tones(name, recorded):
    light = RANGES[name].astype(np.float32)
    share = tone.chroma_share(light)
    made = {"stretched": tone.stretch_tone(light), "visible": tone.visible_share(light)}
    made |= {"warm": tone.warm_ab(light, -0.7), "cool": tone.warm_ab(light, 0.3)}
    made["share"] = [] if share is None else share
    recorded.check({f"{name}: {key}": value for key, value in made.items()})


def test_sizes(recorded):
    hint = spots(H, W)
    view = sizes.InputView.of(LIGHT, 70)
    output = np.arange(2 * 16 * 24, dtype=np.float32).reshape(1, 2, 16, 24)
    made = {
        "shrunk": sizes.resize(LIGHT, (50, 70)),
        "grown": sizes.resize(LIGHT, (150, 200)),
        "mixed": sizes.resize(LIGHT, (50, 200)),
        "limited": sizes.shrink_to(LIGHT, (50, 999)),
        "hint": sizes.shrink_hint(hint, (31, 47)),
        "large hint": sizes.shrink_hint(hint, (150, 200)),
        "padded": view.pad(view.lightness),
        "padded with 0": view.pad(sizes.resize(hint, view.size), mirror=False),
        "cropped": view.crop(output),
    }
    recorded.check(made)
    assert view.size == (57, 86) and view.padded_size == (64, 96)
    thin = sizes.InputView.of(LIGHT[:3], 64)
    assert thin.pad(thin.lightness).shape == (1, 1, 32, 256) and thin.size == (8, 256)
    assert [sizes.view_size(shape, 64) for shape in ((100, 100), (10, 4000), (4000, 10))] == [
        (64, 64),
        (3, 256),
        (256, 3),
    ]
    assert sizes.view_size((10, 90), 64, square=True) == (64, 64)
    assert sizes.pixel_at((10, 20), 1.0, 1.0) == (9, 19) and sizes.pixel_at((10, 20), 0.5, 0) == (
        0,
        10,
    )


def test_upsampling(recorded):
    small = ab_of(30, 45)
    grown = upsample.upsample_ab(small, LIGHT)
    region = (LIGHT > 40).astype(np.float32)
    made = {
        "grown": grown,
        "clean": upsample.clean_edges(grown, small, LIGHT),
        "clean region": upsample.clean_edges(grown, small, LIGHT, region),
    }
    recorded.check(made, 2e-3)
    assert upsample.upsample_ab(ab_of(H, W), LIGHT) is not None
    for size in ((H + 1, W), (H, W + 1)):
        with pytest.raises(UsageError, match=f"ab of {size[0]}×{size[1]} cannot be enlarged"):
            upsample.upsample_ab(ab_of(*size), LIGHT)


def test_hints(recorded):
    plain = ab_of(40, 60)
    light = sizes.resize(LIGHT, (40, 60))
    roots = np.abs(ab_of(20, 30, 1.7))
    roots /= np.linalg.norm(roots, axis=2, keepdims=True)
    trust = np.clip(light / 100, 0, 1)
    made = {
        "correction": hints.hint_correction(plain, plain, light, spots(H, W), trust),
        "with bins": hints.hint_correction(plain + 3, plain, light, spots(H, W), trust, roots),
        "honored": hints.honor_hints(ab_of(H, W), LIGHT, spots(H, W)),
        "cells": hints._hinted_cells(spots(41, 61)[..., 2]),
    }
    recorded.check(made, 2e-3)
    assert not hints.hint_correction(plain, plain, light, 0 * spots(H, W), trust).any()
    many = np.ones((61, 83), np.float32)
    assert len(hints._hinted_cells(many)) == hints.MAX_HINT_CELLS == 400


PIXELS = {
    "bytes": GRAY,
    "bytes in color": data.coffee()[:H, :W],
    "deep": GRAY.astype(np.uint16) * 257,
    "deep in color": data.coffee()[:H, :W].astype(np.uint16) * 257,
    "floats": GRAY.astype(np.float32) / 255,
    "floats in color": data.coffee()[:H, :W].astype(np.float32) / 255,
}


@pytest.mark.parametrize("name", PIXELS)
@pytest.mark.parametrize("factor", [1, 4])
def test_rendering(name, factor, recorded, monkeypatch):
    pixels = np.ascontiguousarray(PIXELS[name][:-3, :-5])
    height, width = (-(-side // factor) for side in pixels.shape[:2])
    ab, region = ab_of(height, width) * 1.6, (ab_of(height, width)[..., 0] > 0).astype(np.float32)
    colored = render(pixels, ab, factor)
    small = shrink(pixels, factor)
    made = {"colored": colored, "small": small, "lightness": lightness_of(pixels)}
    made["region"] = render(pixels, ab, factor, region)
    recorded.check({f"{name} {factor} {key}": value for key, value in made.items()}, 1e-3)
    assert small.shape[:2] == (height, width)
    monkeypatch.setattr("tintype.engine.core.render.STRIP_PIXELS", 1500)
    assert np.array_equal(render(pixels, ab, factor), colored), "in strips"


def test_black_and_white_have_no_color():
    ends = np.array([[0, 1, 254, 255]], np.uint8)
    colored = render(ends, np.full((1, 4, 2), 60, np.float32))
    assert colored[0, 0].tolist() == [0, 0, 0] and colored[0, 3].tolist() == [255, 255, 255]


def test_strips_cover_all_rows(monkeypatch):
    monkeypatch.setattr("tintype.engine.core.render.STRIP_PIXELS", 1000)
    for height, width, multiple in ((100, 90, 1), (100, 90, 4), (7, 5000, 4), (12, 10, 4)):
        rows = [*strips(height, width, multiple)]
        assert [row.start for row in rows[1:]] == [row.stop for row in rows[:-1]]
        assert rows[0].start == 0 and rows[-1].stop == height
        assert all((row.stop - row.start) % multiple == 0 for row in rows[:-1])
        assert len(rows) == -(-height // (max(1, 1000 // (width * multiple)) * multiple))


def test_three_equal_channels_are_one():
    gray = np.repeat(GRAY[..., None], 3, 2)
    assert is_monochrome(gray) and single_channel(gray).ndim == 2
    for channel in range(3):
        for row in (0, 61, H - 1):
            other = gray.copy()
            other[row, 7, channel] ^= 1
            assert not is_monochrome(other)
            assert single_channel(other) is other
    assert not is_monochrome(GRAY) and not is_monochrome(gray.astype(np.uint16))


def test_the_screen_of_print_is_found_and_blurred(recorded):
    y, x = np.mgrid[:256, :260]
    light = cv2.resize(LIGHT, (260, 256))
    made = {}
    for period in (4.0, 7.5, 12.0):
        angle = np.pi / 5
        along, across = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
        dots = np.cos(2 * np.pi * along / period) + np.cos(2 * np.pi * across / period)
        printed = (light * 0.5 + 20 + 14 * dots).astype(np.float32)
        assert screen_period(printed) == pytest.approx(period, rel=0.04)
        made[f"{period}"] = without_screen(printed)
    recorded.check(made, 1e-3)
    assert screen_period(light) is None and without_screen(light) is light
    stripes = (light * 0.5 + 20 + 20 * np.cos(2 * np.pi * x / 6)).astype(np.float32)
    assert screen_period(stripes) is None, "stripes cross nothing"
    assert screen_period(light[:63, :63]) is None


def test_own_color(recorded):
    rgb = np.repeat(GRAY[..., None], 3, 2)
    rgb[40:90, 60:140] = data.coffee()[40:90, 60:140]
    photo = Photo(rgb)
    share = monochrome_share(photo, analyze_color(photo))
    colored = (255 - rgb).astype(np.uint8)
    made = {"share": share, "kept": keep_own_color(photo, colored, share[::3, ::3])}
    recorded.check(made, 5e-3)
    assert (monochrome_share(Photo(GRAY), analyze_color(Photo(GRAY))) == 1).all()


def test_segments(recorded):
    output = np.concatenate([ab_of(7, 11, 1 + k / 9) / 20 for k in range(8)], 2)[..., :15]
    output[..., 14] = np.abs(output[..., 14]) * 9
    affinity = Affinity.of(output, 6)
    made = {"thing": affinity.thing([2, 5], [9, 0]), "alike": affinity.alike([2, 5], [9, 0])}
    recorded.check(made, 1e-3)
    assert affinity.size == (7, 11) and affinity.thing(3, 4).shape == (1, 7, 11)
    shares = np.abs(ab_of(5, 6)) + 1
    parts = Parts(("background", "hair"), shares / shares.sum(2, keepdims=True))
    assert np.allclose(parts["person"] + parts["background"], 1)
    assert np.array_equal(parts["hair"], parts.probabilities[..., 1])
    with pytest.raises(KeyError):
        parts["nose"]


def test_certainty(recorded):
    logits = np.random.default_rng(0).normal(0, 3, (4, 5, 261)).astype(np.float32)
    logits[0, 0] = 0
    logits[1, 1, 7] = 99
    prediction = Prediction(ab_of(4, 5), logits=logits)
    recorded.check({"certainty": prediction.certainty, "roots": prediction.roots}, 1e-3)
    assert prediction.certainty[0, 0] == pytest.approx(0, abs=1e-4)
    assert prediction.certainty[1, 1] == pytest.approx(1, abs=1e-4)
    assert Prediction(ab_of(4, 5)).certainty is None
