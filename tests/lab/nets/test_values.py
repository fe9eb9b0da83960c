"""What each network makes of fixed weights and a fixed picture: it changes only on purpose."""

import pytest
import torch
from torch import Tensor, nn

from tests.lab.nets import small
from tintype.contract import PALETTE_SIZE
from tintype.lab.nets.classifiers import EfficientNetLite1, MobileNetV2
from tintype.lab.nets.ddcolor import DDColor
from tintype.lab.nets.decision import Decided, Decision
from tintype.lab.nets.deoldify import DeOldify
from tintype.lab.nets.discriminators import DISCRIMINATORS
from tintype.lab.nets.graynet import GrayNet
from tintype.lab.nets.lab import lab_to_rgb, luma, rgb_to_lab, rgb_to_uv, uv_to_rgb
from tintype.lab.nets.mask_gan import MaskGan
from tintype.lab.nets.scgan import Scgan
from tintype.lab.nets.tintype import Tintype
from tintype.lab.nets.zhang17 import Zhang17

SMALL = {"widths": (8, 16, 16, 24, 32), "guidance_widths": (8, 8, 16, 16)}
NETWORKS = {
    **small.NETWORKS,
    "scgan, instances": lambda: Scgan(8, 6, norm="instance", global_features=False, saliency=False),
    "mask_gan": lambda: MaskGan(8, 4),
    "zhang17": lambda: Zhang17(8),
    "deoldify": lambda: DeOldify("wide", (1, 1, 1, 1), width=8, wide=32),
    "deoldify, deep": lambda: DeOldify("deep", (1, 1, 2, 1), width=8, factor=1.0),
    "ddcolor": lambda: DDColor((8, 16, 24, 32), (1, 1, 2, 1), (16, 16, 16), 5, 16, 3),
    "graynet": lambda: GrayNet(8, 10),
    "tintype": lambda: Tintype(**SMALL, things=True),
    "tintype, decided": lambda: Decided(
        Tintype(**SMALL, depths=(1, 2, 1, 1)), Decision(None, -0.4, 0.6, 0.3, 12.0, 1.5)
    ),
}


def filled(network: nn.Module) -> nn.Module:
    """With the same weights on every machine: waves of the size of a fresh layer's."""
    for name, values in network.state_dict().items():
        if values.is_floating_point() and not name.endswith(("centers", "prior")):
            wave = torch.sin(torch.arange(values.numel()) * 0.7 + len(name)).reshape(values.shape)
            if name.endswith("running_var"):
                values.copy_(1 + 0.5 * wave)
            elif values.ndim > 1:
                values.copy_(wave * (3 / values[0].numel()) ** 0.5)
            else:
                values.copy_(0.1 * wave + (0.9 if name.endswith("weight") else 0))
    return network.eval()


def pictures() -> dict[str, Tensor]:
    y, x = torch.meshgrid(torch.linspace(0, 9, 64), torch.linspace(0, 14, 96), indexing="ij")
    lightness = (50 + 30 * torch.sin(x + y * y / 9) + 15 * torch.cos(3 * y))[None, None]
    hint = torch.zeros(1, 3, 64, 96)
    hint[:, :, 10:14, 20:26] = torch.tensor([30.0, -20.0, 1.0])[:, None, None]
    region = (x > 5).float()[None, None]
    palette = torch.rand(1, PALETTE_SIZE, generator=torch.Generator().manual_seed(1))
    return {"lightness": lightness, "hint": hint, "region": region, "palette": palette}


@torch.no_grad()
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_makes_of_a_picture(name, recorded):
    network = filled(NETWORKS[name]())
    given = pictures()
    given = {key: given[key] for key in getattr(network, "inputs", ("lightness",))}
    out = network(**given)
    if name == "tintype":
        out |= {f"plain {k}": v for k, v in network(given["lightness"]).items()}
    tensors = {
        f"{name}: {key}": value
        for key, value in out.items()
        if isinstance(value, Tensor) and "parts" not in key
    }
    assert all(value.std() > 1e-4 for value in tensors.values() if value.numel() > 1)
    recorded.check(tensors, 2e-3)


@torch.no_grad()
@pytest.mark.parametrize("kind", [MobileNetV2, EfficientNetLite1])
def test_a_classifier_makes_of_a_picture(kind, recorded):
    rgb = torch.cat([pictures()["lightness"] / 50 - 1] * 3, 1) * torch.tensor(
        [[[1.0]], [[0.8]], [[-0.5]]]
    )
    network = filled(kind())
    levels = {f"{kind.__name__} {k}": level for k, level in enumerate(network.levels(rgb))}
    recorded.check(levels | {f"{kind.__name__} classes": network(rgb)}, 2e-3)


@torch.no_grad()
@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_a_discriminator_makes_of_a_picture(name, recorded):
    more = {"classifier": MobileNetV2()} if name == "projected" else {}
    channels = 3 if name == "projected" else 2
    network = filled(DISCRIMINATORS[name](1, channels, width=8, **more))
    given = torch.nn.functional.interpolate(pictures()["lightness"] / 50 - 1, (256, 320))
    picture = torch.cat([given.flip(3), given.roll(7, 2), -given][:channels], 1) / 2
    out = network(given, picture)
    recorded.check({name: out}, 2e-3)


def test_colors_of_tensors(recorded):
    rgb = torch.rand(1, 3, 6, 7, generator=torch.Generator().manual_seed(2)) * 1.3 - 0.15
    lab = rgb_to_lab(rgb) * torch.tensor([1.0, 2.0, 1.5])[:, None, None]
    uv = rgb_to_uv(rgb)
    made = {"lab": rgb_to_lab(rgb), "rgb": lab_to_rgb(lab), "uv": uv, "luma": luma(rgb)}
    recorded.check(made | {"rgb of uv": uv_to_rgb(luma(rgb), 1.5 * uv)})
