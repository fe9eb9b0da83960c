"""The metadata of a network's file comes back as it was written, and impossible values do not."""

import json

import pytest

from tintype.contract import (
    AB_SCALE,
    AFFINITY_CHANNELS,
    AFFINITY_DIMS,
    INPUTS,
    KEY,
    OUTPUTS,
    PALETTE_SIZE,
    PARTS,
    STRIDE,
    VERSION,
    NetworkMetadata,
    input_shape,
)
from tintype.errors import ModelError


def test_the_numbers_of_the_contract():
    assert (STRIDE, PALETTE_SIZE, AFFINITY_DIMS, AFFINITY_CHANNELS, AB_SCALE) == (
        32,
        78,
        16,
        35,
        110,
    )
    shapes = {name: input_shape(name, 2, 64, 96) for name in INPUTS}
    assert shapes == {
        "lightness": (2, 1, 64, 96),
        "hint": (2, 3, 64, 96),
        "region": (2, 1, 64, 96),
        "palette": (2, 78),
    }
    assert OUTPUTS == ("ab", "saliency", "ab_logits", "features", "affinity", "parts")
    assert PARTS[0] == "background" and len(set(PARTS)) == len(PARTS) == 8


def test_what_is_at_its_default_is_left_out_and_all_comes_back():
    assert NetworkMetadata().properties() == {
        KEY: VERSION,
        "size": "256",
        "vividness": "1.0",
        "shape": "photograph",
    }
    metadata = NetworkMetadata(
        "unet", "mine", 128, 192, 0.5, "square", [8, 16], 16, ["skin"], "CC0", recipe={"a": [1]}
    )
    properties = metadata.properties()
    assert properties["system"] == "unet" and json.loads(properties["feature_channels"]) == [8, 16]
    assert NetworkMetadata.read(properties | {"another program's": "{"}) == metadata


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({KEY: None}, "is an ONNX file, but not a Tintype network"),
        ({KEY: "2"}, "follows version 2 of the network contract; this Tintype reads version 1"),
        ({"size": "31"}, "out of range"),
        ({"size": "4097"}, "out of range"),
        ({"vividness": "-0.1"}, "out of range"),
        ({"size": "64", "detail_size": "64"}, "out of range"),
        ({"size": "a"}, "metadata of net.onnx cannot be read"),
        ({"size": "[]"}, "metadata of net.onnx cannot be read"),
    ],
)
def test_impossible_metadata_is_one_sentence(change, sentence):
    properties = {k: v for k, v in ({KEY: VERSION} | change).items() if v is not None}
    with pytest.raises(ModelError, match=sentence):
        NetworkMetadata.read(properties, "net.onnx")


@pytest.mark.parametrize(
    "values",
    [{"size": "32"}, {"size": "4096"}, {"vividness": "0"}, {"size": "64", "detail_size": "65"}],
)
def test_the_ends_of_each_range_are_read(values):
    read = NetworkMetadata.read({KEY: VERSION} | values)
    assert {name: str(getattr(read, name)) for name in values} == values
