"""A gray picture borrows color from a photograph, place by place (Welsh et al. 2002), neighbors
together (Charpiat et al. 2008)."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array

# Side of the window in which texture is measured, pixels.
TEXTURE_WINDOW = 5
# Samples of the reference, a 16×16 grid with jitter; Welsh takes about 200.
SAMPLES = 256
# Colors that the samples are reduced to at most, each a label that a place may take.
MAX_COLORS = 16
# Radius within which neighbors agree on a color, by the mean side.
SMOOTHING_RADIUS = 0.012


def match_exemplar(lightness: Array, reference: Array, seed: int = 0) -> Array:
    """Color each place as the parts of the reference of most similar lightness and texture,
    neighbors of one thing alike.

    What each color costs at each place is the distance to its nearest sample in lightness and
    texture, half and half (Welsh, Ashikhmin, Mueller 2002, section 3). The costs are smoothed along
    the edges of L* and the cheapest color wins: cost-volume filtering (Hosni et al. 2013) in place
    of the graph cut of Charpiat, Hofmann, Schölkopf 2008.
    lightness: H×W float32, 0..100. reference: h×w×3 float32 CIELAB. The reference's lightness is
    first brought to the picture's mean and deviation. Texture is the deviation of L* in 5×5 pixels.
    Returns H×W×2 float32, CIELAB units.
    """
    samples = _samples(reference.shape[0], reference.shape[1], np.random.default_rng(seed))
    theirs = np.asarray(reference[..., 0], np.float32)
    scale = lightness.std() / max(float(theirs.std()), 1e-3)
    theirs = (theirs - theirs.mean()) * np.float32(scale) + lightness.mean()
    wanted = np.stack([theirs, _texture(theirs)], axis=-1)[samples]
    given = np.stack([lightness, _texture(lightness)], axis=-1).astype(np.float32)
    colors, label = _grouped(reference[..., 1:][samples])
    radius = max(1, round(SMOOTHING_RADIUS * lightness.size**0.5))
    guide = np.asarray(lightness / 100, np.float32)
    least: Array = np.full(lightness.shape, np.inf, np.float32)
    ab = np.zeros((*lightness.shape, 2), np.float32)
    for index, color in enumerate(colors):
        cost: Array = np.full(lightness.shape, np.inf, np.float32)
        for place in wanted[label == index]:
            np.minimum(
                cost, np.abs(given[..., 0] - place[0]) + np.abs(given[..., 1] - place[1]), out=cost
            )
        cost = np.asarray(cv2.ximgproc.guidedFilter(guide, cost, radius, 1e-3), np.float32)
        cheaper = cost < least
        least[cheaper], ab[cheaper] = cost[cheaper], color
    return ab


def _grouped(ab: Array) -> tuple[Array, NDArray[np.int32]]:
    """N×2 colors as at most `MAX_COLORS` others (k-means), and which of these each became."""
    different = np.unique(np.round(ab), axis=0)
    if len(different) <= MAX_COLORS:
        label = ((ab[:, None] - different[None]) ** 2).sum(-1).argmin(1)
        return np.stack([ab[label == i].mean(0) for i in range(len(different))]), label.astype(
            np.int32
        )
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_MAX_ITER + cv2.TERM_CRITERIA_EPS, 30, 0.5)
    data = np.ascontiguousarray(ab, np.float32)
    _, label, centers = cv2.kmeans(  # type: ignore[call-overload]
        data, MAX_COLORS, None, stop, 3, cv2.KMEANS_PP_CENTERS
    )
    return np.asarray(centers, np.float32), np.asarray(label[:, 0], np.int32)


def _texture(lightness: Array) -> Array:
    shifted = np.asarray(lightness, np.float32) - 50
    mean = cv2.blur(shifted, (TEXTURE_WINDOW, TEXTURE_WINDOW))
    return np.asarray(
        np.sqrt(np.maximum(cv2.blur(shifted**2, (TEXTURE_WINDOW, TEXTURE_WINDOW)) - mean**2, 0))
    )


def _samples(
    height: int, width: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    side = round(SAMPLES**0.5)
    steps = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij"), -1).reshape(
        -1, 2
    )
    places = (steps + rng.random(steps.shape)) / side
    return (places[:, 0] * height).astype(np.int64), (places[:, 1] * width).astype(np.int64)
