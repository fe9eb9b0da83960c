"""The decoder blocks that DeOldify (Antic 2019) introduced and DDColor (Kang et al. 2023) took
over."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def spectral_conv(c_in: int, c_out: int, kernel: int, normed: bool = True) -> nn.Module:
    """A convolution of unit spectral norm; without a bias where a batch norm follows."""
    conv: nn.Module = spectral_norm(
        nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2, bias=not normed)
    )
    return conv


def conv_relu_norm(c_in: int, c_out: int) -> nn.Sequential:
    """A spectral 3×3 convolution, ReLU, and the batch norm after it."""
    return nn.Sequential(spectral_conv(c_in, c_out, 3), nn.ReLU(), nn.BatchNorm2d(c_out))


class Shuffle(nn.Module):
    """Sub-pixel upsampling by `scale` (Shi et al. 2016): 1×1 convolution, ReLU, pixel shuffle, 2×2
    mean."""

    def __init__(self, conv: nn.Sequential, scale: int = 2) -> None:
        super().__init__()
        self.conv, self.scale = conv, scale

    def forward(self, x: Tensor) -> Tensor:
        large = F.pixel_shuffle(F.relu(self.conv(x)), self.scale)
        return F.avg_pool2d(F.pad(large, (1, 0, 1, 0), mode="replicate"), 2, stride=1)


def shuffle(c_in: int, c_out: int) -> Shuffle:
    """Twice the height and width, with spectral and batch norm."""
    return Shuffle(nn.Sequential(spectral_conv(c_in, 4 * c_out, 1), nn.BatchNorm2d(4 * c_out)))


class Raise(nn.Module):
    """What one level of the decoder begins with: the coarse features shuffled to the skip's size,
    then both, concatenated."""

    def __init__(self, c_in: int, c_skip: int, c_up: int) -> None:
        super().__init__()
        self.shuf = shuffle(c_in, c_up)
        self.bn = nn.BatchNorm2d(c_skip)

    def raised(self, x: Tensor, skip: Tensor) -> Tensor:
        """x: N×C×h×w. skip: N×S×H×W, H and W about 2h and 2w. Returns N×(C'+S)×H×W."""
        up = self.shuf(x)
        if up.shape[2:] != skip.shape[2:]:
            up = F.interpolate(up, size=skip.shape[2:], mode="nearest")
        return F.relu(torch.cat([up, self.bn(skip)], 1))


class WideLevel(Raise):
    """One level of the decoder with a single convolution. last: a module to put after it
    (self-attention)."""

    def __init__(self, c_in: int, c_skip: int, c_out: int, *last: nn.Module) -> None:
        super().__init__(c_in, c_skip, c_out)
        self.conv = conv_relu_norm(c_out + c_skip, c_out).extend(last)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        out: Tensor = self.conv(self.raised(x, skip))
        return out
