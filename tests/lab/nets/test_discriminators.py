import pytest
import torch

from tintype.lab.nets.classifiers import MobileNetV2
from tintype.lab.nets.discriminators import (
    DISCRIMINATORS,
    EnergyAutoencoder,
    MaskDiscriminator,
    PatchDiscriminator,
    ProjectedDiscriminator,
    ScganDiscriminator,
)


@pytest.mark.parametrize("spectral", [True, False])
def test_the_patch_discriminator_judges_patches_of_seventy_pixels(spectral):
    judge = PatchDiscriminator(1, 2, 8, spectral).eval()
    ab = torch.zeros(1, 2, 128, 128, requires_grad=True)
    logits = judge(torch.zeros(1, 1, 128, 128), ab)
    assert logits.shape == (1, 1, 14, 14)
    logits[0, 0, 7, 7].backward()
    seen = ab.grad[0].abs().sum(0).nonzero()
    assert (seen.max(0).values - seen.min(0).values + 1).tolist() == [70, 70]


def test_spectral_norm_bounds_the_slope_and_batch_norm_is_the_other_way():
    bound = {type(m).__name__ for m in PatchDiscriminator(1, 2, 8, True).modules()}
    free = {type(m).__name__ for m in PatchDiscriminator(1, 2, 8, False).modules()}
    assert "_SpectralNorm" in bound and "BatchNorm2d" not in bound
    assert "BatchNorm2d" in free and "_SpectralNorm" not in free


def test_sizes_are_those_of_the_descriptions():
    def count(network):
        return sum(p.numel() for p in network.parameters()) / 1e6

    assert count(PatchDiscriminator(1, 2)) == pytest.approx(2.77, rel=0.01)
    assert ScganDiscriminator(1, 3)(torch.zeros(1, 1, 64, 64), torch.zeros(1, 3, 64, 64)).shape == (
        1,
        1,
        6,
        6,
    )
    assert MaskDiscriminator(2, 2)(
        torch.zeros(1, 2, 224, 224), torch.zeros(1, 2, 224, 224)
    ).shape == (1, 1, 1, 1)


def test_energies_are_lengths_of_what_is_not_redrawn():
    judge = EnergyAutoencoder(1, 2, 8).eval()
    given, picture = torch.rand(3, 1, 32, 48), torch.rand(3, 2, 32, 48)
    redrawn = judge.decoder(judge.encoder(torch.cat([given, picture], 1)))
    assert torch.allclose(
        judge(given, picture), (redrawn - picture).flatten(1).norm(dim=1), rtol=1e-4
    )
    assert judge.code(given, picture).shape == (3, 32 * 4 * 6)


def test_the_projected_discriminator_learns_heads_and_not_what_it_looks_through():
    torch.manual_seed(0)
    judge = ProjectedDiscriminator(1, 3, MobileNetV2(), 8)
    picture = torch.rand(2, 3, 64, 64, requires_grad=True)
    answers = judge(torch.zeros(2, 1, 64, 64), picture)
    assert answers.shape == (2, 4, 16, 16)
    coarsest = answers[:, 3]
    assert torch.equal(
        coarsest, coarsest[:, ::8, ::8].repeat_interleave(8, 1).repeat_interleave(8, 2)
    )
    answers.sum().backward()
    assert picture.grad.abs().max() > 0
    learned = [name for name, p in judge.named_parameters() if p.grad is not None]
    assert learned
    assert all(name.startswith("heads.") for name in learned)


@pytest.mark.parametrize("name", [name for name in DISCRIMINATORS if name != "projected"])
def test_all_others_listen_to_the_picture_and_to_what_is_given(name):
    torch.manual_seed(0)
    judge = DISCRIMINATORS[name](1, 2, 8).eval()
    given, picture = (
        torch.rand(1, 1, 64, 64, requires_grad=True),
        torch.rand(1, 2, 64, 64, requires_grad=True),
    )
    judge(given, picture).sum().backward()
    assert given.grad.abs().max() > 0
    assert picture.grad.abs().max() > 0
