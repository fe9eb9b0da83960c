"""Black-and-white negatives are recognized: of a picture and its inverse, one is a photograph.

The features of a picture alone are weak evidence. Their difference from those of its inverse is
strong evidence: a linear function of it was fitted to photographs and their negatives
(`benchmarks/negatives.py`).
"""

from functools import cache

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.color.lab import lightness, lightness_to_luminance, linear_to_srgb
from tintype.engine.assist.line_art import is_drawn
from tintype.engine.assist.things import encoded, read_weights
from tintype.engine.core.predict import Prediction, predict_view
from tintype.engine.core.prepare import Prepared, stretched
from tintype.engine.core.sizes import InputView
from tintype.notices import Notice, NoticeCode

NEGATIVE = Notice(NoticeCode.NEGATIVE, "it looks like a black-and-white negative; invert it first")
# `Prepared.visible` below which a picture is not judged: silhouettes, drawings and blank pages look
# alike either way.
MIN_VISIBLE = 0.9
# Bins of the histogram of L*, and side of the thumbnail, that are compared.
TONE_BINS, THUMBNAIL_SIDE = 16, 8


def is_negative(prepared: Prepared) -> bool:
    """Whether a photograph looks like a scan of a black-and-white negative. One photograph in five
    costs a network pass, once."""
    return prepared.cache.get("negative", lambda: _is_negative(prepared))


def _is_negative(prepared: Prepared) -> bool:
    if prepared.visible < MIN_VISIBLE or prepared.parts or is_drawn(prepared):
        return False
    learned = learned_negative()
    network, prediction = encoded(prepared)
    own = network is prepared.network
    view = prepared.views[0] if own else prepared.view_for(network)
    traits = negative_traits(view.lightness, prediction)
    is_other_encoder = len(traits) != len(learned["alone"])
    if is_other_encoder or traits @ learned["alone"] > learned["suspicious"]:
        return False
    inverse = inverted(view)
    other = negative_traits(inverse.lightness, predict_view(network, inverse, ("ab", "features")))
    return bool((other - traits) @ learned["either"] > learned["margin"])


def inverted(view: InputView) -> InputView:
    """The view with its sRGB values subtracted from white, its tones stretched."""
    gray = linear_to_srgb(lightness_to_luminance(view.lightness))
    return stretched(InputView(lightness(np.clip(1 - gray, 0, 1))))


def negative_traits(lightness: Array, prediction: Prediction) -> Array:
    """Means of the encoder's features, a histogram of L* and a thumbnail: C float32. lightness:
    h×w, L*."""
    assert prediction.features is not None
    features = prediction.features.reshape(-1, prediction.features.shape[-1]).mean(0)
    tones = np.histogram(lightness, TONE_BINS, (0, 100))[0] / lightness.size
    thumbnail = cv2.resize(
        lightness, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), interpolation=cv2.INTER_AREA
    )
    return np.concatenate([features, tones, thumbnail.ravel() / 100]).astype(np.float32)


@cache
def learned_negative() -> dict[str, Array]:
    """Linear functions of the traits, fitted by `benchmarks/negatives.py`. `alone`: of a picture;
    above `suspicious` its inverse is not tried. `either`: of the inverse's traits minus the
    picture's; above `margin` the picture is a negative."""
    return read_weights("negative")
