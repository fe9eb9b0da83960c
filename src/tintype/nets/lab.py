"""CIELAB, sRGB and YUV for batches, with gradients: between what systems predict and what the contract asks for."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from tintype.color.lab import FROM_RELATIVE_XYZ, KAPPA

LUMA = (0.299, 0.587, 0.114)
"""Rec. 601, on sRGB values as they are."""
U_MAX, V_MAX = 0.436, 0.615


def lab_to_rgb(lab: Tensor) -> Tensor:
    """lab: N×3×H×W float32, L* 0..100, a*, b*. Returns N×3×H×W sRGB, clipped to 0..1 (no gradient beyond).

    Raises ValueError for another number of channels.
    """
    if lab.ndim != 4 or lab.shape[1] != 3:
        raise ValueError(f"lab must be N×3×H×W, but is {tuple(lab.shape)}")
    lightness, a, b = lab.unbind(1)
    fy = (lightness + 16) / 116
    f = torch.stack([fy + a / 500, fy, fy - b / 200], 1)
    xyz = torch.where(f > 6 / 29, f**3, (116 * f - 16) / KAPPA)
    linear = _mix(xyz.float(), torch.as_tensor(FROM_RELATIVE_XYZ.astype(np.float32), device=lab.device)).clamp(0, 1)
    # the power's slope is infinite at 0, where the other branch is taken
    return torch.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear.clamp_min(1e-4) ** (1 / 2.4) - 0.055)


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """rgb: N×3×H×W sRGB, 0..1. Returns N×3×H×W: L* 0..100, a*, b*. Raises ValueError for another number of channels."""
    if rgb.ndim != 4 or rgb.shape[1] != 3:
        raise ValueError(f"rgb must be N×3×H×W, but is {tuple(rgb.shape)}")
    rgb = rgb.clamp(0, 1)
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    matrix = torch.as_tensor(np.linalg.inv(FROM_RELATIVE_XYZ).astype(np.float32), device=rgb.device)
    xyz = _mix(linear.float(), matrix)
    f = torch.where(xyz > (6 / 29) ** 3, xyz.clamp_min(1e-4) ** (1 / 3), (KAPPA * xyz + 16) / 116)
    x, y, z = f.unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def lightness_to_gray(lightness: Tensor) -> Tensor:
    """L* N×1×H×W, 0..100, to the sRGB value of a gray of that lightness, N×1×H×W, 0..1."""
    return lab_to_rgb(F.pad(lightness, (0, 0, 0, 0, 0, 2)))[:, :1]


def rgb_to_uv(rgb: Tensor) -> Tensor:
    """U and V of analog YUV (Rec. 601) of sRGB N×3×H×W, each brought to -1..1: N×2×H×W."""
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


def _mix(channels: Tensor, matrix: Tensor) -> Tensor:
    return torch.einsum("ij,njhw->nihw", matrix, channels)
