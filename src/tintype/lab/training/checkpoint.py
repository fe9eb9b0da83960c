"""The state of a run on disk: written whole or not at all, and read back to go on exactly where it
stood."""

import json
import shutil
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch

from tintype.errors import RecipeError, TintypeError
from tintype.files import locked, whole_path, write_text
from tintype.lab.nets.reading import read_tensors
from tintype.lab.training.recipe import RECIPE, Recipe

STATE = "state.pt"
STATE_KEYS = {
    "network",
    "average",
    "optimizer",
    "opponents",
    "step",
    "bin_share",
    "measured",
    "inherited",
    "data",
}
"""What a saved state holds: weights, their moving average, the optimizers, the number of steps, the
share of each ab bin, and the description and the photographs that an export needs."""


def claim(folder: Path) -> AbstractContextManager[None]:
    """Hold the folder of a run for this process. Raises RecipeError if another one is training into
    it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecipeError(f"{folder} cannot be written: {error.strerror}") from error
    return locked(folder / "lock", folder, RecipeError)


def open_run(folder: Path, recipe: Recipe, resume: bool) -> dict[str, Any] | None:
    """Write the recipe into the folder of a new run, or read the state of the run in it.

    Raises RecipeError if the folder holds a run and `resume` is not asked for, or if it holds a run
    of another recipe.
    """
    saved = folder / RECIPE
    if (folder / STATE).exists() and saved.exists():
        if not resume:
            raise RecipeError(
                f"{folder} already holds a run; go on with --resume or choose another folder"
            )
        try:
            before = json.loads(saved.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RecipeError(f"the run's recipe {saved} cannot be read: {error}") from error
        if before != json.loads(recipe.model_dump_json()):
            raise RecipeError(
                f"the run in {folder} has another recipe than the one asked for; see {saved}"
            )
        return load_state(folder)
    if resume:
        raise RecipeError(f"{folder} holds no run to resume")
    write_text(saved, recipe.model_dump_json(indent=2), RecipeError)
    return None


def save_state(folder: Path, state: dict[str, Any]) -> None:
    """Write the state whole. Raises TintypeError if the disk is full; the state before stays."""
    try:
        with whole_path(folder / STATE) as beside:
            torch.save(state, beside)
    except RuntimeError as error:  # what torch.save makes of a full disk
        free = shutil.disk_usage(folder).free // 2**20
        raise TintypeError(
            f"the state of the run cannot be written to {folder} ({free} MB free): {error}"
        ) from error


def load_state(folder: Path) -> dict[str, Any]:
    """Read what `save_state` wrote. No code of the file is executed. Raises RecipeError if there is
    none, or it is damaged."""
    if not (folder / STATE).exists():
        raise RecipeError(f"{folder} holds no saved run")
    state = read_tensors(folder / STATE, RecipeError)
    if not isinstance(state, dict) or not state.keys() >= STATE_KEYS:
        raise RecipeError(f"{folder / STATE} is not the state of a run")
    return state
