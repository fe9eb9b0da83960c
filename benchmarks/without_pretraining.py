"""The design that the default network is compared with: one encoder for picture and guidance, which
has seen nothing before.

A U-Net of a pixel-unshuffle stem, dense 3×3 blocks at strides 4 and 8, 7×7 depthwise blocks and
attention at 16 and 32, and additive skips; 11 million parameters. For benchmarks/ablations.py,
named by the recipe as module:Class.
"""

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.color.bins import ab_bins
from tintype.contract import AB_SCALE, PALETTE_SIZE
from tintype.lab.nets.blocks import DenseBlock, conv_bn, up
from tintype.lab.nets.tintype import Attention, DepthwiseBlock

WIDTHS = (48, 96, 256, 384)


class OneEncoder(nn.Module):
    inputs = ("lightness", "hint", "region", "palette")
    centers: Tensor

    def __init__(self) -> None:
        super().__init__()
        w4, w8, w16, w32 = WIDTHS
        self.encoder = nn.Sequential(nn.PixelUnshuffle(4), *conv_bn(5 * 16, w4), nn.ReLU())
        self.down = nn.ModuleList(
            nn.Sequential(*conv_bn(a, b, 3, 2), nn.ReLU()) for a, b in pairwise(WIDTHS)
        )
        self.levels = nn.ModuleList(
            (
                nn.Sequential(DenseBlock(w4), DenseBlock(w4)),
                nn.Sequential(DenseBlock(w8), DenseBlock(w8)),
                nn.Sequential(*(DepthwiseBlock(w16, 4) for _ in range(6)), Attention(w16, 8)),
                nn.Sequential(
                    *(DepthwiseBlock(w32, 4) for _ in range(3)),
                    Attention(w32, 8),
                    Attention(w32, 8),
                ),
            )
        )
        self.context = nn.Sequential(
            nn.Linear(w32 + PALETTE_SIZE, 256), nn.ReLU(), nn.Linear(256, w32 + w16)
        )
        self.narrow = nn.ModuleList(conv_bn(b, a, 1) for a, b in pairwise(WIDTHS))
        self.join = nn.ModuleList((DenseBlock(w4), DenseBlock(w8), DepthwiseBlock(w16, 4)))
        self.bins = nn.Conv2d(w4, len(ab_bins()), 1)
        self.saliency = nn.Conv2d(w4, 1, 1)
        self.narrowest = conv_bn(w4, 32, 1)
        self.seen = conv_bn(5, 32, 3, 2)
        final = nn.Conv2d(32, 2, 3, padding=1)
        nn.init.zeros_(final.weight)
        self.last = nn.Sequential(*conv_bn(32, 32), nn.ReLU(), final)

    def forward(
        self, lightness: Tensor, hint: Tensor, region: Tensor, palette: Tensor
    ) -> dict[str, Any]:
        shown = torch.cat([lightness / 50 - 1, hint[:, :2] / AB_SCALE, hint[:, 2:], 1 - region], 1)
        x = self.levels[0](self.encoder(shown))
        skips = []
        for down, level in zip(self.down, list(self.levels)[1:], strict=True):
            skips.append(x)
            x = level(down(x))
        b32, b16 = self.context(torch.cat([x.mean((2, 3)), palette], 1))[:, :, None, None].split(
            [WIDTHS[3], WIDTHS[2]], 1
        )
        x = x + b32
        for i in (2, 1, 0):
            x = self.join[i](F.relu(up(self.narrow[i](x)) + skips[i] + (b16 if i == 2 else 0)))
        ab = self.last(F.relu(up(self.narrowest(x)) + self.seen(shown))) * AB_SCALE
        ab_logits, saliency_logits = self.bins(x), self.saliency(x)
        return {"ab": ab, "saliency_logits": saliency_logits, "ab_logits": ab_logits}
