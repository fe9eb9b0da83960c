"""The network at work: prepare a photograph once, color it often, for every network and every
wish."""

from tintype.engine.colorizer import Colorizer
from tintype.engine.core.network import Network, Prediction, describe_models, list_models
from tintype.engine.core.prepare import Prepared

__all__ = ["Colorizer", "Network", "Prediction", "Prepared", "describe_models", "list_models"]
