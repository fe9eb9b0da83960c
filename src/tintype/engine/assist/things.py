"""A prepared photograph cut into small patches, and how likely each patch belongs to the thing at a
given place.

Patches are watershed cells that follow edges. What two of them have in common is told by the
default network's encoder, its distribution over colors and saliency, by lightness, and by the
cheapest path from one to the other across edges (a geodesic distance). How these add up was learned
from human segmentations (`benchmarks/things.py`).
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.engine.core.network import Network
from tintype.engine.core.prepare import Answer, Prepared, Wish, ask
from tintype.engine.core.sizes import resize
from tintype.errors import ModelError
from tintype.guidance import Point
from tintype.once import once

SIDE = 224
"""Patches are cut on a copy of about SIDE² pixels."""
CELL = 11
"""About the side of a patch, pixels of that copy."""
SHARPNESS, SHIFT = 3.0, 0.44
"""Memberships are moved toward 0 and 1: they serve as masks."""
MIXING = 1.0
"""How much neighboring patches that look alike share their membership."""

Learned = dict[str, Array]


@dataclass(frozen=True, eq=False)
class Things:
    """labels: h×w int32, the patch that each pixel belongs to, 0..n-1. places: n×2, their centers
    (y, x) by the length of a side.
    traits: what is known of each patch, one n×C array a kind. edges: m×2, neighboring patches.
    contrast: m, between them.
    """

    labels: NDArray[np.int32]
    places: Array
    traits: tuple[Array, ...]
    edges: NDArray[np.intp]
    contrast: Array

    @property
    def count(self) -> int:
        """n, the number of patches."""
        return len(self.places)

    def patch_at(self, x: float, y: float) -> int:
        """The patch at a point, given in shares of width and height."""
        height, width = self.labels.shape
        return int(self.labels[min(int(y * height), height - 1), min(int(x * width), width - 1)])

    @once
    def middles(self) -> list[Point]:
        """Of each patch, its pixel nearest to its center, in shares of width and height."""
        height, width = self.labels.shape
        number = self.labels.ravel()
        rows, columns = np.divmod(np.arange(number.size), width)
        center = self.places[number] * (height * width) ** 0.5
        order = np.lexsort((np.hypot(rows - center[:, 0], columns - center[:, 1]), number))
        nearest = order[np.unique(number[order], return_index=True)[1]]
        return [
            ((column + 0.5) / width, (row + 0.5) / height)
            for row, column in (divmod(int(k), width) for k in nearest)
        ]

    @once
    def areas(self) -> Array:
        """n, the share of the picture that each patch covers."""
        return np.asarray(
            np.bincount(self.labels.ravel(), minlength=self.count) / self.labels.size, np.float32
        )

    @once
    def neighbors(self) -> list[list[tuple[int, int]]]:
        """Of each patch, its neighbors and the edge to each."""
        found: list[list[tuple[int, int]]] = [[] for _ in range(self.count)]
        for k, (a, b) in enumerate(self.edges.tolist()):
            found[a].append((b, k))
            found[b].append((a, k))
        return found

    def apart(self, first: NDArray[np.intp], second: NDArray[np.intp]) -> Array:
        """How far pairs of patches are apart in each kind of trait: N×kinds."""
        return np.stack(
            [np.linalg.norm(trait[first] - trait[second], axis=1) for trait in self.traits], 1
        )

    def edge_inputs(self) -> Array:
        """What tells whether the two sides of an edge are one thing: m×(kinds + 3)."""
        apart = self.apart(*self.edges.T)
        return np.column_stack([apart, self.contrast, apart[:, 0] ** 2, self.contrast**2])

    def sameness(self, learned: Learned) -> Array:
        """The probability that the two sides of each edge are one thing: m, 0..1."""
        return _logistic(self.edge_inputs() @ learned["edge"][:-1] + learned["edge"][-1])

    def patch_inputs(self, seed: int, sameness: Array) -> Array:
        """What tells whether each patch belongs to the thing of the seed: n×inputs."""
        length, widest = _paths(self, seed, -np.log(np.clip(sameness, 1e-4, 1)))
        apart = self.apart(np.full(self.count, seed), np.arange(self.count))
        away = np.linalg.norm(self.places - self.places[seed], axis=1)
        middle = float(np.median(length)) + 1e-6
        rank = np.argsort(np.argsort(length)) / self.count
        seed_saliency = np.full(self.count, self.traits[-2][seed, 0])
        columns = (
            length,
            np.sqrt(length),
            widest,
            away,
            away**2,
            rank,
            length / middle,
            np.full(self.count, middle),
            seed_saliency,
        )
        return np.column_stack([apart, *columns])

    def membership(self, *points: Point) -> Array:
        """How much each patch belongs to what the points lie on: n float32, 0..1; 1 at the
        points."""
        found = np.zeros(self.count)
        for seed in {self.patch_at(*place) for place in points}:
            odds = _perceptron(self.patch_inputs(seed, self.same), learned_things()) + SHIFT
            shared = self.smoother @ _logistic(odds)
            clear = np.clip(shared, 1e-4, 1 - 1e-4)
            found = np.maximum(found, _logistic(SHARPNESS * np.log(clear / (1 - clear))))
            found[seed] = 1
        return found.astype(np.float32)

    @once
    def same(self) -> Array:
        """`sameness` by what was learned."""
        return self.sameness(learned_things())

    @once
    def smoother(self) -> Array:
        """n×n: smooths values of patches among neighbors that are one thing (Tikhonov
        regularization on the graph)."""
        weights = np.zeros((self.count, self.count))
        first, second = self.edges.T
        weights[first, second] = weights[second, first] = MIXING * self.same**2
        return np.asarray(np.linalg.inv(np.eye(self.count) + np.diag(weights.sum(1)) - weights))

    def drawn(self, values: Array) -> Array:
        """Values of patches (n or n×C) as a picture of them: h×w or h×w×C."""
        return values[self.labels]


def things_of(prepared: Prepared) -> Things:
    """The patches of a photograph, cut once and kept with it."""
    network, known = known_of(prepared)
    return prepared.keep(
        "things",
        lambda: cut_things(
            prepared.lightness, prepared.plain, known, network.metadata.feature_channels
        ),
    )


def known_of(prepared: Prepared) -> tuple[Network, Answer]:
    """A network that tells its features, the photograph's own or else the default one, and its
    answer; asked once and kept."""
    if prepared.network.metadata.feature_channels:
        return prepared.network, prepared.answer
    network = _default()
    return network, prepared.keep(
        "known", lambda: ask(network, prepared.looks_of(network), prepared.lightness.shape, Wish())
    )


def features_of(known: Answer, channels: Sequence[int]) -> Array:
    """An answer's features h×w×C, of levels with so many channels each: every level's mean over the
    picture taken away, then brought to length 1 at each place, so that distances say how different
    two things of this picture are. Raises ModelError if there are none."""
    if known.features is None:
        raise ModelError("the network's metadata speaks of features, but it predicts none")
    levels = np.split(known.features, np.cumsum(channels)[:-1], axis=-1)
    apart = [level - level.mean((0, 1)) for level in levels]
    return np.concatenate(
        [
            level / np.sqrt(np.maximum(np.square(level).sum(-1, keepdims=True), 1e-8))
            for level in apart
        ],
        -1,
    )


def cut_things(lightness: Array, ab: Array, known: Answer, channels: Sequence[int]) -> Things:
    """lightness: H×W, L*. ab: of the plain coloring, h×w×2, any size. known: a network's answer
    with logits and features, whose levels have so many channels."""
    scale = min(1.0, SIDE / (lightness.shape[0] * lightness.shape[1]) ** 0.5)
    size = max(1, round(lightness.shape[0] * scale)), max(1, round(lightness.shape[1] * scale))
    light = cv2.GaussianBlur(resize(lightness, size), (0, 0), 0.8)
    shown = np.dstack([light * 2.55, *(resize(ab, size).transpose(2, 0, 1) * 2 + 128)])
    labels, gradient = _patches(np.clip(shown, 0, 255).astype(np.uint8))
    count = int(labels.max()) + 1
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float32)
    y, x = _means(labels, count, rows), _means(labels, count, columns)
    at = (y + 0.5) / size[0], (x + 0.5) / size[1]
    texture = np.sqrt(
        _means(labels, count, cv2.absdiff(light, cv2.GaussianBlur(light, (0, 0), 2))) / 2
    )
    traits = (
        _means(labels, count, light)[:, None] / 10,
        *_learned_traits(known, channels, *at),
        _sample(
            (
                known.saliency[..., None]
                if known.saliency is not None
                else np.zeros((1, 1, 1), np.float32)
            ),
            *at,
        ),
        texture[:, None],
    )
    edges, contrast = _borders(labels, gradient)
    places = np.stack([y, x], 1) / (size[0] * size[1]) ** 0.5
    return Things(
        labels,
        places.astype(np.float32),
        tuple(trait.astype(np.float32) for trait in traits),
        edges,
        contrast,
    )


@cache
def _default() -> Network:
    return Network.load("default", "cpu")


def _learned_traits(known: Answer, channels: Sequence[int], y: Array, x: Array) -> list[Array]:
    """The roots of the distribution over colors (their distance is Hellinger's), and the encoder's
    levels."""
    if known.roots is None:
        raise ModelError(
            "things are told apart by a network that predicts a distribution over colors; this one"
            " does not"
        )
    levels = np.split(_sample(features_of(known, channels), y, x), np.cumsum(channels)[:-1], axis=1)
    return [_sample(known.roots, y, x), *levels]


def _sample(picture: Array, y: Array, x: Array) -> Array:
    """Bilinear samples of h×w×C at shares y and x of its sides (n each): n×C."""
    height, width = picture.shape[:2]
    row, column = (np.clip(v * side - 0.5, 0, side - 1) for v, side in ((y, height), (x, width)))
    top, left = row.astype(int), column.astype(int)
    bottom, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, across = (row - top)[:, None], (column - left)[:, None]
    above = picture[top, left] * (1 - across) + picture[top, right] * across
    below = picture[bottom, left] * (1 - across) + picture[bottom, right] * across
    return np.asarray(above * (1 - down) + below * down)


def _patches(shown: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Watershed cells around the flattest place of each square of a grid, and the gradient between
    pixels (8-bit steps)."""
    smooth = cv2.medianBlur(shown, 3)
    gradient = (
        cv2.morphologyEx(smooth, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
        .max(-1)
        .astype(np.int32)
    )
    height, width = shown.shape[:2]
    markers = np.zeros((height, width), np.int32)
    rows, columns = (
        np.linspace(0, side, max(1, round(side / CELL)) + 1).astype(int) for side in (height, width)
    )
    count = 0
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            inner = gradient[top:bottom, left:right]
            y, x = np.unravel_index(int(inner.argmin()), inner.shape)
            count += 1
            markers[top + y, left + x] = count
    seeds = markers.copy()
    cv2.watershed(smooth, markers)
    grown = np.where(seeds > 0, seeds, markers).astype(
        np.float32
    )  # watershed gives the picture's rim to nobody
    while (hole := grown <= 0).any():
        grown = np.where(
            hole, cv2.dilate(np.where(hole, 0, grown).astype(np.float32), np.ones((3, 3))), grown
        )
    labels = np.unique(grown, return_inverse=True)[1]
    return labels.reshape(height, width).astype(np.int32), gradient


def _means(labels: NDArray[np.int32], count: int, plane: Any) -> Array:
    sizes = np.bincount(labels.ravel(), minlength=count)
    return np.asarray(np.bincount(labels.ravel(), plane.ravel(), count) / np.maximum(sizes, 1))


def _borders(
    labels: NDArray[np.int32], gradient: NDArray[np.int32]
) -> tuple[NDArray[np.intp], Array]:
    """Pairs of patches that touch, and the mean gradient along their border, in units of about 10
    L*."""
    count = int(labels.max()) + 1
    keys, steps = [], []
    for a, b, one, other in (
        (labels[:, :-1], labels[:, 1:], gradient[:, :-1], gradient[:, 1:]),
        (labels[:-1], labels[1:], gradient[:-1], gradient[1:]),
    ):
        differs = a != b
        low, high = np.minimum(a[differs], b[differs]), np.maximum(a[differs], b[differs])
        keys.append(low.astype(np.int64) * count + high)
        steps.append(np.maximum(one[differs], other[differs]))
    pairs, index = np.unique(np.concatenate(keys), return_inverse=True)
    contrast = (
        np.bincount(index, np.concatenate(steps), len(pairs))
        / np.maximum(np.bincount(index, minlength=len(pairs)), 1)
        / 25
    )
    return np.stack([pairs // count, pairs % count], 1).astype(np.intp), contrast.astype(np.float32)


def _paths(things: Things, seed: int, cost: Array) -> tuple[Array, Array]:
    """The length of the cheapest path from the seed to each patch (Dijkstra 1959), and the
    costliest step on it."""
    length, widest = [float("inf")] * things.count, [0.0] * things.count
    length[seed] = 0.0
    waiting = [(0.0, seed)]
    steps: list[float] = cost.tolist()
    while waiting:
        reached, patch = heapq.heappop(waiting)
        if reached > length[patch]:
            continue
        for other, edge in things.neighbors[patch]:
            farther = reached + steps[edge]
            if farther < length[other]:
                length[other] = farther
                widest[other] = max(widest[patch], steps[edge])
                heapq.heappush(waiting, (farther, other))
    return np.array(length), np.array(widest)


@cache
def learned_things() -> Learned:
    """What `benchmarks/things.py` learned: `edge`, a logistic regression; `mean`, `deviation` and
    three layers of a perceptron."""
    with (resources.files("tintype.engine.assist") / "things.npz").open("rb") as file:
        found: Any = np.load(file)
        return {name: found[name].astype(np.float64) for name in found.files}


def _perceptron(inputs: Array, learned: Learned) -> Array:
    x = (inputs - learned["mean"]) / learned["deviation"]
    for layer in ("0", "1"):
        x = np.maximum(x @ learned[f"weight{layer}"] + learned[f"bias{layer}"], 0)
    return np.asarray(x @ learned["weight2"] + learned["bias2"])[:, 0]


def _logistic(odds: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))))
