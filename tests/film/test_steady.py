from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import cv2
import numpy as np
import pytest

pytest.importorskip("av")
from tests.film.conftest import scene

from tintype.film.chroma import chroma_of, gray_of, picture_of
from tintype.film.keys import KeyColorizer, pictured_share
from tintype.film.motion import Flow, MotionInput, carry, flow_between
from tintype.film.palette import KeyColors
from tintype.film.pixels import PixelFormat
from tintype.film.source import Frame
from tintype.film.steady import SteadyColors, _carried, settle, window_frames

FORMAT = PixelFormat(160, 96, 8, False, 6, 6, 6, 1)


class Moody:
    """A painter whose every key is of another color: what a network does to a film, at its
    worst."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, small, size, guidances=()):
        self.count += 1
        hue = 20 if self.count % 2 else -20
        return KeyColors(np.full((*size, 2), (hue, 10), np.float32))


def color(grays, painter, window=96):
    with ThreadPoolExecutor(1) as pool:
        steady = SteadyColors(painter, pool, window=window)
        result = []
        for n, gray in enumerate(grays):
            steady.add(Frame(n, n, n / 25, gray), gray)
            result += [colors for each in steady.ready() for colors in each]
        return result + [colors for each in steady.ready(last=True) for colors in each]


def pan(count, number=0, size=(96, 160)):
    return [scene(number, n, size) for n in range(count)]


def test_keys_of_changing_color_give_a_steady_film():
    colors = color(pan(60), Moody())
    means = np.array([each.ab[..., 0].mean() for each in colors])
    assert len(colors) == 60
    assert np.abs(np.diff(means)).max() < 1.5
    assert means.max() - means.min() < 10  # the keys are 40 apart


def test_windows_that_overlap_leave_no_seam():
    one, many = color(pan(60), Moody(), 96), color(pan(60), Moody(), 16)
    steps = [np.abs(b.ab - a.ab).mean() for a, b in pairwise(many)]
    assert max(steps) < 2.5
    assert np.mean([np.abs(a.ab - b.ab).mean() for a, b in zip(one, many, strict=True)]) < 5


def test_a_cut_is_found_and_a_returning_shot_keeps_its_colors():
    colors = color(pan(12) + pan(12, 1) + pan(24)[12:], Moody())
    assert [n for n, each in enumerate(colors) if each.cut] == [0, 12, 24]
    assert colors[24].returns == 0
    assert abs(colors[24].ab[..., 0].mean() - colors[11].ab[..., 0].mean()) < abs(
        colors[12].ab[..., 0].mean() - colors[11].ab[..., 0].mean()
    )


def test_flicker_of_the_whole_picture_is_no_cut_and_no_change_of_color():
    rng = np.random.default_rng(0)
    grays = [np.clip(gray * 0.8 + rng.uniform(0, 30), 0, 255).astype(np.uint8) for gray in pan(30)]
    colors = color(grays, Moody())
    assert sum(each.cut for each in colors) == 1
    assert np.abs(np.diff([each.ab[..., 0].mean() for each in colors])).max() < 2


def test_a_stain_of_one_frame_is_nothing_new():
    class Counting(Moody):
        def __call__(self, small, size, guidances=()):
            seen.append(small)
            return super().__call__(small, size)

    seen = []
    grays = [scene(0, 0, (96, 160)).copy() for _ in range(20)]
    grays[8][20:80, 30:120] = 255
    stained = grays[8]
    color(grays, Counting())
    assert not any((small == stained).all() for small in seen)


@pytest.mark.parametrize(
    ("size", "seen"), [((480, 640), (480, 640)), ((1080, 1920), (480, 854)), ((64, 97), (64, 97))]
)
def test_the_network_sees_key_frames_whole(size, seen, warm, monkeypatch):
    shapes = []
    prepare = warm.prepare
    monkeypatch.setattr(
        warm, "prepare", lambda gray: shapes.append(gray.shape) or prepare(gray), raising=False
    )
    pixels = PixelFormat(size[1], size[0], 8, False, 6, 6, 6, 1)
    luma = np.random.default_rng(0).integers(16, 235, size, np.uint8)
    ab = KeyColorizer(warm, pixels)(luma, (30, 40)).ab
    assert shapes == [seen] and ab.shape == (30, 40, 2)
    assert np.abs(ab[..., 0].mean() - 20) < 1


def test_a_broken_frame_has_the_colors_of_the_last_good_one():
    grays = pan(10)
    with ThreadPoolExecutor(1) as pool:
        steady = SteadyColors(Moody(), pool)
        noise = np.random.default_rng(0).integers(0, 255, grays[0].shape, np.uint8)
        for n, gray in enumerate(grays):
            steady.add(Frame(n, n, n / 25, gray, n == 5), noise if n == 5 else gray)
        colors = [each for window in steady.ready(last=True) for each in window]
    assert sum(each.cut for each in colors) == 1
    assert np.abs(colors[5].ab - colors[4].ab).mean() < 1.5


def test_black_frames_leader_and_titles_stay_gray_and_pictures_do_not():
    black = np.full((96, 160), 16, np.uint8)
    title = black.copy()
    cv2.putText(title, "THE END", (20, 55), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 230, 2)
    assert pictured_share(black) == 0
    assert pictured_share(title) < 0.3
    assert all(pictured_share(scene(n, 0, (96, 160))) == 1 for n in range(2))


def test_flow_carries_what_moves_and_distrusts_what_appears():
    before, now = scene(0, 0, (96, 160)), scene(0, 4, (96, 160))
    hidden = now.copy()
    hidden[30:60, 60:100] = np.random.default_rng(0).integers(0, 255, (30, 40))
    flow = flow_between(MotionInput.of(before), MotionInput.of(hidden))
    size = flow.back_trust.shape
    scale = size[0] / 96
    box = np.s_[int(36 * scale) : int(54 * scale), int(66 * scale) : int(94 * scale)]
    assert flow.back_trust[box].mean() < 0.3 < 0.6 < np.median(flow.back_trust)
    moved = carry(
        cv2.resize(before, size[::-1], interpolation=cv2.INTER_AREA).astype(np.float32),
        flow.back,
        np.ones_like(flow.back_trust),
    )
    error = np.abs(moved - cv2.resize(now, size[::-1], interpolation=cv2.INTER_AREA))
    assert np.median(error) < 3


def test_small_things_keep_their_color_between_keys():
    """Motion of half a pixel a frame resamples colors; doing so at every frame would blur them."""
    size = 48, 80
    down, across = np.mgrid[: size[0], : size[1]].astype(np.float32)
    back = np.dstack([across + 0.5, down])
    trust, light = np.ones(size, np.float32), np.zeros(size, np.float32)
    flow = Flow(back, trust, np.dstack([across - 0.5, down]), trust, 1.0, False, light, light)
    stripes = np.where(np.arange(size[1]) // 3 % 2, 20, -20).astype(np.float32)
    key = np.dstack([np.tile(stripes, (size[0], 1)), light, trust])
    reached = list(_carried([key, *[None] * 12], [None, *[flow] * 12], None))[-1]
    ab = (reached[..., 0] / reached[..., 2])[:, 20:60]
    assert ab.std() > 0.9 * stripes.std()


def test_what_no_key_reached_is_continued_from_around_it():
    sums = np.zeros((60, 80, 3), np.float32)
    sums[:, :40] = (30, 10, 1)
    result = settle(sums)
    assert np.allclose(result[30, 20], (30, 10), atol=0.5) and np.allclose(
        result[30, 70], (30, 10), atol=1
    )


@pytest.mark.parametrize("matrix", [1, 6, 9])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("depth", [8, 10])
def test_chroma_planes_give_the_color_at_the_luma_that_is_there(matrix, full, depth):
    pixel_format = PixelFormat(64, 64, depth, full, matrix, 1, 1, 1)
    luma = np.full(
        (64, 64),
        pixel_format.black + round(0.5 * pixel_format.span),
        np.uint8 if depth == 8 else np.uint16,
    )
    ab = np.full((32, 32, 2), (20, -15), np.float32)
    rgb = picture_of(luma, chroma_of(gray_of(luma, pixel_format), ab, pixel_format), pixel_format)
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    assert np.allclose(lab[32, 32, 1:], (20, -15), atol=1.5)


def test_colors_that_do_not_fit_at_their_luma_keep_their_hue():
    luma = np.full((64, 64), 225, np.uint8)
    rgb = picture_of(
        luma,
        chroma_of(gray_of(luma, FORMAT), np.full((32, 32, 2), (0, -100), np.float32), FORMAT),
        FORMAT,
    )
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[32, 32]
    assert lab[2] < -3 and abs(lab[1]) < 0.7 * abs(lab[2])
    assert (
        rgb.max() <= 255 and abs(int(rgb[32, 32].astype(int) @ [299, 587, 114]) / 1000 - 243.4) < 3
    )


@pytest.mark.parametrize(
    ("width", "height", "depth", "frames"),
    [(854, 480, 8, 96), (1920, 1080, 8, 32), (1920, 1080, 10, 32), (1280, 720, 8, 61)],
)
def test_windows_of_large_frames_are_shorter(width, height, depth, frames):
    assert window_frames(PixelFormat(width, height, depth, False, 1, 1, 1, 1)) == frames
