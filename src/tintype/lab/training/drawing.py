"""Photographs in; the batch of each step and the share of each ab bin out, the same however often a
run is resumed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tintype.color.bins import ab_bins
from tintype.lab.data.batches import Batch, make_batch
from tintype.lab.data.label_maps import read_labels
from tintype.lab.data.photographs import PhotoStore, load_photographs
from tintype.lab.data.samples import find_sources
from tintype.lab.data.stream import PhotoStream
from tintype.lab.nets.bins import nearest_bins
from tintype.lab.nets.lab import rgb_to_lab
from tintype.lab.training.recipe import Recipe, Stage
from tintype.lab.training.schedule import stage_at

BIN_BATCHES, BIN_BATCH_SIZE = 24, 64
"""From how many photographs `bin_share` is measured."""


@dataclass(frozen=True)
class Seat:
    """Which of the processes of a run this is, and its device."""

    rank: int
    world: int
    device: torch.device

    @property
    def share(self) -> slice:
        """This process's part of what all have drawn."""
        return slice(self.rank, None, self.world)


@dataclass
class Drawing:
    """Draws batches from photographs for one process. Which photographs, and where they are cut, is
    the same in all processes; conditioning, damage and dropout are each process's own. All of it is
    seeded by the step alone."""

    source: PhotoStore | PhotoStream
    recipe: Recipe
    seat: Seat

    @classmethod
    def open(
        cls,
        paths: Sequence[Path],
        recipe: Recipe,
        seat: Seat,
        step: int = 0,
        measured: bool = True,
        labels: Sequence[Path] = (),
    ) -> "Drawing":
        """All photographs on the device, or a stream of this process's share that goes on from
        where the step is.

        measured: whether `bin_share` has drawn, or will draw, from the stream before the first
        step. labels: folders and shards of label maps.
        """
        maps = read_labels(find_sources(labels))
        if recipe.data.loader == "memory":
            return cls(load_photographs(paths, recipe.data, maps).to(seat.device), recipe, seat)
        sizes = (stage_at(recipe, k)[0].batch_size or recipe.data.batch_size for k in range(step))
        passed = recipe.accumulate * sum(len(range(n)[seat.share]) for n in sizes)
        if step and measured:
            passed += BIN_BATCHES * len(range(BIN_BATCH_SIZE)[seat.share])
        return cls(
            PhotoStream(paths, recipe.data, recipe.seed, seat.rank, seat.world, passed, maps),
            recipe,
            seat,
        )

    def batch(self, step: int, part: int, stage: Stage) -> Batch:
        """This process's share of one of the batches of a step, on its device."""
        recipe = self.recipe
        n, size = stage.batch_size or recipe.data.batch_size, stage.size or recipe.data.size
        common = np.random.default_rng([recipe.seed, step, part])
        own = np.random.default_rng([recipe.seed, step, part, 1 + self.seat.rank])
        crops = self.source.draw(
            common, n, size, recipe.data.crop, self.seat.share, stage.share
        ).to(self.seat.device)
        torch.manual_seed(int(own.integers(2**62)))
        return make_batch(crops, recipe.data, own)

    def bin_share(self) -> Tensor:
        """How often each ab bin occurs in the photographs as they are drawn: Q float32, summing to
        1."""
        rng = np.random.default_rng(self.recipe.seed)
        centers = torch.from_numpy(ab_bins().copy()).to(self.seat.device)
        count = torch.zeros(len(centers), device=self.seat.device)
        for _ in range(BIN_BATCHES):
            rgb = self.source.draw(rng, BIN_BATCH_SIZE, 64, (1.0, 1.0), self.seat.share).rgb.to(
                self.seat.device
            )
            nearest = nearest_bins(rgb_to_lab(rgb)[:, 1:, ::4, ::4], centers)
            count += torch.bincount(nearest.flatten(), minlength=len(count))
        return count / count.sum()

    def close(self) -> None:
        """Stop reading."""
        if isinstance(self.source, PhotoStream):
            self.source.close()
