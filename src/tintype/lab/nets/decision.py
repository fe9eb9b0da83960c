"""The heads of a network in; one answer out: ab that a person sees.

A network is trained through its heads, each with its own losses. What to answer where the heads
know several colors is a choice that needs no training, so it stands behind the network, with
numbers that a recipe sets and an exported file records.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.color.bins import ab_bins
from tintype.contract import PALETTE_SIZE, input_shape
from tintype.lab.nets.bins import annealed_mean, rarity

FADE_LIGHTNESS = 15.0
"""L* below which chroma fades, to none in black."""


class Decision(nn.Module):
    """The annealed mean of the distribution over ab bins, shifted by the prior, mixed with the
    regressed ab, faded to black.

    prior: Q, the share of each ab bin in photographs; None: all alike, which makes `exponent` idle.
    exponent: of the rarity of each bin (`rarity`), which multiplies its probability: above 0 rare
    colors are favored, below 0 common ones. temperature: of the annealed mean; 1 is the mean,
    toward 0 the mode. regression: share of the regressed ab in the answer, 0..1. chroma, guidance:
    of `Decided`.
    """

    prior: Tensor
    centers: Tensor

    def __init__(
        self,
        prior: Tensor | None = None,
        exponent: float = 0.0,
        temperature: float = 0.7,
        regression: float = 0.0,
        chroma: float = 0.0,
        guidance: float = 0.0,
    ) -> None:
        super().__init__()
        self.chroma, self.guidance = chroma, guidance
        self.exponent, self.temperature, self.regression = exponent, temperature, regression
        centers = torch.from_numpy(ab_bins().copy())
        self.register_buffer(
            "prior",
            torch.full((len(centers),), 1 / len(centers)) if prior is None else prior.clone(),
        )
        self.register_buffer("centers", centers, persistent=False)

    def forward(self, heads: dict[str, Any], lightness: Tensor) -> dict[str, Tensor]:
        """heads: `ab_logits`, N×Q×h×w at stride 4; `ab`, N×2×2h×2w, if `regression` is above 0.
        lightness: N×1×4h×4w, L*.

        Returns `ab`, N×2×2h×2w, CIELAB units, and `ab_logits`, N×Q×h×w, the distribution with the
        prior's shift.
        """
        logits = heads["ab_logits"] + self.exponent * rarity(self.prior).log()[:, None, None]
        mean = annealed_mean(logits, self.centers, self.temperature)
        ab = F.interpolate(mean, scale_factor=2.0, mode="bilinear", align_corners=False)
        if self.regression:
            ab = torch.lerp(ab, heads["ab"], self.regression)
        return {
            "ab": ab * (F.avg_pool2d(lightness, 2) / FADE_LIGHTNESS).clamp(0, 1),
            "ab_logits": logits,
        }


class Decided(nn.Module):
    """A network with its decision behind it, which answers as the contract says.

    Where the decision has a guidance w above 0 and no mean chroma is asked for, the logits are none
    + w · (guided - none), guided being those for the decision's chroma (classifier-free guidance,
    Ho and Salimans 2022).
    """

    def __init__(self, network: nn.Module, decision: Decision) -> None:
        super().__init__()
        self.network, self.decision = network, decision
        self.inputs = network.inputs

    def forward(self, lightness: Tensor, **guidance: Tensor) -> dict[str, Any]:
        """The network's heads, with `ab` and `ab_logits` as decided."""
        heads = self.network(lightness, **guidance)
        if self.decision.guidance:
            guided = self.network(
                lightness, **guidance | self.palette_with_chroma(guidance["palette"])
            )
            logits = torch.lerp(heads["ab_logits"], guided["ab_logits"], self.decision.guidance)
            heads = heads | {"ab_logits": logits}
        return {**heads, **self.decision(heads, lightness)}

    def palette_with_chroma(self, palette: Tensor) -> dict[str, Tensor]:
        """The palette with the decision's mean chroma where none is asked for. palette: N×K."""
        cells, chroma = palette.split([PALETTE_SIZE - 2, 2], 1)
        own = torch.tensor([self.decision.chroma, 1.0], device=palette.device)
        return {"palette": torch.cat([cells, torch.where(chroma[:, 1:] > 0, chroma, own)], 1)}


def automatic_inputs(network: nn.Module, lightness: Tensor) -> dict[str, Tensor]:
    """A network's inputs for pictures without any guidance. lightness: N×1×H×W, L*."""
    n, _, height, width = lightness.shape
    names: tuple[str, ...] = tuple(network.inputs)  # type: ignore[arg-type]
    blank = {name: lightness.new_zeros(input_shape(name, n, height, width)) for name in names}
    known = {"lightness": lightness, "region": torch.ones_like(lightness)}
    return {name: known.get(name, value) for name, value in blank.items()}
