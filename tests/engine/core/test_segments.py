import numpy as np
import pytest
from skimage import data

from tests.engine.core.networks import Fake
from tintype.color import lightness
from tintype.contract import PARTS
from tintype.engine import Network
from tintype.engine.core.network import default_network
from tintype.engine.core.prepare import prepare_lightness
from tintype.engine.core.segments import Affinity, Parts, predict_segments, segments_of
from tintype.errors import ModelError


def test_log_odds_are_those_of_the_definition():
    rng = np.random.default_rng(0)
    output = rng.normal(size=(5, 7, 35)).astype(np.float32)
    affinity = Affinity.of(output, 16)
    things, alike = affinity.thing([1, 4], [2, 0]), affinity.alike([1, 4], [2, 0])
    assert things.shape == alike.shape == (2, 5, 7)
    query, key = output[4, 0, 16:32], output[2, 6, :16]
    score = float(query @ key) / 4
    assert alike[1, 2, 6] == pytest.approx(score + output[4, 0, 33], abs=1e-5)
    squared = ((2 - 4) ** 2 + (6 - 0) ** 2) / 35
    expected = score + output[4, 0, 32] - 4 * output[4, 0, 34] * squared
    assert things[1, 2, 6] == pytest.approx(expected, abs=1e-5)


def test_a_person_is_all_but_the_background_and_the_sky():
    parts = Parts(("background", "hair"), np.array([[[0.75, 0.25]]], np.float32))
    assert parts["person"] == parts["hair"] == 0.25
    parts = Parts(("background", "hair", "sky"), np.array([[[0.5, 0.375, 0.125]]], np.float32))
    assert parts["person"] == parts["hair"] == 0.375
    with pytest.raises(KeyError):
        parts["shoe"]


def test_the_astronaut_has_hair_above_her_face_and_wears_clothes_below():
    picture = data.astronaut()
    light = lightness(np.float32(picture) / 255)
    segments = predict_segments(Network.load("default", "cpu"), light)
    parts, affinity = segments.parts, segments.affinity
    assert parts.names == PARTS
    assert affinity.size == parts.probabilities.shape[:2] == (64, 64)
    np.testing.assert_allclose(parts.probabilities.sum(-1), 1, atol=1e-4)

    def at(name, x, y):  # pixels of the picture of 512
        return parts[name][y // 8, x // 8]

    assert at("skin", 225, 150) > 0.5
    assert at("hair", 170, 110) > 0.5
    assert at("clothes", 200, 420) > 0.5
    assert at("background", 470, 60) > 0.5
    assert at("person", 225, 150) > 0.9
    face = affinity.thing(150 // 8, 225 // 8)[0]
    assert face[130 // 8, 210 // 8] > 0 > face[420 // 8, 200 // 8]


def test_segments_are_computed_once_and_by_the_default_network_where_there_is_no_other():
    light = lightness(np.float32(data.chelsea()[:300, :450]) / 255)
    prepared = prepare_lightness(Fake(), light, [64])
    segments = segments_of(prepared)
    assert segments is segments_of(prepared)
    height, width = segments.affinity.size
    assert width / height == pytest.approx(450 / 300, abs=0.03)
    expected = predict_segments(default_network(), light)
    np.testing.assert_array_equal(segments.parts.probabilities, expected.parts.probabilities)
    with pytest.raises(ModelError, match="predicts neither"):
        predict_segments(Fake(), light)
