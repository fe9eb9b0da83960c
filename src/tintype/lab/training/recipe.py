"""A recipe: YAML and overrides in, one checked value out that says all a training run needs to
know."""

import difflib
import json
import re
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator

from tintype.errors import RecipeError
from tintype.lab.data.settings import Data, Strict

RECIPE = "recipe.json"
"""In the folder of a run."""
EXPORT_KEYS = ("decision", "size", "detail", "vividness", "license")
"""Keys that need no training: an export may override them."""
TEACHER_LOSSES = ("distillation", "perceptual", "imitation")
"""The losses that look through a network."""
PROJECTED_DISCRIMINATOR = "projected"
"""The discriminator that looks through one."""


class Game(Strict):
    """An adversarial game: who looks at what, and what each wants."""

    objective: Literal[
        "vanilla",
        "least-squares",
        "hinge",
        "energy",
        "wasserstein",
        "wasserstein-clipped",
        "relativistic",
    ] = "relativistic"
    discriminator: str = Field(
        "patch", description="a name in tintype.lab.nets.discriminators.DISCRIMINATORS"
    )
    network: dict[str, Any] = Field({}, description="arguments of the discriminator")
    sees: Literal["ab", "rgb", "attention", "uv"] = Field(
        "ab",
        description="beside the gray picture: ab; RGB; RGB times saliency; U and V, with the mask",
    )
    coarse: int = Field(
        1,
        ge=1,
        description=(
            "side of the cells over which ab are averaged before they are seen as RGB, pixels"
        ),
    )
    lr: float = Field(2e-4, gt=0)
    betas: tuple[float, float] = (0.0, 0.99)
    steps: int = Field(1, ge=1, description="discriminator steps for each of the generator's")
    from_step: int = Field(
        0, ge=0, description="the generator's loss contains it from this step of the stage on"
    )
    clip: float = Field(
        0.01, gt=0, description="bound of the critic's weights, for `wasserstein-clipped`"
    )
    margin: float = Field(80.0, gt=0, description="for `energy`")
    penalty: float | None = Field(
        None,
        ge=0,
        description=(
            "weight of the penalty on the slope, for `wasserstein` and `relativistic`; None: 10"
            " and 1"
        ),
    )
    pulling_away: float = Field(
        0.0, ge=0, description="weight of the pulling-away term, for `energy`"
    )


class Loss(Strict):
    """One term: its weight and what it needs. A term with a `game` is adversarial, whatever its
    name."""

    weight: float = Field(1.0, ge=0)
    space: Literal["ab", "rgb", "uv"] = Field(
        "ab", description="where `l1` and `l2` compare; ab is divided by 110"
    )
    teacher: str | None = Field(
        None,
        description="for those that look through one: a classifier as KIND:FILE, or vgg16",
    )
    power: float = Field(0.5, ge=0, le=1, description="of the rebalancing, for `bins`")
    adjustment: float = Field(
        0.0,
        ge=0,
        description="for `bins`: exponent of the rarity that logits are adjusted by",
    )
    over_parts: bool = Field(
        False,
        description=(
            "for `bins` and `smooth_l1`: the mean over the parts of people in a picture, then over"
            " pictures"
        ),
    )
    beta: float = Field(5.0, gt=0, description="of smooth L1, CIELAB units")
    dice: float = Field(
        0.5, ge=0, description="for `things` and `alike`: weight of the Dice loss beside"
    )
    recognition: float = Field(
        0.0, ge=0, description="for `perceptual`: how much the classes that are seen count beside"
    )
    jitter: float = Field(
        0.0,
        ge=0,
        le=1,
        description=(
            "for `perceptual`: how far both pictures are turned, scaled and shifted before they are"
            " looked at"
        ),
    )
    game: Game | None = None


class Optimizer(Strict):
    name: Literal["adam", "adamw"] = "adamw"
    lr: float = Field(1e-3, gt=0)
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = Field(0.0, ge=0)
    encoder: float = Field(1.0, ge=0, description="factor of lr for a pre-trained encoder")
    clip: float | None = Field(1.0, gt=0, description="largest norm of all gradients")
    schedule: Literal["constant", "cosine", "halve"] = "cosine"
    warmup: int = Field(0, ge=0, description="steps")
    halvings: int = Field(
        3, ge=0, description="how often a stage halves the rate, at equal intervals, for `halve`"
    )


class Deciding(Strict):
    """How a distribution over ab bins and a regressed ab become one answer
    (`tintype.lab.nets.decision.Decision`)."""

    exponent: float = Field(
        0.0,
        ge=-2,
        le=2,
        description="of each bin's rarity: above 0 favors rare colors, below 0 common ones",
    )
    temperature: float = Field(
        0.7, gt=0, le=2, description="of the annealed mean: 1 is the mean, toward 0 the mode"
    )
    regression: float = Field(
        0.0, ge=0, le=1, description="share of the regressed ab in the answer"
    )
    chroma: float = Field(
        0.0,
        ge=0,
        le=100,
        description="mean chroma that is asked for where nobody asks for one; CIELAB units",
    )
    guidance: float = Field(
        0.0,
        ge=0,
        le=4,
        description=(
            "how far the answer goes from the unasked distribution to that for `chroma`: 1 is the"
            " latter; costs a second pass"
        ),
    )


class Stage(Strict):
    """A stretch of training; what it does not say is as in the recipe."""

    name: str
    steps: int = Field(ge=1)
    size: int | None = Field(None, ge=32, multiple_of=32)
    batch_size: int | None = Field(None, ge=1)
    share: float = Field(1.0, gt=0, le=1, description="of the photographs, from the first")
    lr: float | None = Field(None, gt=0)
    weights: dict[str, float] = Field({}, description="of the losses, by name")


class Recipe(Strict):
    system: str = Field(
        description="a name in tintype.lab.training.systems.SYSTEMS, or module:Class"
    )
    summary: str
    network: dict[str, Any] = Field({})
    encoder: str | None = Field(
        None,
        description="a pre-trained encoder: `teacher`, a classifier as KIND:FILE, or graynet:FILE",
    )
    frozen: int = Field(
        0, ge=0, description="blocks of the encoder, from the first, that do not learn"
    )
    start: str | None = Field(
        None, description="weights to start from: a name that is shipped, or a .safetensors file"
    )
    data: Data = Field(default_factory=lambda: Data.model_validate({}))
    losses: dict[str, Loss]
    optimizer: Optimizer = Field(default_factory=lambda: Optimizer.model_validate({}))
    stages: list[Stage] = Field(min_length=1)
    ema: float = Field(0.999, ge=0, lt=1)
    decision: Deciding | None = Field(
        None, description="of a network with heads; None: as in `start`, else the network's own ab"
    )
    size: int | None = Field(
        None,
        ge=32,
        description="inference resolution; None: as in `start`, else that of the largest stage",
    )
    detail: float | None = Field(
        None,
        gt=1,
        le=4,
        description=(
            "a second pass for foreground objects is this much larger; None: as in `start`, else"
            " none"
        ),
    )
    vividness: float | None = Field(
        None, gt=0, le=4, description="multiplies ab at inference; None: as in `start`, else 1"
    )
    license: str | None = Field(
        None, description="of the weights; None: as in `start`, else not stated"
    )
    accumulate: int = Field(1, ge=1, description="batches whose gradients are summed into one step")
    seed: int = 0
    validate_every: int = Field(1000, ge=1, description="steps")
    save_every: int = Field(500, ge=1, description="steps")
    compile: bool = False

    @model_validator(mode="after")
    def _every_stage_learns(self) -> "Recipe":
        for stage in self.stages:
            used = [name for name in self.losses if self.weight(stage, name) > 0]
            if not any(
                (game := self.losses[name].game) is None or game.from_step == 0 for name in used
            ):
                raise ValueError(
                    f"stage {stage.name!r} has no loss with a weight above 0 at its first step"
                )
        return self

    @model_validator(mode="after")
    def _weights_are_of_losses(self) -> "Recipe":
        for stage in self.stages:
            for name in set(stage.weights) - set(self.losses):
                near = difflib.get_close_matches(name, self.losses, 1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise ValueError(
                    f"stage {stage.name!r} weighs a loss {name!r} that the recipe does not"
                    f" name{hint}"
                )
        return self

    def weight(self, stage: Stage, loss: str) -> float:
        """What a loss weighs in a stage."""
        return stage.weights.get(loss, self.losses[loss].weight)

    def uses(self, loss: str) -> bool:
        """Whether any stage listens to a loss of this name."""
        return loss in self.losses and any(self.weight(stage, loss) > 0 for stage in self.stages)


def recipe_names() -> list[str]:
    """The recipes that come with the package."""
    folder = resources.files("tintype.lab") / "recipes"
    return sorted(
        entry.name.removesuffix(".yaml")
        for entry in folder.iterdir()
        if entry.name.endswith(".yaml")
    )


def load_recipe(name_or_file: str, overrides: list[str] | None = None) -> Recipe:
    """Read a recipe by name or file, apply `key=value` overrides with dotted keys, and check it.

    A list takes an index: `stages.0.steps=100`. Values are YAML. Raises RecipeError with one
    sentence that names the key that is wrong and the nearest one that is known.
    """
    path = Path(name_or_file)
    if path.suffix in {".yaml", ".yml"}:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RecipeError(
                f"the recipe {path} cannot be read: {getattr(error, 'strerror', None) or error}"
            ) from error
    elif name_or_file in recipe_names():
        text = (resources.files("tintype.lab") / "recipes" / f"{name_or_file}.yaml").read_text(
            encoding="utf-8"
        )
    else:
        raise RecipeError(
            f"there is no recipe {name_or_file!r}{_nearest(name_or_file, recipe_names())}"
        )
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RecipeError(f"the recipe {name_or_file} is not valid YAML: {error}") from error
    return _checked(values, overrides or [])


def read_recipe(folder: Path, overrides: Sequence[str] = (), trusted: bool = False) -> Recipe:
    """The recipe of a run, with overrides that do not change what was trained.

    trusted: as for `checked_recipe`. Raises RecipeError if it cannot be read.
    """
    path = folder / RECIPE
    wrong = [
        override
        for override in overrides
        if re.split(r"[.=]", override, maxsplit=1)[0] not in EXPORT_KEYS
    ]
    if wrong:
        raise RecipeError(
            f"--set {wrong[0]} cannot change after training; an export can change"
            f" {', '.join(EXPORT_KEYS)}"
        )
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecipeError(f"the run's recipe {path} cannot be read: {error}") from error
    return checked_recipe(values, overrides, trusted)


def checked_recipe(values: Any, overrides: Iterable[str] = (), trusted: bool = False) -> Recipe:
    """The recipe of a run or of an exported network, which may come from anyone.

    trusted: whether a system of its own may be imported, which runs code. Raises RecipeError for a
    wrong key or value, or a system that may not be imported.
    """
    recipe = _checked(values, overrides)
    if ":" in recipe.system and not trusted:
        raise RecipeError(
            f"the network is built by code outside of Tintype, {recipe.system}; if you trust it,"
            " add --trust-code"
        )
    return recipe


def _checked(values: Any, overrides: Iterable[str]) -> Recipe:
    if not isinstance(values, dict):
        raise RecipeError("a recipe must be a mapping of keys to values")
    for override in overrides:
        _override(values, override)
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise RecipeError(_sentence(error)) from error


def teach(name_or_file: str, overrides: list[str], teacher: str) -> list[str]:
    """The overrides that give a teacher to every loss of a recipe that looks through one, and to an
    encoder that is `teacher`."""
    recipe = load_recipe(name_or_file, overrides)
    seeing = {
        name
        for name, loss in recipe.losses.items()
        if name in TEACHER_LOSSES
        or (loss.game and loss.game.discriminator == PROJECTED_DISCRIMINATOR)
    }
    given = [f"losses.{name}.teacher={teacher}" for name in sorted(seeing)]
    return [*given, *([f"encoder={teacher}"] if recipe.encoder == "teacher" else [])]


def _override(values: dict[str, Any], override: str) -> None:
    key, sign, value = override.partition("=")
    if not sign:
        raise RecipeError(f"--set takes key=value, not {override!r}")
    try:
        new = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise RecipeError(f"--set {key}: {value!r} is not valid YAML") from error
    *parents, last = key.split(".")
    place: Any = values
    for part in parents:
        index = _index(place, part, key)
        if isinstance(place, dict) and place.get(part) is None:
            place[part] = {}
        place = place[index]
    place[_index(place, last, key)] = new


def _index(place: Any, part: str, key: str) -> str | int:
    """The key of a mapping or the index of a list that a part of a dotted key names."""
    if isinstance(place, dict):
        return part
    if not isinstance(place, list):
        raise RecipeError(f"--set {key}: {part!r} is inside a plain value")
    if not part.isdigit() or int(part) >= len(place):
        raise RecipeError(f"--set {key}: {part!r} is not an index of a list of {len(place)}")
    return int(part)


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        known = _known_keys(first["loc"][:-1])
        return f"the recipe has an unknown key {where!r}{_nearest(str(first['loc'][-1]), known)}"
    if first["type"] == "value_error":
        return f"the recipe is wrong: {first['msg'].removeprefix('Value error, ')}"
    return f"the recipe's {where!r} is wrong: {first['msg'][0].lower()}{first['msg'][1:]}"


def _known_keys(path: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Recipe
    for part in path:
        if part in model.model_fields:
            model = _model_in(model.model_fields[str(part)].annotation) or model
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model in an annotation such as `list[Stage]` or `Game | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _nearest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(known)}"
