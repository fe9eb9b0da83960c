"""The drawing of people's parts, with networks that are plain functions."""

import sys

import numpy as np
import pytest

from tintype.errors import ModelError, UsageError
from tintype.lab.data import people_maps
from tintype.lab.data.label_maps import BACKGROUND, PERSON
from tintype.lab.data.people_maps import PeopleNetworks, people_map

CENTER, SIDE = 96.0, 64.0
RADII = {"OVAL": 28, "OUTER_LIPS": 8, "INNER_LIPS": 3, "RIGHT_EYE": 4, "LEFT_EYE": 4}
PLACES = {
    "OUTER_LIPS": (0, 14),
    "INNER_LIPS": (0, 14),
    "RIGHT_EYE": (-11, -8),
    "LEFT_EYE": (11, -8),
}


def faces(shown):
    """One face of 64 pixels in the middle of the 192 that are shown, upright."""
    boxes, scores = np.zeros((2304, 16)), np.full((2304, 1), -9.0)
    anchor = 24 * 48 + 24
    boxes[anchor, :8] = [CENTER - 98, CENTER - 98, SIDE, SIDE, -10, 0, 10, 0]
    scores[anchor] = 3
    return [boxes, scores]


def landmarks(shown):
    """Circles: the face is shown 1.5 times as large as its box, 2 pixels for one."""
    points = np.full((468, 3), 96.0)
    for name, radius in RADII.items():
        ring = [int(number) for number in getattr(people_maps, name).split()]
        angles = np.linspace(0, 2 * np.pi, len(ring), endpoint=False) - np.pi / 2
        circle = radius * np.stack([np.cos(angles), np.sin(angles)], 1)
        points[ring, :2] = 96 + 2 * (circle + PLACES.get(name, (0, 0)))
    return [points.reshape(1, 1, 1404), np.full((1, 1, 1), 5.0)]


def hair(shown):
    """Hair is all that is bright."""
    return [np.stack([np.zeros(shown.shape[:2]), np.where(shown[..., 0] > 0.8, 9.0, -9.0)], -1)]


def person(shown):
    """The middle half is a person."""
    result = np.zeros((256, 256, 1))
    result[:, 64:192] = 1
    return [result]


def test_the_parts_of_a_face_lie_where_its_points_are():
    rgb = np.full((192, 192, 3), 90, np.uint8)
    rgb[40:64, 70:122] = 250
    result = people_map(rgb, PeopleNetworks(hair, person, faces, landmarks))
    at = {(x, y): int(result[y, x]) for x, y in ((96, 110), (96, 103), (85, 88), (107, 88))}
    assert at == {(96, 110): 4, (96, 103): 2, (85, 88): 3, (107, 88): 3}
    assert result[120, 96] == 1
    assert result[50, 96] == 5
    assert result[180, 96] == PERSON
    assert result[100, 10] == BACKGROUND
    assert result[96, 125] == 255


def test_a_wide_picture_has_a_map_of_its_size():
    def no_face(shown):
        return [np.zeros((1, 1, 1404)), np.full((1, 1, 1), -9.0)]

    rgb = np.full((120, 200, 3), 90, np.uint8)
    result = people_map(rgb, PeopleNetworks(hair, person, faces, no_face))
    assert result.shape == (120, 200)
    assert (result[60, 100], result[60, 10], result[60, 190]) == (PERSON, BACKGROUND, BACKGROUND)


def test_networks_that_cannot_be_opened_are_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    with pytest.raises(UsageError, match="pip install ai-edge-litert"):
        PeopleNetworks.open(tmp_path)

    class Module:
        @staticmethod
        def Interpreter(path, num_threads):  # the name is LiteRT's
            raise ValueError(path)

    monkeypatch.setitem(sys.modules, "ai_edge_litert", Module)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", Module)
    with pytest.raises(ModelError, match=r"hair_segmentation\.tflite"):
        PeopleNetworks.open(tmp_path)
