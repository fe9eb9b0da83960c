import math

import pytest
import torch
from torch import nn

from tintype.lab.training.objectives import (
    OBJECTIVES,
    ClippedWasserstein,
    EnergyBased,
    Relativistic,
    Wasserstein,
    pulling_away,
)

REAL, FAKE = torch.tensor([2.0, -1.0]), torch.tensor([0.5, -3.0])


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


@pytest.mark.parametrize(
    ("name", "discriminator", "generator"),
    [
        (
            "vanilla",
            (softplus(-2) + softplus(1)) / 2 + (softplus(0.5) + softplus(-3)) / 2,
            (softplus(-0.5) + softplus(3)) / 2,
        ),
        ("least-squares", (1 + 4) / 4 + (0.25 + 9) / 4, (0.25 + 16) / 4),
        ("hinge", (0 + 2) / 2 + (1.5 + 0) / 2, 1.25),
        ("wasserstein", -1.25 - 0.5, 1.25),
        ("wasserstein-clipped", -1.25 - 0.5, 1.25),
        ("energy", 0.5 + (79.5 + 83) / 2, -1.25),
        ("relativistic", (softplus(-1.5) + softplus(-2)) / 2, (softplus(1.5) + softplus(2)) / 2),
    ],
)
def test_the_losses_have_the_values_of_their_formulas(name, discriminator, generator):
    objective = OBJECTIVES[name]()
    assert float(objective.discriminator_loss(REAL, FAKE)) == pytest.approx(discriminator, rel=1e-5)
    assert float(objective.generator_loss(REAL, FAKE)) == pytest.approx(generator, rel=1e-5)


def test_only_the_clipped_critic_has_its_weights_bounded():
    weights = [torch.tensor([-3.0, 0.005, 0.5])]
    Wasserstein().constrain(weights)
    assert weights[0].tolist() == pytest.approx([-3, 0.005, 0.5])
    ClippedWasserstein().constrain(weights)
    assert weights[0].tolist() == pytest.approx([-0.01, 0.005, 0.01])


def test_the_penalty_is_nothing_at_slope_one_and_grows_away_from_it():
    pictures = torch.randn(5, 4)
    direction = torch.tensor([1.0, 0, 0, 0])
    assert float(
        Wasserstein().penalty(lambda x: x @ direction, pictures, pictures + 1)
    ) == pytest.approx(0, abs=1e-6)
    assert float(
        Wasserstein().penalty(lambda x: x @ direction * 3, pictures, pictures + 1)
    ) == pytest.approx(40, rel=1e-4)


@pytest.mark.parametrize("patches", [1, 36])
def test_the_relativistic_penalty_does_not_grow_with_the_number_of_patches(patches):
    pictures = torch.randn(5, 4)
    direction = torch.tensor([2.0, 0, 0, 0])
    penalty = Relativistic().penalty(
        lambda x: (x @ direction)[:, None].expand(-1, patches), pictures, pictures
    )
    assert float(penalty) == pytest.approx(2, rel=1e-5)


def test_codes_that_point_alike_are_pulled_apart():
    assert float(pulling_away(torch.tensor([[1.0, 0.0], [2.0, 0.0]]))) == pytest.approx(1)
    assert float(pulling_away(torch.tensor([[1.0, 0.0], [0.0, 3.0]]))) == pytest.approx(0)


class Redraw(nn.Module):
    """A tiny autoencoder; its answer is the length of its error."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (self.layers(x) - x).norm(dim=1)


@pytest.mark.parametrize("name", list(OBJECTIVES))
def test_the_generator_reaches_a_small_distribution(name):
    torch.manual_seed(0)
    energy = name == "energy"
    loose = {"energy": EnergyBased(margin=2.0), "wasserstein-clipped": ClippedWasserstein(0.2)}
    objective = loose.get(name) or OBJECTIVES[name]()
    target = torch.tensor([2.0, -1.0])
    generator = nn.Linear(2, 2)
    critic = (
        Redraw() if energy else nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    )
    by_generator = torch.optim.Adam(generator.parameters(), 0.02, (0.5, 0.9))
    by_critic = torch.optim.Adam(critic.parameters(), 0.02, (0.5, 0.9))
    before = float((generator(torch.randn(500, 2)).mean(0) - target).norm().detach())
    means = []
    for step in range(250):
        for _ in range(5 if name.startswith("wasserstein") and step < 100 else 1):
            real, fake = target + 0.3 * torch.randn(64, 2), generator(torch.randn(64, 2)).detach()
            loss = objective.discriminator_loss(critic(real), critic(fake)) + objective.penalty(
                critic, real, fake
            )
            by_critic.zero_grad()
            loss.backward()
            by_critic.step()
            objective.constrain(critic.parameters())
        real = target + 0.3 * torch.randn(64, 2)
        by_generator.zero_grad()
        objective.generator_loss(critic(real), critic(generator(torch.randn(64, 2)))).backward()
        by_generator.step()
        means.append(generator(torch.randn(200, 2)).mean(0).detach())
    after = float((torch.stack(means[-100:]).mean(0) - target).norm())
    assert after < 0.25 * before
