import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from tests.pictures import EXAMPLES
from tintype.color import lightness
from tintype.contract import OUTPUTS, PALETTE_CELLS
from tintype.engine import Network
from tintype.engine.core.segments import Affinity
from tintype.errors import ModelError
from tintype.lab.nets.classifiers import (
    CLASSIFIERS,
    EfficientNetLite1,
    MobileNetV2,
    SameConv,
    folded,
    load_classifier,
)
from tintype.lab.nets.things_head import affinity_logits
from tintype.lab.nets.tintype import PALETTE_SIZE, Tintype
from tintype.lab.training.recipe import Deciding, load_recipe
from tintype.lab.training.systems import build_network, decided, read_start


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


@pytest.mark.parametrize("kind", ["hint", "region", "palette"])
def test_every_guiding_input_changes_the_colors(network, kind):
    lightness = torch.rand(1, 1, 64, 64) * 100
    given = {
        "hint": torch.full((1, 3, 64, 64), 1.0),
        "region": torch.zeros(1, 1, 64, 64),
        "palette": torch.ones(1, PALETTE_SIZE),
    }
    with torch.no_grad():
        change = network(lightness, **{kind: given[kind]})["ab"] - network(lightness)["ab"]
    assert change.abs().max() > 1e-3


def test_the_network_in_pytorch_answers_as_the_shipped_artifact_to_all_guidance():
    """Every sign, factor and order inside of the network is held by the weights that learned it."""
    shipped, start = Network.load("default", "cpu"), read_start("default")
    settings = Deciding.model_validate(shipped.metadata.decision)
    bare = build_network(load_recipe("tintype", ["start=default", "network.things=true"]))
    answering = decided(bare, settings, start.prior).eval()
    given = {
        "lightness": np.stack([seen(path).numpy() for path in sorted(EXAMPLES.glob("*.jpg"))[:2]]),
        "hint": np.zeros((2, 3, 128, 128), np.float32),
        "region": np.ones((2, 1, 128, 128), np.float32),
        "palette": np.zeros((2, PALETTE_SIZE), np.float32),
    }
    given["hint"][0, :, 20:40, 90:110] = np.array([50, -30, 1.0], np.float32)[:, None, None]
    given["region"][1, :, :, :50] = 0
    given["palette"][0, [30, 40, PALETTE_CELLS]] = 0.7, 0.3, 1
    given["palette"][1, -2:] = 25, 1
    expected = shipped.predict(**given, wanted=OUTPUTS)
    with torch.no_grad():
        answer = answering(**{name: torch.from_numpy(value) for name, value in given.items()})
    tolerances = {"ab": 0.2, "saliency": 0.01, "ab_logits": 0.1, "affinity": 0.1, "parts": 0.01}
    for name, tolerance in tolerances.items():
        difference = np.abs(answer[name].numpy() - getattr(expected, name)).max()
        assert difference < tolerance, (name, difference)


def test_weights_fit_with_and_without_the_head_of_things():
    small = (8, 16, 16, 24, 32), (1, 1, 1, 1), (8, 8, 16, 16)
    with_head, without = Tintype(*small, things=True), Tintype(*small)
    before = {k: v.clone() for k, v in with_head.state_dict().items()}
    without.load_start(with_head.state_dict())
    torch.testing.assert_close(without.bins.weight, with_head.bins.weight)
    with_head.load_start(Tintype(*small).state_dict())
    assert not torch.equal(with_head.bins.weight, before["bins.weight"])
    assert torch.equal(with_head.things.out.weight, before["things.out.weight"])
    with pytest.raises(RuntimeError, match="Missing"):
        with_head.load_start({})


def test_the_logits_of_the_head_are_those_of_the_engine():
    affinity = torch.randn(35, 6, 9)
    at = torch.tensor([[0, 8], [5, 3]])
    engine = Affinity.of(affinity.permute(1, 2, 0).numpy(), 16)
    for found, expected in zip(
        affinity_logits(affinity, at), (engine.thing(*at.T), engine.alike(*at.T)), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_heads_are_the_same_while_it_learns(network):
    learning = copy.deepcopy(network).train()
    for module in learning.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()
    torch.manual_seed(0)
    with torch.no_grad(), pytest.MonkeyPatch.context() as patch:
        lightness = torch.rand(1, 1, 64, 64) * 100
        expected = network(lightness)
        patch.setattr("torch.nn.functional.dropout2d", lambda x, *_: x)
        found = learning(lightness)
    assert found.keys() == expected.keys()
    for name in ("ab", "seen_ab", "saliency", "ab_logits"):
        torch.testing.assert_close(found[name], expected[name])


def test_what_the_shipped_encoder_sees_differs_from_picture_to_picture():
    """Trained on at too high a rate, its last layers once gave the same answer to every picture,
    and no other number showed it."""
    network = build_network(load_recipe("tintype", ["start=default"])).eval()
    with torch.no_grad():
        levels = network(torch.stack([seen(path) for path in sorted(EXAMPLES.glob("*.jpg"))]))[
            "levels"
        ]
    for level in levels:
        whole = level.mean((2, 3))
        assert whole.std(0).mean() > 0.1 * whole.abs().mean()


def seen(path: Path) -> Tensor:
    with Image.open(path) as picture:
        return torch.from_numpy(
            lightness(np.asarray(picture.convert("RGB").resize((128, 128)), np.float32) / 255)
        )[None]


def test_every_weight_learns():
    network = Tintype((8, 16, 16, 24, 32), (1, 1, 1, 1), (8, 8, 16, 16))
    for module in (network.at16[1], network.at32[1]):
        torch.nn.init.normal_(module.out.weight)
    torch.nn.init.normal_(network.last[-1].weight)
    out = network(torch.rand(2, 1, 64, 64) * 100, palette=torch.rand(2, PALETTE_SIZE))
    sum(out[name].square().mean() for name in ("ab", "saliency_logits", "ab_logits")).backward()
    silent = [
        name
        for name, p in network.named_parameters()
        if p.requires_grad and (p.grad is None or not p.grad.any())
    ]
    assert silent == []


def test_the_classifiers_have_the_sizes_of_their_descriptions():
    expected = {
        MobileNetV2: (3.49, [16, 24, 32, 96, 320]),
        EfficientNetLite1: (5.42, [16, 24, 40, 112, 320]),
    }
    for kind, (millions, levels) in expected.items():
        net = kind()
        assert sum(p.numel() for p in net.parameters()) == pytest.approx(millions * 1e6, rel=0.01)
        seen = net.levels(torch.zeros(1, 3, 64, 64))
        assert (
            [level.shape[1] for level in seen] == [*levels, 1280] == [*net.level_channels(), 1280]
        )
        assert [level.shape[2] for level in seen] == [32, 16, 8, 4, 2, 2]


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_gray_weights_see_what_color_weights_see_in_gray(kind, tmp_path):
    path = tmp_path / "a.safetensors"
    save_file(CLASSIFIERS[kind]().state_dict(), path)
    gray = torch.rand(1, 1, 64, 64) * 2 - 1
    in_color, in_gray = load_classifier(kind, path), load_classifier(kind, path, channels=1)
    assert torch.allclose(in_color(gray.expand(1, 3, 64, 64)), in_gray(gray), atol=1e-4)


def test_published_weights_are_folded():
    torch.manual_seed(0)
    state = EfficientNetLite1().state_dict()
    published = {"_fc.weight": state["classifier.weight"], "_fc.bias": state["classifier.bias"]}
    for i, block in enumerate(EfficientNetLite1().features):
        convs = [name for name, module in block.named_modules() if isinstance(module, SameConv)]
        for j, name in enumerate(convs):
            if i == 0:
                conv, norm = "_conv_stem", "_bn0"
            elif name == "":
                conv, norm = "_conv_head", "_bn1"
            else:
                number = j + 3 - len(convs)
                conv = (
                    f"_blocks.{i - 1}."
                    + ("_expand_conv", "_depthwise_conv", "_project_conv")[number]
                )
                norm = f"_blocks.{i - 1}._bn{number}"
            weight, bias = (
                state[".".join(filter(None, ("features", str(i), name, "conv", kind)))]
                for kind in ("weight", "bias")
            )
            gain, mean, variance = 0.5 + torch.rand(3, len(bias))
            scale = gain / (variance + 1e-3).sqrt()
            published[f"{conv}.weight"] = weight / scale[:, None, None, None]
            published |= {f"{norm}.weight": gain, f"{norm}.bias": bias + mean * scale}
            published |= {f"{norm}.running_mean": mean, f"{norm}.running_var": variance}
    found = folded(published)
    assert found.keys() == state.keys()
    for key, value in state.items():
        torch.testing.assert_close(found[key], value)


def test_other_weights_are_refused(tmp_path):
    save_file({"a": torch.zeros(1)}, tmp_path / "a.safetensors")
    for name in ("a.safetensors", "none.safetensors"):
        with pytest.raises(ModelError, match=r"\.safetensors"):
            load_classifier("mobilenet_v2", tmp_path / name)
