"""Similarity of a colored picture to the true one: two pictures in, one number out."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array


def psnr(picture: Array, truth: Array) -> float:
    """Peak signal-to-noise ratio over all channels, dB. Both H×W×3 float32 of the same shape, 0..1;
    inf if they are equal."""
    return decibels(float(np.mean((picture.astype(np.float64) - truth) ** 2)))


def decibels(squared_error: float, peak: float = 1.0) -> float:
    """Peak signal-to-noise ratio of a mean squared error, dB; inf for 0."""
    return float(10 * np.log10(peak**2 / squared_error)) if squared_error else float("inf")


def ssim(picture: Array, truth: Array) -> float:
    """Structural similarity (Wang et al. 2004): Gaussian window of sigma 1.5, 11×11 pixels; mean
    over the three channels.

    Both H×W×3 float32, 0..1, H and W at least 11. Returns -1..1. Only whole windows count.
    """
    from skimage.metrics import structural_similarity

    return float(
        structural_similarity(
            picture,
            truth,
            data_range=1.0,
            channel_axis=-1,
            gaussian_weights=True,
            use_sample_covariance=False,
        )
    )


def psnr_ab(lab: Array, truth: Array) -> float:
    """PSNR of a* and b* alone, peak 255, dB (as Zhang et al. 2017). Both H×W×3 float32 CIELAB; inf
    if they are equal."""
    error = float(np.mean((lab[..., 1:].astype(np.float64) - truth[..., 1:]) ** 2))
    return decibels(error, peak=255)


NATURAL_SATURATIONS = ((25, 70, 0.76, 0.52), (95, 135, 0.81, 0.53), (185, 260, 0.43, 0.22))
"""Skin, grass and sky: hue range in degrees, mean and width of the saturation found natural."""
CCI_RANGE = (16.0, 20.0)
"""Colorfulness that counts as natural."""


def color_naturalness(rgb: Array) -> float:
    """Color naturalness index CNI (Huang, Wang, Wu 2006): how near skin, grass and sky come to
    remembered saturation.

    rgb: H×W×3 float32 sRGB, 0..1. Returns 0..1; 0 where the picture has none of the three.
    """
    hue, light, saturation = np.moveaxis(
        cv2.cvtColor(np.asarray(rgb, np.float32), cv2.COLOR_RGB2HLS), -1, 0
    )
    counted = (saturation > 0.1) & (light >= 0.2) & (light <= 0.8)
    total, score = 0, 0.0
    for low, high, mean, width in NATURAL_SATURATIONS:
        group = saturation[counted & (hue >= low) & (hue <= high)]
        if group.size:
            total += group.size
            score += group.size * float(np.exp(-0.5 * ((group.mean() - mean) / width) ** 2))
    return score / total if total else 0.0


def cci_ratio(colorfulnesses: Array) -> float:
    """Share of pictures whose colorfulness lies in 16..20 (Yuan et al. 2007; CCI ratio of Zhao et
    al. 2020): 0..1."""
    values = np.asarray(colorfulnesses)
    return float(np.mean((values >= CCI_RANGE[0]) & (values <= CCI_RANGE[1])))


def ciede2000(lab: Array, truth: Array) -> Array:
    """CIEDE2000 difference of each pixel (Sharma, Wu, Dalal 2005): ...×3 CIELAB in, ... out."""
    from skimage.color import deltaE_ciede2000

    return np.asarray(deltaE_ciede2000(lab, truth), np.float32)


AUC_LIMIT = 150
"""Largest threshold of the ab error, CIELAB units."""
CELLS = 27
"""Cells of 10 units along a* and b*, from -130 to 130."""


def ab_cells(lab: Array) -> NDArray[np.int64]:
    """Which of the 27×27 cells of 10×10 units each pixel's color falls into: H×W×3 CIELAB in, H×W
    integers out."""
    cell = np.clip(np.round(lab[..., 1:] / 10).astype(np.int64) + CELLS // 2, 0, CELLS - 1)
    return np.asarray(cell[..., 0] * CELLS + cell[..., 1])


def auc(lab: Array, truth: Array, weights: Array | None = None) -> float:
    """Area under the cumulative ab error, thresholds 0 to 150 (Zhang et al. 2016, section 3.1).
    Returns 0..1.

    lab, truth: H×W×3 CIELAB. weights: H×W, 1 / the probability of each true color for the
    rebalanced measure (equation 4 with lambda 0); None for the raw one.
    """
    error = np.hypot(lab[..., 1] - truth[..., 1], lab[..., 2] - truth[..., 2])
    # the mean over the integer thresholds of "error <= threshold" is linear in the error rounded up
    area = np.clip(AUC_LIMIT + 1 - np.ceil(error), 0, None) / (AUC_LIMIT + 1)
    return float(np.average(area, weights=weights))


def bleeding(lab: Array, edge: float = 2.0, reach: int = 5) -> float:
    """Mean ab gradient, units a pixel, where no lightness edge within `reach` pixels explains it
    (our own definition).

    lab: H×W×3 float32. edge: the lightness gradient, units a pixel, from which a place is an edge.
    0 for flat color.
    """

    def gradient(channel: Array) -> Array:
        smooth = np.ascontiguousarray(channel, np.float32)
        return np.asarray(
            np.hypot(
                cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8),
                cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8),
            )
        )

    near = cv2.dilate(
        (gradient(lab[..., 0]) >= edge).astype(np.uint8), np.ones((reach, reach), np.uint8)
    )
    calm = near == 0
    if not calm.any():
        return 0.0
    return float(np.hypot(gradient(lab[..., 1]), gradient(lab[..., 2]))[calm].mean())


def hint_adherence(lab: Array, points: NDArray[np.int64], colors: Array) -> float:
    """Mean CIEDE2000 at the hints, their lightness left out. points: N×2 rows and columns. colors:
    N×2 ab. 0 is perfect."""
    here = lab[points[:, 0], points[:, 1]]
    requested = np.concatenate([here[:, :1], colors], axis=1)
    return float(ciede2000(here, requested).mean())


def wilson(successes: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Interval of a share (Wilson 1927), 95 % for the default z. Raises ValueError for no
    trials."""
    if trials < 1:
        raise ValueError("a share needs at least one trial")
    share = successes / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = (
        z / (1 + z * z / trials) * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials**2))
    )
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


def frechet_distance(features: Array, others: Array) -> float:
    """Fréchet distance of two sets of features seen as Gaussians (Dowson, Landau 1982; Heusel et
    al. 2017). N×D, M×D.

    Works for fewer pictures than features: the trace of the root is the nuclear norm of the
    centered sets' product.
    Raises ValueError for fewer than two pictures.
    """
    if min(len(features), len(others)) < 2:
        raise ValueError("a Fréchet distance needs at least two pictures on each side")
    a, b = np.asarray(features, np.float64), np.asarray(others, np.float64)
    mean_a, mean_b = a.mean(0), b.mean(0)
    a, b = (a - mean_a) / np.sqrt(len(a) - 1), (b - mean_b) / np.sqrt(len(b) - 1)
    shared = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    return float(
        max(0.0, ((mean_a - mean_b) ** 2).sum() + (a**2).sum() + (b**2).sum() - 2 * shared)
    )
