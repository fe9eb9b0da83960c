"""The loop that trains every system: a recipe and photographs in, a run folder with weights,
numbers and sheets out."""

import copy
import logging
import os
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any

import torch
from lightning.fabric import Fabric
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from tintype.errors import RecipeError, TintypeError, UsageError
from tintype.files import write_text
from tintype.lab.data.batches import Batch
from tintype.lab.data.photographs import load_photographs
from tintype.lab.data.settings import plain_data
from tintype.lab.training.adversary import Opponent, view
from tintype.lab.training.artifact import Weights
from tintype.lab.training.checkpoint import claim, open_run, save_state
from tintype.lab.training.drawing import Drawing, Seat
from tintype.lab.training.recipe import Recipe, Stage
from tintype.lab.training.schedule import follow, make_optimizer, set_rate, stage_at
from tintype.lab.training.sharding import restore_optimizer, sharded, whole
from tintype.lab.training.systems import build_network, decided, read_start
from tintype.lab.training.terms import Tools, load_teachers, missing_truth, terms_of
from tintype.lab.training.validation import draw_saliency, validate

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StepReport:
    """The state of training after a step. losses: weighted means over the step's batches, by
    name."""

    stage: str
    step: int
    steps: int
    pictures_a_second: float
    losses: dict[str, float]


@dataclass(frozen=True)
class TrainingJob:
    """One call of the trainer.

    data, validation, labels: folders or shards, of photographs and of label maps. output: the run's
    folder. steps: stop at this step; None: at the recipe's end. stop: called after each step; if it
    returns True, the run is saved and ends.
    """

    recipe: Recipe
    data: Sequence[Path]
    output: Path
    _: KW_ONLY
    validation: Sequence[Path] = ()
    labels: Sequence[Path] = ()
    steps: int | None = None
    resume: bool = False
    devices: int = 1
    accelerator: str = "auto"
    strategy: str = "auto"
    precision: str = "32-true"
    stop: Callable[[], bool] = lambda: False


def train(
    job: TrainingJob, report: Callable[[StepReport], None] = lambda _: None
) -> dict[str, str]:
    """Train a recipe to its end, until `job.steps`, or until `job.stop`.

    Writes to job.output: recipe.json, state.pt (to resume from), TensorBoard events, validation
    sheets.
    Returns the keys of the photographs that could not be read, with the reasons.
    Raises DataError, RecipeError, ModelError, UsageError, each with one sentence, and TintypeError
    if a loss is no longer finite or the device has too little memory.
    """
    with claim(job.output) if int(os.environ.get("LOCAL_RANK", 0)) == 0 else nullcontext():
        run = Run(job)
        started, stopped = time.monotonic(), False
        try:
            while run.step < run.end and not stopped:
                stage, losses = run.learn()
                stopped = run.should_stop()
                pace = run.pictures / (time.monotonic() - started)
                report(StepReport(stage.name, run.step, run.end, pace, losses))
                run.write(losses)
                if run.step % run.recipe.validate_every == 0 or run.step == run.end:
                    run.validate()
                if run.step % run.recipe.save_every == 0:
                    run.save()
            run.save()
        except torch.OutOfMemoryError as error:
            raise TintypeError(
                "the device has too little memory: set a smaller data.batch_size"
            ) from error
        finally:
            run.close()
        return run.drawing.source.skipped


class Run:
    """The part of a run, new or resumed, that one process holds and works on."""

    def __init__(self, job: TrainingJob) -> None:
        recipe = self.recipe = job.recipe
        self.job = job
        state = open_run(job.output, recipe, job.resume) or first_state(recipe)
        resumed = "network" in state
        fabric = self.fabric = launch(job)
        self.step: int = state["step"]
        self.inherited: dict[str, Any] = state["inherited"]
        self.measured: bool = state["measured"]
        self.saved_step = self.step if resumed else None
        total = sum(stage.steps for stage in recipe.stages)
        self.end = total if job.steps is None else min(total, job.steps)
        self.pictures = 0
        self.warned: set[str] = set()

        seat = Seat(fabric.global_rank, fabric.world_size, fabric.device)
        self.drawing = Drawing.open(job.data, recipe, seat, self.step, self.measured, job.labels)
        held_out = plain_data(short_side=256, limit=64)
        self.held_out = load_photographs(job.validation, held_out) if job.validation else None

        torch.manual_seed(recipe.seed)
        self.bare = build_network(recipe, fresh=not resumed)
        self.bare.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.bare).requires_grad_(False).to(fabric.device)
        self.terms = terms_of(recipe)
        self.opponents = {
            name: Opponent(fabric, loss.game, loss.teacher)
            for name, loss in recipe.losses.items()
            if loss.game and recipe.uses(name)
        }
        if resumed:
            self.bare.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            for name, opponent in self.opponents.items():
                opponent.restore(state["opponents"][name])
        known = state["bin_share"]
        bin_share = self.drawing.bin_share() if known is None else known.to(fabric.device)
        self.tools = Tools(bin_share, load_teachers(recipe, fabric.device))
        compiled: Any = torch.compile(self.bare) if recipe.compile else self.bare
        self.network: Any = fabric.setup_module(compiled)
        # only now: sharding has put other parameters in the place of the first ones
        setup: Any = fabric.setup_optimizers(make_optimizer(self.bare, recipe.optimizer))
        self.optimizer = setup
        if resumed:
            restore_optimizer(self.optimizer.optimizer, state["optimizer"])
        self.writer = SummaryWriter(str(job.output)) if fabric.is_global_zero else None

    def learn(self) -> tuple[Stage, dict[str, float]]:
        """One step of the optimizer, and of each discriminator. Returns its stage and the mean
        losses over its batches."""
        recipe = self.recipe
        stage, within = stage_at(recipe, self.step)
        set_rate(self.optimizer, recipe.optimizer, stage, within)
        self.network.train()
        self.optimizer.zero_grad(set_to_none=True)
        means: dict[str, float] = defaultdict(float)
        for part in range(recipe.accumulate):
            batch = self.drawing.batch(self.step, part, stage)
            if "mirrored" in self.terms and recipe.weight(stage, "mirrored") > 0:
                batch = batch.with_mirrors()
            with self.fabric.no_backward_sync(self.network, enabled=part < recipe.accumulate - 1):
                out = self.network(**batch.inputs(self.bare.inputs))  # type: ignore[arg-type]
                losses = self.losses(stage, out, batch) | self.play(
                    stage, within, out, batch, means
                )
                loss = torch.stack(list(losses.values())).sum()
                stop_if_not_finite(loss, self.step, batch, self.job.output)
                self.fabric.backward(loss / recipe.accumulate)
            for name, value in losses.items():
                means[name] += float(value.detach()) / recipe.accumulate
        if recipe.optimizer.clip is not None:
            self.fabric.clip_gradients(
                self.network,
                self.optimizer,
                max_norm=recipe.optimizer.clip,
                error_if_nonfinite=False,
            )
        self.optimizer.step()
        self.step += 1
        self.pictures += recipe.accumulate * (stage.batch_size or recipe.data.batch_size)
        follow(self.average, self.bare, min(recipe.ema, 1 - 1 / (self.step + 10)))
        return stage, dict(means)

    def losses(self, stage: Stage, out: dict[str, Any], batch: Batch) -> dict[str, Tensor]:
        """The weighted losses of a stage. Raises RecipeError for one that needs an output which the
        system does not predict."""
        losses = {}
        for name, term in self.terms.items():
            if weight := self.recipe.weight(stage, name):
                self.warn_missing(name, batch)
                try:
                    losses[name] = weight * term(out, batch, self.recipe.losses[name], self.tools)
                except KeyError as error:
                    raise RecipeError(
                        f"the loss {name!r} needs {error}, which {self.recipe.system!r} does not"
                        " predict"
                    ) from error
        return losses

    def play(
        self, stage: Stage, within: int, out: dict[str, Any], batch: Batch, means: dict[str, float]
    ) -> dict[str, Tensor]:
        """Let the discriminators learn, adding their losses to `means`. Returns the generator's
        weighted losses."""
        losses = {}
        for name, opponent in self.opponents.items():
            if weight := self.recipe.weight(stage, name):
                self.warn_missing(name, batch)
                pictures = view(opponent.game, batch, out)
                loss = float(opponent.learn(pictures))
                means[f"{name}/opponent"] += loss / self.recipe.accumulate
                if within >= opponent.game.from_step:
                    losses[name] = weight * opponent.fool(pictures)
        return losses

    def warn_missing(self, name: str, batch: Batch) -> None:
        """Log, once a run, that a loss is 0 for some photographs."""
        missing = missing_truth(name, self.recipe.losses[name], batch)
        if missing and name not in self.warned:
            self.warned.add(name)
            log.warning("some photographs have no %s: for them the loss %r is 0", missing, name)

    def should_stop(self) -> bool:
        """Whether the run should save and end here, decided by the first process for all."""
        return bool(self.fabric.broadcast(self.job.stop()))

    def write(self, losses: dict[str, float]) -> None:
        """Add the losses of the last step to the TensorBoard log."""
        if self.writer is not None:
            for name, mean in losses.items():
                self.writer.add_scalar(f"loss/{name}", mean, self.step)

    def validate(self) -> None:
        """Measure the averaged network on held-out photographs, if there are any, and draw a sheet
        of them."""
        if self.writer is not None and self.held_out is not None:
            network = decided(self.average, self.recipe.decision, self.tools.bin_share)
            sheet = self.job.output / f"step-{self.step:07d}.png"
            numbers = validate(network.to(self.fabric.device), self.held_out, sheet)
            draw_saliency(self.job.output)
            for name, mean in numbers.items():
                self.writer.add_scalar(f"validation/{name}", mean, self.step)

    def save(self) -> None:
        """Write the state from which the run can be resumed and exported, unless it is written
        already."""
        if self.saved_step == self.step:
            return
        trained = whole(
            {"network": self.bare.state_dict(), "optimizer": self.optimizer.state_dict()}
        )
        if self.fabric.is_global_zero:
            state = {
                **trained,
                "average": self.average.state_dict(),
                "step": self.step,
                "opponents": {name: opponent.state() for name, opponent in self.opponents.items()},
                "bin_share": self.tools.bin_share.cpu(),
                "measured": self.measured,
                "inherited": self.inherited,
                "data": [str(path.resolve()) for path in self.job.data],
            }
            save_state(self.job.output, state)
        self.saved_step = self.step

    def close(self) -> None:
        """Close the log and stop reading."""
        if self.writer is not None:
            self.writer.close()
        self.drawing.close()


def first_state(recipe: Recipe) -> dict[str, Any]:
    """The state before the first step, with the weights that the recipe starts from."""
    start = Weights({}) if recipe.start is None else read_start(recipe.start)
    return {
        "step": 0,
        "inherited": start.about,
        "bin_share": start.prior,
        "measured": start.prior is None,
    }


def launch(job: TrainingJob) -> Fabric:
    """Start the run's processes. Raises UsageError if this machine cannot train as
    requested."""
    try:
        fabric = Fabric(
            accelerator=job.accelerator,
            strategy=sharded(job.devices) if job.strategy == "fsdp" else job.strategy,
            devices=job.devices,
            precision=job.precision,  # type: ignore[arg-type]
        )
    except (ValueError, RuntimeError) as error:  # MisconfigurationException is one of these
        raise UsageError(f"this machine cannot train as requested: {error}") from error
    fabric.launch()
    return fabric


def stop_if_not_finite(loss: Tensor, step: int, batch: Batch, folder: Path) -> None:
    """Raises TintypeError, with the keys of the batch saved, when a loss is no number any more."""
    if not bool(torch.isfinite(loss)):
        write_text(folder / "not-finite.txt", f"step {step}\n" + "\n".join(batch.keys) + "\n")
        raise TintypeError(
            f"the loss is no longer finite at step {step}; the batch's photographs are named in"
            f" {folder}/not-finite.txt, and the last saved state is whole: resume it with a lower"
            " learning rate"
        )
