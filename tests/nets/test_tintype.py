import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from tintype.color import ab_bins, lightness
from tintype.errors import ModelError
from tintype.nets.mobilenet_v2 import MobileNetV2, load_mobilenet_v2
from tintype.nets.tintype import PALETTE_SIZE, Tintype
from tintype.training.recipe import load_recipe
from tintype.training.systems import build_network

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def network() -> Tintype:
    torch.manual_seed(0)
    made = Tintype().eval()
    for parameter in made.last[-1].parameters():
        torch.nn.init.normal_(parameter, std=0.02)
    return made


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 96)])
def test_outputs_have_the_sizes_of_the_contract(network, height, width):
    with torch.no_grad():
        out = network(torch.rand(2, 1, height, width) * 100)
    assert out["ab"].shape == (2, 2, height // 2, width // 2)
    assert out["saliency"].shape == (2, 1, height // 4, width // 4)
    assert out["ab_logits"].shape == (2, 261, height // 4, width // 4)


@pytest.mark.parametrize("wish", ["hint", "region", "palette"])
def test_every_wish_is_listened_to(network, wish):
    lightness = torch.rand(1, 1, 64, 64) * 100
    given = {"hint": torch.full((1, 3, 64, 64), 1.0), "region": torch.zeros(1, 1, 64, 64), "palette": torch.ones(1, PALETTE_SIZE)}
    with torch.no_grad():
        change = network(lightness, **{wish: given[wish]})["ab"] - network(lightness)["ab"]
    assert change.abs().max() > 1e-3


def test_the_answer_is_the_mean_of_both_heads(network):
    lightness = torch.rand(1, 1, 64, 64) * 100
    pale, vivid = copy.deepcopy(network), copy.deepcopy(network)
    torch.nn.init.zeros_(pale.bins.weight)
    torch.nn.init.zeros_(pale.last[-1].weight)
    for head in (vivid.last[-1].weight, vivid.last[-1].bias, vivid.bins.weight):
        torch.nn.init.zeros_(head)
    torch.nn.init.constant_(pale.last[-1].bias, 0.2)
    index = [tuple(center) for center in ab_bins().tolist()].index((40.0, -30.0))
    for head in (pale.bins.bias, vivid.bins.bias):
        torch.nn.init.constant_(head, -20)
        head.data[index] = 20
    with torch.no_grad():
        assert pale(lightness)["ab"][0, :, 5, 5] == pytest.approx([31, -4], abs=0.01)
        assert vivid(lightness)["ab"][0, :, 5, 5] == pytest.approx([20, -15], abs=0.01)


def test_what_the_shipped_encoder_sees_differs_from_picture_to_picture():
    """Trained on at too high a rate, its last layers once gave the same answer to every picture, and no other number showed it."""
    network = build_network(load_recipe("tintype", ["start=default"])).eval()
    with torch.no_grad():
        levels = network(torch.stack([seen(path) for path in sorted(EXAMPLES.glob("*.jpg"))]))["features"]
    for level in levels:
        whole = level.mean((2, 3))
        assert whole.std(0).mean() > 0.1 * whole.abs().mean()


def seen(path: Path) -> Tensor:
    with Image.open(path) as picture:
        return torch.from_numpy(lightness(np.asarray(picture.convert("RGB").resize((128, 128)), np.float32) / 255))[None]


def test_every_weight_learns():
    network = Tintype((8, 16, 16, 24, 32), (1, 1, 1, 1), (8, 8, 16, 16))
    for module in (network.at16[1], network.at32[1]):
        torch.nn.init.normal_(module.out.weight)
    torch.nn.init.normal_(network.last[-1].weight)
    out = network(torch.rand(2, 1, 64, 64) * 100, palette=torch.rand(2, PALETTE_SIZE))
    sum(out[name].square().mean() for name in ("ab", "saliency_logits", "ab_logits")).backward()
    silent = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


def test_the_encoder_has_the_size_of_its_description():
    assert sum(p.numel() for p in MobileNetV2().parameters()) == pytest.approx(3.49e6, rel=0.01)
    assert [level.shape[1] for level in MobileNetV2().levels(torch.zeros(1, 3, 64, 64))] == [16, 24, 32, 96, 320, 1280]


def test_gray_weights_see_what_color_weights_see_in_gray(tmp_path):
    save_file(MobileNetV2().state_dict(), tmp_path / "a.safetensors")
    gray = torch.rand(1, 1, 64, 64) * 2 - 1
    in_color, in_gray = load_mobilenet_v2(tmp_path / "a.safetensors"), load_mobilenet_v2(tmp_path / "a.safetensors", channels=1)
    assert torch.allclose(in_color(gray.expand(1, 3, 64, 64)), in_gray(gray), atol=1e-4)


def test_other_weights_are_refused(tmp_path):
    save_file({"a": torch.zeros(1)}, tmp_path / "a.safetensors")
    for name in ("a.safetensors", "none.safetensors"):
        with pytest.raises(ModelError, match=r"\.safetensors"):
            load_mobilenet_v2(tmp_path / name)
