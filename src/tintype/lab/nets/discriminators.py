"""Judges of color: what is given (lightness, gray, a mask) and colors in, one logit for every patch
out, or an energy.

All are called with `given` N×G×H×W and `picture` N×C×H×W, both scaled to about -1..1, of the same
size.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from tintype.lab.nets.classifiers import InvertedResiduals


class PatchDiscriminator(nn.Module):
    """70×70 patches (Isola et al. 2017): 4×4 convolutions, stride 2 three times, then 1.

    spectral: each weight matrix of norm 1 (Miyato et al. 2018) and no batch statistics; else
    BatchNorm as in pix2pix.
    """

    def __init__(self, given: int, channels: int, width: int = 64, spectral: bool = True) -> None:
        super().__init__()
        bound = spectral_norm if spectral else _as_is
        widths = [given + channels, width, 2 * width, 4 * width, 8 * width]
        layers: list[nn.Module] = []
        for i, (c_in, c_out) in enumerate(pairwise(widths)):
            norm = [nn.BatchNorm2d(c_out)] if i and not spectral else []
            layers += [
                bound(nn.Conv2d(c_in, c_out, 4, 2 if i < 3 else 1, 1)),
                *norm,
                nn.LeakyReLU(0.2),
            ]
        self.layers = nn.Sequential(*layers, bound(nn.Conv2d(widths[-1], 1, 4, 1, 1)))

    def forward(self, given: Tensor, picture: Tensor) -> Tensor:
        logits: Tensor = self.layers(torch.cat([given, picture], 1))
        return logits


class ScganDiscriminator(nn.Module):
    """SCGAN's (Zhao et al. 2020): 7×7 at full size, 3×3 stride 2 three times, two 4×4; spectral
    norm."""

    def __init__(self, given: int, channels: int, width: int = 64) -> None:
        super().__init__()
        shape = ((1, 7, 1), (2, 3, 2), (4, 3, 2), (8, 3, 2), (8, 4, 1))
        layers: list[nn.Module] = []
        c_in = given + channels
        for share, kernel, stride in shape:
            padding = kernel // 2 if kernel % 2 else 1
            layers += [
                spectral_norm(nn.Conv2d(c_in, width * share, kernel, stride, padding)),
                nn.LeakyReLU(0.2),
            ]
            c_in = width * share
        self.layers = nn.Sequential(*layers, spectral_norm(nn.Conv2d(c_in, 1, 4, 1, 1)))

    def forward(self, given: Tensor, picture: Tensor) -> Tensor:
        logits: Tensor = self.layers(torch.cat([given, picture], 1))
        return logits


class MaskDiscriminator(nn.Module):
    """The mask GAN's: five 3×3 stride 2, then one 7×7 over what is left (7×7 of 224 pixels), one
    answer for the picture.

    A larger or smaller rest is brought to 7×7 by averaging; the sigmoid of the original is in the
    objective.
    """

    def __init__(self, given: int, channels: int, width: int = 64) -> None:
        super().__init__()
        widths = [given + channels, *(width * share for share in (1, 2, 4, 8, 8))]
        layers: list[nn.Module] = []
        for i, (c_in, c_out) in enumerate(pairwise(widths)):
            layers += [
                nn.Conv2d(c_in, c_out, 3, 2, 1),
                *([nn.BatchNorm2d(c_out)] if i else []),
                nn.LeakyReLU(0.1),
            ]
        self.layers = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7))
        self.answer = nn.Sequential(
            nn.Conv2d(widths[-1], 8 * width, 7), nn.LeakyReLU(0.1), nn.Conv2d(8 * width, 1, 1)
        )

    def forward(self, given: Tensor, picture: Tensor) -> Tensor:
        logits: Tensor = self.answer(self.layers(torch.cat([given, picture], 1)))
        return logits


class EnergyAutoencoder(nn.Module):
    """The discriminator of EBGAN (Zhao, Mathieu, LeCun 2017): how badly it redraws the colors is
    their energy."""

    def __init__(self, given: int, channels: int, width: int = 64) -> None:
        super().__init__()
        widths = [given + channels, width, 2 * width, 4 * width]
        down: list[nn.Module] = []
        for i, (c_in, c_out) in enumerate(pairwise(widths)):
            down += [
                nn.Conv2d(c_in, c_out, 4, 2, 1),
                *([nn.BatchNorm2d(c_out)] if i else []),
                nn.LeakyReLU(0.2),
            ]
        up: list[nn.Module] = []
        for c_in, c_out in pairwise([*widths[:0:-1], channels]):
            last = c_out == channels
            up += [
                nn.ConvTranspose2d(c_in, c_out, 4, 2, 1),
                *([] if last else [nn.BatchNorm2d(c_out), nn.ReLU()]),
            ]
        self.encoder, self.decoder = nn.Sequential(*down), nn.Sequential(*up)

    def code(self, given: Tensor, picture: Tensor) -> Tensor:
        """What is kept of a picture: N×K, for the pulling-away term."""
        return self.encoder(torch.cat([given, picture], 1)).flatten(1)

    def forward(self, given: Tensor, picture: Tensor) -> Tensor:
        """The length of the error of reconstruction of each picture: N. H and W are multiples of
        8."""
        error: Tensor = self.decoder(self.encoder(torch.cat([given, picture], 1))) - picture
        return (error.square().flatten(1).sum(1) + 1e-8).sqrt()


class ProjectedDiscriminator(nn.Module):
    """Looks through a frozen classifier (Sauer et al. 2021): small heads separate true from made by
    its features at strides 4 to 32.

    A patch discriminator that learns from nothing sees textures; this one knows from the start what
    grass and skin are. Features have norm 1 at each place (Zhang et al. 2018, LPIPS) times the root
    of their number. It sees RGB, which holds what is given. Answers are N×4×H/4×W/4, a channel for
    each level, coarse ones repeated so that all count alike. H and W are multiples of 32.
    """

    def __init__(
        self, given: int, channels: int, classifier: InvertedResiduals, width: int = 64
    ) -> None:
        super().__init__()
        self.classifier = classifier.eval().requires_grad_(False)
        self.heads = nn.ModuleList(
            nn.Sequential(
                spectral_norm(nn.Conv2d(c, width, 1)),
                nn.LeakyReLU(0.2),
                spectral_norm(nn.Conv2d(width, width, 3, padding=1)),
                nn.LeakyReLU(0.2),
                spectral_norm(nn.Conv2d(width, 1, 1)),
            )
            for c in classifier.level_channels()[1:]
        )

    def forward(self, given: Tensor, picture: Tensor) -> Tensor:
        levels = self.classifier.levels(picture)[1:5]
        seen = (F.normalize(level, dim=1) * level.shape[1] ** 0.5 for level in levels)
        logits = [head(level) for head, level in zip(self.heads, seen, strict=True)]
        return torch.cat([F.interpolate(answer, size=logits[0].shape[2:]) for answer in logits], 1)


def _as_is(layer: nn.Module) -> nn.Module:
    return layer


DISCRIMINATORS: dict[str, type[nn.Module]] = {
    "patch": PatchDiscriminator,
    "scgan": ScganDiscriminator,
    "mask": MaskDiscriminator,
    "autoencoder": EnergyAutoencoder,
    "projected": ProjectedDiscriminator,
}
