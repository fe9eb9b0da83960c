"""The other player of the adversarial game: a discriminator, its optimizer and its objective."""

from typing import Any

import torch
from lightning.fabric import Fabric
from torch import Tensor
from torch.nn import functional as F

from tintype.nets.discriminators import PatchDiscriminator
from tintype.training.objectives import OBJECTIVES
from tintype.training.recipe import Adversary

PENALTY_EVERY = 16
"""A penalty on slopes is computed at every so many steps, and weighed as much heavier (Karras et al. 2020, "lazy")."""


class Opponent:
    """Learns to tell true ab from a network's, given the lightness."""

    def __init__(self, fabric: Fabric, settings: Adversary) -> None:
        discriminator = PatchDiscriminator()
        optimizer = torch.optim.Adam(discriminator.parameters(), settings.lr, (0.0, 0.99))
        self.bare = discriminator
        self.fabric = fabric
        self.discriminator, self.optimizer = fabric.setup(discriminator, optimizer)
        self.turns = 0

    def learn(self, settings: Adversary, lightness: Tensor, true: Tensor, made: Tensor) -> Tensor:
        """The discriminator's steps on one batch. lightness: N×1×H×W; true, made: N×2×H×W. Returns its loss."""
        objective = OBJECTIVES[settings.objective]
        loss = true.new_zeros(())
        for _ in range(settings.steps):
            real, fake = self.discriminator(lightness, true), self.discriminator(lightness, made.detach())
            loss = objective.discriminator_loss(real.float(), fake.float())
            if self.turns % PENALTY_EVERY == 0:
                slope = objective.penalty(lambda ab: self.bare(lightness, ab), true, made.detach())
                loss = loss + PENALTY_EVERY * slope
            self.optimizer.zero_grad(set_to_none=True)
            self.fabric.backward(loss)
            self.optimizer.step()
            self.turns += 1
        return loss.detach()

    def fool(self, settings: Adversary, lightness: Tensor, true: Tensor, made: Tensor) -> Tensor:
        """The generator's loss, through which gradients reach `made` and not the discriminator."""
        self.bare.requires_grad_(False)
        real, fake = self.discriminator(lightness, true), self.discriminator(lightness, made)
        self.bare.requires_grad_(True)
        return OBJECTIVES[settings.objective].generator_loss(real.float(), fake.float())

    def state(self) -> dict[str, Any]:
        """To be saved with the run."""
        return {"discriminator": self.bare.state_dict(), "optimizer": self.optimizer.state_dict(), "turns": self.turns}

    def restore(self, state: dict[str, Any]) -> None:
        """What `state` returned."""
        self.bare.load_state_dict(state["discriminator"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.turns = state["turns"]


def sides(lightness: Tensor, ab: Tensor, made: Tensor) -> tuple[Tensor, Tensor]:
    """Lightness and true ab at the size of what the network made."""
    size = made.shape[2:]
    return F.interpolate(lightness, size=size, mode="area"), F.interpolate(ab, size=size, mode="area")
