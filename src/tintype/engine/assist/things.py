"""What belongs to the object at a point of a prepared photograph, and masks raised to its size
along its edges."""

from collections.abc import Sequence
from functools import cache
from importlib import resources

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.engine.core.network import Network, default_network
from tintype.engine.core.predict import Prediction, predict
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.segments import segments_of
from tintype.engine.core.sizes import pixel_at, resize
from tintype.engine.core.upsample import edge_smoother
from tintype.errors import CapabilityError, ModelError
from tintype.guidance import Point

# Factor and offset of the log-odds of memberships, which brings them nearer to 0 and 1.
MEMBERSHIP_GAIN, MEMBERSHIP_OFFSET = 3.0, -1.0
# Weight of the log-odds that two places are of one part of people, and the least probability.
PART_WEIGHT, MIN_SHARED_PART = 0.5, 0.05
# Weight of squared differences of L*, by this step, up to this value, in the log-odds.
LIGHTNESS_WEIGHT, LIGHTNESS_STEP, MAX_LIGHTNESS_STEPS = 0.3, 15.0, 4.0
# Log-odds at the point itself.
MAX_ODDS = 30.0
# Weight of the smoother that raises masks, by the picture's pixels; steps of L* above this hold it
# back, 255ths of its range.
SMOOTHER_WEIGHT, EDGE_STEP = 0.0005, 8.0
# Factor of the contrast of a raised mask around a half.
MASK_CONTRAST = 2.0


def memberships(prepared: Prepared, points: Sequence[Point], alike: bool = False) -> Array:
    """The probability that each place belongs to the object at each point, or looks like it:
    n×h×w float32, 1 at the point. As `object_odds`."""
    return logistic(object_odds(prepared, points, alike)).astype(np.float32)


def object_odds(prepared: Prepared, points: Sequence[Point], alike: bool = False) -> Array:
    """Log-odds that each place belongs to the object at each point, or looks like it: n×h×w, at the
    size of the photograph's segments.

    points: n, shares of width and height.
    """
    segments = segments_of(prepared)
    affinity, parts = segments.affinity, segments.parts.probabilities
    rows, columns = np.transpose([pixel_at(affinity.size, x, y) for x, y in points])
    odds = affinity.alike(rows, columns) if alike else affinity.thing(rows, columns)
    shared = np.einsum("np,hwp->nhw", parts[rows, columns], parts)
    odds = odds + PART_WEIGHT * np.log(shared + MIN_SHARED_PART)
    lightness = resize(prepared.lightness, affinity.size)
    steps = np.square((lightness - lightness[rows, columns][:, None, None]) / LIGHTNESS_STEP)
    odds = odds - LIGHTNESS_WEIGHT * np.minimum(steps, MAX_LIGHTNESS_STEPS)
    odds = MEMBERSHIP_GAIN * (odds + MEMBERSHIP_OFFSET)
    odds[np.arange(len(rows)), rows, columns] = MAX_ODDS
    return np.asarray(odds)


def color_roots(prepared: Prepared) -> Array:
    """`Prediction.roots` of a photograph. Raises CapabilityError where the network predicts no
    distribution over colors."""
    roots = prepared.prediction.roots
    if roots is None:
        raise CapabilityError(
            f"the network {prepared.network.path.stem} predicts no distribution over colors; use"
            " the default network for that"
        )
    return roots


def raise_mask(mask: Array, lightness: Array) -> Array:
    """A mask h×w, 0..1, at the size of lightness, H×W, its edges along those of L*."""
    large = cv2.resize(mask, lightness.shape[::-1], interpolation=cv2.INTER_CUBIC)
    smooth = edge_smoother(lightness, SMOOTHER_WEIGHT, EDGE_STEP).filter(np.clip(large, 0, 1))
    return np.asarray(np.clip(MASK_CONTRAST * (smooth - 0.5) + 0.5, 0, 1), np.float32)


def encoded(prepared: Prepared) -> tuple[Network, Prediction]:
    """A network that outputs features, the photograph's own or else the default one, and its
    prediction, which is kept."""
    if prepared.network.metadata.feature_channels:
        return prepared.network, prepared.prediction
    network = default_network()
    return network, prepared.cache.get(
        "encoded", lambda: predict(network, [prepared.view_for(network)], prepared.lightness.shape)
    )


def contrasted_features(prediction: Prediction, channels: Sequence[int]) -> Array:
    """Features h×w×C, of levels with so many channels each: each level's mean over the picture is
    subtracted, then each place is normalized to length 1, so that distances measure how different
    two things of this picture are. Raises ModelError if there are no features."""
    if prediction.features is None:
        raise ModelError("the network's metadata names features, but it outputs none")
    levels = np.split(prediction.features, np.cumsum(channels)[:-1], axis=-1)
    centered = [level - level.mean((0, 1)) for level in levels]
    squares = [np.square(level).sum(-1, keepdims=True) for level in centered]
    return np.concatenate(
        [level / np.sqrt(np.maximum(s, 1e-8)) for level, s in zip(centered, squares, strict=True)],
        -1,
    )


@cache
def read_weights(name: str) -> dict[str, Array]:
    """The arrays of NAME.npz beside this module."""
    with (resources.files("tintype.engine.assist") / f"{name}.npz").open("rb") as file:
        return dict(np.load(file))


def logistic(odds: Array) -> Array:
    """The probability of log-odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -MAX_ODDS, MAX_ODDS))))
