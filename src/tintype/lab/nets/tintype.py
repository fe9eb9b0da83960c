"""The default network: lightness and conditioning in; ab, saliency and a distribution over ab bins
out.

A classifier that has seen ImageNet, MobileNetV2, sees the gray picture alone. A second, light
encoder sees the conditioning (hints, region). The decoder joins both, coarse to fine: attention
and 7×7 depthwise blocks at strides 32 and 16, where a hint must travel far, dense 3×3 blocks at
strides 8 and 4, where edges are found. Two heads learn the colors: one regresses ab,
which is faithful and pale, the other predicts a distribution over ab bins, trained with rare colors
weighted up, which is vivid. `decision.py` turns both into one answer.
"""

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.color.bins import ab_bins
from tintype.contract import AB_SCALE, PALETTE_CELLS, PALETTE_SIZE
from tintype.lab.nets.bins import annealed_mean
from tintype.lab.nets.blocks import DenseBlock, conv_bn, up
from tintype.lab.nets.classifiers import CLASSIFIERS, HEAD_CHANNELS
from tintype.lab.nets.things_head import ThingsHead

CHROMA_SCALE = 10.0
CONTEXT_CHANNELS = 256
THINGS = "things."
"""Prefix of the weights of the head of things."""


class DepthwiseBlock(nn.Module):
    """7×7 depthwise, expand, project (Liu et al. 2022, ConvNeXt), with BatchNorm and ReLU, which
    cost less on a CPU."""

    def __init__(self, width: int, expansion: int = 3) -> None:
        super().__init__()
        self.spread = conv_bn(width, width, 7, groups=width)
        self.expand = conv_bn(width, width * expansion, 1)
        self.project = conv_bn(width * expansion, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.project(F.relu(self.expand(self.spread(x))))


class Attention(nn.Module):
    """Every place looks at every other (Vaswani et al. 2017): a hint on one sleeve colors the
    other."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.BatchNorm2d(width)
        self.qkv = nn.Conv2d(width, 3 * width, 1)
        self.out = nn.Conv2d(width, width, 1)
        nn.init.zeros_(self.out.weight)
        self.out.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        q, k, v = (
            self.qkv(self.norm(x))
            .reshape(n, 3, self.heads, c // self.heads, h * w)
            .transpose(-1, -2)
            .unbind(1)
        )
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(-1, -2).reshape(n, c, h, w)
        return x + self.out(mixed)


class GuidanceEncoder(nn.Module):
    """Hints, region and lightness at strides 4, 8, 16 and 32."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(5, widths[0], 12, 4, 4, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()
        )
        self.steps = nn.ModuleList(
            nn.Sequential(*conv_bn(a, b, 3, 2), nn.ReLU()) for a, b in pairwise(widths)
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        features = [self.stem(x)]
        for step in self.steps:
            features.append(step(features[-1]))
        return features


class Tintype(nn.Module):
    """`widths` are the decoder's channels at strides 2, 4, 8, 16 and 32; `depths` its blocks at 4,
    8, 16 and 32; `encoder` a key of CLASSIFIERS; `things` adds the head that sees what belongs
    together (`things_head.py`); `dropout` is a factor of the share of deep features that are
    dropped."""

    inputs = ("lightness", "hint", "region", "palette")
    centers: Tensor

    def __init__(
        self,
        widths: tuple[int, int, int, int, int] = (24, 48, 96, 192, 256),
        depths: tuple[int, int, int, int] = (1, 1, 2, 1),
        guidance_widths: tuple[int, int, int, int] = (32, 48, 64, 96),
        encoder: str = "mobilenet_v2",
        things: bool = False,
        dropout: float = 1.0,
    ) -> None:
        super().__init__()
        if encoder not in CLASSIFIERS:
            raise ValueError(f"there is no encoder {encoder!r}; known are {', '.join(CLASSIFIERS)}")
        self.dropout = dropout
        w2, w4, w8, w16, w32 = widths
        self.encoder = CLASSIFIERS[encoder](channels=1, classifies=False)
        self.guidance = GuidanceEncoder(guidance_widths)
        self.seen = nn.ModuleList(
            conv_bn(c, w, 1) for c, w in zip(self.encoder.level_channels(), widths, strict=True)
        )
        self.named = conv_bn(HEAD_CHANNELS, w32, 1)
        self.guided = nn.ModuleList(
            conv_bn(c, w, 1) for c, w in zip(guidance_widths, widths[1:], strict=True)
        )
        self.context_widths = [w32, w16, w8, w8, w4, w4]
        self.whole = nn.Sequential(
            nn.LayerNorm(HEAD_CHANNELS), nn.Linear(HEAD_CHANNELS, CONTEXT_CHANNELS)
        )
        self.palette = nn.Linear(PALETTE_SIZE, CONTEXT_CHANNELS)
        self.context = nn.Linear(CONTEXT_CHANNELS, sum(self.context_widths))
        self.at32 = nn.Sequential(
            *(DepthwiseBlock(w32) for _ in range(depths[3])), Attention(w32, 8)
        )
        self.at16 = nn.Sequential(
            *(DepthwiseBlock(w16) for _ in range(depths[2])), Attention(w16, 6), DepthwiseBlock(w16)
        )
        self.at8 = nn.Sequential(*(DenseBlock(w8) for _ in range(depths[1])))
        self.at4 = nn.Sequential(*(DenseBlock(w4) for _ in range(depths[0])))
        self.down = nn.ModuleList(
            conv_bn(a, b, 1) for a, b in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.bins = nn.Conv2d(w4, len(ab_bins()), 1)
        self.register_buffer("centers", torch.from_numpy(ab_bins().copy()), persistent=False)
        self.saliency = nn.Conv2d(w4, 1, 1)
        final = nn.Conv2d(w2, 2, 3, padding=1)
        nn.init.zeros_(final.weight)
        final.bias = nn.Parameter(torch.zeros(2))
        self.last = nn.Sequential(*conv_bn(w2, w2), nn.ReLU(), final)
        self.things = ThingsHead(self.feature_channels, HEAD_CHANNELS, w4) if things else None

    def forward(
        self,
        lightness: Tensor,
        hint: Tensor | None = None,
        region: Tensor | None = None,
        palette: Tensor | None = None,
    ) -> dict[str, Any]:
        """The contract's inputs in; all heads out.

        `ab`: N×2×H/2×W/2, regressed, CIELAB units. `ab_logits`: N×Q×H/4×W/4, over `ab_bins()`.
        `saliency` and its `saliency_logits`: N×1×H/4×W/4. `seen_ab`: as `ab`, the mean of both
        color heads, for losses that look at the whole picture. `levels`: the encoder's features,
        for distillation. `features`: see `known_features`. With the head of things: `affinity`,
        N×35×H/4×W/4, see `things_head.py`; `parts` and `parts_logits`, N×7×H/4×W/4, over PARTS.
        """
        hint = (
            lightness.new_zeros(len(lightness), 3, *lightness.shape[2:]) if hint is None else hint
        )
        region = torch.ones_like(lightness) if region is None else region
        palette = lightness.new_zeros(len(lightness), PALETTE_SIZE) if palette is None else palette

        gray = lightness / 50 - 1
        levels = self.encoder.levels(gray)
        s2, s4, s8, s16, s32, head = levels
        # deep features identify photographs: without this the decoder memorizes them, and its
        # colors change when one is mirrored
        s16, s32, head = (
            F.dropout2d(level, self.dropout * share, self.training)
            for level, share in ((s16, 0.2), (s32, 0.3), (head, 0.3))
        )
        conditioning = torch.cat([gray, hint[:, :2] / AB_SCALE, hint[:, 2:], 1 - region], 1)
        h4, h8, h16, h32 = self.guidance(conditioning)
        shares, chroma, flag = palette.split([PALETTE_CELLS + 1, 1, 1], 1)
        palette_context = self.palette(
            torch.cat([4 * shares.clamp_min(0).sqrt(), chroma / CHROMA_SCALE, flag], 1)
        )
        context = self.context(F.relu(self.whole(head.mean((2, 3))) + palette_context))[
            :, :, None, None
        ]
        b32, b16, b8, g8, b4, g4 = context.split(self.context_widths, 1)

        x = self.at32(F.relu(self.seen[4](s32) + self.named(head) + self.guided[3](h32) + b32))
        x = self.at16(F.relu(self.seen[3](s16) + self.guided[2](h16) + up(self.down[0](x)) + b16))
        x = self.at8(
            F.relu((self.seen[2](s8) + self.guided[1](h8) + up(self.down[1](x))) * (1 + g8) + b8)
        )
        x = self.at4(
            F.relu((self.seen[1](s4) + self.guided[0](h4) + up(self.down[2](x))) * (1 + g4) + b4)
        )
        saliency_logits = self.saliency(x)
        ab = self.last(F.relu(self.seen[0](s2) + up(self.down[3](x)))) * AB_SCALE
        ab_logits = self.bins(x)
        things = {}
        if self.things is not None:
            affinity, parts = self.things(levels[1:], x, gray)
            things = {
                "affinity": affinity,
                "parts": torch.softmax(parts, 1),
                "parts_logits": parts,
            }
        return {
            "ab": ab,
            "seen_ab": (ab + up(annealed_mean(ab_logits, self.centers))) / 2,
            "saliency": torch.sigmoid(saliency_logits),
            "saliency_logits": saliency_logits,
            "ab_logits": ab_logits,
            "levels": levels,
            "features": known_features(levels[1:5]),
            **things,
        }

    def load_start(self, state: dict[str, Tensor]) -> None:
        """Load weights whose head of things may be missing, or be there although this network has
        none. Raises RuntimeError if the rest does not fit."""
        own = {k: v for k, v in self.state_dict().items() if k.startswith(THINGS)}
        known = {k: v for k, v in state.items() if k in own or not k.startswith(THINGS)}
        self.load_state_dict(own | known)

    @property
    def feature_channels(self) -> tuple[int, ...]:
        """The channels of each level in `features`."""
        return self.encoder.level_channels()[1:]


def known_features(levels: list[Tensor]) -> Tensor:
    """The encoder's levels at strides 4, 8, 16 and 32 brought to stride 8: N×C×h×w."""
    size = levels[1].shape[2:]
    deep = [F.interpolate(x, size=size, mode="bilinear", align_corners=False) for x in levels[2:]]
    return torch.cat([F.avg_pool2d(levels[0], 2), levels[1], *deep], 1)
