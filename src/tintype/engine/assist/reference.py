"""A reference picture as guidance for a prepared photograph: colors for things and places that
match, statistics for the rest."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.color import palette_vector, srgb_to_lab
from tintype.color.bins import ab_histogram
from tintype.engine.assist.groups import Cells, covering_spots
from tintype.engine.assist.pages import prepare_page
from tintype.engine.assist.things import (
    MIN_SHARED_PART,
    contrasted_features,
    encoded,
    memberships,
)
from tintype.engine.core.network import Network
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.segments import segments_of
from tintype.engine.core.sizes import resize
from tintype.guidance import Hint, Reach, color_of, decode_png
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
MAX_REFERENCE_HINTS, MIN_HINT_DISTANCE, HINT_CONFIDENCE = 40, 2.0, 0.5
# Weight of the log-probability that two things are one part of people, in the score of a match.
PART_WEIGHT = 0.3
# Score above which a thing matches another, and above which two match that prefer each other.
MIN_SCORE, MIN_MUTUAL_SCORE = 0.42, 0.36
# Confidence of a thing's hints without half of the score, and their number.
THING_CONFIDENCE, MAX_SPOTS_A_THING = 0.6, 3
# Share of a reference's statistics that a picture takes of which nothing matches, and parts of
# people that take none.
MIN_STATISTICS_SHARE = 0.35
SKIN_PARTS = ("skin", "lips", "eyes", "mouth")
# Factors by which the deviation of ab may change where statistics are transferred.
MIN_DEVIATION_FACTOR, MAX_DEVIATION_FACTOR = 0.5, 2.5
# Distance from black and white, in L*, within which transferred color fades.
FADE_LIGHTNESS = 15.0


@lru_cache(8)
def _reference_lab(reference: bytes) -> Array:
    pixels = decode_png(reference, "the reference", cv2.IMREAD_COLOR)
    return srgb_to_lab(pixels.astype(np.float32) / 255)


@dataclass(frozen=True, eq=False)
class _Things:
    """Things of a picture, k of them. features: k×C, of length 1, as of `matched_features`. parts:
    k×P, probabilities of parts of people. ab: k×2, the mean color. lightness: k. spots: hints that
    reach each. areas: k, shares of the picture."""

    features: Array
    parts: Array
    ab: Array
    lightness: Array
    spots: list[tuple[tuple[float, float, float], ...]]
    areas: Array

    @classmethod
    def of(cls, prepared: Prepared, ab: Array) -> "_Things":
        """ab: h×w×2, any size."""
        cells = Cells.of(prepared)
        members = memberships(prepared, cells.points)
        group_of = cells.group(members)
        names = np.unique(group_of)
        claims = np.stack([members[group_of == name].mean(0) for name in names])
        owner = names[claims.argmax(0)]
        features, parts, colors, lightness = (
            np.stack([cells.sample(values)[group_of == name].mean(0) for name in names])
            for values in (
                matched_features(prepared),
                segments_of(prepared).parts.probabilities,
                resize(ab, cells.size),
                resize(prepared.lightness, cells.size),
            )
        )
        spots = [
            covering_spots(owner == name, points, members[group_of == name])
            for name in names
            for points in [[cells.points[k] for k in np.flatnonzero(group_of == name)]]
        ]
        features /= np.linalg.norm(features, axis=1, keepdims=True) + 1e-6
        areas = np.array([(group_of == name).mean() for name in names])
        return cls(features, parts, colors, lightness, spots, areas)


@lru_cache(8)
def _reference_features(reference: bytes, network: Network) -> tuple[Array, Array, _Things]:
    """Features of a reference, h×w×C, the mean ab at their places, h×w×2, and its things."""
    pixels = decode_png(reference, "the reference", cv2.IMREAD_COLOR)
    prepared = prepare_page(network, Photo(np.ascontiguousarray(pixels)), [network.size])
    features = matched_features(prepared)
    ab = np.ascontiguousarray(_reference_lab(reference)[..., 1:])
    return features, resize(ab, features.shape[:2]), _Things.of(prepared, ab)


def reference_palette(reference: bytes) -> Array:
    """The network's `palette` input for the colors of a reference (PNG): its ab histogram and its
    mean chroma."""
    ab = _reference_lab(reference)[..., 1:]
    mean_chroma = float(np.hypot(ab[..., 0], ab[..., 1]).mean())
    return palette_vector(ab_histogram(ab[::2, ::2]), mean_chroma)


@dataclass(frozen=True)
class Matched:
    """hints: colors of a reference for the things and places that match, the surest on top. share:
    h×w, 0..1, how much of the reference's statistics the other places take."""

    hints: tuple[Hint, ...]
    share: Array


def match_reference(prepared: Prepared, reference: bytes) -> Matched:
    """Colors that a reference (PNG) gives to a prepared photograph.

    Things match by the features of the network's encoder (or of the default network's) and by the
    parts of people that they are. The more of the picture matches, the more the rest takes the
    reference's statistics; skin takes none.
    """
    their_features, their_ab, theirs = _reference_features(reference, encoded(prepared)[0])
    things = _Things.of(prepared, prepared.coarse)
    parts = things.parts @ theirs.parts.T
    score = things.features @ theirs.features.T + PART_WEIGHT * np.log(parts + MIN_SHARED_PART)
    best = score.argmax(1)
    highest = score.max(1)
    is_mutual = score.argmax(0)[best] == np.arange(len(best))
    is_match = (highest > MIN_SCORE) | (is_mutual & (highest > MIN_MUTUAL_SCORE))
    hints = [
        Hint(x, y, color_of(float(things.lightness[k]), theirs.ab[best[k]]), radius, confidence)
        for k in np.flatnonzero(is_match)[np.argsort(highest[is_match], kind="stable")]
        for confidence in [float(np.clip(THING_CONFIDENCE + highest[k] / 2, 0, 1))]
        for x, y, radius in things.spots[k][:MAX_SPOTS_A_THING]
    ]
    places = matched_hints(prepared, their_features, their_ab)
    matched_share = max(float(things.areas[is_match].sum()), len(places) / MAX_REFERENCE_HINTS)
    share = max(MIN_STATISTICS_SHARE, matched_share)
    segments = segments_of(prepared).parts
    skin = np.sum([segments[name] for name in SKIN_PARTS], axis=0)
    return Matched((*hints, *places), share * (1 - skin))


def matched_hints(
    prepared: Prepared,
    features: Array,
    ab: Array,
    cosine_needed: float = MIN_COSINE,
    wanted: NDArray[np.bool_] | None = None,
    reach: Reach = "place",
) -> tuple[Hint, ...]:
    """Soft hints where places of the photograph match places of another picture, as in two pictures
    of one scene.

    Two places match if each is the other's nearest by the features of the network's encoder (or of
    the default network's), and their neighbors match, too. features: h×w×C, `matched_features` of
    the other picture. ab: h×w×2, its colors there. wanted: h×w, where its colors are wanted; None:
    everywhere. reach: of the hints.
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
            reach,
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
