"""DDColor, DeOldify and Zhang 2017 train with the one trainer: a few steps of each recipe, in
small."""

import pytest
import torch

from tintype.lab.training.checkpoint import load_state
from tintype.lab.training.recipe import load_recipe
from tintype.lab.training.systems import build_network
from tintype.lab.training.trainer import StepReport, TrainingJob, train

SMALL = {
    "ddcolor": (
        "network={widths: [8, 8, 16, 16], depths: [1, 1, 1, 1], decoder: [16, 16, 16], queries: 4,"
        " hidden: 16, layers: 3}"
    ),
    "zhang17": "network={width: 4}",
    "deoldify": "network={kind: deep, blocks: [1, 1, 1, 1], width: 8}",
}


@pytest.mark.parametrize("name", list(SMALL))
def test_a_few_steps_of_every_stage_move_the_weights(name, photo_folder, tmp_path):
    stages = [
        f"stages.{i}.{key}"
        for i in range(len(load_recipe(name).stages))
        for key in ("steps=1", "size=32", "batch_size=2")
    ]
    overrides = [SMALL[name], *stages, "data.size=32", "optimizer.warmup=0", "seed=3"]
    if "perceptual" in load_recipe(name).losses:  # there is no teacher here
        overrides += [
            "losses.perceptual.weight=0",
            *(f"stages.{i}.weights.perceptual=0" for i in range(len(stages) // 3)),
        ]
    recipe = load_recipe(name, overrides)
    result: list[StepReport] = []
    train(TrainingJob(recipe, [photo_folder], tmp_path / "run", accelerator="cpu"), result.append)
    assert [progress.stage for progress in result] == [stage.name for stage in recipe.stages]
    assert {loss for progress in result for loss in progress.losses} >= {
        loss for loss in recipe.losses if recipe.uses(loss)
    }
    torch.manual_seed(recipe.seed)
    before = build_network(recipe).state_dict()
    after = load_state(tmp_path / "run")["network"]
    moved = [
        key
        for key, value in before.items()
        if "weight" in key and not torch.equal(after[key], value)
    ]
    assert len(moved) > len(before) / 4
