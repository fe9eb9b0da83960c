import pytest
import torch

from tintype.color import ab_bins
from tintype.lab.nets.bins import annealed_mean, nearest_bins, rarity

BINS = torch.from_numpy(ab_bins().copy())


@pytest.mark.parametrize("temperature", [0.05, 0.3, 0.38, 1.0])
def test_the_annealed_mean_is_a_softmax_at_its_temperature(temperature):
    logits = torch.randn(2, len(BINS), 2, 3, generator=torch.Generator().manual_seed(0)) * 3
    expected = torch.einsum("nqhw,qc->nchw", (logits / temperature).softmax(1), BINS)
    result = annealed_mean(logits, BINS, temperature)
    torch.testing.assert_close(result, expected, atol=1e-2, rtol=1e-3)


@pytest.mark.parametrize("temperature", [0.02, 0.38, 1.0])
def test_large_logits_stay_finite(temperature):
    logits = torch.full((1, len(BINS), 1, 1), -20.0)
    logits[:, 5] = 20
    result = annealed_mean(logits, BINS, temperature)
    torch.testing.assert_close(result[0, :, 0, 0], BINS[5], atol=1e-2, rtol=0)


def test_each_pixel_finds_its_nearest_bin_row_by_row():
    index = torch.arange(6).reshape(2, 3) * 40
    ab = (BINS[index] + 4).permute(2, 0, 1)[None]
    assert nearest_bins(ab, BINS).tolist() == [index.flatten().tolist()]


def test_rarity_mixes_the_prior_with_a_uniform_share():
    prior = torch.tensor([0.5, 0.5, 0.0, 0.0])
    assert rarity(prior).tolist() == pytest.approx([1 / 0.375, 1 / 0.375, 8, 8])
    assert rarity(torch.full((4,), 0.25)).tolist() == [4, 4, 4, 4]
