"""How like the truth a colored picture is: two pictures in, one number out."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]


def psnr(picture: Array, truth: Array) -> float:
    """Peak signal-to-noise ratio over all channels, dB. Both H×W×3 float32 of the same shape, 0..1; 100 if they are equal."""
    error = float(np.mean((picture.astype(np.float64) - truth) ** 2))
    return -10 * np.log10(max(error, 1e-10))


def ssim(picture: Array, truth: Array) -> float:
    """Structural similarity (Wang et al. 2004): 11×11 Gaussian window of sigma 1.5, mean over the three channels.

    Both H×W×3 float32, 0..1, H and W at least 11. Returns -1..1. Only whole windows count.
    """
    a, b = picture.astype(np.float64), truth.astype(np.float64)

    def blur(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(cv2.GaussianBlur(x, (11, 11), 1.5), np.float64)[5:-5, 5:-5]

    mean_a, mean_b = blur(a), blur(b)
    var_a, var_b = blur(a * a) - mean_a**2, blur(b * b) - mean_b**2
    both = blur(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    similarity = (2 * mean_a * mean_b + c1) * (2 * both + c2) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))
    return float(similarity.mean())
