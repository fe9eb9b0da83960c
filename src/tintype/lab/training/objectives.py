"""Adversarial objectives: what a generator and a discriminator each minimize, given the
discriminator's answers.

Each has `discriminator_loss(real, fake)`, `generator_loss(real, fake)` and `penalty(discriminator,
real, fake)`, which is added to the discriminator's loss at every `penalty_every`-th step. `real`
and `fake` are answers of any shape, pairwise of the same
condition: logits, or energies for EBGAN. For the penalty they are pictures, and `discriminator`
maps pictures to answers.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

Discriminator = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Vanilla:
    """Goodfellow et al. 2014, the generator's loss in its non-saturating form."""

    penalty_every: int = 1

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        return F.softplus(-real).mean() + F.softplus(fake).mean()

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        return F.softplus(-fake).mean()

    def penalty(self, discriminator: Discriminator, real: Tensor, fake: Tensor) -> Tensor:
        return real.new_zeros(())

    def constrain(self, weights: Iterable[Tensor]) -> None:
        """Applied to the discriminator's weights after each of its steps."""


@dataclass(frozen=True)
class LeastSquares(Vanilla):
    """Mao et al. 2017: real is 1, fake is 0."""

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        return 0.5 * ((real - 1) ** 2).mean() + 0.5 * (fake**2).mean()

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        return 0.5 * ((fake - 1) ** 2).mean()


@dataclass(frozen=True)
class Hinge(Vanilla):
    """Lim and Ye 2017; Zhang et al. 2019."""

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        return -fake.mean()


@dataclass(frozen=True)
class EnergyBased(Vanilla):
    """Zhao, Mathieu, LeCun 2017: the discriminator is an autoencoder, and its answers are energies.

    margin: how much energy fakes should have; 80 is theirs for pictures of ImageNet.
    """

    margin: float = 80.0

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        return real.mean() + F.relu(self.margin - fake).mean()

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        return fake.mean()


def pulling_away(code: Tensor) -> Tensor:
    """The mean squared cosine between the codes of different pictures of a batch (Zhao et al. 2017,
    section 2.4). code: N×K."""
    n = len(code)
    unit = F.normalize(code, dim=1)
    return ((unit @ unit.T).square().sum() - n) / max(n * (n - 1), 1)


@dataclass(frozen=True)
class Wasserstein(Vanilla):
    """Gulrajani et al. 2017: the critic's slope between real and fake is held at 1."""

    weight: float = 10.0

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        return fake.mean() - real.mean()

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        return -fake.mean()

    def penalty(self, discriminator: Discriminator, real: Tensor, fake: Tensor) -> Tensor:
        share = torch.rand(len(real), *[1] * (real.ndim - 1), device=real.device)
        between = torch.lerp(real.float(), fake.float(), share)
        return self.weight * ((_slope(discriminator, between) - 1) ** 2).mean()


@dataclass(frozen=True)
class ClippedWasserstein(Vanilla):
    """Arjovsky et al. 2017: the critic's weights are clipped to ±clip, without a penalty."""

    clip: float = 0.01

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        return fake.mean() - real.mean()

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        return -fake.mean()

    @torch.no_grad()
    def constrain(self, weights: Iterable[Tensor]) -> None:
        for weight in weights:
            weight.clamp_(-self.clip, self.clip)


@dataclass(frozen=True)
class Relativistic(Vanilla):
    """Jolicoeur-Martineau 2019: real must seem more real than fake; with R1 (Mescheder et al.
    2018).

    The penalty is computed now and then and weighed as much heavier (Karras et al. 2020, "lazy"),
    and on the mean of a picture's
    answers: on the sum over all patches it grows with the square of their number, and the
    discriminator learns nothing.
    """

    penalty_every: int = 16
    weight: float = 1.0

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        return F.softplus(fake - real).mean()

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        return F.softplus(real - fake).mean()

    def penalty(self, discriminator: Discriminator, real: Tensor, fake: Tensor) -> Tensor:
        slope = _slope(lambda pictures: discriminator(pictures).flatten(1).mean(1), real.float())
        return 0.5 * self.weight * (slope**2).mean()


def _slope(discriminator: Discriminator, pictures: Tensor) -> Tensor:
    """The norm of the gradient of each picture's answers by the picture: N. In float32 even under
    mixed precision."""
    pictures = pictures.detach().requires_grad_()
    with torch.autocast(pictures.device.type, enabled=False):
        (gradient,) = torch.autograd.grad(
            discriminator(pictures).float().sum(), pictures, create_graph=True
        )
    return gradient.flatten(1).norm(dim=1)


OBJECTIVES: dict[str, type[Vanilla]] = {
    "vanilla": Vanilla,
    "least-squares": LeastSquares,
    "hinge": Hinge,
    "energy": EnergyBased,
    "wasserstein": Wasserstein,
    "wasserstein-clipped": ClippedWasserstein,
    "relativistic": Relativistic,
}
