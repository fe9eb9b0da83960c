"""A prepared photograph cut into small patches, and how likely each patch belongs to the object at
a given place.

Patches are watershed cells that follow edges. Two of them are compared by lightness and texture, by
the default network's encoder, its distribution over colors and its saliency, and by the cheapest
path from one to the other across edges (a geodesic distance). How these add up was learned from
human segmentations (`benchmarks/things.py`).
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.engine.core.network import Network
from tintype.engine.core.predict import Prediction, predict
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.sizes import pixel_at, resize
from tintype.errors import ModelError
from tintype.guidance import Point

# Objects and patches are found on a copy of about this many pixels squared.
SMALL_SIDE = 224
# Mean side of a patch, pixels of that copy.
PATCH_SIDE = 11
# Factor and offset of the log-odds of memberships, which brings them nearer to 0 and 1.
MEMBERSHIP_GAIN, MEMBERSHIP_OFFSET = 3.0, 0.44
# Weight of the smoothing of memberships between neighboring patches that look alike.
NEIGHBOR_WEIGHT = 1.0

Learned = dict[str, Array]


@dataclass(frozen=True, eq=False)
class Things:
    """A picture as n patches.

    labels: h×w int32, the patch of each pixel, 0..n-1. places: n×2, centers (y, x) by the mean
    side. lightness: n, mean L*. roots: n×Q, square roots of the distribution over ab bins. levels:
    n×C each, the encoder's features, shallow to deep. saliency: n, 0..1. texture: n, square root
    of the L* contrast. edges: m×2, pairs of patches that touch. contrast: m, the mean gradient
    along each border, in units of about 10 L*.
    """

    labels: NDArray[np.int32]
    places: Array
    lightness: Array
    roots: Array
    levels: tuple[Array, ...]
    saliency: Array
    texture: Array
    edges: NDArray[np.intp]
    contrast: Array

    @property
    def count(self) -> int:
        """n, the number of patches."""
        return len(self.places)

    def patch_at(self, x: float, y: float) -> int:
        """The patch at a point, given in shares of width and height."""
        return int(self.labels[pixel_at(self.labels.shape, x, y)])

    @cached_property
    def middles(self) -> list[Point]:
        """The pixel of each patch nearest to its center, in shares of width and height."""
        height, width = self.labels.shape
        number = self.labels.ravel()
        rows, columns = np.divmod(np.arange(number.size), width)
        center = self.places[number] * (height * width) ** 0.5
        order = np.lexsort((np.hypot(rows - center[:, 0], columns - center[:, 1]), number))
        nearest = order[np.unique(number[order], return_index=True)[1]]
        return [((k % width + 0.5) / width, (k // width + 0.5) / height) for k in nearest.tolist()]

    @cached_property
    def areas(self) -> Array:
        """n, the share of the picture that each patch covers."""
        return np.asarray(
            np.bincount(self.labels.ravel(), minlength=self.count) / self.labels.size, np.float32
        )

    @cached_property
    def neighbors(self) -> list[list[tuple[int, int]]]:
        """The neighbors of each patch, each with the number of the edge to it."""
        neighbors: list[list[tuple[int, int]]] = [[] for _ in range(self.count)]
        for k, (a, b) in enumerate(self.edges.tolist()):
            neighbors[a].append((b, k))
            neighbors[b].append((a, k))
        return neighbors

    def distances(self, first: NDArray[np.intp], second: NDArray[np.intp]) -> Array:
        """Distances of pairs of patches, N×kinds. The learned weights follow this order."""
        kinds = (self.lightness / 10, self.roots, *self.levels, self.saliency, self.texture)
        columns = [np.asarray(kind, np.float32).reshape(self.count, -1) for kind in kinds]
        return np.stack([np.linalg.norm(c[first] - c[second], axis=1) for c in columns], 1)

    def edge_inputs(self) -> Array:
        """Inputs of the regression that tells whether an edge's two sides are one object:
        m×(kinds + 3)."""
        apart = self.distances(*self.edges.T)
        return np.column_stack([apart, self.contrast, apart[:, 0] ** 2, self.contrast**2])

    def sameness(self, learned: Learned) -> Array:
        """The probability that the two sides of each edge are one object: m, 0..1."""
        return logistic(self.edge_inputs() @ learned["edge"][:-1] + learned["edge"][-1])

    def patch_inputs(self, seed: int, sameness: Array) -> Array:
        """Inputs of the perceptron that tells whether each patch belongs to the object of the seed:
        n×inputs. The learned weights follow this order."""
        length, widest = _paths(self, seed, -np.log(np.clip(sameness, 1e-4, 1)))
        away = np.linalg.norm(self.places - self.places[seed], axis=1)
        middle = float(np.median(length)) + 1e-6
        return np.column_stack(
            [
                self.distances(np.full(self.count, seed), np.arange(self.count)),
                length,
                np.sqrt(length),
                widest,
                away,
                away**2,
                np.argsort(np.argsort(length)) / self.count,
                length / middle,
                np.full(self.count, middle),
                np.full(self.count, self.saliency[seed]),
            ]
        )

    def membership(self, *points: Point) -> Array:
        """How likely each patch belongs to what the points lie on: n float32, 0..1; 1 at the
        points."""
        member = np.zeros(self.count)
        for seed in {self.patch_at(*place) for place in points}:
            inputs = self.patch_inputs(seed, self.learned_sameness)
            odds = _perceptron(inputs, learned_things()) + MEMBERSHIP_OFFSET
            shared = np.clip(self.smoother @ logistic(odds), 1e-4, 1 - 1e-4)
            member = np.maximum(member, logistic(MEMBERSHIP_GAIN * np.log(shared / (1 - shared))))
            member[seed] = 1
        return member.astype(np.float32)

    @cached_property
    def learned_sameness(self) -> Array:
        """`sameness` by the learned weights."""
        return self.sameness(learned_things())

    @cached_property
    def smoother(self) -> Array:
        """n×n: smooths values of patches among neighbors that are one object (Tikhonov
        regularization on the graph)."""
        weights = np.zeros((self.count, self.count))
        first, second = self.edges.T
        weights[first, second] = weights[second, first] = NEIGHBOR_WEIGHT * self.learned_sameness**2
        return np.asarray(np.linalg.inv(np.eye(self.count) + np.diag(weights.sum(1)) - weights))


def things_of(prepared: Prepared) -> Things:
    """The patches of a photograph, cut once and kept with it. Raises ModelError where the network
    predicts no distribution over colors."""
    network, prediction = encoded(prepared)
    channels = network.metadata.feature_channels
    return prepared.cache.get(
        "things", lambda: cut_things(prepared.lightness, prepared.plain, prediction, channels)
    )


def encoded(prepared: Prepared) -> tuple[Network, Prediction]:
    """A network that outputs features, the photograph's own or else the default one, and its
    prediction, which is kept."""
    if prepared.network.metadata.feature_channels:
        return prepared.network, prepared.prediction
    network = _default_network()
    return network, prepared.cache.get(
        "encoded", lambda: predict(network, [prepared.view_for(network)], prepared.lightness.shape)
    )


@cache
def _default_network() -> Network:
    return Network.load("default", "cpu")


def contrasted_features(prediction: Prediction, channels: Sequence[int]) -> Array:
    """Features h×w×C, of levels with so many channels each: each level's mean over the picture is
    subtracted, then each place is normalized to length 1, so that distances tell how different two
    things of this picture are. Raises ModelError if there are no features."""
    if prediction.features is None:
        raise ModelError("the network's metadata names features, but it outputs none")
    levels = np.split(prediction.features, np.cumsum(channels)[:-1], axis=-1)
    centered = [level - level.mean((0, 1)) for level in levels]
    squares = [np.square(level).sum(-1, keepdims=True) for level in centered]
    return np.concatenate(
        [level / np.sqrt(np.maximum(s, 1e-8)) for level, s in zip(centered, squares, strict=True)],
        -1,
    )


def cut_things(
    lightness: Array, ab: Array, prediction: Prediction, channels: Sequence[int]
) -> Things:
    """lightness: H×W, L*. ab: without guidance, h×w×2, any size. prediction: with logits and
    features, whose levels have so many channels. Raises ModelError where it has none."""
    if prediction.roots is None:
        raise ModelError(
            "objects are told apart by a network that predicts a distribution over colors; this"
            " one does not"
        )
    light, planes = small_planes(lightness, ab)
    size = light.shape
    labels, gradient = _patches(planes)
    count = int(labels.max()) + 1
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float32)
    y, x = patch_means(labels, count, rows), patch_means(labels, count, columns)
    at = (y + 0.5) / size[0], (x + 0.5) / size[1]
    saliency = np.zeros((1, 1)) if prediction.saliency is None else prediction.saliency
    features = _sample(contrasted_features(prediction, channels), *at)
    contrast = cv2.absdiff(light, cv2.GaussianBlur(light, (0, 0), 2))
    return Things(
        labels,
        (np.stack([y, x], 1) / (size[0] * size[1]) ** 0.5).astype(np.float32),
        patch_means(labels, count, light),
        _sample(prediction.roots, *at),
        tuple(np.split(features, np.cumsum(channels)[:-1], axis=1)),
        _sample(saliency[..., None], *at)[:, 0],
        np.sqrt(patch_means(labels, count, contrast) / 2),
        *_borders(labels, gradient),
    )


def small_planes(lightness: Array, ab: Array) -> tuple[Array, NDArray[np.uint8]]:
    """A picture of about `SMALL_SIDE`² pixels, no larger than lightness: L* h×w, slightly blurred,
    and L*, a*, b* as 8-bit planes h×w×3. lightness: H×W. ab: any size ×2."""
    scale = min(1.0, SMALL_SIDE / (lightness.shape[0] * lightness.shape[1]) ** 0.5)
    size = max(2, round(lightness.shape[0] * scale)), max(2, round(lightness.shape[1] * scale))
    light = np.asarray(cv2.GaussianBlur(resize(lightness, size), (0, 0), 0.8), np.float32)
    planes = np.dstack([light * 2.55, resize(ab, size) * 2 + 128])
    return light, np.clip(planes, 0, 255).astype(np.uint8)


def _sample(picture: Array, y: Array, x: Array) -> Array:
    """Bilinear samples of h×w×C at shares y and x of its sides (n each): n×C float32."""
    height, width = picture.shape[:2]
    row, column = (np.clip(v * side - 0.5, 0, side - 1) for v, side in ((y, height), (x, width)))
    top, left = row.astype(int), column.astype(int)
    bottom, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, across = (row - top)[:, None], (column - left)[:, None]
    above = picture[top, left] * (1 - across) + picture[top, right] * across
    below = picture[bottom, left] * (1 - across) + picture[bottom, right] * across
    return (above * (1 - down) + below * down).astype(np.float32)


def _patches(shown: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Watershed cells around the flattest place of each square of a grid, and the gradient between
    pixels (8-bit steps)."""
    smooth = cv2.medianBlur(shown, 3)
    gradient = cv2.morphologyEx(smooth, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).max(-1)
    seeds = np.zeros(shown.shape[:2], np.int32)
    rows, columns = (
        np.linspace(0, side, max(1, round(side / PATCH_SIDE)) + 1).astype(int).tolist()
        for side in shown.shape[:2]
    )
    cells = ((row, column) for row in pairwise(rows) for column in pairwise(columns))
    for number, ((top, bottom), (left, right)) in enumerate(cells, 1):
        flattest = int(gradient[top:bottom, left:right].argmin())
        seeds[top + flattest // (right - left), left + flattest % (right - left)] = number
    cells_of = cv2.watershed(smooth, seeds.copy())
    grown = np.where(seeds > 0, seeds, cells_of).astype(np.float32)
    while (hole := grown <= 0).any():  # the watershed leaves the picture's rim and borders open
        spread = cv2.dilate(np.where(hole, 0, grown), np.ones((3, 3)))
        grown = np.where(hole, spread, grown)
    labels = np.unique(grown, return_inverse=True)[1].reshape(seeds.shape)
    return labels.astype(np.int32), gradient.astype(np.int32)


def patch_means(labels: NDArray[np.int32], count: int, plane: NDArray[np.generic]) -> Array:
    """Mean of a plane, h×w, over each of `count` patches: n float64, 0 for a patch of no pixel."""
    sizes = np.bincount(labels.ravel(), minlength=count)
    return np.asarray(np.bincount(labels.ravel(), plane.ravel(), count) / np.maximum(sizes, 1))


def _borders(
    labels: NDArray[np.int32], gradient: NDArray[np.int32]
) -> tuple[NDArray[np.intp], Array]:
    """`edges` and `contrast` of `Things`."""
    count = int(labels.max()) + 1
    keys, steps = [], []
    for before, after in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        a, b = labels[before], labels[after]
        differs = a != b
        keys.append(np.minimum(a, b)[differs].astype(np.int64) * count + np.maximum(a, b)[differs])
        steps.append(np.maximum(gradient[before], gradient[after])[differs])
    pairs, index = np.unique(np.concatenate(keys), return_inverse=True)
    contrast = np.bincount(index, np.concatenate(steps)) / np.maximum(np.bincount(index), 1) / 25
    return np.stack(np.divmod(pairs, count), 1).astype(np.intp), contrast.astype(np.float32)


def _paths(things: Things, seed: int, cost: Array) -> tuple[Array, Array]:
    """The length of the cheapest path from the seed to each patch (Dijkstra 1959), and the
    costliest step on it."""
    length, widest = [float("inf")] * things.count, [0.0] * things.count
    length[seed] = 0.0
    waiting = [(0.0, seed)]
    steps: list[float] = cost.tolist()
    while waiting:
        so_far, patch = heapq.heappop(waiting)
        if so_far > length[patch]:
            continue
        for other, edge in things.neighbors[patch]:
            farther = so_far + steps[edge]
            if farther < length[other]:
                length[other] = farther
                widest[other] = max(widest[patch], steps[edge])
                heapq.heappush(waiting, (farther, other))
    return np.array(length), np.array(widest)


@cache
def learned_things() -> Learned:
    """Weights fitted by `benchmarks/things.py`: `edge`, a logistic regression; `mean`, `deviation`
    and three layers of a perceptron."""
    return {name: value.astype(np.float64) for name, value in read_weights("things").items()}


def read_weights(name: str) -> Learned:
    """The arrays of NAME.npz beside this module."""
    with (resources.files("tintype.engine.assist") / f"{name}.npz").open("rb") as file:
        return dict(np.load(file))


def _perceptron(inputs: Array, learned: Learned) -> Array:
    x = (inputs - learned["mean"]) / learned["deviation"]
    for layer in ("0", "1"):
        x = np.maximum(x @ learned[f"weight{layer}"] + learned[f"bias{layer}"], 0)
    return np.asarray(x @ learned["weight2"] + learned["bias2"])[:, 0]


def logistic(odds: Array) -> Array:
    """The probability of log-odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))))
