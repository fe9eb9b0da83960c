"""SCGAN (Zhao et al., IEEE TCSVT 2020): a gray picture in, RGB and a saliency map out."""

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from tintype.lab.nets.graynet import GrayNet
from tintype.lab.nets.lab import lightness_to_gray, rgb_to_lab
from tintype.lab.nets.padding import cut_back, pad_to_multiple


def conv_block(
    c_in: int, c_out: int, kernel: int = 3, stride: int = 1, norm: str = "batch"
) -> nn.Sequential:
    layers: list[nn.Module] = [nn.ReflectionPad2d(kernel // 2) if kernel > 1 else nn.Identity()]
    layers += [nn.Conv2d(c_in, c_out, kernel, stride), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, *norm_layers(norm, c_out))


def deep_block(c_in: int, c_out: int, stride: int, norm: str) -> nn.Sequential:
    """As `conv_block`, but zeros beyond the edge: mirrors need more than the 1 or 2 pixels that are
    left deep inside."""
    layers = [nn.Conv2d(c_in, c_out, 3, stride, 1), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, *norm_layers(norm, c_out))


def norm_layers(norm: str, channels: int) -> list[nn.Module]:
    if norm == "none":
        return []
    return [
        nn.BatchNorm2d(channels) if norm == "batch" else nn.InstanceNorm2d(channels, affine=True)
    ]


def up_block(c_in: int, c_out: int, norm: str) -> nn.Sequential:
    return nn.Sequential(
        nn.Upsample(scale_factor=2, mode="nearest"), deep_block(c_in, c_out, 1, norm)
    )


class Scgan(nn.Module):
    """The generator. Channels are multiples of `width`; `halvings` is 8 for pictures of 256 pixels,
    7 for 128.

    global_features: join GrayNet's features at stride 32 (the ablation does without). norm: "batch"
    or "instance", which leaves out the deepest block: its one pixel has no variance (as pix2pix
    does; Isola et al. 2017). saliency: the second branch. The RGB of the paper is in 0..1 with a
    tanh before: here (tanh + 1) / 2.
    """

    inputs = ("lightness",)

    def __init__(
        self,
        width: int = 64,
        halvings: int = 8,
        norm: Literal["batch", "instance"] = "batch",
        global_features: bool = True,
        saliency: bool = True,
    ) -> None:
        super().__init__()
        s = width
        self.multiple = 2**halvings
        widths = [s * min(2**i, 8) for i in range(halvings + 1)]
        self.global_at = 6
        """The global features join before this block, at stride 32."""
        self.encoder = GrayNet(width) if global_features else None
        if self.encoder is not None:
            del self.encoder.classifier
        self.down = nn.ModuleList([conv_block(1, s, 7, 1, "none")])
        for i, (a, b) in enumerate(pairwise(widths), 1):
            kind = "none" if norm == "instance" and i == halvings else norm
            c_in = a + (8 * s if global_features and i == self.global_at else 0)
            block = (
                conv_block(c_in, b, 3, 2, kind)
                if i < self.global_at
                else deep_block(c_in, b, 2, kind)
            )
            self.down.append(block)
        self.up = nn.ModuleList()
        c_in = widths[-1]
        for skip in widths[-2::-1]:
            self.up.append(up_block(c_in, skip, norm))
            c_in = 2 * skip
        self.last = nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(c_in, 3, 3))
        self.saliency = SaliencyBranch((16 * s, 8 * s, 4 * s), 2 * s, norm) if saliency else None
        self.apply(_xavier)

    def forward(self, lightness: Tensor) -> dict[str, Tensor]:
        padded = pad_to_multiple(lightness, self.multiple)
        gray = lightness_to_gray(padded)
        x, skips = gray, []
        for i, block in enumerate(self.down):
            if i == self.global_at and self.encoder is not None:
                x = torch.cat([x, self.encoder.seen(gray)], 1)
            x = block(x)
            skips.append(x)
        seen = []
        for block, skip in zip(self.up, skips[-2::-1], strict=True):
            x = torch.cat([block(x), skip], 1)
            seen.append(x)
        rgb = cut_back((torch.tanh(self.last(x)) + 1) / 2, lightness)
        out = {"rgb": rgb, "ab": rgb_to_lab(rgb)[:, 1:]}
        if self.saliency is not None:
            out["saliency_logits"] = cut_back(self.saliency(*seen[-4:-1]), lightness)
            out["saliency"] = torch.sigmoid(out["saliency_logits"])
        return out


class SaliencyBranch(nn.Module):
    """The decoder at strides 8, 4 and 2, each brought to 2·width channels at stride 2, joined, and
    one step up."""

    def __init__(self, widths: tuple[int, int, int], inner: int, norm: str) -> None:
        super().__init__()
        w8, w4, w2 = widths
        self.from8 = nn.Sequential(up_block(w8, inner, norm), up_block(inner, inner, norm))
        self.from4 = up_block(w4, inner, norm)
        self.from2 = deep_block(w2, inner, 1, norm)
        self.join = nn.Sequential(
            up_block(3 * inner, inner, norm), nn.ReflectionPad2d(1), nn.Conv2d(inner, 1, 3)
        )

    def forward(self, s8: Tensor, s4: Tensor, s2: Tensor) -> Tensor:
        """Logits, N×1×H×W."""
        logits: Tensor = self.join(torch.cat([self.from8(s8), self.from4(s4), self.from2(s2)], 1))
        return logits


def _xavier(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.xavier_normal_(module.weight, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
