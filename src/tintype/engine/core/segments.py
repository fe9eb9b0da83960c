"""What belongs together in a photograph, and where which parts of people are, as the network's head
sees them at about `VIEW_SIZE` pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tintype.arrays import Array
from tintype.contract import SEGMENT_OUTPUTS
from tintype.engine.core.network import Network, default_network
from tintype.engine.core.prepare import Prepared, stretched
from tintype.engine.core.sizes import InputView
from tintype.errors import ModelError

# Mean side of the view, in pixels; the arrays are 4 times smaller.
VIEW_SIZE = 256
# Factor of the decay of membership with the squared distance.
DISTANCE_FACTOR = 4.0
# Parts that are not of a person.
NOBODY = ("background", "sky")


@dataclass(frozen=True, eq=False)
class Affinity:
    """How likely two places belong together, h×w places over the whole photograph.

    keys, queries: h×w×D. bias, alike_bias, decay: h×w, decay >= 0.
    """

    keys: Array
    queries: Array
    bias: Array
    alike_bias: Array
    decay: Array

    @classmethod
    def of(cls, output: Array, dims: int) -> "Affinity":
        """output: h×w×(2·dims + 3), the network's `affinity` with keys and queries of `dims`
        numbers."""
        keys, queries, rest = np.split(output, [dims, 2 * dims], axis=2)
        return cls(keys, queries, rest[..., 0], rest[..., 1], rest[..., 2])

    @property
    def size(self) -> tuple[int, int]:
        """(h, w)."""
        return self.bias.shape[0], self.bias.shape[1]

    def thing(self, rows: ArrayLike, columns: ArrayLike) -> Array:
        """Log-odds that each place belongs to the thing at each of n places: n×h×w. Falls with the
        distance.

        rows, columns: n whole numbers each, 0 <= row < h and 0 <= column < w.
        """
        rows, columns = np.atleast_1d(rows), np.atleast_1d(columns)
        height, width = self.size
        y, x = (np.arange(side, dtype=np.float32) for side in self.size)
        squared = (y[None, :, None] - rows[:, None, None]) ** 2 + (
            x[None, None] - columns[:, None, None]
        ) ** 2
        decay = DISTANCE_FACTOR / (height * width) * self.decay[rows, columns]
        logits = self._match(rows, columns) + self.bias[rows, columns][:, None, None]
        return np.asarray(logits - decay[:, None, None] * squared, np.float32)

    def alike(self, rows: ArrayLike, columns: ArrayLike) -> Array:
        """Log-odds that each place looks like the thing at each of n places, at any distance, as
        the other sleeve or another face does: n×h×w. rows, columns: as of `thing`."""
        rows, columns = np.atleast_1d(rows), np.atleast_1d(columns)
        bias = self.alike_bias[rows, columns][:, None, None]
        return np.asarray(self._match(rows, columns) + bias, np.float32)

    def _match(self, rows: Array, columns: Array) -> Array:
        dims = self.keys.shape[2]
        scores = self.queries[rows, columns] @ self.keys.reshape(-1, dims).T
        return np.asarray(scores / dims**0.5, np.float32).reshape(-1, *self.size)


@dataclass(frozen=True, eq=False)
class Parts:
    """Parts of people and the sky, h×w places over the whole photograph. names: P, `background`
    first. probabilities: h×w×P, summing to 1."""

    names: tuple[str, ...]
    probabilities: Array

    def __getitem__(self, name: str) -> Array:
        """The probability of a part, h×w; `person` is all but the background and the sky. Raises
        KeyError for another name."""
        if name == "person":
            nobody = [name in NOBODY for name in self.names]
            return np.asarray(1 - self.probabilities[..., nobody].sum(-1), np.float32)
        if name not in self.names:
            raise KeyError(name)
        return self.probabilities[..., self.names.index(name)]


@dataclass(frozen=True, eq=False)
class Segments:
    """What the network's head sees of a photograph; both arrays have the same h×w."""

    affinity: Affinity
    parts: Parts


def segments_of(prepared: Prepared) -> Segments:
    """The segments of a prepared photograph, from its own network, or from the default one if that
    has no such head; computed once and kept with the photograph."""
    own = prepared.network
    network = own if own.metadata.affinity_dims else default_network()
    return prepared.cache.get("segments", lambda: predict_segments(network, prepared.lightness))


def predict_segments(network: Network, lightness: Array, size: int = VIEW_SIZE) -> Segments:
    """lightness: L*, H×W, 0..100. size: mean side of the view, pixels. Raises ModelError if the
    network has no head of things."""
    dims, names = network.metadata.affinity_dims, tuple(network.metadata.parts)
    if dims is None or not names:
        raise ModelError(f"{network.path} predicts neither objects nor parts of people")
    view = stretched(InputView.of(lightness, size, network.metadata.shape == "square"))
    outputs = network.predict(view.pad(view.lightness), wanted=("ab", *SEGMENT_OUTPUTS))
    assert outputs.affinity is not None and outputs.parts is not None
    return Segments(
        Affinity.of(view.crop(outputs.affinity), dims), Parts(names, view.crop(outputs.parts))
    )
