"""From a recipe to the network that it trains: the one place that knows which systems there are."""

import importlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor, nn

from tintype.errors import ModelError, RecipeError
from tintype.lab.nets.classifiers import CLASSIFIERS, load_classifier
from tintype.lab.nets.colorful import Colorful
from tintype.lab.nets.colornet import ColorNet
from tintype.lab.nets.ddcolor import DDColor
from tintype.lab.nets.decision import Decided, Decision
from tintype.lab.nets.deoldify import DeOldify
from tintype.lab.nets.graynet import GrayNet
from tintype.lab.nets.mask_gan import MaskGan
from tintype.lab.nets.scgan import Scgan
from tintype.lab.nets.tintype import Tintype
from tintype.lab.nets.unet import UNet
from tintype.lab.nets.zhang17 import Zhang17
from tintype.lab.training.artifact import Weights, read_weights
from tintype.lab.training.recipe import Deciding, Recipe

SYSTEMS: dict[str, Callable[..., nn.Module]] = {
    "tintype": Tintype,
    "unet": UNet,
    "colorful": Colorful,
    "colornet": ColorNet,
    "scgan": Scgan,
    "graynet": GrayNet,
    "mask_gan": MaskGan,
    "zhang17": Zhang17,
    "deoldify": DeOldify,
    "ddcolor": DDColor,
}


def build_network(recipe: Recipe, fresh: bool = True) -> nn.Module:
    """The recipe's network. If fresh, with its pre-trained encoder or the weights that it starts
    from.

    Raises RecipeError for an unknown system or argument, ModelError for weights that are missing or
    of another network.
    """
    try:
        network = find_system(recipe.system)(**recipe.network)
    except (TypeError, ValueError) as error:
        raise RecipeError(
            f"the network of {recipe.system!r} does not take what the recipe gives it: {error}"
        ) from error
    if fresh and recipe.encoder is not None and recipe.start is None:
        _load_encoder(network, recipe.encoder)
    if fresh and recipe.start is not None:
        try:
            load = getattr(network, "load_start", network.load_state_dict)
            load(read_start(recipe.start).state)
        except RuntimeError as error:
            raise ModelError(f"the weights {recipe.start!r} are of another network") from error
    for block in (
        list(encoder_of(network).get_submodule("features").children())[: recipe.frozen]
        if recipe.frozen
        else []
    ):
        block.requires_grad_(False)
    return network


def restore_network(recipe: Recipe, state: Mapping[str, Tensor], source: object) -> nn.Module:
    """The recipe's network with trained weights. source: named by the error, a ModelError, if they
    do not fit."""
    network = build_network(recipe, fresh=False)
    try:
        network.load_state_dict(state)
    except (RuntimeError, TypeError) as error:
        raise ModelError(
            f"the weights in {source} do not fit the recipe's network; was the code changed since?"
        ) from error
    return network.eval()


def find_system(name: str) -> Callable[..., nn.Module]:
    """One of SYSTEMS, or a class of any module, as `my_package.my_net:MyNet`. Raises RecipeError if
    there is none."""
    module, _, attribute = name.partition(":")
    if not attribute:
        if name not in SYSTEMS:
            raise RecipeError(
                f"there is no system {name!r}; known are {', '.join(SYSTEMS)}, or module:Class"
            )
        return SYSTEMS[name]
    if "" not in sys.path:
        sys.path.append(
            ""
        )  # the installed command does not look in the folder that it is called in
    try:
        system = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise RecipeError(f"the system {name!r} cannot be imported: {error}") from error
    if not (isinstance(system, type) and issubclass(system, nn.Module)):
        raise RecipeError(f"the system {name!r} is not a PyTorch module")
    return system


def encoder_of(network: nn.Module) -> nn.Module:
    """The part of a network that can be pre-trained. Raises RecipeError if it has none."""
    encoder = getattr(network, "encoder", None)
    if not isinstance(encoder, nn.Module):
        raise RecipeError(
            f"{type(network).__name__} has no encoder that could be pre-trained or frozen"
        )
    return encoder


def _load_encoder(network: nn.Module, given: str) -> None:
    """Raises RecipeError for an unknown kind, ModelError for weights of another encoder."""
    kind, _, path = given.partition(":")
    if kind in CLASSIFIERS and path:
        wanted = encoder_of(network).state_dict()
        state = {
            key: value
            for key, value in load_classifier(kind, path, channels=1).state_dict().items()
            if key in wanted
        }
    elif kind == "graynet" and path:
        state = {
            key: value
            for key, value in read_weights(path).state.items()
            if not key.startswith("classifier.")
        }
    else:
        options = {"teacher": "--teacher KIND:FILE", "graynet": "--set encoder=graynet:FILE"}
        option = options.get(kind, " or ".join(options.values()))
        raise RecipeError(
            f"the recipe's encoder needs a file: {option}, or --set encoder=null to start without"
        )
    try:
        encoder_of(network).load_state_dict(state)
    except RuntimeError as error:
        raise ModelError(
            f"the weights in {path} are of another encoder than the network's, which"
            " `network.encoder` names"
        ) from error


def read_start(name: str) -> Weights:
    """The weights of a network that comes with the package, by name, or of a .safetensors file.
    Raises ModelError."""
    path = (
        Path(name)
        if name.endswith(".safetensors")
        else Path(__file__).parents[2] / "weights" / f"{name}.safetensors"
    )
    return read_weights(path)


def decided(network: nn.Module, settings: Deciding | None, prior: Tensor) -> nn.Module:
    """The network as it is used: with a decision behind it if there are settings for one. prior: Q,
    the share of each ab bin."""
    return (
        network if settings is None else Decided(network, Decision(prior, **settings.model_dump()))
    )
