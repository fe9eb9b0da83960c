"""A chroma grid and the L* of a picture in; ab at the size of L* out, by edge-aware upsampling
alone or with a network's detail."""

import hashlib

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.engine.core.network import Network
from tintype.engine.core.prepare import Wish, prepare_lightness
from tintype.engine.core.sizes import resize
from tintype.engine.core.upsample import GRAIN, edge_smoother, upsample_ab
from tintype.pack.code import VERSION

SMOOTH = 0.75
"""Share of the cubic upsampling that is smoothed between the edges of L*."""
REACH = 2.0
"""How far the smoother reaches, by the area of a cell."""
EDGE = 3.0
"""Steps of L* above this, in 255ths of its range, hold it back."""
CONFIDENCE = 0.6
"""How sure the network is told that the grid is; of 0.6 and 1, the better one by measure."""


def grid_ab(grid: Array, lightness: Array, version: int = VERSION) -> Array:
    """ab of the grid alone: h×w×2 and H×W float32 in, H×W×2 out. version: of the code that the grid
    comes from."""
    grid = resize(
        grid, (min(grid.shape[0], lightness.shape[0]), min(grid.shape[1], lightness.shape[1]))
    )
    cubic = cv2.resize(grid, lightness.shape[::-1], interpolation=cv2.INTER_CUBIC)
    if version == 1:
        return np.asarray((cubic + upsample_ab(grid, lightness)) / 2, np.float32)
    smoother = edge_smoother(lightness, REACH / (grid.shape[0] * grid.shape[1]), EDGE, GRAIN)
    smooth = cv2.merge([smoother.filter(plane) for plane in cv2.split(cubic)])
    return np.asarray(cv2.addWeighted(cubic, 1 - SMOOTH, smooth, SMOOTH, 0), np.float32)


def network_guess(network: Network, lightness: Array) -> Array:
    """The network's own answer, which knows nothing of the true colors: H×W×2 float32, CIELAB
    units, for L* of H×W."""
    return prepare_lightness(network, lightness, network.sizes).raised


def network_detail(
    network: Network, grid: Array, plain: Array, lightness: Array, version: int = VERSION
) -> Array:
    """What a network that sees the colors as hints everywhere would change in them, with each
    cell's mean kept.

    grid: h×w×2. plain: `grid_ab` of it and what it was added to, H×W×2. lightness: H×W. All
    float32. Returns H×W×2 float32, CIELAB units. The second step is one round of back-projection
    (Irani and Peleg 1991): what the network's answer lacks of the cells' means is added.
    """
    hint = np.dstack([plain, np.full(lightness.shape, CONFIDENCE, np.float32)])
    prepared = prepare_lightness(network, lightness, [network.size])
    answer = prepared.asked(Wish(hint), "grid").ab
    painted = upsample_ab(
        resize(
            answer,
            (min(answer.shape[0], lightness.shape[0]), min(answer.shape[1], lightness.shape[1])),
        ),
        lightness,
    )
    means = grid if version == 1 else resize(plain, grid.shape)
    lacking = means - resize(painted, grid.shape)
    return np.asarray(painted + grid_ab(lacking, lightness, version) - plain, np.float32)


def network_name(network: Network) -> bytes:
    """Two bytes that name the network's file: another version of the network is known by them (but
    for 1 in 65,536)."""
    return hashlib.sha256(network.path.read_bytes()).digest()[:2]
