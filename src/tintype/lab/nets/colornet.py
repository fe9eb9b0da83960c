"""ColorNet (TheDetial): a U-Net of double convolutions that regresses ab, as published or with its
known defects mended."""

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from tintype.contract import AB_SCALE
from tintype.lab.nets.lab import lightness_to_gray

LEVELS = 5


def double_conv(c_in: int, c_out: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in pairwise((c_in, c_out, c_out)):
        layers += [nn.Conv2d(a, b, 3, 1, 1), nn.BatchNorm2d(b), nn.ReLU()]
    return nn.Sequential(*layers)


class ColorNet(nn.Module):
    """64, 128, 256, 512, 1024 channels; skips by concatenation; 1×1 to ab.

    shown: "gray", the picture's sRGB value (flow 1), or "lightness", L*/255 as its author has it
    (flow 2). Its author's list of defects, each with the published and the mended way:
    down: "max-pool" loses detail, "strided" does not. up: "transposed" 2×2 leaves a checkerboard,
    "resize+conv" does not.
    scaling: "shifted", (ab + 128) / 255, dulls reds and blues; "centered" is ab / 110.
    """

    inputs = ("lightness",)

    def __init__(
        self,
        width: int = 64,
        shown: Literal["gray", "lightness"] = "gray",
        down: Literal["max-pool", "strided"] = "max-pool",
        up: Literal["transposed", "resize+conv"] = "transposed",
        scaling: Literal["shifted", "centered"] = "shifted",
    ) -> None:
        super().__init__()
        self.shown, self.scaling = shown, scaling
        widths = [width * 2**i for i in range(LEVELS)]
        self.encoder_blocks = nn.ModuleList(double_conv(a, b) for a, b in pairwise([1, *widths]))
        self.shrink = nn.ModuleList(
            nn.MaxPool2d(2) if down == "max-pool" else nn.Conv2d(c, c, 3, 2, 1) for c in widths[:-1]
        )
        steps = list(pairwise(widths[::-1]))
        self.grow = nn.ModuleList(
            (
                nn.ConvTranspose2d(a, b, 2, 2)
                if up == "transposed"
                else nn.Sequential(
                    nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(a, b, 3, 1, 1)
                )
            )
            for a, b in steps
        )
        self.decoder_blocks = nn.ModuleList(double_conv(a, b) for a, b in steps)
        self.head = nn.Conv2d(width, 2, 1)

    def forward(self, lightness: Tensor) -> dict[str, Tensor]:
        x = lightness_to_gray(lightness) if self.shown == "gray" else lightness / 255
        skips = []
        for i, block in enumerate(self.encoder_blocks):
            x = block(self.shrink[i - 1](x) if i else x)
            skips.append(x)
        for grow, block, skip in zip(self.grow, self.decoder_blocks, skips[-2::-1], strict=True):
            x = block(torch.cat([grow(x), skip], 1))
        answer = self.head(x)
        return {"ab": answer * 255 - 128 if self.scaling == "shifted" else answer * AB_SCALE}
