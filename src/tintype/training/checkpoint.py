"""The state of a run on disk: written whole or not at all, and read back to go on exactly where it stood."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tintype.errors import RecipeError, TintypeError
from tintype.training.recipe import Recipe

STATE = "state.pt"
RECIPE = "recipe.json"


def open_run(folder: Path, recipe: Recipe, resume: bool) -> dict[str, Any] | None:
    """Make the folder of a run, or read the state of the run in it.

    Raises RecipeError if the folder holds a run and `resume` is not asked for, or if it holds a run of another recipe.
    """
    saved = folder / RECIPE
    if (folder / STATE).exists() and saved.exists():
        if not resume:
            raise RecipeError(f"{folder} already holds a run; go on with --resume or choose another folder")
        if json.loads(saved.read_text(encoding="utf-8")) != json.loads(recipe.model_dump_json()):
            raise RecipeError(f"the run in {folder} has another recipe than the one asked for; see {saved}")
        return load_state(folder)
    if resume:
        raise RecipeError(f"{folder} holds no run to resume")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        saved.write_text(recipe.model_dump_json(indent=2), encoding="utf-8")
    except OSError as error:
        raise RecipeError(f"{folder} cannot be written: {error.strerror}") from error
    return None


def save_state(folder: Path, state: dict[str, Any]) -> None:
    """Write beside, then rename. Raises TintypeError if the disk is full; the state before stays."""
    beside = folder / f"{STATE}.part"
    try:
        torch.save(state, beside)
        beside.replace(folder / STATE)
    except (OSError, RuntimeError) as error:
        beside.unlink(missing_ok=True)
        free = shutil.disk_usage(folder).free // 2**20
        raise TintypeError(f"the state of the run cannot be written to {folder} ({free} MB free): {error}") from error


def load_state(folder: Path) -> dict[str, Any]:
    """Read what `save_state` wrote. Raises RecipeError if it is damaged."""
    try:
        state: dict[str, Any] = torch.load(folder / STATE, map_location="cpu", weights_only=False)
    except (OSError, RuntimeError, EOFError, ValueError) as error:
        raise RecipeError(f"the state of the run in {folder} cannot be read: {error}") from error
    return state


def random_state(rng: np.random.Generator) -> dict[str, Any]:
    """Where all randomness stands."""
    cuda = torch.cuda.get_rng_state() if torch.cuda.is_available() else None
    return {"numpy": rng.bit_generator.state, "torch": torch.get_rng_state(), "cuda": cuda}


def set_random_state(rng: np.random.Generator, state: dict[str, Any]) -> None:
    """Put all randomness back to where it stood."""
    rng.bit_generator.state = state["numpy"]
    torch.set_rng_state(state["torch"])
    if state["cuda"] is not None and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])
