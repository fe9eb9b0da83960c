"""Black-and-white negatives are recognized: of a picture and its inverse, one is a photograph.

A picture alone says little of this. The difference between what the encoder finds in it and what it
finds in its inverse says
much: a linear function of it was fitted to photographs and their negatives
(`benchmarks/negatives.py`).
"""

from functools import cache
from importlib import resources

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.color.lab import lightness, lightness_to_luminance, linear_to_srgb
from tintype.engine.assist.line_fill import is_drawn
from tintype.engine.assist.things import known_of
from tintype.engine.core.prepare import Answer, Look, Prepared, answer_to
from tintype.engine.core.tone import stretch_tone
from tintype.notices import Notice, NoticeCode

NEGATIVE = Notice(NoticeCode.NEGATIVE, "it looks like a black-and-white negative; invert it first")
LEAST_VISIBLE = 0.9
"""Silhouettes, drawings and blank pages look alike either way."""
TONES, CELLS = 16, 8


def is_negative(prepared: Prepared) -> bool:
    """Whether a photograph looks like a scan of a black-and-white negative. One photograph in five
    costs a network pass, once."""
    return prepared.keep("negative", lambda: _is_negative(prepared))


def _is_negative(prepared: Prepared) -> bool:
    if prepared.visible < LEAST_VISIBLE or prepared.parts or is_drawn(prepared):
        return False
    learned = learned_negative()
    network, known = known_of(prepared)
    look = prepared.looks[0] if network is prepared.network else prepared.looks_of(network)[0]
    found = traits(look.shown, known)
    if len(found) != len(learned["alone"]) or found @ learned["alone"] > learned["suspicious"]:
        return False  # the first: an encoder of another shape
    inverse = inverted(look)
    other = traits(inverse.shown, answer_to(network, inverse, ("ab", "features")))
    return bool((other - found) @ learned["either"] > learned["margin"])


def inverted(look: Look) -> Look:
    """The picture with its gray values, coded as sRGB, taken from white."""
    gray = linear_to_srgb(lightness_to_luminance(look.shown))
    return Look(look.working, stretch_tone(lightness(np.clip(1 - gray, 0, 1))))


def traits(shown: Array, known: Answer) -> Array:
    """What is compared: the means of the encoder's features, the tones, and a thumbnail of them.
    shown: L*, h×w."""
    assert known.features is not None
    features = known.features.reshape(-1, known.features.shape[-1]).mean(0)
    tones = np.histogram(shown, TONES, (0, 100))[0] / shown.size
    small = cv2.resize(shown, (CELLS, CELLS), interpolation=cv2.INTER_AREA).ravel() / 100
    return np.concatenate([features, tones, small]).astype(np.float32)


@cache
def learned_negative() -> dict[str, Array]:
    """What was fitted, linear functions of the traits. `alone`: of a picture; above `suspicious`
    its inverse is not looked at. `either`: of the difference between the inverse and the picture;
    above `margin` the picture is a negative.
    """
    with (resources.files("tintype.engine.assist") / "negative.npz").open("rb") as file:
        found = np.load(file)
        return {name: found[name] for name in found.files}
