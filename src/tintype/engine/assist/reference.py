"""A reference picture in; what it says about the colors of a prepared photograph out: a palette,
and hints where parts of both match."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.color import palette_vector, srgb_to_lab
from tintype.color.bins import ab_histogram
from tintype.engine.assist.pages import prepare_page
from tintype.engine.assist.things import features_of, known_of
from tintype.engine.core.network import Network
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.sizes import resize
from tintype.guidance import Hint, color_of, decode_png
from tintype.photo import Photo

LEVELS = (0.5, 1.0, 2.0, 2.0)
"""How much each level of the features counts for a match, shallow to deep; other networks' levels
count alike."""
SURE = 0.6
"""Mean cosine of the features above which a match is believed."""
NEAR, AGREEING = 2.3, 3
"""A match is believed if so many of its eight neighbors match places within so many places of
it."""
MOST_HINTS = 60
SPACING = 2.0
CONFIDENCE = 0.5
PALE, VIVID = 0.5, 2.5
"""Least and largest factor of the deviation of ab where statistics are transferred."""
DARK = 15.0
"""L* below and above which, seen from black and white, transferred color fades."""


@dataclass(frozen=True)
class Seen:
    """A reference: the network's features, h×w×C, and the mean ab of their places, h×w×2."""

    features: Array
    ab: Array


@lru_cache(8)
def _seen(reference: bytes, network: Network) -> Seen:
    pixels = decode_png(reference, "the reference", cv2.IMREAD_COLOR)
    answer = prepare_page(network, Photo(np.ascontiguousarray(pixels)), [network.size]).answer
    features = features_of(answer, network.metadata.feature_channels)
    return Seen(
        features, resize(np.ascontiguousarray(_lab(reference)[..., 1:]), features.shape[:2])
    )


@lru_cache(8)
def _lab(reference: bytes) -> Array:
    return srgb_to_lab(
        decode_png(reference, "the reference", cv2.IMREAD_COLOR).astype(np.float32) / 255
    )


def reference_palette(reference: bytes) -> Array:
    """The network's `palette` input that wishes for the colors of a reference (PNG): its ab
    histogram and its mean chroma."""
    ab = _lab(reference)[..., 1:]
    return palette_vector(
        ab_histogram(ab[::2, ::2]), float(np.hypot(ab[..., 0], ab[..., 1]).mean())
    )


def reference_hints(prepared: Prepared, reference: bytes) -> tuple[Hint, ...]:
    """Soft hints where parts of the photograph are surely parts of the reference (PNG), too; none
    where nothing matches.

    Places match that are each other's nearest by the features of the network's encoder (of the
    default network's where it tells none), and whose neighbors match alike.
    """
    network, known = known_of(prepared)
    seen, features = (
        _seen(reference, network),
        features_of(known, network.metadata.feature_channels),
    )
    height, width = features.shape[:2]
    ours, theirs = (
        _unit(told, network.metadata.feature_channels) for told in (features, seen.features)
    )
    likeness = ours @ theirs.T
    best, back = likeness.argmax(1), likeness.argmax(0)
    places = np.flatnonzero((back[best] == np.arange(len(ours))) & (likeness.max(1) > SURE))
    if not len(places):
        return ()
    places = places[_agreeing(best.reshape(height, width), seen.features.shape[1])[places]]
    lightness, ab = resize(prepared.lightness, (height, width)).ravel(), seen.ab.reshape(-1, 2)
    hints = []
    for place in _apart(places, likeness.max(1)[places], width):
        color = color_of(float(lightness[place]), ab[best[place]])
        hints.append(
            Hint(
                (place % width + 0.5) / width,
                (place // width + 0.5) / height,
                color,
                0.5 / min(height, width),
                CONFIDENCE,
                "alike",
            )
        )
    return tuple(hints)


def _unit(features: Array, channels: Sequence[int]) -> Array:
    """Features h×w×C as n×C, so that products of two are the mean cosine of the levels, weighted by
    `LEVELS`."""
    weights = LEVELS if len(channels) == len(LEVELS) else (1.0,) * len(channels)
    scale = np.repeat(np.sqrt(np.array(weights) / sum(weights)), channels)
    return np.asarray(features.reshape(-1, features.shape[-1]) * scale.astype(np.float32))


def _agreeing(best: NDArray[np.intp], their_width: int) -> NDArray[np.bool_]:
    """Whether at least `AGREEING` neighbors of a place match neighbors of its match: best h×w, flat
    indices; returns h·w."""
    rows, columns = (
        np.pad(plane.astype(np.float32), 1, constant_values=np.inf)
        for plane in np.divmod(best, their_width)
    )
    height, width = best.shape
    count = np.zeros(best.shape, int)
    for down, across in ((d, a) for d in (0, 1, 2) for a in (0, 1, 2) if (d, a) != (1, 1)):
        around = slice(down, down + height), slice(across, across + width)
        count += (
            np.hypot(rows[around] - rows[1:-1, 1:-1], columns[around] - columns[1:-1, 1:-1]) <= NEAR
        )
    return (count >= AGREEING).ravel()


def _apart(places: NDArray[np.intp], likeness: Array, width: int) -> list[int]:
    """The likest places, at most `MOST_HINTS`, at least `SPACING` from each other."""
    kept: list[int] = []
    for place in places[np.argsort(-likeness, kind="stable")].tolist():
        if len(kept) < MOST_HINTS and all(
            np.hypot(place // width - k // width, place % width - k % width) >= SPACING
            for k in kept
        ):
            kept.append(place)
    return kept


def transferred(lightness: Array, ab: Array, reference: bytes) -> Array:
    """Give ab (H×W×2) the reference's mean and, within bounds, its deviation (Reinhard et al.
    2001); less in black and white.

    For networks that take no palette. lightness: H×W, L*.
    """
    wished = _lab(reference)[..., 1:].reshape(-1, 2)
    flat = ab.reshape(-1, 2)
    factor = np.clip(wished.std(0) / np.maximum(flat.std(0), 1e-3), PALE, VIVID)
    moved = (ab - flat.mean(0)) * factor + wished.mean(0)
    room = np.clip(np.minimum(lightness, 100 - lightness) / DARK, 0, 1)[..., None]
    return np.asarray(ab + (moved - ab) * room, np.float32)
