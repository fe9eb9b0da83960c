import numpy as np
import pytest
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from tintype.lab.evaluation.measures import psnr, ssim

TRUTH = data.coffee()[:200, :240].astype(np.float32) / 255
NOISY = np.clip(TRUTH + np.random.default_rng(0).normal(0, 0.05, TRUTH.shape), 0, 1).astype(
    np.float32
)


def test_psnr_and_ssim_agree_with_scikit_image():
    assert psnr(NOISY, TRUTH) == pytest.approx(
        peak_signal_noise_ratio(TRUTH, NOISY, data_range=1), abs=1e-4
    )
    theirs = structural_similarity(
        TRUTH,
        NOISY,
        data_range=1,
        channel_axis=-1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert ssim(NOISY, TRUTH) == pytest.approx(theirs, abs=1e-4)


def test_a_picture_is_wholly_like_itself():
    assert psnr(TRUTH, TRUTH) == float("inf")
    assert psnr(TRUTH * 0, TRUTH * 0 + np.float32(0.1)) == pytest.approx(20, abs=1e-4)
    assert ssim(TRUTH, TRUTH) == pytest.approx(1)
