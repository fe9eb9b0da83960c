"""The other player of an adversarial game: a discriminator, its optimizer and its objective."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from lightning.fabric import Fabric
from lightning.fabric.strategies.model_parallel import ModelParallelStrategy
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.contract import AB_SCALE
from tintype.errors import RecipeError
from tintype.lab.data.batches import Batch
from tintype.lab.nets.classifiers import CLASSIFIERS, load_classifier
from tintype.lab.nets.discriminators import DISCRIMINATORS, EnergyAutoencoder
from tintype.lab.nets.lab import lab_to_rgb, lightness_to_gray, rgb_to_lab, rgb_to_uv
from tintype.lab.training.objectives import OBJECTIVES, Vanilla, pulling_away
from tintype.lab.training.recipe import PROJECTED_DISCRIMINATOR, Game
from tintype.lab.training.sharding import average_gradients

DISCRIMINATOR_CHANNELS = {"ab": (1, 2), "rgb": (1, 3), "attention": (1, 3), "uv": (2, 2)}
"""What a discriminator sees: channels that are given (gray, and for "uv" the mask), channels of
color."""


@dataclass
class GameView:
    """given: N×G×H×W. true, made: N×C×H×W. All in about -1..1."""

    given: Tensor
    true: Tensor
    made: Tensor


def view(game: Game, batch: Batch, out: dict[str, Tensor]) -> GameView:
    """The game's pictures of a batch and of what the network made of it. Raises RecipeError if it
    does not make such."""
    if game.sees == "ab":
        made = seen_ab(out) / AB_SCALE
        size = max(made.shape[2], batch.ab.shape[2] // 2)
        made = F.interpolate(made, size=size, mode="bilinear") if made.shape[2] < size else made
        lightness, ab = (
            F.interpolate(t, size=size, mode="area") for t in (batch.lightness, batch.ab)
        )
        return GameView(lightness / 50 - 1, ab / AB_SCALE, made)
    if game.sees == "uv":
        if "uv" not in out:
            raise RecipeError(
                "an adversarial loss that sees U and V needs a system that predicts them"
            )
        gray = lightness_to_gray(batch.lightness) * 2 - 1
        return GameView(
            torch.cat([gray, batch.region], 1),
            rgb_to_uv(batch.rgb) * batch.region,
            out["uv"].float(),
        )
    if "rgb" in out:
        lightness, made, true = batch.lightness, out["rgb"].float(), batch.rgb
    else:
        # on the lightness of the photograph as it was: true colors on a worn one are a sight that
        # no photograph offers
        lightness = rgb_to_lab(batch.rgb)[:, :1]
        ab = F.interpolate(seen_ab(out), size=lightness.shape[2:], mode="bilinear")
        made, true = (
            lab_to_rgb(torch.cat([lightness, coarse_ab(colors, game.coarse)], 1))
            for colors in (ab, batch.ab)
        )
    if game.sees == "attention":
        if "saliency" not in out:
            raise RecipeError(
                "an adversarial loss that sees the attention picture needs a system that predicts"
                " saliency"
            )
        # where the true saliency is not known both are black, from which the network learns nothing
        known = batch.has_saliency[:, None, None, None]
        made, true = made * out["saliency"].float() * known, true * batch.saliency * known
    return GameView(lightness_to_gray(lightness) * 2 - 1, true * 2 - 1, made * 2 - 1)


def rgb_of(out: dict[str, Tensor], batch: Batch) -> Tensor:
    """sRGB of what the network made, N×3×H×W, 0..1: its own, or its ab at the picture's
    lightness."""
    if "rgb" in out:
        return out["rgb"].float()
    ab = F.interpolate(seen_ab(out), size=batch.lightness.shape[2:], mode="bilinear")
    return lab_to_rgb(torch.cat([batch.lightness, ab], 1))


def coarse_ab(ab: Tensor, cell: int) -> Tensor:
    """Averaged over cells of so many pixels, and smooth between them; as it is for 1."""
    return (
        ab
        if cell == 1
        else F.interpolate(F.avg_pool2d(ab, cell), size=ab.shape[2:], mode="bilinear")
    )


def seen_ab(out: dict[str, Tensor]) -> Tensor:
    """ab as a person would see it, CIELAB units: where a network answers with several heads, all of
    them together."""
    return out.get("seen_ab", out["ab"]).float()


def objective_of(game: Game) -> Vanilla:
    """What both players want. Raises RecipeError for a penalty that the objective does not have."""
    objective: Callable[..., Vanilla] = OBJECTIVES[game.objective]
    own = {"energy": {"margin": game.margin}, "wasserstein-clipped": {"clip": game.clip}}
    settings = own.get(game.objective, {})
    if game.penalty is not None:
        settings["weight"] = game.penalty
    try:
        return objective(**settings)
    except TypeError as error:
        raise RecipeError(
            f"the objective {game.objective!r} has no penalty; leave it out"
        ) from error


class Opponent:
    """Learns to distinguish true colors from a network's, given the gray picture.

    teacher: a classifier as KIND:FILE, for the discriminator that looks through one. Raises
    RecipeError for an unknown discriminator, or one without its teacher.
    """

    def __init__(self, fabric: Fabric, game: Game, teacher: str | None = None) -> None:
        if game.discriminator not in DISCRIMINATORS:
            raise RecipeError(
                f"there is no discriminator {game.discriminator!r}; known are"
                f" {', '.join(DISCRIMINATORS)}"
            )
        if (game.objective == "energy") != (game.discriminator == "autoencoder"):
            raise RecipeError(
                "the objective `energy` needs the discriminator `autoencoder`, and that"
                " discriminator needs this objective"
            )
        network = dict(game.network)
        if game.discriminator == PROJECTED_DISCRIMINATOR:
            kind, _, path = (teacher or "").partition(":")
            if kind not in CLASSIFIERS or not path or game.sees != "rgb":
                raise RecipeError(
                    f"the discriminator {PROJECTED_DISCRIMINATOR!r} needs `sees: rgb` and a"
                    " classifier: --teacher KIND:FILE"
                )
            network["classifier"] = load_classifier(kind, path)
        try:
            discriminator = DISCRIMINATORS[game.discriminator](
                *DISCRIMINATOR_CHANNELS[game.sees], **network
            )
        except (TypeError, ValueError) as error:
            raise RecipeError(
                f"the discriminator {game.discriminator!r} refuses its settings: {error}"
            ) from error
        self.learned = [p for p in discriminator.parameters() if p.requires_grad]
        optimizer = torch.optim.Adam(self.learned, game.lr, game.betas)
        self.game, self.fabric, self.turns = game, fabric, 0
        self.bare: nn.Module = discriminator
        self.discriminator: nn.Module
        self.optimizer: Any
        self.objective = objective_of(game)
        self.beside_sharded = isinstance(fabric.strategy, ModelParallelStrategy)
        if self.beside_sharded:
            self.discriminator, self.optimizer = discriminator.to(fabric.device), optimizer
        else:
            self.discriminator, self.optimizer = fabric.setup(discriminator, optimizer)

    def learn(self, seen: GameView) -> Tensor:
        """The discriminator's steps on one batch. Returns its loss."""
        made = seen.made.detach()
        loss = made.new_zeros(())
        for _ in range(self.game.steps):
            real, fake = (
                self.discriminator(seen.given, seen.true),
                self.discriminator(seen.given, made),
            )
            loss = self.objective.discriminator_loss(real.float(), fake.float())
            if self.turns % self.objective.penalty_every == 0:
                slope = self.objective.penalty(
                    lambda picture: self.bare(seen.given, picture), seen.true, made
                )
                loss = loss + self.objective.penalty_every * slope
            self.optimizer.zero_grad(set_to_none=True)
            self.fabric.backward(loss)
            if self.beside_sharded:
                average_gradients(self.bare)
            self.optimizer.step()
            self.objective.constrain(self.learned)
            self.turns += 1
        return loss.detach()

    def fool(self, seen: GameView) -> Tensor:
        """The generator's loss, through which gradients reach what it made and not the
        discriminator."""
        self.let_learn(False)
        real, fake = (
            self.discriminator(seen.given, seen.true),
            self.discriminator(seen.given, seen.made),
        )
        loss = self.objective.generator_loss(real.float(), fake.float())
        if self.game.pulling_away and isinstance(self.bare, EnergyAutoencoder):
            loss = loss + self.game.pulling_away * pulling_away(
                self.bare.code(seen.given, seen.made).float()
            )
        self.let_learn(True)
        return loss

    def let_learn(self, learns: bool) -> None:
        """Whether gradients reach the discriminator's weights, but for those that are never
        learned."""
        for weight in self.learned:
            weight.requires_grad_(learns)

    def state(self) -> dict[str, Any]:
        """To be saved with the run."""
        return {
            "discriminator": self.bare.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "turns": self.turns,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """What `state` returned."""
        self.bare.load_state_dict(state["discriminator"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.turns = state["turns"]
