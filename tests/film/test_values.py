"""Planes, flows and steady colors of small frames: they change only on purpose."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

pytest.importorskip("av")
from tests.film.conftest import scene

from tintype.film.chroma import chroma_of, gray_levels, gray_of, picture_of, upsampled
from tintype.film.fields import CombDetector
from tintype.film.keys import pictured_share
from tintype.film.memory import Memory
from tintype.film.motion import MotionInput, carry, flow_between, shrunk_size
from tintype.film.palette import KeyColors, ShotPalette
from tintype.film.pixels import PixelFormat, code_table
from tintype.film.source import Frame
from tintype.film.steady import SteadyColors, settle, shows_color, window_frames
from tintype.film.tonemap import hlg_to_nits, pq_to_nits, tone_mapped

SD = PixelFormat(160, 96, 8, False, 6, 6, 6, Fraction(1))
DEEP = replace(SD, depth=10, full=True, matrix=9)
SIZE = (48, 80)


def waves(height: int, width: int, seed: float = 0.0) -> np.ndarray:
    y, x = np.mgrid[:height, :width] / 7.0
    return np.sin(x + seed) * np.cos(y - 2 * seed) + 0.3 * np.sin(3 * x * y / 9 + seed)


def ab_of(height: int, width: int, seed: float = 1.0) -> np.ndarray:
    planes = [40 * waves(height, width, seed), 60 * waves(height, width, 2 * seed)]
    return np.dstack(planes).astype(np.float32)


@pytest.mark.parametrize("form", [SD, DEEP], ids=["8 bits", "10 bits"])
def test_planes(form, recorded):
    codes = np.arange(96 * 160).reshape(96, 160) * 37 % form.codes
    luma = codes.astype(np.uint8 if form.depth == 8 else np.uint16)
    gray = gray_of(luma, form)
    chroma = chroma_of(gray, ab_of(48, 80), form)
    made = {
        "gray": gray,
        "odd gray": gray_of(luma[:95, :159], form),
        "levels": gray_levels(luma, form),
        "cb": chroma[0],
        "cr": chroma[1],
        "picture": picture_of(luma, chroma, form),
        "odd picture": picture_of(luma[:95, :159], chroma, form, deep=True),
        "gray picture": picture_of(luma, None, form),
    }
    recorded.check({f"{form.depth} {name}": value for name, value in made.items()})


def test_colors_grow_and_shrink(recorded):
    light = (50 + 30 * waves(96, 160)).astype(np.float32)
    made = {"grown": upsampled(ab_of(24, 40), light)}
    recorded.check(made | {"shrunk": upsampled(ab_of(120, 200), light[:90, :150])})


def test_codes_of_other_ranges_and_transfers(recorded):
    made = {
        f"{bits} {full} {transfer}": code_table(bits, full, transfer, wanted)
        for bits, full, transfer, wanted in (
            (8, True, 1, SD),
            (10, False, 1, SD),
            (10, False, 16, SD),
            (12, True, 18, DEEP),
        )
    }
    recorded.check(made)
    assert code_table(8, False, 1, SD) is None


def test_transfers_of_high_dynamic_range(recorded):
    steps = np.linspace(0, 1, 101)
    recorded.check({"pq": pq_to_nits(steps), "hlg": hlg_to_nits(steps)}, 1e-5)
    recorded.check({f"mapped {n}": tone_mapped(n, steps * 1.2 - 0.1) for n in (16, 18)}, 1e-5)
    assert pq_to_nits(np.float64(1)) == pytest.approx(10_000)
    assert hlg_to_nits(np.float64(1)) == pytest.approx(1000, rel=1e-4)


def views(count: int = 2, step: int = 3) -> list[MotionInput]:
    return [MotionInput.of(scene(0, step * n, SIZE)) for n in range(count)]


def test_motion(recorded):
    before, now = views()
    flow = flow_between(before, now)
    moved = carry(ab_of(*before.light.shape), flow.back, flow.back_trust)
    made = {name: getattr(flow, name) for name in ("back", "back_trust", "ahead", "ahead_trust")}
    recorded.check(made | {"moved": moved, "thumbnail": now.thumbnail, "light": now.light}, 2e-3)
    assert not flow.cut and flow_between(before, MotionInput.of(scene(1, 0, SIZE))).cut
    assert flow.agreement == pytest.approx(flow.reversed().agreement)
    blank = MotionInput.of(np.full(SIZE, 90, np.uint8))
    assert not blank.thumbnail.any() and now.thumbnail.std() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("height", "width", "pixels", "size"),
    [(100, 200, 5000, (50, 100)), (10, 20, 5000, (10, 20)), (3, 4000, 40, (2, 231))],
)
def test_a_picture_is_shrunk_to_an_area(height, width, pixels, size):
    assert shrunk_size(height, width, pixels) == size


def key(seed: float) -> KeyColors:
    features = np.dstack([waves(6, 10, seed * k) for k in range(1, 5)]).astype(np.float32)
    features /= np.linalg.norm(features, axis=2, keepdims=True)
    light = (50 + 20 * waves(6, 10, seed)).astype(np.float32)
    return KeyColors(ab_of(12, 20, seed), features, light)


def test_keys_are_drawn_together(recorded):
    palette = ShotPalette()
    keys = [key(0.1), key(0.12), replace(key(0.15), change=ab_of(12, 20) / 9), key(2.0)]
    first = palette.drawn_together(keys, 2)
    later = palette.drawn_together([key(0.2 + n / 50) for n in range(12)], 12)
    again = ShotPalette.from_arrays(palette.to_arrays())
    assert len(palette.opinions) == len(again.opinions) == 10 and palette.gain == again.gain
    recorded.check({"first": first, "later": later, "gain": palette.gain}, 2e-3)
    alone = KeyColors(ab_of(12, 20))
    assert np.array_equal(ShotPalette().drawn_together([alone], 1)[0], alone.ab)


def test_memory(recorded):
    memory, views_ = Memory(), views(3)
    for shot, view in enumerate(views_):
        sums = np.dstack(
            [ab_of(*view.light.shape, shot), np.full(view.light.shape, 3.0 * shot + 1)]
        )
        memory.add(shot, view, sums.astype(np.float32))
    found = memory.find(views_[1])
    assert found.shot == 1
    recorded.check({"sums": found.sums}, 2e-3)
    assert memory.find(MotionInput.of(scene(1, 0, SIZE))) is None
    again = Memory.from_arrays(memory.to_arrays(), {})
    assert [each.shot for each in again.frames] == [0, 1, 2]


def test_steady_colors(recorded):
    def color_key(luma, size, guidances=()):
        return KeyColors(ab_of(*size, seed=float(luma.mean()) / 40))

    grays = [scene(0, n, SIZE) for n in range(30)] + [scene(1, n, SIZE) for n in range(12)]
    with ThreadPoolExecutor(1) as pool:
        steady, colored = SteadyColors(color_key, pool, window=24), []
        for n, gray in enumerate(grays):
            steady.add(Frame(n, n, n / 25, gray), gray)
            colored += [each for some in steady.ready() for each in some]
        colored += [each for some in steady.ready(last=True) for each in some]
    recorded.check({"ab": np.stack([each.ab for each in colored])}, 5e-3)
    assert [each.shot for each in colored] == [0] * 30 + [1] * 12


def test_places_that_no_key_reaches_are_filled_from_around_them(recorded):
    sums = np.dstack([ab_of(40, 60), np.ones((40, 60))]).astype(np.float32)
    sums[10:30, 15:50] = 0
    recorded.check({"settled": settle(sums)}, 1e-3)


def test_titles_are_gray_and_pictures_are_not(recorded):
    title = np.zeros((60, 80), np.uint8)
    title[20:40, 20:60] = 240
    noise = np.random.default_rng(0).integers(0, 256, (60, 80)).astype(np.uint8)
    rare = np.random.default_rng(1).random((60, 80)) < 0.06
    mixed = np.where(rare, noise, title)
    assert pictured_share(title) == 0 and pictured_share(noise) == 1
    assert 0.1 < pictured_share(mixed) < 0.9
    recorded.check({"mixed": pictured_share(mixed)}, 1e-3)


@pytest.mark.parametrize(
    ("width", "height", "depth", "frames"),
    [(160, 96, 8, 96), (1920, 1080, 8, 32), (1280, 720, 8, 61), (1280, 720, 10, 37)],
)
def test_windows_fit_their_memory(width, height, depth, frames):
    assert window_frames(replace(SD, width=width, height=height, depth=depth)) == frames


def test_combing_is_found_in_its_third_frame():
    still = (120 + 60 * waves(96, 160)).astype(np.uint8)
    combed = still.copy()
    combed[1::2] = np.roll(still, 9, 1)[1::2]
    detector = CombDetector()
    assert [detector.looks_interlaced(combed, 8) for _ in range(4)] == [False, False, True, False]
    detector = CombDetector()
    assert not any(detector.looks_interlaced(still, 8) for _ in range(30))
    late = CombDetector()
    frames = [still] * 22 + [combed] * 9
    assert not any(late.looks_interlaced(frame, 8) for frame in frames), "looked at no more"


def test_a_frame_is_in_color_by_its_chroma():
    from skimage import data

    rgb = cv2.resize(data.astronaut(), (160, 96), interpolation=cv2.INTER_AREA)
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    half = cv2.resize(gray, (80, 48), interpolation=cv2.INTER_AREA)
    chroma = chroma_of(half, cv2.resize(lab, (80, 48), interpolation=cv2.INTER_AREA)[..., 1:], SD)
    luma = (16 + gray * (219 / 255)).astype(np.uint8)
    assert shows_color(Frame(0, 0, 0.0, luma, chroma=chroma), SD)
    assert not shows_color(Frame(0, 0, 0.0, luma), SD)
    flat = tuple(np.full((48, 80), code, np.uint8) for code in (118, 140))
    assert not shows_color(Frame(0, 0, 0.0, luma, chroma=flat), SD)
