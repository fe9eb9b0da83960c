"""CIELAB to sRGB for batches, with gradients: the eyes of losses that look at color pictures."""

import numpy as np
import torch
from torch import Tensor

from tintype.color.lab import FROM_RELATIVE_XYZ, KAPPA


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
    matrix = torch.as_tensor(FROM_RELATIVE_XYZ.astype(np.float32), device=lab.device)
    linear = torch.einsum("ij,njhw->nihw", matrix, xyz.float()).clamp(0, 1)
    # the power's slope is infinite at 0, where the other branch is taken
    return torch.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear.clamp_min(1e-4) ** (1 / 2.4) - 0.055)
