"""ab at the size of L* from a chroma grid, by edge-aware upsampling alone or with a network."""

import hashlib

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.cache import Cache
from tintype.engine.core.network import Network
from tintype.engine.core.predict import Conditioning, predict_view
from tintype.engine.core.prepare import prepare_lightness
from tintype.engine.core.sizes import resize, shrink_to
from tintype.engine.core.upsample import GRAIN_RADIUS, edge_smoother, upsample_ab

# Share of the cubic upsampling that is smoothed between the edges of L*.
SMOOTH_SHARE = 0.75
# The smoother's weight, by the area of a cell.
SMOOTHER_WEIGHT = 2.0
# Steps of L* above this hold the smoother back, 255ths of its range.
EDGE_STEP = 3.0
# Confidence of the grid as a hint; of 0.6 and 1, the better one by measure.
GRID_CONFIDENCE = 0.6


def grid_ab(grid: Array, lightness: Array, smoothers: Cache | None = None) -> Array:
    """ab of the grid alone: h×w×2 and H×W float32 in, H×W×2 out. smoothers: kept for further grids
    at this L*."""
    grid = shrink_to(grid, lightness.shape)
    cubic = cv2.resize(grid, lightness.shape[::-1], interpolation=cv2.INTER_CUBIC)
    cells = grid.shape[0] * grid.shape[1]
    weight = SMOOTHER_WEIGHT / cells
    smoother = (smoothers or Cache()).get(
        cells, lambda: edge_smoother(lightness, weight, EDGE_STEP, GRAIN_RADIUS)
    )
    smooth = cv2.merge([smoother.filter(plane) for plane in cv2.split(cubic)])
    return np.asarray(cv2.addWeighted(cubic, 1 - SMOOTH_SHARE, smooth, SMOOTH_SHARE, 0), np.float32)


def network_ab(network: Network, lightness: Array) -> Array:
    """The network's own prediction, which knows nothing of the true colors: H×W×2 float32, CIELAB
    units, for L* of H×W."""
    return prepare_lightness(network, lightness, network.sizes).raised


def network_detail(network: Network, grid: Array, plain: Array, lightness: Array) -> Array:
    """What a network that sees the colors as hints everywhere changes in them, with each cell's
    mean kept.

    grid: h×w×2. plain: `grid_ab` of it and what it was added to, H×W×2. lightness: H×W. All
    float32. Returns H×W×2 float32, CIELAB units. The second step is one round of back-projection
    (Irani and Peleg 1991): what the prediction lacks of the cells' means is added.
    """
    hint = np.dstack([plain, np.full(lightness.shape, GRID_CONFIDENCE, np.float32)])
    view = prepare_lightness(network, lightness, [network.size]).views[0]
    prediction = predict_view(network, view, ("ab",), Conditioning(hint))
    painted = upsample_ab(shrink_to(prediction.ab, lightness.shape), lightness)
    residual = resize(plain, grid.shape) - resize(painted, grid.shape)
    return np.asarray(painted + grid_ab(residual, lightness) - plain, np.float32)


def network_name(network: Network) -> bytes:
    """Two bytes that name the network's file and its working sizes: another version of the network
    is recognized by them (but for 1 in 65,536)."""
    content = hashlib.sha256(network.path.read_bytes())
    content.update(str(network.sizes).encode())
    return content.digest()[:2]
