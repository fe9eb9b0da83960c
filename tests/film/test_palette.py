"""Keys of a shot are drawn to one color of each thing."""

import numpy as np
import pytest

pytest.importorskip("av")
from tintype.film.palette import MAX_GAIN, KeyColors, ShotPalette

ROAD, LAWN = (0.0, 6.0), (-16.0, 30.0)
HOUSE = (12.0, 8.0)


def key(road, moved=0, change=None, thing=0):
    """A road below, a house above; the camera moves to the right. change: of the road, by a
    guidance. thing: another number is another thing where the road was."""
    features = np.zeros((12, 20, 6), np.float32)
    features[:6, :, 5], features[6:, :, thing] = 1, 1
    light = np.full((12, 20), 50, np.float32)
    light[:, moved : moved + 3] += 4
    ab = np.empty((48, 80, 2), np.float32)
    ab[:24], ab[24:] = HOUSE, road
    if change is None:
        return KeyColors(ab, features, light)
    added = np.zeros_like(ab)
    added[24:] = change
    return KeyColors(ab, features, light, added)


def road_of(ab):
    return ab[36:].mean((0, 1))


def house_of(ab):
    return ab[:12].mean((0, 1))


def distance(one, other):
    return float(np.linalg.norm(np.subtract(one, other)))


def test_a_thing_has_one_color_in_its_shot():
    roads = np.linspace(ROAD, LAWN, 8)
    colors = ShotPalette().drawn_together([key(road, n) for n, road in enumerate(roads)], 8)
    assert distance(road_of(colors[0]), road_of(colors[-1])) < distance(ROAD, LAWN) / 5
    chroma = np.linalg.norm(roads.mean(0))
    assert all(abs(np.linalg.norm(road_of(ab)) - chroma) < chroma / 5 for ab in colors)
    assert all(
        distance(house_of(ab), HOUSE) < distance(HOUSE, (0, 0)) * (MAX_GAIN - 0.99) for ab in colors
    )


def test_later_windows_follow_the_first():
    palette = ShotPalette()
    first = palette.drawn_together([key(ROAD, n) for n in range(8)], 8)
    later = palette.drawn_together([key(LAWN, n) for n in range(2)], 2)
    assert distance(road_of(first[0]), ROAD) < 1
    assert distance(road_of(later[0]), ROAD) < distance(ROAD, LAWN) / 3


def test_what_is_another_thing_keeps_its_color():
    colors = ShotPalette().drawn_together([key(ROAD), key(LAWN, thing=1)], 2)
    assert distance(road_of(colors[0]), ROAD) < 1
    assert distance(road_of(colors[1]), LAWN) < 1


def test_keys_that_agree_keep_their_contrast():
    features = np.random.default_rng(0).normal(1, 0.4, (12, 20, 6)).astype(np.float32)
    features /= np.linalg.norm(features, axis=-1, keepdims=True)  # all places are alike, somewhat
    light = np.full((12, 20), 50, np.float32)
    ab = np.kron(features[..., :2] * 60, np.ones((4, 4, 1), np.float32))
    colors = ShotPalette().drawn_together([KeyColors(ab, features, light)] * 5, 5)
    for each in colors:
        assert each.std((0, 1)) == pytest.approx(ab.std((0, 1)), rel=0.06)
        assert np.abs(each - ab).mean() < 0.3 * ab.std()


def test_what_a_guidance_changes_stays_as_it_is():
    keys = [key(ROAD), key(LAWN), key(LAWN, change=(50, 0))]
    plain, guided = ShotPalette().drawn_together(keys, 3)[1:]
    assert distance(road_of(guided), road_of(plain)) == pytest.approx(50, abs=0.1)
    assert distance(house_of(guided), house_of(plain)) < 0.1


def test_keys_without_features_stay_as_they_are():
    ab = np.full((48, 80, 2), 7, np.float32)
    colors = ShotPalette().drawn_together([KeyColors(ab), key(ROAD), KeyColors(ab)], 3)
    assert np.array_equal(colors[0], ab) and np.array_equal(colors[2], ab)


def test_a_restored_palette_goes_on_alike():
    palette = ShotPalette()
    palette.drawn_together([key(road, n) for n, road in enumerate((ROAD, LAWN) * 8)], 16)
    restored = ShotPalette.from_arrays(palette.to_arrays())
    one, other = (each.drawn_together([key(LAWN), key(ROAD, 3)], 2) for each in (palette, restored))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
