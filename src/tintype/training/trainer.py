"""The loop that trains every system: a recipe and photographs in, a run folder with weights, numbers and sheets out."""

import copy
import math
import os
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.fabric import Fabric
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from tintype.color.bins import ab_bins
from tintype.data.augment import linear_to_ab, srgb_to_linear
from tintype.data.batches import Batch, make_batch
from tintype.data.photographs import PhotoStore, load_photographs
from tintype.data.settings import plain_data
from tintype.data.stream import PhotoStream
from tintype.errors import TintypeError, UsageError
from tintype.nets.bins import nearest_bins
from tintype.nets.tintype import Tintype
from tintype.training.adversary import Opponent, view
from tintype.training.checkpoint import claim, open_run, save_state
from tintype.training.names import learn_names
from tintype.training.recipe import Optimizer, Recipe, Stage
from tintype.training.sharding import restore_optimizer, sharded, whole
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
    """One call of the trainer. `stop` is asked after each step: when it says so, the run is saved and ends there."""

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
    stop: Callable[[], bool] = lambda: False


def train(job: Job, report: Report = lambda _: None) -> dict[str, str]:
    """Train a recipe to its end, until `job.steps`, or until `job.stop`.

    Writes to job.output: recipe.json, state.pt (to resume from), TensorBoard events, validation sheets.
    Returns the keys of the photographs that could not be read, with the reasons.
    Raises DataError, RecipeError, ModelError, UsageError, each with one sentence, and TintypeError if a loss is no longer finite.
    """
    with claim(job.output) if int(os.environ.get("LOCAL_RANK", 0)) == 0 else nullcontext():
        return _train(job, report)


def _train(job: Job, report: Report) -> dict[str, str]:
    recipe = job.recipe
    state = open_run(job.output, recipe, job.resume)
    try:
        fabric = Fabric(
            accelerator=job.accelerator,
            strategy=sharded(job.devices) if job.strategy == "fsdp" else job.strategy,
            devices=job.devices,
            precision=job.precision,  # type: ignore[arg-type]
        )
    except (ValueError, RuntimeError) as error:  # MisconfigurationException is one of these
        raise UsageError(f"this machine cannot train with what was asked for: {error}") from error
    fabric.launch()
    step = state["step"] if state is not None else 0
    source = open_source(job, fabric, step)
    share = slice(fabric.global_rank, None, fabric.world_size)
    held_out = load_photographs(job.validation, plain_data(short_side=256, limit=64)) if job.validation else None

    torch.manual_seed(recipe.seed)
    network = build_network(recipe, fresh=state is None).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(network).requires_grad_(False).to(fabric.device)
    terms = terms_of(recipe)
    played = {name: loss for name, loss in recipe.losses.items() if recipe.uses(name)}
    opponents = {name: Opponent(fabric, loss.game, loss.teacher) for name, loss in played.items() if loss.game}
    if state is not None:
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        for name, opponent in opponents.items():
            opponent.restore(state["opponents"][name])
    shares = state["bin_share"].to(fabric.device) if state is not None else bin_share(source, share, recipe.seed)
    tools = Tools(shares, load_teachers(recipe, fabric.device))
    bare = network
    compiled: Any = torch.compile(network) if recipe.compile else network
    network = fabric.setup_module(compiled)  # type: ignore[assignment]
    optimizer: Any = fabric.setup_optimizers(make_optimizer(bare, recipe.optimizer))
    if state is not None:
        restore_optimizer(optimizer.optimizer, state["optimizer"])
    writer = SummaryWriter(str(job.output)) if fabric.is_global_zero else None

    def save() -> None:
        trained = whole({"network": bare.state_dict(), "optimizer": optimizer.state_dict()})
        if fabric.is_global_zero:
            save_state(
                job.output,
                {
                    **trained, "average": average.state_dict(),
                    "opponents": {name: opponent.state() for name, opponent in opponents.items()},
                    "bin_share": tools.bin_share.cpu(), "step": step, "data": [str(path.resolve()) for path in job.data],
                },
            )  # fmt: skip

    end = int(min(sum(stage.steps for stage in recipe.stages), job.steps or math.inf))
    started, seen = time.monotonic(), 0
    stopped = False
    while step < end and not stopped:
        stage, within = stage_at(recipe, step)
        n = stage.batch_size or recipe.data.batch_size
        for group in optimizer.param_groups:
            group["lr"] = group["base"] * (stage.lr or recipe.optimizer.lr) * pace(recipe.optimizer, within, stage.steps)
        network.train()
        optimizer.zero_grad(set_to_none=True)
        total: dict[str, float] = defaultdict(float)
        for part in range(recipe.accumulate):
            batch = draw_batch(source, recipe, stage, Turn(step, part, fabric.global_rank), share, fabric.device)
            if "mirrored" in terms and recipe.weight(stage, "mirrored") > 0:
                batch = batch.with_mirrors()
            with fabric.no_backward_sync(network, enabled=part < recipe.accumulate - 1):  # type: ignore[arg-type]
                out = network(**batch.inputs(bare.inputs))  # type: ignore[arg-type]
                losses = {
                    name: recipe.weight(stage, name) * term(out, batch, recipe.losses[name], tools)
                    for name, term in terms.items()
                    if recipe.weight(stage, name) > 0
                }
                for name, opponent in opponents.items():
                    if recipe.weight(stage, name) > 0:
                        pictures = view(opponent.game, batch, out)
                        total[f"{name}/opponent"] += float(opponent.learn(pictures)) / recipe.accumulate
                        if within >= opponent.game.from_step:
                            losses[name] = recipe.weight(stage, name) * opponent.fool(pictures)
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

        stopped = bool(fabric.broadcast(job.stop()))
        report(Progress(stage.name, step, end, seen / (time.monotonic() - started), dict(total)))
        if writer is not None:
            for name, mean in total.items():
                writer.add_scalar(f"loss/{name}", mean, step)
            if held_out is not None and (step % recipe.validate_every == 0 or step == end):
                numbers = validate(average, held_out, job.output / f"step-{step:07d}.png")
                for name, mean in numbers.items():
                    writer.add_scalar(f"validation/{name}", mean, step)
        if step % recipe.save_every == 0 or step == end or stopped:
            save()
    whole_run = step == sum(stage.steps for stage in recipe.stages)
    if whole_run and recipe.names and isinstance(average, Tintype) and not bool(average.names.heed.any()):
        rng, started = np.random.default_rng([recipe.seed, step]), time.monotonic()

        def go_on(seen: int) -> bool:
            report(Progress("names", seen, recipe.names, seen / max(time.monotonic() - started, 1e-9), {}))
            return not job.stop()

        learn_names(average, lambda n: source.draw(rng, n, NAMES_SIZE, (0.8, 1.0), slice(None)), recipe.names, go_on)
        save()
    if writer is not None:
        writer.close()
    if isinstance(source, PhotoStream):
        source.close()
    return source.skipped


@dataclass(frozen=True)
class Turn:
    """What all randomness of one batch is seeded with, so that a resumed run goes on as if it had never stopped."""

    step: int
    part: int
    rank: int

    def common(self, seed: int) -> np.random.Generator:
        """The same in all processes: which photographs, and where they are cut."""
        return np.random.default_rng([seed, self.step, self.part])

    def own(self, seed: int) -> np.random.Generator:
        """Another in each process: wishes, damage, dropout."""
        return np.random.default_rng([seed, self.step, self.part, 1 + self.rank])


def open_source(job: Job, fabric: Fabric, step: int) -> PhotoStore | PhotoStream:
    """The photographs: all of them on the device, or a stream of this process's share, gone on from where the step is."""
    recipe = job.recipe
    if recipe.data.loader == "memory":
        return load_photographs(job.data, recipe.data).to(fabric.device)
    sizes = (stage_at(recipe, k)[0].batch_size or recipe.data.batch_size for k in range(step))
    mine = slice(fabric.global_rank, None, fabric.world_size)
    passed = recipe.accumulate * sum(len(range(n)[mine]) for n in sizes)
    if step:
        passed += BIN_BATCHES * len(range(BIN_BATCH)[mine])
    return PhotoStream(job.data, recipe.data, recipe.seed, fabric.global_rank, fabric.world_size, passed)


def draw_batch(
    source: PhotoStore | PhotoStream, recipe: Recipe, stage: Stage, turn: Turn, share: slice, device: torch.device
) -> Batch:
    """This process's share of a batch, on its device."""
    n, size = stage.batch_size or recipe.data.batch_size, stage.size or recipe.data.size
    crops = source.draw(turn.common(recipe.seed), n, size, recipe.data.crop, share, stage.share)
    crops = crops.to(device)
    own = turn.own(recipe.seed)
    torch.manual_seed(int(own.integers(2**62)))
    return make_batch(crops, recipe.data, own)


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
        return float(warm * 0.5 ** (step * (optimizer.halvings + 1) // steps))
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
    for mean, now in zip(average.state_dict().values(), whole(network.state_dict()).values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.lerp_(now.to(mean.device), 1 - keep)
        else:
            mean.copy_(now)


NAMES_SIZE = 192
"""Of the pictures from which the names of colors are learned, in pixels."""
BIN_BATCHES, BIN_BATCH = 10, 64
"""From how many photographs `bin_share` is measured."""


def bin_share(source: PhotoStore | PhotoStream, share: slice, seed: int) -> Tensor:
    """How often each ab bin occurs in the photographs as they are drawn: Q float32, summing to 1."""
    rng = np.random.default_rng(seed)
    count = torch.zeros(len(ab_bins()))
    for _ in range(BIN_BATCHES):
        rgb = source.draw(rng, BIN_BATCH, 64, (1.0, 1.0), share).rgb
        ab = linear_to_ab(srgb_to_linear(rgb))[:, :, ::2, ::2]
        nearest = nearest_bins(ab, torch.as_tensor(ab_bins().copy(), device=ab.device))
        count = count.to(ab.device) + torch.bincount(nearest.flatten(), minlength=len(count))
    return count / count.sum()


def stop_if_not_finite(loss: Tensor, step: int, batch: Batch, folder: Path) -> None:
    """Raises TintypeError, with the keys of the batch saved, when a loss is no number any more."""
    if not bool(torch.isfinite(loss)):
        (folder / "not-finite.txt").write_text(f"step {step}\n" + "\n".join(batch.keys) + "\n", encoding="utf-8")
        raise TintypeError(
            f"the loss is no longer finite at step {step}; the batch's photographs are named in {folder}/not-finite.txt, "
            "and the last saved state is whole: resume it with a lower learning rate"
        )
