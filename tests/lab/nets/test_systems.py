"""The systems of the field: sizes as their papers give them, outputs as the contract wants them."""

import pytest
import torch
from torch import nn

from tests.lab.nets.small import NETWORKS
from tintype.contract import NetworkMetadata
from tintype.errors import ModelError
from tintype.lab.nets.bins import annealed_mean
from tintype.lab.nets.colorful import Colorful
from tintype.lab.nets.colornet import ColorNet
from tintype.lab.nets.deoldify import DeOldify
from tintype.lab.nets.graynet import GrayNet
from tintype.lab.nets.mask_gan import MaskGan
from tintype.lab.nets.scgan import Scgan
from tintype.lab.nets.unet import UNet
from tintype.lab.training.export import export

SMALL = {**NETWORKS, "mask_gan": lambda: MaskGan(8)}
STRIDES = {"colorful": 4, "colorful, regressing": 4}


def millions(network: nn.Module) -> float:
    return sum(p.numel() for p in network.parameters()) / 1e6


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (lambda: UNet(upsampling="transposed"), 54.4),  # pix2pix
        (lambda: ColorNet(), 31.0),  # the U-Net of double convolutions
        (lambda: Colorful(), 32.2),  # of 313 bins; ours are 261
        (lambda: Scgan(), 57.9),
        (
            lambda: GrayNet(classes=1000),
            14.7 + 0.5,
        ),  # VGG-16's convolutions with BatchNorm, one layer of classes
    ],
)
def test_parameters_are_as_many_as_published(network, expected):
    assert millions(network()) == pytest.approx(expected, rel=0.015)


@pytest.mark.parametrize("name", list(SMALL))
@pytest.mark.parametrize("size", [(64, 96), (128, 32)])
def test_outputs_are_those_of_the_contract(name, size):
    network = SMALL[name]().eval()
    shown = torch.rand(2, 1, *size) * 100
    given = {"lightness": shown, "region": torch.ones_like(shown)}
    with torch.no_grad():
        out = network(**{key: given[key] for key in network.inputs})
    stride = STRIDES.get(name, 1)
    assert out["ab"].shape == (2, 2, size[0] // stride, size[1] // stride)
    assert out["ab"].abs().max() <= 300


@pytest.mark.parametrize("name", list(SMALL))
def test_every_weight_learns(name):
    network = SMALL[name]().train()
    given = {
        "lightness": torch.rand(4, 1, 64, 64) * 100,
        "region": (torch.rand(4, 1, 64, 64) > 0.5).float(),
    }
    out = network(**{key: given[key] for key in network.inputs})
    sum(out[key].square().mean() for key in out).backward()
    silent = [key for key, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


@pytest.mark.parametrize("name", ["unet", "colorful", "scgan", "mask_gan"])
def test_artifacts_of_every_kind_agree_with_pytorch(name, tmp_path):
    network = SMALL[name]()
    assert export(network, tmp_path / "a.onnx", NetworkMetadata(system=name)) < 0.5


def test_graynet_has_no_colors_to_export(tmp_path):
    with pytest.raises(ModelError, match="predicts no colors"):
        export(GrayNet(8), tmp_path / "a.onnx", NetworkMetadata())


def test_scgans_global_features_join_at_stride_32():
    network = Scgan(8, 6).eval()
    seen = []
    network.down[6].register_forward_pre_hook(lambda _, args: seen.append(args[0].shape))
    with torch.no_grad():
        network(torch.rand(1, 1, 256, 256) * 100)
    assert seen == [(1, 128, 8, 8)]


def test_the_annealed_mean_lies_between_the_mean_and_the_mode():
    logits = torch.full((1, 261, 1, 1), -20.0)
    logits[0, 10], logits[0, 200] = 2.0, 1.0
    found = {
        t: annealed_mean(logits, Colorful(4).centers, t)[0, :, 0, 0] for t in (0.01, 0.38, 1.0)
    }
    mode = Colorful(4).centers[10]
    distance = [float((found[t] - mode).norm()) for t in (0.01, 0.38, 1.0)]
    assert distance[0] < 0.01 < distance[1] < distance[2]


def test_the_mask_reaches_the_mask_gan():
    torch.manual_seed(0)
    network = MaskGan(8).eval()
    lightness, region = torch.rand(1, 1, 64, 64) * 100, torch.ones(1, 1, 64, 64)
    with torch.no_grad():
        assert (
            network(lightness, region)["ab"] - network(lightness, 0 * region)["ab"]
        ).abs().max() > 1e-3


def test_convolutions_of_the_unet_have_a_bias_where_no_norm_follows():
    network = UNet(8, depth=4)
    assert [block[0].bias is not None for block in network.down] == [True, False, False, True]
    assert [len(block) for block in network.down] == [1, 2, 2, 1]
    dropouts = [part.p for block in network.up for part in block if isinstance(part, nn.Dropout)]
    assert dropouts == [0.5, 0.5, 0.5]
    deeper = UNet(8, depth=5, dropout=0.4)
    dropouts = [part.p for block in deeper.up for part in block if isinstance(part, nn.Dropout)]
    assert dropouts == [0.4, 0.4, 0.4, 0]


def test_dcgans_generator_sees_the_picture_through_the_bottleneck_alone():
    torch.manual_seed(0)
    network = UNet(8, 6, "transposed", 0, skips=False).eval()
    network.down[-1].register_forward_hook(lambda module, given, out: out * 0)
    one, other = (network(torch.full((1, 1, 64, 64), tone))["ab"] for tone in (20.0, 80.0))
    assert torch.equal(one, other)
    with_skips = UNet(8, 6).eval()
    with_skips.down[-1].register_forward_hook(lambda module, given, out: out * 0)
    one, other = (with_skips(torch.full((1, 1, 64, 64), tone))["ab"] for tone in (20.0, 80.0))
    assert not torch.allclose(one, other)


def test_saliency_is_the_sigmoid_of_its_logits():
    out = UNet(8, 6, saliency=True).eval()(torch.rand(1, 1, 64, 64) * 100)
    assert torch.equal(out["saliency"], torch.sigmoid(out["saliency_logits"]))
    assert out["saliency"].shape == (1, 1, 64, 64)


def test_deoldifys_picture_is_clipped_to_srgb(monkeypatch):
    network = DeOldify("deep", [1, 1, 1, 1], 8).eval()
    monkeypatch.setattr(network, "answer", lambda shown: shown.expand(-1, 3, -1, -1) * 0 + 9)
    rgb = network(torch.full((1, 1, 32, 32), 50.0))["rgb"]
    assert torch.equal(rgb, torch.ones_like(rgb))
