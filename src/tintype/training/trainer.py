"""The loop that trains every system: a recipe and photographs in, a run folder with weights, numbers and sheets out."""

import copy
import math
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.fabric import Fabric
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from tintype.color.bins import ab_bins
from tintype.errors import TintypeError
from tintype.training.adversary import Opponent, sides
from tintype.training.augment import linear_to_ab, srgb_to_linear
from tintype.training.batches import Batch, draw_batch
from tintype.training.checkpoint import open_run, random_state, save_state, set_random_state
from tintype.training.photographs import PhotoStore, load_photographs, sampling_weights
from tintype.training.recipe import Optimizer, Recipe, Stage
from tintype.training.systems import build_network, encoder_of
from tintype.training.terms import Tools, load_teachers, terms_of
from tintype.training.validation import validate

Report = Callable[["Progress"], None]


@dataclass(frozen=True)
class Progress:
    """What a watcher is told after each step."""

    stage: str
    step: int
    steps: int
    pictures_a_second: float
    losses: dict[str, float]


@dataclass(frozen=True)
class Job:
    """One call of the trainer."""

    recipe: Recipe
    data: list[Path]
    output: Path
    validation: list[Path]
    steps: int | None = None
    resume: bool = False
    devices: int = 1
    accelerator: str = "auto"
    strategy: str = "auto"
    precision: str = "32-true"


def train(job: Job, report: Report = lambda _: None) -> dict[str, str]:
    """Train a recipe to its end, or until `job.steps`.

    Writes to job.output: recipe.json, state.pt (to resume from), TensorBoard events, validation sheets.
    Returns the keys of the photographs that could not be read, with the reasons.
    Raises DataError, RecipeError, ModelError, each with one sentence, and TintypeError if a loss is no longer finite.
    """
    recipe = job.recipe
    fabric = Fabric(
        accelerator=job.accelerator,
        strategy=job.strategy,
        devices=job.devices,
        precision=job.precision,  # type: ignore[arg-type]
    )
    fabric.launch()
    state = open_run(job.output, recipe, job.resume) if fabric.is_global_zero else None
    state = fabric.broadcast(state)
    fabric.barrier()

    store = load_photographs(job.data, recipe.data.short_side, recipe.data.limit).to(fabric.device)
    held_out = load_photographs(job.validation, 256, 64) if job.validation else None
    chances = sampling_weights(store.keys, recipe.data.oversample)
    torch.manual_seed(recipe.seed + fabric.global_rank)
    rng = np.random.default_rng(recipe.seed)

    network = build_network(recipe, fresh=state is None)
    optimizer = make_optimizer(network, recipe.optimizer)
    average = copy.deepcopy(network).requires_grad_(False).to(fabric.device)
    tools = Tools(bin_share(store, chances, rng), load_teachers(recipe, fabric.device))
    terms = terms_of(recipe)
    games = [stage.adversary for stage in recipe.stages if stage.adversary is not None]
    opponent = Opponent(fabric, games[0]) if games else None
    step = 0
    if state is not None:
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        tools.bin_share = state["bin_share"].to(fabric.device)
        if opponent is not None:
            opponent.restore(state["opponent"])
        set_random_state(rng, state["random"])
        step = state["step"]
    bare = network
    network = torch.compile(network) if recipe.compile else network  # type: ignore[assignment]
    network, optimizer = fabric.setup(network, optimizer)  # type: ignore[assignment]
    writer = SummaryWriter(str(job.output)) if fabric.is_global_zero else None
    share = slice(fabric.global_rank, None, fabric.world_size)

    def save() -> None:
        if fabric.is_global_zero:
            save_state(
                job.output,
                {
                    "network": bare.state_dict(), "average": average.state_dict(), "optimizer": optimizer.state_dict(),
                    "opponent": opponent and opponent.state(), "bin_share": tools.bin_share.cpu(),
                    "random": random_state(rng), "step": step,
                },
            )  # fmt: skip

    end = min(sum(stage.steps for stage in recipe.stages), job.steps or math.inf)
    started, seen = time.monotonic(), 0
    while step < end:
        stage, within = stage_at(recipe, step)
        n = stage.batch_size or recipe.data.batch_size
        for group in optimizer.param_groups:
            group["lr"] = group["base"] * (stage.lr or recipe.optimizer.lr) * pace(recipe.optimizer, within, stage.steps)
        network.train()
        optimizer.zero_grad(set_to_none=True)
        total: dict[str, float] = defaultdict(float)
        for part in range(recipe.accumulate):
            batch = draw_batch(store, chances, recipe.data, stage.size or recipe.data.size, n, rng, share)
            with fabric.no_backward_sync(network, enabled=part < recipe.accumulate - 1):  # type: ignore[arg-type]
                out = network(**batch.inputs(bare.inputs))  # type: ignore[arg-type]
                losses = {
                    name: stage.weights.get(name, recipe.losses[name].weight) * term(out, batch, recipe.losses[name], tools)
                    for name, term in terms.items()
                    if stage.weights.get(name, recipe.losses[name].weight) > 0
                }
                if opponent is not None and stage.adversary is not None:
                    lightness, true = sides(batch.lightness, batch.ab, out["ab"])
                    total["opponent"] += float(opponent.learn(stage.adversary, lightness, true, out["ab"].float()))
                    if within >= stage.adversary.from_step:
                        fooled = opponent.fool(stage.adversary, lightness, true, out["ab"].float())
                        losses["adversary"] = stage.adversary.weight * fooled
                loss = torch.stack(list(losses.values())).sum()
                stop_if_not_finite(loss, step, batch, job.output)
                fabric.backward(loss / recipe.accumulate)
            for name, value in losses.items():
                total[name] += float(value.detach()) / recipe.accumulate
            seen += n
        if recipe.optimizer.clip is not None:
            fabric.clip_gradients(network, optimizer, max_norm=recipe.optimizer.clip, error_if_nonfinite=False)  # type: ignore[arg-type]
        optimizer.step()
        step += 1
        follow(average, bare, min(recipe.ema, 1 - 1 / (step + 10)))

        report(Progress(stage.name, step, int(end), seen / (time.monotonic() - started), dict(total)))
        if writer is not None:
            for name, mean in total.items():
                writer.add_scalar(f"loss/{name}", mean, step)
            if held_out is not None and (step % recipe.validate_every == 0 or step == end):
                numbers = validate(average, held_out, job.output / f"step-{step:07d}.png")
                for name, mean in numbers.items():
                    writer.add_scalar(f"validation/{name}", mean, step)
        if step % recipe.save_every == 0 or step == end:
            save()
    if writer is not None:
        writer.close()
    return store.skipped


def stage_at(recipe: Recipe, step: int) -> tuple[Stage, int]:
    """The stage that a step belongs to, and its number within the stage."""
    for stage in recipe.stages:
        if step < stage.steps:
            return stage, step
        step -= stage.steps
    return recipe.stages[-1], recipe.stages[-1].steps - 1


def pace(optimizer: Optimizer, step: int, steps: int) -> float:
    """The factor of the learning rate at a step of a stage: warm-up, then constant, cosine to 2 %, or halved at intervals."""
    warm = min(1.0, (step + 1) / optimizer.warmup) if optimizer.warmup else 1.0
    if optimizer.schedule == "cosine":
        return warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))
    if optimizer.schedule == "halve":
        return float(warm * 0.5 ** (step // optimizer.halve_every))
    return warm


def make_optimizer(network: nn.Module, settings: Optimizer) -> torch.optim.Optimizer:
    """Adam or AdamW; a pre-trained encoder learns at its own fraction of the rate (`base` of its group)."""
    inside = {id(p) for p in encoder_of(network).parameters()} if settings.encoder != 1 else set()
    groups: list[dict[str, Any]] = [
        {"params": [p for p in network.parameters() if p.requires_grad and (id(p) in inside) == within], "base": base}
        for within, base in ((False, 1.0), (True, settings.encoder))
    ]
    groups = [group for group in groups if group["params"]]
    kind = torch.optim.AdamW if settings.name == "adamw" else torch.optim.Adam
    return kind(groups, lr=settings.lr, betas=settings.betas, weight_decay=settings.weight_decay)


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, keep: float) -> None:
    """Exponential moving average of all weights and batch statistics."""
    for mean, now in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.lerp_(now.to(mean.device), 1 - keep)
        else:
            mean.copy_(now)


def bin_share(store: PhotoStore, chances: np.ndarray, rng: np.random.Generator, pictures: int = 640) -> Tensor:
    """How often each ab bin occurs in the photographs as they are drawn: Q float32, summing to 1."""
    centers = torch.as_tensor(ab_bins().copy(), device=store.pixels.device)
    count = torch.zeros(len(centers), device=centers.device)
    for _ in range(pictures // 64):
        crops = store.crops(rng.choice(len(store), 64, p=chances), 64, rng, (1.0, 1.0))
        ab = linear_to_ab(srgb_to_linear(crops.rgb))[:, :, ::2, ::2].permute(0, 2, 3, 1).reshape(-1, 2)
        count += torch.bincount(torch.cdist(ab, centers).argmin(1), minlength=len(centers))
    return count / count.sum()


def stop_if_not_finite(loss: Tensor, step: int, batch: Batch, folder: Path) -> None:
    """Raises TintypeError, with the keys of the batch saved, when a loss is no number any more."""
    if not bool(torch.isfinite(loss)):
        (folder / "not-finite.txt").write_text(f"step {step}\n" + "\n".join(batch.keys) + "\n", encoding="utf-8")
        raise TintypeError(
            f"the loss is no longer finite at step {step}; the batch's photographs are named in {folder}/not-finite.txt, "
            "and the last saved state is whole: resume it with a lower learning rate"
        )
