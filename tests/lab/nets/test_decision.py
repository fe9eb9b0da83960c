import pytest
import torch

from tintype.color import ab_bins
from tintype.contract import PALETTE_SIZE
from tintype.lab.nets.bins import rarity
from tintype.lab.nets.decision import Decided, Decision
from tintype.lab.nets.tintype import Tintype

BINS = [tuple(center) for center in ab_bins().tolist()]
GRAY, RED = BINS.index((0.0, 0.0)), BINS.index((50.0, 30.0))
LIGHT = torch.full((1, 1, 16, 16), 60.0)


def torn(gray: float = 0.0, red: float = 0.0) -> torch.Tensor:
    """Logits of a network that holds gray and one red possible."""
    logits = torch.full((1, len(BINS), 4, 4), -40.0)
    logits[:, GRAY], logits[:, RED] = gray, red
    return logits


def decided(
    logits: torch.Tensor,
    lightness: torch.Tensor = LIGHT,
    prior: torch.Tensor | None = None,
    ab: float = 0.0,
    **settings,
):
    return Decision(prior, **settings)(
        {"ab_logits": logits, "ab": torch.full((1, 2, 8, 8), float(ab))}, lightness
    )["ab"]


def mostly_gray() -> torch.Tensor:
    prior = torch.full((len(BINS),), 0.1 / (len(BINS) - 1))
    prior[GRAY] = 0.9
    return prior


def test_a_temperature_of_one_answers_with_the_mean_and_a_low_one_with_the_mode():
    assert decided(torn(red=0.5), temperature=1)[0, 0].mean() == pytest.approx(
        50 / (1 + torch.e**-0.5), abs=0.1
    )
    assert decided(torn(red=0.5), temperature=0.02)[0, :, 4, 4] == pytest.approx([50, 30], abs=0.1)


def test_the_exponent_favors_rare_colors_above_zero_and_common_ones_below():
    shares = [
        float(decided(torn(), prior=mostly_gray(), exponent=e, temperature=1)[0, 0].mean()) / 50
        for e in (-1, 0, 1)
    ]
    ratio = float(rarity(mostly_gray())[RED] / rarity(mostly_gray())[GRAY])
    assert shares == pytest.approx([1 / (1 + ratio), 0.5, ratio / (1 + ratio)], abs=1e-3)


def test_without_a_prior_the_exponent_changes_nothing():
    torch.testing.assert_close(decided(torn(red=1), exponent=-1), decided(torn(red=1)))


def test_the_regressed_color_takes_its_share():
    assert decided(torn(red=40), ab=10, regression=0.25)[0, :, 4, 4] == pytest.approx(
        [40, 25], abs=0.1
    )
    assert decided(torn(red=40), ab=10, regression=1)[0, :, 4, 4] == pytest.approx(
        [10, 10], abs=0.1
    )


def test_black_has_no_color_and_the_dark_a_little():
    lightness = LIGHT.clone()
    for dark, share in ((0.0, 0.0), (7.5, 0.5), (15.0, 1.0)):
        lightness[..., 4:8, 4:8] = dark
        assert decided(torn(red=40), lightness)[0, :, 2, 2] == pytest.approx(
            [share * 50, share * 30], abs=0.1
        )


def test_a_network_answers_through_its_decision_and_keeps_its_other_heads():
    torch.manual_seed(0)
    network = Tintype((8, 16, 16, 24, 32), (1, 1, 1, 1), (8, 8, 16, 16)).eval()
    decision = Decision(mostly_gray(), -0.5, 0.5, 0.5)
    whole = Decided(network, decision)
    lightness = torch.rand(1, 1, 64, 96) * 100
    with torch.no_grad():
        out, heads = whole(lightness), network(lightness)
    assert out["ab"].shape == (1, 2, 32, 48)
    torch.testing.assert_close(out["ab"], decision(heads, lightness)["ab"])
    torch.testing.assert_close(out["saliency"], heads["saliency"])
    assert whole.inputs == network.inputs


class Asked(torch.nn.Module):
    """Red is as likely as the mean chroma that is asked for, in natural logarithms."""

    inputs = ("lightness", "palette")

    def forward(self, lightness, palette):
        return {"ab_logits": torn(red=float(palette[0, -2] * palette[0, -1]))}


def test_guidance_goes_from_what_nobody_asked_for_toward_the_asked_chroma_and_beyond():
    palette = torch.zeros(1, PALETTE_SIZE)
    network = Decided(Asked(), Decision(chroma=2.0, guidance=1.5))
    assert network(LIGHT, palette=palette)["ab_logits"][0, RED, 0, 0] == pytest.approx(3)
    palette[0, -2:] = torch.tensor([1.0, 1.0])
    assert network(LIGHT, palette=palette)["ab_logits"][0, RED, 0, 0] == pytest.approx(1)
