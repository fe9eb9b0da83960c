"""DeOldify (Antic 2019): L* in, ab out, through RGB whose chroma is kept: a U-Net on a ResNet,
with self-attention."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

from tintype.lab.nets.lab import lightness_to_gray, rgb_to_lab, rgb_to_uv, uv_to_rgb
from tintype.lab.nets.shuffled import (
    IMAGENET_DEVIATION,
    IMAGENET_MEAN,
    Raise,
    Shuffle,
    WideLevel,
    conv_relu_norm,
    spectral_conv,
)

LEVELS = (6, 5, 4, 2)
"""The encoder's parts whose outputs are the skips, the coarsest first."""
ATTENTIVE = 1
"""The level of the decoder that ends with self-attention."""
RANGE = 3.0
"""The answer lies in ±RANGE of RGB normalized as for ImageNet."""


class DeOldify(nn.Module):
    """kind: "wide" (the published `stable` and `video`) or "deep" (`artistic`). blocks: of the
    ResNet's four stages.

    bottleneck: whether its blocks are bottlenecks (ResNet-50 and up). width: of the ResNet's first
    stage. wide: channels of the wide decoder. factor: of the deep decoder's channels. Names of the
    parts are the published checkpoint's.
    """

    inputs = ("lightness",)
    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        kind: Literal["wide", "deep"] = "wide",
        blocks: tuple[int, ...] | None = None,
        bottleneck: bool | None = None,
        width: int = 64,
        wide: int = 1024,
        factor: float = 1.5,
    ) -> None:
        super().__init__()
        if kind not in ("wide", "deep"):
            raise ValueError(f"kind is 'wide' or 'deep', not {kind!r}")
        blocks = blocks or ((3, 4, 23, 3) if kind == "wide" else (3, 4, 6, 3))
        bottleneck = kind == "wide" if bottleneck is None else bottleneck
        encoder = resnet(blocks, bottleneck, width)
        top = width * 8 * (4 if bottleneck else 1)
        middle = nn.Sequential(conv_relu_norm(top, 2 * top), conv_relu_norm(2 * top, top))
        skips = [top // 2, top // 4, top // 8, width]
        levels: list[nn.Module] = []
        c_in = top
        for i, c_skip in enumerate(skips):
            last = i == len(skips) - 1
            if kind == "wide":
                c_out = wide // 4 if last else wide // 2
                attention = [SelfAttention(c_out)] if i == ATTENTIVE else []
                levels.append(WideLevel(c_in, c_skip, c_out, *attention))
            else:
                joined = c_in // 2 + c_skip
                c_out = int((joined // 2 if last else joined) * factor)
                attention = [SelfAttention(c_out)] if i == ATTENTIVE else []
                levels.append(DeepLevel(c_in, c_skip, c_out, *attention))
            c_in = c_out
        final = Shuffle(nn.Sequential(weight_norm(nn.Conv2d(c_in, 4 * c_in, 1))))
        self.layers = nn.ModuleList(
            [
                encoder,
                nn.BatchNorm2d(top),
                nn.ReLU(),
                middle,
                *levels,
                final,
                nn.Identity(),
                Residual(c_in + 3),
                nn.Sequential(spectral_conv(c_in + 3, 3, 1, normed=False)),
            ]
        )
        self.register_buffer(
            "mean", torch.tensor(IMAGENET_MEAN)[None, :, None, None], persistent=False
        )
        self.register_buffer(
            "deviation", torch.tensor(IMAGENET_DEVIATION)[None, :, None, None], persistent=False
        )

    def forward(self, lightness: Tensor) -> dict[str, Tensor]:
        gray = lightness_to_gray(lightness)
        rgb = (self.answer((gray - self.mean) / self.deviation) * self.deviation + self.mean).clamp(
            0, 1
        )
        # U and V of the answer go on the photograph's own Y, as DeOldify's filter does it
        return {"rgb": rgb, "ab": rgb_to_lab(uv_to_rgb(gray, rgb_to_uv(rgb)))[:, 1:]}

    def answer(self, shown: Tensor) -> Tensor:
        """RGB in and out, N×3×H×W, normalized as for ImageNet; H and W are multiples of 2."""
        x, skips = shown, {}
        encoder, norm, relu, middle, *rest = self.layers
        for i, part in enumerate(encoder.children()):
            x = part(x)
            skips[i] = x
        x = middle(relu(norm(x)))
        for level, place in zip(rest[: len(LEVELS)], LEVELS, strict=True):
            x = level(x, skips[place])
        final, _, residual, last = rest[len(LEVELS) :]
        x = residual(torch.cat([final(x), shown], 1))
        return (torch.sigmoid(last(x)) * 2 - 1) * RANGE


class DeepLevel(Raise):
    """One level of the deep decoder: half the channels come up, and two convolutions follow. last:
    modules to put after them."""

    def __init__(self, c_in: int, c_skip: int, c_out: int, *last: nn.Module) -> None:
        super().__init__(c_in, c_skip, c_in // 2)
        self.conv1 = conv_relu_norm(c_in // 2 + c_skip, c_out)
        self.conv2 = conv_relu_norm(c_out, c_out).extend(last)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        out: Tensor = self.conv2(self.conv1(self.raised(x, skip)))
        return out


class SelfAttention(nn.Module):
    """Zhang et al. 2018 (SAGAN): each place adds, by a learned share that begins at 0, what places
    like it hold."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query, self.key, self.value = (
            spectral_norm(nn.Conv1d(width, c_out, 1, bias=False))
            for c_out in (width // 8, width // 8, width)
        )
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        places = x.flatten(2)
        weights = torch.softmax(self.query(places).transpose(1, 2) @ self.key(places), dim=1)
        seen: Tensor = self.value(places) @ weights
        return self.gamma * seen.reshape(x.shape) + x


class Residual(nn.Module):
    """Two spectral convolutions, each with ReLU, added to what came in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(spectral_conv(width, width, 3, normed=False), nn.ReLU()) for _ in range(2)
        )

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for layer in self.layers:
            y = layer(y)
        return x + y


def resnet(blocks: tuple[int, ...], bottleneck: bool, width: int) -> nn.Sequential:
    """He et al. 2016 without its last two layers: RGB N×3×H×W in, stride 32 out."""
    parts: list[nn.Module] = [
        nn.Conv2d(3, width, 7, 2, 3, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, 1),
    ]
    c_in = width
    for i, count in enumerate(blocks):
        stage = []
        for j in range(count):
            block = ResNetBlock(c_in, width * 2**i, bottleneck, 2 if i and not j else 1)
            c_in = block.c_out
            stage.append(block)
        parts.append(nn.Sequential(*stage))
    return nn.Sequential(*parts)


class ResNetBlock(nn.Module):
    """Basic (two 3×3) or bottleneck (1×1, 3×3, 1×1 to four times the width); the 3×3 has the
    stride."""

    def __init__(self, c_in: int, width: int, bottleneck: bool, stride: int) -> None:
        super().__init__()
        self.c_out = 4 * width if bottleneck else width
        shapes = (
            [(width, 1, 1), (width, 3, stride), (self.c_out, 1, 1)]
            if bottleneck
            else [(width, 3, stride), (width, 3, 1)]
        )
        self.count = len(shapes)
        c = c_in
        for i, (c_out, kernel, step) in enumerate(shapes, 1):
            self.add_module(f"conv{i}", nn.Conv2d(c, c_out, kernel, step, kernel // 2, bias=False))
            self.add_module(f"bn{i}", nn.BatchNorm2d(c_out))
            c = c_out
        same = c_in == self.c_out and stride == 1
        self.downsample = (
            None
            if same
            else nn.Sequential(
                nn.Conv2d(c_in, self.c_out, 1, stride, bias=False), nn.BatchNorm2d(self.c_out)
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for i in range(1, self.count + 1):
            y = self.get_submodule(f"bn{i}")(self.get_submodule(f"conv{i}")(y))
            if i < self.count:
                y = F.relu(y)
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))
