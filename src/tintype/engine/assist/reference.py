"""A reference picture as guidance for a prepared photograph: a palette, and hints where parts of
both match."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.color import palette_vector, srgb_to_lab
from tintype.color.bins import ab_histogram
from tintype.engine.assist.pages import prepare_page
from tintype.engine.assist.things import contrasted_features, encoded
from tintype.engine.core.network import Network
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.sizes import resize
from tintype.guidance import Hint, color_of, decode_png
from tintype.photo import Photo

# Weight of each level of the features in a match, shallow to deep; levels of a network that has
# another number of them count equally.
LEVEL_WEIGHTS = (0.5, 1.0, 2.0, 2.0)
# Mean cosine of the features above which a match is accepted.
MIN_COSINE = 0.6
# A match is accepted if this many of its eight neighbors match places within this distance of it,
# in places of the feature grid.
MIN_AGREEING_NEIGHBORS, MAX_NEIGHBOR_DISTANCE = 3, 2.3
# Number, distance (places of the feature grid) and confidence of the hints.
MAX_REFERENCE_HINTS, MIN_HINT_DISTANCE, HINT_CONFIDENCE = 60, 2.0, 0.5
# Factors by which the deviation of ab may change where statistics are transferred.
MIN_DEVIATION_FACTOR, MAX_DEVIATION_FACTOR = 0.5, 2.5
# Distance from black and white, in L*, within which transferred color fades.
FADE_LIGHTNESS = 15.0


@lru_cache(8)
def _reference_lab(reference: bytes) -> Array:
    pixels = decode_png(reference, "the reference", cv2.IMREAD_COLOR)
    return srgb_to_lab(pixels.astype(np.float32) / 255)


@lru_cache(8)
def _reference_features(reference: bytes, network: Network) -> tuple[Array, Array]:
    """Features of a reference, h×w×C, and the mean ab at their places, h×w×2."""
    pixels = decode_png(reference, "the reference", cv2.IMREAD_COLOR)
    prepared = prepare_page(network, Photo(np.ascontiguousarray(pixels)), [network.size])
    features = matched_features(prepared)
    ab = np.ascontiguousarray(_reference_lab(reference)[..., 1:])
    return features, resize(ab, features.shape[:2])


def reference_palette(reference: bytes) -> Array:
    """The network's `palette` input for the colors of a reference (PNG): its ab histogram and its
    mean chroma."""
    ab = _reference_lab(reference)[..., 1:]
    mean_chroma = float(np.hypot(ab[..., 0], ab[..., 1]).mean())
    return palette_vector(ab_histogram(ab[::2, ::2]), mean_chroma)


def reference_hints(prepared: Prepared, reference: bytes) -> tuple[Hint, ...]:
    """Soft hints where parts of the photograph match parts of the reference (PNG); none where
    nothing matches."""
    return matched_hints(prepared, *_reference_features(reference, encoded(prepared)[0]))


def matched_hints(
    prepared: Prepared,
    features: Array,
    ab: Array,
    cosine_needed: float = MIN_COSINE,
    wanted: NDArray[np.bool_] | None = None,
) -> tuple[Hint, ...]:
    """Soft hints where parts of the photograph match parts of another picture.

    Two places match if each is the other's nearest by the features of the network's encoder (or of
    the default network's), and their neighbors match, too. features: h×w×C, `matched_features` of
    the other picture. ab: h×w×2, its colors there. wanted: h×w, where its colors are wanted; None:
    everywhere.
    """
    own = matched_features(prepared)
    height, width, channels = own.shape
    cosine = own.reshape(-1, channels) @ features.reshape(-1, channels).T
    best, back = cosine.argmax(1), cosine.argmax(0)
    is_match = (back[best] == np.arange(len(best))) & (cosine.max(1) > cosine_needed)
    is_match &= _neighbors_agree(best.reshape(height, width), features.shape[1])
    if wanted is not None:
        is_match &= wanted.ravel()[best]
    places = np.flatnonzero(is_match)
    lightness = resize(prepared.lightness, (height, width)).ravel()
    colors = ab.reshape(-1, 2)[best]
    return tuple(
        Hint(
            (place % width + 0.5) / width,
            (place // width + 0.5) / height,
            color_of(float(lightness[place]), colors[place]),
            0.5 / min(height, width),
            HINT_CONFIDENCE,
            "alike",
        )
        for place in _distant(places, cosine.max(1)[places], width)
    )


def matched_features(prepared: Prepared) -> Array:
    """The encoder's features, h×w×C: the sum of the products of two places is the mean cosine of
    their levels, weighted by `LEVEL_WEIGHTS`."""
    network, prediction = encoded(prepared)
    channels = network.metadata.feature_channels
    weights = LEVEL_WEIGHTS if len(channels) == len(LEVEL_WEIGHTS) else (1.0,) * len(channels)
    scale = np.repeat(np.sqrt(np.array(weights) / sum(weights)), channels)
    return np.asarray(contrasted_features(prediction, channels) * scale.astype(np.float32))


def _neighbors_agree(best: NDArray[np.intp], their_width: int) -> NDArray[np.bool_]:
    """Whether enough neighbors of a place match neighbors of its match: h·w. best: h×w, flat
    indices."""
    rows, columns = (
        np.pad(plane.astype(np.float32), 1, constant_values=np.inf)
        for plane in np.divmod(best, their_width)
    )
    height, width = best.shape
    count = np.full(best.shape, -1)  # without the place itself
    for down, across in np.ndindex(3, 3):
        near = slice(down, down + height), slice(across, across + width)
        away = np.hypot(rows[near] - rows[1:-1, 1:-1], columns[near] - columns[1:-1, 1:-1])
        count += away <= MAX_NEIGHBOR_DISTANCE
    return (count >= MIN_AGREEING_NEIGHBORS).ravel()


def _distant(places: NDArray[np.intp], cosine: Array, width: int) -> list[int]:
    """The best matches, at most `MAX_REFERENCE_HINTS`, at least `MIN_HINT_DISTANCE` apart."""
    kept: list[int] = []
    for place in places[np.argsort(-cosine, kind="stable")].tolist():
        away = (np.hypot(place // width - k // width, place % width - k % width) for k in kept)
        if len(kept) < MAX_REFERENCE_HINTS and all(a >= MIN_HINT_DISTANCE for a in away):
            kept.append(place)
    return kept


def with_reference_statistics(lightness: Array, ab: Array, reference: bytes) -> Array:
    """Give ab (H×W×2) the reference's mean and, within limits, its deviation (Reinhard et al.
    2001); less near black and white.

    For networks that accept no palette. lightness: H×W, L*.
    """
    target = _reference_lab(reference)[..., 1:].reshape(-1, 2)
    flat = ab.reshape(-1, 2)
    factor = target.std(0) / np.maximum(flat.std(0), 1e-3)
    factor = np.clip(factor, MIN_DEVIATION_FACTOR, MAX_DEVIATION_FACTOR)
    moved = (ab - flat.mean(0)) * factor + target.mean(0)
    share = np.clip(np.minimum(lightness, 100 - lightness) / FADE_LIGHTNESS, 0, 1)[..., None]
    return np.asarray(ab + (moved - ab) * share, np.float32)
