"""Coloring: a photograph is prepared once and colored often, with every network."""

from tintype.engine.colorizer import Colorizer
from tintype.engine.core.network import Network, describe_models, list_models
from tintype.engine.core.prepare import Prepared

__all__ = ["Colorizer", "Network", "Prepared", "describe_models", "list_models"]
