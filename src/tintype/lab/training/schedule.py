"""A step of a run in; its stage, its learning rate, and the optimizer and average that follow it,
out."""

import math
from typing import Any

import torch
from torch import nn

from tintype.errors import RecipeError
from tintype.lab.training.recipe import Optimizer, Recipe, Stage
from tintype.lab.training.sharding import whole
from tintype.lab.training.systems import encoder_of


def stage_at(recipe: Recipe, step: int) -> tuple[Stage, int]:
    """The stage that a step belongs to, and its number within the stage."""
    for stage in recipe.stages:
        if step < stage.steps:
            return stage, step
        step -= stage.steps
    return recipe.stages[-1], recipe.stages[-1].steps - 1


def pace(optimizer: Optimizer, step: int, steps: int) -> float:
    """The factor of the learning rate at a step of a stage: warm-up, then constant, cosine to 2 %,
    or halved at intervals."""
    warm = min(1.0, (step + 1) / optimizer.warmup) if optimizer.warmup else 1.0
    if optimizer.schedule == "cosine":
        return warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))
    if optimizer.schedule == "halve":
        return float(warm * 0.5 ** (step * (optimizer.halvings + 1) // steps))
    return warm


def make_optimizer(network: nn.Module, settings: Optimizer) -> torch.optim.Optimizer:
    """Adam or AdamW; a pre-trained encoder learns at its own fraction of the rate (`base` of its
    group).

    Raises RecipeError for settings that the optimizer refuses, and if nothing in the network
    learns.
    """
    inside = {id(p) for p in encoder_of(network).parameters()} if settings.encoder != 1 else set()
    groups: list[dict[str, Any]] = [
        {
            "params": [
                p for p in network.parameters() if p.requires_grad and (id(p) in inside) == within
            ],
            "base": base,
        }
        for within, base in ((False, 1.0), (True, settings.encoder))
    ]
    groups = [group for group in groups if group["params"]]
    kind = torch.optim.AdamW if settings.name == "adamw" else torch.optim.Adam
    try:
        return kind(
            groups, lr=settings.lr, betas=settings.betas, weight_decay=settings.weight_decay
        )
    except ValueError as error:
        raise RecipeError(f"the optimizer does not accept its settings: {error}") from error


def set_rate(
    optimizer: torch.optim.Optimizer, settings: Optimizer, stage: Stage, within: int
) -> None:
    """Give each group of parameters its learning rate at a step of a stage."""
    for group in optimizer.param_groups:
        group["lr"] = (
            group["base"] * (stage.lr or settings.lr) * pace(settings, within, stage.steps)
        )


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, keep: float) -> None:
    """Exponential moving average of all weights and batch statistics."""
    for mean, now in zip(
        average.state_dict().values(), whole(network.state_dict()).values(), strict=True
    ):
        if mean.dtype.is_floating_point:
            mean.lerp_(now.to(mean.device), 1 - keep)
        else:
            mean.copy_(now)
