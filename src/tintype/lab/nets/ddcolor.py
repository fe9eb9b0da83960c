"""DDColor (Kang et al. 2023): L* in, ab out; color queries look at three scales of a ConvNeXt U-Net
and become 100 color maps."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.lab.nets.lab import lightness_to_gray
from tintype.lab.nets.shuffled import (
    IMAGENET_DEVIATION,
    IMAGENET_MEAN,
    Shuffle,
    WideLevel,
    spectral_conv,
)

WIDTHS, DEPTHS = (96, 192, 384, 768), (3, 3, 9, 3)
"""Of ConvNeXt-T."""
LARGE_WIDTHS, LARGE_DEPTHS = (192, 384, 768, 1536), (3, 3, 27, 3)
"""Of ConvNeXt-L."""
DECODER = (512, 512, 256)
"""Channels of the pixel decoder at strides 16, 8, 4."""
SCALES = len(DECODER)


class DDColor(nn.Module):
    """Gray RGB goes in, normalized as for ImageNet; a* and b* come out at the size of the input.

    widths, depths: of ConvNeXt's four stages (ConvNeXt-T unless given). decoder: channels of
    the pixel decoder. queries, hidden, layers: of the color decoder, nine of whose layers look at
    three scales in turn. Names of the parts are the published checkpoint's.
    """

    inputs = ("lightness",)
    mean: Tensor
    std: Tensor

    def __init__(
        self,
        widths: tuple[int, ...] = WIDTHS,
        depths: tuple[int, ...] = DEPTHS,
        decoder: tuple[int, ...] = DECODER,
        queries: int = 100,
        hidden: int = 256,
        layers: int = 9,
    ) -> None:
        super().__init__()
        if len(widths) != 4 or len(depths) != 4 or len(decoder) != SCALES:
            raise ValueError(
                "DDColor takes four widths, four depths and three widths of its decoder"
            )
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[None, :, None, None])
        self.register_buffer("std", torch.tensor(IMAGENET_DEVIATION)[None, :, None, None])
        self.encoder = nn.ModuleDict({"arch": ConvNeXt(widths, depths)})
        self.decoder = DualDecoder(widths, decoder, queries, hidden, layers)
        self.refine_net = nn.Sequential(
            nn.Sequential(spectral_conv(queries + 3, 2, 1, normed=False))
        )

    def forward(self, lightness: Tensor) -> dict[str, Tensor]:
        gray = (lightness_to_gray(lightness) - self.mean) / self.std
        maps = self.decoder(self.encoder["arch"](gray))
        return {"ab": self.refine_net(torch.cat([maps, gray], 1))}


class ConvNeXt(nn.Module):
    """Liu et al. 2022, without its classifier: RGB N×3×H×W in, normed features at strides 4, 8, 16,
    32 out."""

    def __init__(self, widths: tuple[int, ...], depths: tuple[int, ...]) -> None:
        super().__init__()
        self.downsample_layers = nn.ModuleList(
            [nn.Sequential(nn.Conv2d(3, widths[0], 4, 4), ChannelNorm(widths[0]))]
        )
        for c_in, c_out in pairwise(widths):
            self.downsample_layers.append(
                nn.Sequential(ChannelNorm(c_in), nn.Conv2d(c_in, c_out, 2, 2))
            )
        self.stages = nn.ModuleList(
            nn.Sequential(*(ConvNeXtBlock(width) for _ in range(depth)))
            for width, depth in zip(widths, depths, strict=True)
        )
        for i, width in enumerate(widths):
            self.add_module(f"norm{i}", ChannelNorm(width))
        # of the classifier that it was trained with; part of the checkpoint, and of no use here
        self.norm = nn.LayerNorm(widths[-1], eps=1e-6).requires_grad_(False)

    def forward(self, rgb: Tensor) -> list[Tensor]:
        x, levels = rgb, []
        for i, (down, stage) in enumerate(zip(self.downsample_layers, self.stages, strict=True)):
            x = stage(down(x))
            levels.append(self.get_submodule(f"norm{i}")(x))
        return levels


class ConvNeXtBlock(nn.Module):
    """7×7 depthwise convolution, layer norm, a GELU layer of four times the width, and a learned
    scale of what is added."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.pwconv1, self.pwconv2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(torch.full((width,), 1e-6))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.pwconv2(F.gelu(self.pwconv1(y)))
        return x + y.permute(0, 3, 1, 2)


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of N×C×H×W."""

    def __init__(self, width: int) -> None:
        super().__init__(width, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class DualDecoder(nn.Module):
    """The pixel decoder, and the color decoder that looks at its three scales: features in, one map
    of each query out."""

    def __init__(
        self,
        widths: tuple[int, ...],
        decoder: tuple[int, ...],
        queries: int,
        hidden: int,
        layers: int,
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        c_in = widths[-1]
        for c_skip, c_out in zip(reversed(widths[:-1]), decoder, strict=True):
            self.layers.append(WideLevel(c_in, c_skip, c_out))
            c_in = c_out
        self.last_shuf = Shuffle(
            nn.Sequential(spectral_conv(c_in, 16 * hidden, 1, normed=False)), scale=4
        )
        self.color_decoder = ColorDecoder(decoder, queries, hidden, layers)

    def forward(self, features: list[Tensor]) -> Tensor:
        *skips, x = features
        scales = []
        for level, skip in zip(self.layers, reversed(skips), strict=True):
            x = level(x, skip)
            scales.append(x)
        colors = self.color_decoder(scales)
        return torch.einsum("nqc,nchw->nqhw", colors, self.last_shuf(x))


class ColorDecoder(nn.Module):
    """Learned queries that look at one scale after the other, as Mask2Former's (Cheng et al. 2022)
    do: N×queries×hidden out."""

    def __init__(
        self, widths: tuple[int, ...], queries: int, hidden: int, layers: int, heads: int = 8
    ) -> None:
        super().__init__()
        self.hidden = hidden
        self.query_feat, self.query_embed = (
            nn.Embedding(queries, hidden),
            nn.Embedding(queries, hidden),
        )
        self.level_embed = nn.Embedding(SCALES, hidden)
        self.input_proj = nn.ModuleList(nn.Conv2d(width, hidden, 1) for width in widths)
        self.transformer_self_attention_layers = nn.ModuleList(
            QueryAttention("self_attn", hidden, heads) for _ in range(layers)
        )
        self.transformer_cross_attention_layers = nn.ModuleList(
            QueryAttention("multihead_attn", hidden, heads) for _ in range(layers)
        )
        self.transformer_ffn_layers = nn.ModuleList(
            FeedForward(hidden, 8 * hidden) for _ in range(layers)
        )
        self.decoder_norm = nn.LayerNorm(hidden)
        self.color_embed = Perceptron(hidden)

    def forward(self, scales: list[Tensor]) -> Tensor:
        seen, places = [], []
        for i, (project, scale) in enumerate(zip(self.input_proj, scales, strict=True)):
            seen.append(project(scale).flatten(2).transpose(1, 2) + self.level_embed.weight[i])
            places.append(sine_positions(scale, self.hidden))
        own = self.query_embed.weight[None]
        x = self.query_feat.weight[None].expand(scales[0].shape[0], -1, -1)
        layers = zip(
            self.transformer_cross_attention_layers,
            self.transformer_self_attention_layers,
            self.transformer_ffn_layers,
            strict=True,
        )
        for i, (cross, within, feed) in enumerate(layers):
            scale, place = seen[i % SCALES], places[i % SCALES]
            x = cross(x, x + own, scale + place, scale)
            x = within(x, x + own, x + own, x)
            x = feed(x)
        colors: Tensor = self.color_embed(self.decoder_norm(x))
        return colors


class Perceptron(nn.Module):
    """Three linear layers with ReLU between."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(hidden, hidden) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        for i, layer in enumerate(self.layers):
            x = layer(F.relu(x) if i else x)
        return x


class QueryAttention(nn.Module):
    """Multi-head attention, added and normed. name: the published name of its inner part."""

    def __init__(self, name: str, hidden: int, heads: int) -> None:
        super().__init__()
        self.name = name
        self.add_module(name, nn.MultiheadAttention(hidden, heads, batch_first=True))
        self.norm = nn.LayerNorm(hidden)

    def forward(self, x: Tensor, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        normed: Tensor = self.norm(
            x + self.get_submodule(self.name)(query, key, value, need_weights=False)[0]
        )
        return normed


class FeedForward(nn.Module):
    """Two linear layers, added and normed."""

    def __init__(self, hidden: int, inner: int) -> None:
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(hidden, inner), nn.Linear(inner, hidden)
        self.norm = nn.LayerNorm(hidden)

    def forward(self, x: Tensor) -> Tensor:
        normed: Tensor = self.norm(x + self.linear2(F.relu(self.linear1(x))))
        return normed


def sine_positions(like: Tensor, channels: int, temperature: float = 10_000) -> Tensor:
    """Where each place of N×C×H×W lies: sines and cosines of y, then of x, each 0..2π over the
    picture (Carion et al. 2020).

    Returns 1×HW×channels.
    """
    height, width = like.shape[2:]
    half = channels // 2
    exponent = (
        torch.div(torch.arange(half, device=like.device), 2, rounding_mode="floor") * 2 / half
    )
    frequency = temperature**-exponent

    def waves(count: int) -> Tensor:
        at = (
            torch.arange(1, count + 1, device=like.device, dtype=torch.float32)
            / count
            * (2 * math.pi)
        )
        phase = at[:, None] * frequency
        return torch.stack([phase[:, ::2].sin(), phase[:, 1::2].cos()], 2).flatten(1)

    y, x = waves(height)[:, None].expand(-1, width, -1), waves(width)[None].expand(height, -1, -1)
    return torch.cat([y, x], 2).flatten(0, 1)[None].to(like.dtype)
