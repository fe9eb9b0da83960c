"""Judges of color: lightness and colors in, one logit for every patch out."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from tintype.nets.tintype import AB_SCALE


class PatchDiscriminator(nn.Module):
    """70×70 patches (Isola et al. 2017), each weight matrix of norm 1 (Miyato et al. 2018), without batch statistics.

    Conditioned on lightness, so that it learns which colors go with this picture, not which colors are frequent.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        widths = [3, width, 2 * width, 4 * width, 8 * width]
        layers: list[nn.Module] = []
        for i, (c_in, c_out) in enumerate(pairwise(widths)):
            layers += [spectral_norm(nn.Conv2d(c_in, c_out, 4, 2 if i < 3 else 1, 1)), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, spectral_norm(nn.Conv2d(widths[-1], 1, 4, 1, 1)))

    def forward(self, lightness: Tensor, ab: Tensor) -> Tensor:
        """lightness: N×1×H×W, 0..100. ab: N×2×H×W, CIELAB units. H, W at least 32. Returns N×1×h×w logits."""
        return self.layers(torch.cat([lightness / 50 - 1, ab / AB_SCALE], 1))
