"""What the heads of recipes list, `NAME  --set KEY=VALUE …`, learns: one step of every stage, in
small."""

import re
import shlex
from importlib import resources

import pytest

from tintype.lab.training.recipe import load_recipe
from tintype.lab.training.trainer import StepReport, TrainingJob, train

SMALL = {
    "scgan": ["network.width=8", "network.halvings=6", "encoder=null"],
    "yal-unet": ["network.width=8", "network.depth=6"],
    "yal-colorful": ["network.width=8"],
    "colorful": ["network.width=8"],
    "colornet-gray": ["network.width=4"],
    "colornet-lightness": ["network.width=4"],
}
ENTRY = re.compile(r"^#   (?P<name>\S.*?)  +(?P<options>--set (?:[^\n\\]|\\\n#)*)", re.MULTILINE)


def listed() -> list[tuple[str, str, list[str]]]:
    """Recipe, name and overrides of each."""
    entries = []
    for recipe in SMALL:
        text = resources.files("tintype.lab.recipes").joinpath(f"{recipe}.yaml").read_text("utf-8")
        for entry in ENTRY.finditer(text):
            words = shlex.split(entry["options"].replace("\\\n#", " "))
            entries.append((recipe, entry["name"], [word for word in words if word != "--set"]))
    return entries


def test_all_of_scgans_ablations_are_found():
    names = [name for recipe, name, _ in listed() if recipe == "scgan"]
    assert len(names) == 8
    assert names[-1] == "InstanceNorm"


@pytest.mark.parametrize(
    ("recipe", "changes"), [pytest.param(r, c, id=f"{r}, {n}") for r, n, c in listed()]
)
def test_what_a_recipe_lists_learns(recipe, changes, photo_folder, tmp_path):
    plain = load_recipe(recipe)
    small = [*SMALL[recipe], "data.size=64", "optimizer.warmup=0"]
    for i, stage in enumerate(plain.stages):
        small += [f"stages.{i}.{key}" for key in ("steps=1", "size=64", "batch_size=2")]
        small += [f"stages.{i}.share=1"] if stage.share != 1 else []
    if "perceptual" in plain.losses:  # there is no teacher here
        small.append("losses.perceptual.weight=0")
    steps: list[StepReport] = []
    made = load_recipe(recipe, [*small, *changes])
    train(TrainingJob(made, [photo_folder], tmp_path / "run", accelerator="cpu"), steps.append)
    assert [step.stage for step in steps] == [stage.name for stage in made.stages]
    assert all(step.losses for step in steps)
