"""Distributions over the bins of the ab plane, for batches, with gradients."""

import torch
from torch import Tensor
from torch.nn import functional as F


def nearest_bins(ab: Tensor, centers: Tensor) -> Tensor:
    """ab: N×2×h×w, CIELAB units. centers: Q×2. Returns N×hw, the indices of the bins that the colors are nearest to."""
    return torch.cdist(ab.flatten(2).transpose(1, 2), centers.expand(len(ab), -1, -1)).argmin(2)


def annealed_mean(logits: Tensor, centers: Tensor, temperature: float = 0.38) -> Tensor:
    """The mean of a distribution over ab bins that the temperature has sharpened (Zhang et al. 2016, equation 5).

    logits: N×Q×h×w. centers: Q×2, CIELAB units. Returns N×2×h×w. Softmax and mean in one 1×1 convolution: ONNX Runtime would
    turn the whole distribution over for a softmax along the channels.
    """
    weights = torch.exp((logits - logits.amax(1, keepdim=True)) / temperature)
    moments = F.conv2d(weights, F.pad(centers, (0, 1), value=1).T[:, :, None, None])
    return moments[:, :2] / moments[:, 2:]


def settle(ab: Tensor, logits: Tensor, centers: Tensor, bandwidth: float = 15.0, steps: int = 3) -> Tensor:
    """Colors between what a distribution holds possible are moved to the nearest of it: a purple between blue and red is neither.

    ab: N×2×4h×4w, CIELAB units, wherever it comes from. logits: N×Q×h×w. centers: Q×2, CIELAB units. bandwidth: of the Gaussian
    kernel, CIELAB units. Returns N×2×4h×4w. `steps` steps of mean shift (Comaniciu and Meer 2002) climb from ab, on the grid of
    the logits; what becomes more probable by less than 2 in 100 stays where it is, what does by 9 moves all the way.
    """
    likely = logits - logits.amax(1, keepdim=True) - (centers.square().sum(1) / (2 * bandwidth**2))[:, None, None]
    moments = F.pad(centers, (0, 1), value=1).T[:, :, None, None]
    start = at = F.avg_pool2d(ab, 4)
    densities = []
    for _ in range(steps + 1):
        near = F.conv2d(at, centers[:, :, None, None] / bandwidth**2) - at.square().sum(1, keepdim=True) / (2 * bandwidth**2)
        a, b, density = F.conv2d(torch.exp(likely + near), moments).split(1, 1)
        density = density.clamp_min(1e-30)
        densities.append(density)
        reached, at = at, torch.cat([a, b], 1) / density
    moved = ((0.98 - densities[0] / densities[-1]) * 15).clamp(0, 1) * (reached - start)
    return ab + F.interpolate(moved, scale_factor=4.0, mode="bilinear", align_corners=False)
