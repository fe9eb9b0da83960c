"""The network at work: a file, a session, a working size, guided upsampling, and the `Colorizer` that joins them."""

from tintype.engine.colorizer import Colorizer
from tintype.engine.network import Network, Prediction, list_models

__all__ = ["Colorizer", "Network", "Prediction", "list_models"]
