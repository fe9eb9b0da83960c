"""What a network holds possible at each place: probabilities over ab bins, and the same smoothed
over ab."""

from functools import lru_cache

import numpy as np

from tintype.arrays import Array
from tintype.color import ab_bins
from tintype.engine.core.prepare import Prepared
from tintype.errors import CapabilityError

SIGMA = 8.0
"""Standard deviation of the Gaussian by which distributions are smoothed over ab, CIELAB units."""


def probabilities(prepared: Prepared) -> Array:
    """h×w×Q float32 over `ab_bins()`, summing to 1 at each place. Raises CapabilityError where the
    network predicts no distribution."""
    roots = prepared.answer.roots
    if roots is None:
        raise CapabilityError(
            f"the network {prepared.network.path.stem} does not tell which colors are likely; use"
            " the default network for that"
        )
    return np.asarray(np.square(roots), np.float32)


def spread_of(odds: Array) -> Array:
    """The standard deviation of distributions over `ab_bins()`, CIELAB units: ...×Q in, ... out."""
    bins = ab_bins()
    mean = odds @ bins
    return np.asarray(
        np.sqrt(np.maximum(odds @ np.square(bins).sum(1) - np.square(mean).sum(-1), 0)), np.float32
    )


def smoothed(odds: Array) -> Array:
    """Distributions over `ab_bins()` smoothed over ab: ...×Q in and out, summing to 1."""
    return np.asarray(odds @ _smoother(), np.float32)


@lru_cache(1)
def _smoother() -> Array:
    bins = ab_bins()
    near = np.exp(-np.square(bins[:, None] - bins).sum(-1) / (2 * SIGMA**2))
    return np.asarray(near / near.sum(1, keepdims=True), np.float32)
