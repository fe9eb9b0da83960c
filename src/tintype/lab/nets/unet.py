"""The pix2pix U-Net (Isola et al. 2017) as Fabbri and Islam (2017) color with it: L in, ab out,
each in -1..1 inside."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.contract import AB_SCALE
from tintype.lab.nets.padding import cut_back, pad_to_multiple


class UNet(nn.Module):
    """`depth` halvings of `width`, 2, 4, 8, 8 … times `width` channels, and as many doublings with
    concatenated skips.

    upsampling: "nearest+conv", or "transposed", which is pix2pix's and leaves a checkerboard.
    dropout: in the first three doublings. depth: 8 asks for pictures of 256 pixels; smaller ones
    are filled up, so take 7 for 128 pixels. skips: False is the generator of DCGAN (Radford et al.
    2016) behind an encoder of its mirror image. residual: a residual block after each halving and
    doubling (UResNet). saliency: a third channel of the last layer predicts it.
    """

    inputs = ("lightness",)

    def __init__(
        self,
        width: int = 64,
        depth: int = 8,
        upsampling: Literal["nearest+conv", "transposed"] = "nearest+conv",
        dropout: float = 0.5,
        skips: bool = True,
        residual: bool = False,
        saliency: bool = False,
    ) -> None:
        super().__init__()
        self.multiple, self.skips = 2**depth, skips
        widths = [width * min(2**i, 8) for i in range(depth)]
        self.down = nn.ModuleList()
        for i, c_out in enumerate(widths):
            c_in = widths[i - 1] if i else 1
            norm = [nn.BatchNorm2d(c_out)] if 0 < i < depth - 1 else []
            rest = [ResidualBlock(c_out)] if residual and norm else []
            self.down.append(
                nn.Sequential(nn.Conv2d(c_in, c_out, 4, 2, 1, bias=not norm), *norm, *rest)
            )
        self.up = nn.ModuleList()
        for i in reversed(range(depth)):
            c_in = widths[i] * (1 if i == depth - 1 or not skips else 2)
            c_out = widths[i - 1] if i else 3 if saliency else 2
            after: list[nn.Module] = []
            if i:
                after = [nn.BatchNorm2d(c_out), nn.Dropout(dropout if i > depth - 4 else 0)]
                after += [ResidualBlock(c_out)] if residual else []
            self.up.append(nn.Sequential(doubling(c_in, c_out, upsampling), *after))

    def forward(self, lightness: Tensor) -> dict[str, Tensor]:
        x = pad_to_multiple(lightness / 50 - 1, self.multiple)
        skips = []
        for i, block in enumerate(self.down):
            x = block(F.leaky_relu(x, 0.2) if i else x)
            skips.append(x)
        for i, block in enumerate(self.up):
            x = block(F.relu(torch.cat([x, skips[-1 - i]], 1) if i and self.skips else x))
        x = cut_back(x, lightness)
        out = {"ab": torch.tanh(x[:, :2]) * AB_SCALE}
        if x.shape[1] == 3:
            out |= {"saliency_logits": x[:, 2:], "saliency": torch.sigmoid(x[:, 2:])}
        return out


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions with BatchNorm, added to their input (He et al. 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(2):
            layers += [nn.ReLU(), nn.Conv2d(channels, channels, 3, 1, 1, bias=False)]
            layers += [nn.BatchNorm2d(channels)]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.layers(x)
        return x + change


def doubling(c_in: int, c_out: int, how: str) -> nn.Module:
    """Twice the height and width. Raises ValueError for an unknown kind."""
    if how == "transposed":
        return nn.ConvTranspose2d(c_in, c_out, 4, 2, 1)
    if how == "nearest+conv":
        return nn.Sequential(
            nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(c_in, c_out, 3, 1, 1)
        )
    raise ValueError(f"upsampling is 'nearest+conv' or 'transposed', not {how!r}")
