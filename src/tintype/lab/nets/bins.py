"""Distributions over the bins of the ab plane, for batches, with gradients: from colors to bins and
from bins to colors."""

import torch
from torch import Tensor
from torch.nn import functional as F

MIN_PLAIN_TEMPERATURE = 0.35
"""Temperature from which on logits can be exponentiated as they are."""
MAX_EXPONENT = 60.0
"""Exponents are held within ± this: a sum over the bins, times their colors, still fits float32."""


def nearest_bins(ab: Tensor, centers: Tensor) -> Tensor:
    """ab: N×2×h×w, CIELAB units. centers: Q×2. Returns N×hw, the index of the nearest bin of each
    pixel."""
    return torch.cdist(ab.flatten(2).transpose(1, 2), centers.expand(len(ab), -1, -1)).argmin(2)


def annealed_mean(logits: Tensor, centers: Tensor, temperature: float = 0.38) -> Tensor:
    """The mean of a distribution over ab bins, sharpened by a temperature below 1 (Zhang et al.
    2016, equation 5).

    logits: N×Q×h×w. centers: Q×2, CIELAB units. Returns N×2×h×w. Softmax and mean are one 1×1
    convolution: for a softmax along the channels, ONNX Runtime would transpose the whole
    distribution. The largest logit, which keeps exp in its range, is looked
    for only at low temperatures: the search takes longer than all else here, and logits of trained
    networks stay within ±20.
    """
    scaled = logits / temperature
    if temperature < MIN_PLAIN_TEMPERATURE:
        scaled = scaled - scaled.amax(1, keepdim=True)
    weights = torch.exp(scaled.clamp(-MAX_EXPONENT, MAX_EXPONENT))
    moments = F.conv2d(weights, F.pad(centers, (0, 1), value=1).T[:, :, None, None])
    return moments[:, :2] / moments[:, 2:]


def rarity(prior: Tensor) -> Tensor:
    """How rare each bin is: 1 / (p/2 + 1/2Q), the prior mixed with a uniform distribution (Zhang et
    al. 2016, equation 4).

    prior: Q, the share of each bin in photographs, summing to 1. Returns Q; 1/Q of the prior
    everywhere gives Q.
    """
    return 1 / (prior / 2 + 0.5 / len(prior))
