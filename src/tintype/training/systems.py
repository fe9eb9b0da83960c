"""From a recipe to the network that it trains: the one place that knows which systems there are."""

from collections.abc import Callable
from pathlib import Path

from torch import nn

from tintype.errors import ModelError, RecipeError
from tintype.nets.mobilenet_v2 import load_mobilenet_v2
from tintype.nets.tintype import Tintype
from tintype.training.artifact import read_weights
from tintype.training.recipe import Recipe

SYSTEMS: dict[str, Callable[..., nn.Module]] = {"tintype": Tintype}


def build_network(recipe: Recipe, fresh: bool = True) -> nn.Module:
    """The recipe's network. If fresh, with its pre-trained encoder or the weights of the artifact that it starts from.

    Raises RecipeError for an unknown system or argument, ModelError for weights that are missing or of another network.
    """
    if recipe.system not in SYSTEMS:
        raise RecipeError(f"there is no system {recipe.system!r}; known are {', '.join(SYSTEMS)}")
    try:
        network = SYSTEMS[recipe.system](**recipe.network)
    except TypeError as error:
        raise RecipeError(f"the network of {recipe.system!r} does not take what the recipe gives it: {error}") from error
    if fresh and recipe.encoder is not None:
        kind, _, path = recipe.encoder.partition(":")
        if kind != "mobilenet_v2" or not path:
            raise RecipeError(f"an encoder is given as mobilenet_v2:PATH, not {recipe.encoder!r}")
        trained = load_mobilenet_v2(path, channels=1)
        del trained.classifier
        encoder_of(network).load_state_dict(trained.state_dict())
    if fresh and recipe.start is not None:
        _start_from(network, recipe.start)
    for block in list(encoder_of(network).get_submodule("features").children())[: recipe.frozen] if recipe.frozen else []:
        block.requires_grad_(False)
    return network


def encoder_of(network: nn.Module) -> nn.Module:
    """The part of a network that can be pre-trained. Raises RecipeError if it has none."""
    encoder = getattr(network, "encoder", None)
    if not isinstance(encoder, nn.Module):
        raise RecipeError(f"{type(network).__name__} has no encoder that could be pre-trained or frozen")
    return encoder


def _start_from(network: nn.Module, name: str) -> None:
    path = Path(name) if name.endswith(".safetensors") else Path(__file__).parents[1] / "weights" / f"{name}.safetensors"
    try:
        network.load_state_dict(read_weights(path))
    except RuntimeError as error:
        raise ModelError(f"the weights in {path} are of another network") from error
