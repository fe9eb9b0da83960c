"""Mask-controlled partial colorization (hallpaz): a gray picture and a mask in; color inside of the
mask, gray outside."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.lab.nets.lab import lightness_to_gray, rgb_to_lab, uv_to_rgb

WIDTHS = (1, 2, 4, 8, 8)
"""Channels at strides 2 to 32, in multiples of `width`."""


class MaskGan(nn.Module):
    """Gray and mask each through their own convolution, five halvings, five doublings with added
    skips, tanh to U and V."""

    inputs = ("lightness", "region")

    def __init__(self, width: int = 64, stem: int = 16) -> None:
        super().__init__()
        self.gray, self.mask = (
            nn.Sequential(nn.Conv2d(1, stem, 3, 1, 1), nn.BatchNorm2d(stem), nn.LeakyReLU(0.1))
            for _ in range(2)
        )
        widths = [2 * stem, *(width * share for share in WIDTHS)]
        self.down = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, 2, 1), nn.BatchNorm2d(b), nn.LeakyReLU(0.1))
            for a, b in pairwise(widths)
        )
        ups = [*widths[:0:-1], 2]
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 4, 2, 1) for a, b in pairwise(ups))
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for b in ups[1:-1])

    def forward(self, lightness: Tensor, region: Tensor) -> dict[str, Tensor]:
        """`uv` is what the losses compare: U and V, each in -1..1."""
        gray = lightness_to_gray(lightness)
        x = torch.cat([self.gray(gray - 0.5), self.mask(region)], 1)
        skips = []
        for block in self.down:
            x = block(x)
            skips.append(x)
        for up, norm, skip in zip(self.up, self.norms, skips[-2::-1], strict=False):
            x = F.leaky_relu(norm(up(x)) + skip, 0.1)
        uv = torch.tanh(self.up[-1](x))
        return {"uv": uv, "ab": rgb_to_lab(uv_to_rgb(gray, uv))[:, 1:]}
