"""Real-Time User-Guided Colorization (Zhang et al. 2017): L* and hints in, ab and a distribution
over ab bins out."""

import torch
from torch import Tensor, nn

from tintype.color.bins import AB_GRID, ab_bins
from tintype.contract import AB_SCALE

PLANE_SIDE = round(2 * AB_SCALE) // AB_GRID + 1
"""The class head knows PLANE_SIDE×PLANE_SIDE squares of the ab plane, of which the bins of the sRGB
gamut are some."""


class Zhang17(nn.Module):
    """Ten blocks at strides 1 to 8 and back, the finer ones added to what comes back up.

    Hints enter as ab / 110 and their confidence beside L*. Names of the parts are the published
    checkpoint's.
    """

    inputs = ("lightness", "hint")
    gamut: Tensor

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        w1, w2, w4, w8 = (width * share for share in (1, 2, 4, 8))
        self.model1 = block(4, w1, 2)
        self.model2 = block(w1, w2, 2)
        self.model3 = block(w2, w4, 3)
        self.model4 = block(w4, w8, 3)
        self.model5 = block(w8, w8, 3, dilation=2)
        self.model6 = block(w8, w8, 3, dilation=2)
        self.model7 = block(w8, w8, 3)
        self.model8up, self.model3short8 = doubled(w8, w4), conv(w4, w4)
        self.model8 = nn.Sequential(nn.ReLU(), *block(w4, w4, 2))
        self.model9up, self.model2short9 = doubled(w4, w2), conv(w2, w2)
        self.model9 = nn.Sequential(nn.ReLU(), *block(w2, w2, 1))
        self.model10up, self.model1short10 = doubled(w2, w2), conv(w1, w2)
        self.model10 = nn.Sequential(nn.ReLU(), *conv(w2, w2), nn.LeakyReLU(0.2))
        self.model_class = nn.Sequential(nn.Conv2d(w4, PLANE_SIDE**2, 1))
        self.model_out = nn.Sequential(nn.Conv2d(w2, 2, 1), nn.Tanh())
        squares = (torch.from_numpy(ab_bins().copy()) / AB_GRID).round().long() + PLANE_SIDE // 2
        self.register_buffer("gamut", squares[:, 0] * PLANE_SIDE + squares[:, 1], persistent=False)

    def forward(self, lightness: Tensor, hint: Tensor) -> dict[str, Tensor]:
        shown = torch.cat([(lightness - 50) / 100, hint[:, :2] / AB_SCALE, hint[:, 2:]], 1)
        fine = self.model1(shown)
        half = self.model2(halved(fine))
        quarter = self.model3(halved(half))
        eighth = self.model7(self.model6(self.model5(self.model4(halved(quarter)))))
        back4 = self.model8(self.model8up(eighth) + self.model3short8(quarter))
        back2 = self.model9(self.model9up(back4) + self.model2short9(half))
        back1 = self.model10(self.model10up(back2) + self.model1short10(fine))
        return {
            "ab": self.model_out(back1) * AB_SCALE,
            "ab_logits": self.model_class(back4)[:, self.gamut],
        }


def conv(c_in: int, c_out: int, dilation: int = 1) -> nn.Sequential:
    """A 3×3 convolution."""
    return nn.Sequential(nn.Conv2d(c_in, c_out, 3, 1, dilation, dilation))


def block(c_in: int, c_out: int, count: int, dilation: int = 1) -> nn.Sequential:
    """Convolutions, each with its ReLU, closed by BatchNorm."""
    layers: list[nn.Module] = []
    for i in range(count):
        layers += [*conv(c_out if i else c_in, c_out, dilation), nn.ReLU()]
    return nn.Sequential(*layers, nn.BatchNorm2d(c_out))


def doubled(c_in: int, c_out: int) -> nn.Sequential:
    """Twice the height and width."""
    return nn.Sequential(nn.ConvTranspose2d(c_in, c_out, 4, 2, 1))


def halved(x: Tensor) -> Tensor:
    """Every second place; the size of the input is a multiple of 8, so that what comes back up
    fits."""
    return x[:, :, ::2, ::2]
