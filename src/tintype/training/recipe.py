"""A recipe: YAML and overrides in, one checked value out that says all a training run needs to know."""

import difflib
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tintype.errors import RecipeError


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WishShares(Strict):
    """Share of the pictures that get each kind of wish; what the first five leave of 1 gets no hint."""

    points: float = Field(0.0, ge=0, le=1)
    scribbles: float = Field(0.0, ge=0, le=1)
    grid: float = Field(0.0, ge=0, le=1)
    dense: float = Field(0.0, ge=0, le=1)
    unusual: float = Field(0.0, ge=0, le=1)
    region: float = Field(0.0, ge=0, le=1)
    histogram: float = Field(0.0, ge=0, le=1)
    chroma: float = Field(0.0, ge=0, le=1)


class Data(Strict):
    """What a batch is made of."""

    size: int = Field(256, ge=32, description="side of the square crops, pixels; a multiple of 32")
    batch_size: int = Field(16, ge=1, description="pictures a step, over all devices")
    crop: tuple[float, float] = Field((0.6, 1.0), description="share of the short side that a crop covers, at random")
    short_side: int | None = Field(None, description="shrink what is read to this; None keeps it")
    limit: int | None = Field(None, ge=1, description="read no more photographs than this")
    worn: float = Field(0.0, ge=0, le=1, description="how much of the augmentation for old photographs; 0 is none")
    wishes: WishShares = Field(default_factory=lambda: WishShares.model_validate({}))
    oversample: dict[str, float] = Field({}, description="how often a source is drawn, by its name before the `-` of a key")


class Loss(Strict):
    """One term: its weight and what it needs."""

    weight: float = Field(1.0, ge=0)
    teacher: str | None = Field(None, description="mobilenet_v2:PATH or vgg16, for those that look through a network")
    power: float = Field(0.5, ge=0, le=1, description="of the rebalancing, for `bins`")
    beta: float = Field(5.0, gt=0, description="of smooth L1, CIELAB units")


class Adversary(Strict):
    """The adversarial game, where one is played."""

    objective: Literal["vanilla", "least-squares", "hinge", "wasserstein", "relativistic"] = "relativistic"
    weight: float = Field(0.0, ge=0)
    lr: float = Field(2e-4, gt=0)
    steps: int = Field(1, ge=1, description="discriminator steps for each of the generator's")
    from_step: int = Field(0, ge=0, description="the generator hears of it from this step of the stage on")


class Optimizer(Strict):
    name: Literal["adam", "adamw"] = "adamw"
    lr: float = Field(1e-3, gt=0)
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = Field(0.0, ge=0)
    encoder: float = Field(1.0, ge=0, description="factor of lr for a pre-trained encoder")
    clip: float | None = Field(1.0, gt=0, description="largest norm of all gradients")
    schedule: Literal["constant", "cosine", "halve"] = "cosine"
    warmup: int = Field(0, ge=0, description="steps")
    halve_every: int = Field(1000, ge=1, description="steps, for `halve`")


class Stage(Strict):
    """A stretch of training; what it does not say is as in the recipe."""

    name: str
    steps: int = Field(ge=1)
    size: int | None = Field(None, ge=32)
    batch_size: int | None = Field(None, ge=1)
    lr: float | None = Field(None, gt=0)
    weights: dict[str, float] = Field({}, description="of the losses, by name")
    adversary: Adversary | None = None


class Recipe(Strict):
    system: str = Field(description="a name in tintype.training.systems.SYSTEMS")
    summary: str
    network: dict[str, Any] = {}
    encoder: str | None = Field(None, description="a pre-trained encoder: mobilenet_v2:PATH")
    frozen: int = Field(0, ge=0, description="blocks of the encoder, from the first, that do not learn")
    start: str | None = Field(None, description="weights to start from: a name that is shipped, or a .safetensors file")
    data: Data = Field(default_factory=lambda: Data.model_validate({}))
    losses: dict[str, Loss]
    optimizer: Optimizer = Field(default_factory=lambda: Optimizer.model_validate({}))
    stages: list[Stage] = Field(min_length=1)
    ema: float = Field(0.999, ge=0, lt=1)
    accumulate: int = Field(1, ge=1, description="batches whose gradients are summed into one step")
    seed: int = 0
    validate_every: int = Field(1000, ge=1, description="steps")
    save_every: int = Field(500, ge=1, description="steps")
    compile: bool = False


def recipe_names() -> list[str]:
    """The recipes that come with the package."""
    folder = resources.files("tintype") / "recipes"
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def load_recipe(name_or_file: str, overrides: list[str] | None = None) -> Recipe:
    """Read a recipe by name or file, apply `key=value` overrides with dotted keys, and check it.

    A list takes an index: `stages.0.steps=100`. Values are YAML. Raises RecipeError with one sentence that names the key
    that is wrong and the nearest one that is known.
    """
    path = Path(name_or_file)
    if path.suffix in {".yaml", ".yml"}:
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise RecipeError(f"the recipe {path} cannot be read: {error.strerror}") from error
    elif name_or_file in recipe_names():
        text = (resources.files("tintype") / "recipes" / f"{name_or_file}.yaml").read_text(encoding="utf-8")
    else:
        raise RecipeError(f"there is no recipe {name_or_file!r}{_nearest(name_or_file, recipe_names())}")
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RecipeError(f"the recipe {name_or_file} is not valid YAML: {error}") from error
    if not isinstance(values, dict):
        raise RecipeError(f"the recipe {name_or_file} must be a mapping of keys to values")
    for override in overrides or []:
        _override(values, override)
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise RecipeError(_sentence(error)) from error


def _override(values: dict[str, Any], override: str) -> None:
    key, found, value = override.partition("=")
    if not found:
        raise RecipeError(f"--set takes key=value, not {override!r}")
    *parents, last = key.split(".")
    place: Any = values
    for part in parents:
        if isinstance(place, list):
            place = place[_index(part, place, key)]
        elif isinstance(place, dict):
            place = place.setdefault(part, {})
        else:
            raise RecipeError(f"--set {key}: {part!r} is inside a plain value")
    if isinstance(place, list):
        place[_index(last, place, key)] = yaml.safe_load(value)
    elif isinstance(place, dict):
        place[last] = yaml.safe_load(value)
    else:
        raise RecipeError(f"--set {key}: {last!r} is inside a plain value")


def _index(part: str, place: list[Any], key: str) -> int:
    if not part.isdigit() or int(part) >= len(place):
        raise RecipeError(f"--set {key}: {part!r} is no index of a list of {len(place)}")
    return int(part)


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        known = _known_keys(first["loc"][:-1])
        return f"the recipe has an unknown key {where!r}{_nearest(str(first['loc'][-1]), known)}"
    return f"the recipe's {where!r} is wrong: {first['msg'][0].lower()}{first['msg'][1:]}"


def _known_keys(path: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Recipe
    inner: dict[str, type[BaseModel]] = {
        "data": Data, "wishes": WishShares, "losses": Loss, "optimizer": Optimizer, "stages": Stage, "adversary": Adversary,
    }  # fmt: skip
    for part in path:
        model = inner.get(str(part), model)
    return list(model.model_fields)


def _nearest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(known)}"
