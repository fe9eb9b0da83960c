"""CIELAB, sRGB and YUV for batches, with gradients: `tintype.color.lab`, with its numbers, in
PyTorch."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from tintype.color.lab import EPSILON, FROM_RELATIVE_XYZ, KAPPA, TO_RELATIVE_XYZ

LUMA = (0.299, 0.587, 0.114)
"""Rec. 601, on sRGB values as they are."""


def srgb_to_linear(rgb: Tensor) -> Tensor:
    """Undo the sRGB transfer curve: any shape, 0..1."""
    return torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb.clamp_min(0) + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(linear: Tensor) -> Tensor:
    """Apply the sRGB transfer curve: any shape, 0..1."""
    # the power's slope is infinite at 0, where the other branch is taken
    return torch.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear.clamp_min(1e-4) ** (1 / 2.4) - 0.055
    )


def linear_to_lightness(linear: Tensor) -> Tensor:
    """Linear sRGB N×3×H×W, or one channel of relative luminance N×1×H×W, 0..1, to L* N×1×H×W,
    0..100."""
    if linear.shape[1] == 3:
        linear = _mix(linear, TO_RELATIVE_XYZ[1:2])
    return (116 * _compress(linear) - 16).clamp(0, 100)


def linear_to_lab(linear: Tensor) -> Tensor:
    """Linear sRGB N×3×H×W to N×3×H×W: L* 0..100, a*, b*."""
    x, y, z = _compress(_mix(linear, TO_RELATIVE_XYZ)).unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """rgb: N×3×H×W sRGB, 0..1. Returns N×3×H×W: L* 0..100, a*, b*. Raises ValueError for another
    number of channels."""
    if rgb.ndim != 4 or rgb.shape[1] != 3:
        raise ValueError(f"rgb must be N×3×H×W, but is {tuple(rgb.shape)}")
    return linear_to_lab(srgb_to_linear(rgb.clamp(0, 1)))


def lab_to_rgb(lab: Tensor) -> Tensor:
    """lab: N×3×H×W float32, L* 0..100, a*, b*. Returns N×3×H×W sRGB, clipped to 0..1 (no gradient
    beyond).

    Raises ValueError for another number of channels.
    """
    if lab.ndim != 4 or lab.shape[1] != 3:
        raise ValueError(f"lab must be N×3×H×W, but is {tuple(lab.shape)}")
    lightness, a, b = lab.unbind(1)
    fy = (lightness + 16) / 116
    f = torch.stack([fy + a / 500, fy, fy - b / 200], 1)
    xyz = torch.where(f > 6 / 29, f**3, (116 * f - 16) / KAPPA)
    return linear_to_srgb(_mix(xyz, FROM_RELATIVE_XYZ).clamp(0, 1))


def lightness_to_gray(lightness: Tensor) -> Tensor:
    """L* N×1×H×W, 0..100, to the sRGB value of a gray of that lightness, N×1×H×W, 0..1."""
    return lab_to_rgb(F.pad(lightness, (0, 0, 0, 0, 0, 2)))[:, :1]


def gray_to_lightness(gray: Tensor) -> Tensor:
    """Gray coded as sRGB, N×1×H×W, 0..1, to L* N×1×H×W, 0..100."""
    return linear_to_lightness(srgb_to_linear(gray))


def rgb_to_uv(rgb: Tensor) -> Tensor:
    """U and V of analog YUV (Rec. 601) of sRGB N×3×H×W, each scaled to -1..1: N×2×H×W."""
    r, _, b = rgb.unbind(1)
    y = luma(rgb)[:, 0]
    return torch.stack([(b - y) / (1 - LUMA[2]), (r - y) / (1 - LUMA[0])], 1)


def uv_to_rgb(gray: Tensor, uv: Tensor) -> Tensor:
    """Y N×1×H×W, 0..1, and U, V as `rgb_to_uv` gives them, to sRGB N×3×H×W, clipped to 0..1."""
    u, v = uv.unbind(1)
    y = gray[:, 0]
    r, b = y + v * (1 - LUMA[0]), y + u * (1 - LUMA[2])
    g = (y - LUMA[0] * r - LUMA[2] * b) / LUMA[1]
    return torch.stack([r, g, b], 1).clamp(0, 1)


def luma(rgb: Tensor) -> Tensor:
    """Rec. 601 luma of sRGB N×3×H×W, 0..1: N×1×H×W."""
    r, g, b = rgb.unbind(1)
    return (LUMA[0] * r + LUMA[1] * g + LUMA[2] * b)[:, None]


def _compress(xyz: Tensor) -> Tensor:
    """Relative tristimulus values to CIELAB's f."""
    return torch.where(xyz > EPSILON, xyz.clamp_min(1e-4) ** (1 / 3), (KAPPA * xyz + 16) / 116)


def _mix(channels: Tensor, matrix: np.ndarray) -> Tensor:
    """channels: N×C×H×W. matrix: D×C. Returns N×D×H×W float32."""
    return torch.einsum(
        "ij,njhw->nihw",
        torch.as_tensor(matrix.astype(np.float32), device=channels.device),
        channels.float(),
    )
