"""The networks of the field compute what their authors' code computes, as far as can be known
without the trained weights."""

import hashlib
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from skimage import data

from tests.lab.nets.known_weights import known_network, known_state
from tintype.color.bins import ab_bins
from tintype.errors import ModelError
from tintype.lab.nets import published
from tintype.lab.nets.ddcolor import DDColor, sine_positions
from tintype.lab.nets.lab import lab_to_rgb, lightness_to_gray, luma, rgb_to_uv, uv_to_rgb
from tintype.lab.nets.published import PUBLISHED, identify, unwrap
from tintype.lab.nets.zhang17 import Zhang17

# the sorted names and shapes of the published checkpoints' tensors
LISTS = {
    "ddcolor-tiny": "3cc61a4c59467881",
    "ddcolor-large": "f0da7cc56cbe8c77",
    "deoldify-artistic": "8c9c8ef30b7f2364",
    "deoldify-stable": "6ead24086b03b035",
    "zhang16": "b1194c8798075dc6",
    "zhang17": "30acecbbb8fd0a42",
}
# what the originals answer to `astronaut`, with the known weights, at some places (row, column of
# 256×256)
PLACES = ((20, 36), (80, 124), (132, 200), (240, 48))
ANSWERS = {
    "ddcolor-tiny": [
        [0.29697, 0.465075],
        [0.175013, 0.260589],
        [-0.313636, -0.554227],
        [0.024981, 0.009185],
    ],
    "zhang16": [
        [0.078484, -0.459562],
        [0.079384, -0.4586],
        [0.080553, -0.460732],
        [0.081334, -0.460383],
    ],
    "zhang17": [
        [12.293077, 23.312437],
        [18.462971, 19.315617],
        [24.617584, 14.090076],
        [19.845953, 15.584061],
    ],
}
SMALL_DEEP = [
    [0.5918, -0.1532, -0.0641],
    [0.3265, -0.1155, -0.0775],
    [-0.8964, -0.1118, -0.3375],
    [-0.0105, -0.0875, -0.1043],
]
SMALL_WIDE = [
    [-0.1177, 0.2746, 0.7528],
    [-0.2678, 0.0818, 0.3235],
    [0.5455, -0.8793, -0.9901],
    [0.1246, -0.1738, -0.0861],
]


@pytest.fixture(scope="module")
def lightness() -> torch.Tensor:
    picture = (
        cv2.resize(data.astronaut(), (256, 256), interpolation=cv2.INTER_AREA).astype(np.float32)
        / 255
    )
    return torch.from_numpy(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[..., 0])[None, None]


@pytest.mark.parametrize("name", list(PUBLISHED))
def test_tensors_are_those_of_the_published_checkpoint(name):
    listed = "\n".join(sorted(f"{key} {shape}" for key, shape in PUBLISHED[name].shapes().items()))
    assert hashlib.sha256(listed.encode()).hexdigest()[:16] == LISTS[name]


@pytest.mark.parametrize("name", list(ANSWERS))
@torch.no_grad()
def test_answers_are_those_of_the_original_code(name, lightness):
    network = known_network(PUBLISHED[name])
    if name == "zhang17":
        hint = torch.zeros(1, 3, 256, 256)
        hint[:, :, 60:66, 100:106] = torch.tensor([50.0, -30, 1])[:, None, None]
        hint[:, :, 200:207, 40:47] = torch.tensor([-20.0, 40, 1])[:, None, None]
        found = network(lightness, hint)["ab"]
    else:
        found = network(lightness)["ab"]
    found = torch.nn.functional.interpolate(found, size=lightness.shape[2:], mode="bilinear")
    there = np.array([found[0, :, row, column].numpy() for row, column in PLACES])
    assert np.abs(there - ANSWERS[name]).max() < 1e-3 * np.abs(ANSWERS[name]).max()


# the published DeOldify networks are held against the original code by benchmarks/peers.py; these
# are the same in small
@pytest.mark.parametrize(("kind", "answers"), [("deep", SMALL_DEEP), ("wide", SMALL_WIDE)])
@torch.no_grad()
def test_a_small_deoldify_answers_as_when_the_published_ones_were_proven(kind, answers, lightness):
    arguments = {"kind": kind, "blocks": (1, 2, 1, 1), "width": 8, "wide": 64}
    network = known_network(replace(PUBLISHED["deoldify-stable"], network=arguments))
    found = network.answer(
        (lightness_to_gray(lightness[:, :, ::2, ::2]) - network.mean) / network.deviation
    )
    there = np.array([found[0, :, row // 2, column // 2].numpy() for row, column in PLACES])
    assert np.abs(there - answers).max() < 1e-3


@torch.no_grad()
def test_deoldifys_chroma_goes_on_the_pictures_own_luma(lightness):
    network = known_network(
        replace(
            PUBLISHED["deoldify-stable"],
            network={"kind": "deep", "blocks": (1, 1, 1, 1), "width": 8},
        )
    )
    lightness = lightness[:, :, ::2, ::2]
    out = network(lightness)
    gray = lightness_to_gray(lightness)
    assert (luma(out["rgb"]) - gray).abs().mean() > 0.1
    lab = torch.cat([lightness, out["ab"]], 1)
    shown, uv = lab_to_rgb(lab), rgb_to_uv(out["rgb"])
    inside = (uv_to_rgb(gray, uv) * 2 - 1).abs().amax(1) < 0.9
    assert (rgb_to_uv(shown) - uv).abs().amax(1)[inside].mean() < 0.03


def test_the_wide_network_is_told_from_the_deep_one_by_its_keys():
    for name in ("zhang16", "zhang17"):
        state = {key: torch.zeros(shape) for key, shape in PUBLISHED[name].shapes().items()}
        assert identify(unwrap({"params": state})) == name
        assert identify(unwrap({f"module.{key}": value for key, value in state.items()})) == name


def test_what_does_not_fit_is_named(monkeypatch):
    published._shapes.cache_clear()
    monkeypatch.setattr(
        published, "PUBLISHED", {name: PUBLISHED[name] for name in ("zhang16", "zhang17")}
    )
    state = {key: torch.zeros(shape) for key, shape in PUBLISHED["zhang17"].shapes().items()}
    del state["model3.0.weight"], state["model2.0.weight"]
    state["model11.0.weight"] = torch.zeros(1)
    with pytest.raises(
        ModelError,
        match=r"nearly zhang17, but missing: model2\.0\.weight, model3\.0\.weight;"
        r" too many: model11\.0\.weight",
    ):
        identify(state)
    with pytest.raises(ModelError, match="none of the known systems"):
        identify({"weight": torch.zeros(1)})
    for wrong in (7, {"epoch": 3}, [torch.zeros(1)]):
        with pytest.raises(ModelError):
            unwrap(wrong)


@torch.no_grad()
def test_zhang17_answers_to_a_hint_where_it_is():
    torch.manual_seed(0)
    network = Zhang17(8).eval()
    lightness, hint = torch.rand(1, 1, 64, 64) * 100, torch.zeros(1, 3, 64, 64)
    plain = network(lightness, hint)["ab"]
    hint[:, :, 20:24, 40:44] = torch.tensor([60.0, -60.0, 1.0])[:, None, None]
    change = (network(lightness, hint)["ab"] - plain).abs().sum(1)[0]
    assert change[20:24, 40:44].mean() > change[50:, :10].mean()


def test_zhang17s_logits_are_those_of_the_squares_where_the_gamut_is():
    network = Zhang17(8)
    squares = torch.stack([network.gamut // 23, network.gamut % 23], 1) * 10 - 110
    assert np.array_equal(squares.numpy(), ab_bins())


def test_ddcolors_positions_go_round_once_over_the_picture():
    positions = sine_positions(torch.zeros(1, 4, 6, 10), 16).reshape(6, 10, 16)
    assert torch.equal(positions[2, 3, :8], positions[2, 7, :8])  # y is first
    assert positions[-1, 0, :2].tolist() == pytest.approx([0, 1], abs=1e-5)  # sin and cos of 2π


def test_ddcolor_takes_another_width():
    small = DDColor(
        (8, 16, 24, 32), (1, 1, 1, 1), (16, 16, 16), queries=5, hidden=16, layers=3
    ).eval()
    with torch.no_grad():
        assert small(torch.rand(2, 1, 64, 96) * 100)["ab"].shape == (2, 2, 64, 96)
    with pytest.raises(ValueError, match="four widths"):
        DDColor((8, 16), (1, 1, 1, 1))


def test_known_values_do_not_depend_on_their_neighbors():
    assert torch.equal(
        known_state({"a.weight": (3, 4)})["a.weight"],
        known_state({"b.bias": (2,), "a.weight": (3, 4)})["a.weight"],
    )
