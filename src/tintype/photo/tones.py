"""The tones of scans: black and white points smoothed to grays, and dark scans found and
stretched."""

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.color.lab import luminance_to_lightness, srgb_to_linear
from tintype.photo.photo import Photo, to_uint8

MIDDLE_TONES = (64, 192)
"""Bounds of 8-bit tones that a picture of points has next to none of."""
MAX_MIDDLE_SHARE = 0.02
"""Share of middle tones up to which a picture consists of black and white."""
POINTS_SIDE_PIXELS = 9
"""Side of the places over which points are counted."""
SHADED = (0.1, 0.9)
"""Bounds of the share of white points in a shaded place."""
MIN_SHADED_SHARE = 0.65
"""Share of shaded places from which on points are a photograph: those of text and drawings, which
lie on bare paper, are fewer."""
MAX_POINT_PERIOD = 16.0
"""Twice the mean run of equal points, pixels; above this they are spots of a drawing."""
BLUR_PERIODS = 0.4
"""Standard deviation of the blur, relative to the points' period."""
MAX_DARK_LIGHTNESS = 55.0
"""L* of the lights of a dark scan: 99 % of it are darker."""
STRETCHED_QUANTILES = (0.005, 0.995)
"""Quantiles of the values that become black and white."""
MIN_STRETCHED_RANGE = 0.06
"""Range of values, 0..1, below which a picture is blank and is not stretched."""
SAMPLED_PIXELS = 200_000
"""About as many pixels are sampled to measure the range of tones."""


def smoothed_points(photo: Photo) -> Photo | None:
    """A photograph of black and white points alone (dithered, a screen, a fax) in smooth grays;
    None for any other picture, line art and text among them."""
    gray = _gray(photo)
    if min(gray.shape) < POINTS_SIDE_PIXELS or not has_two_tones(photo):
        return None
    period = _point_period(np.asarray(gray >= 128, np.float32))
    if period is None:
        return None
    blurred = cv2.GaussianBlur(photo.pixels, (0, 0), BLUR_PERIODS * period)
    return photo.with_pixels(np.asarray(blurred, photo.pixels.dtype))


def has_two_tones(photo: Photo) -> bool:
    """Whether a picture consists of black and white: points, line art or text."""
    return bool(np.mean(cv2.inRange(_gray(photo), *MIDDLE_TONES) > 0) <= MAX_MIDDLE_SHARE)


def is_dark(photo: Photo) -> bool:
    """Whether a scan is underexposed: it has no lights, but is not blank."""
    low, high = np.quantile(_sampled(photo), (0.005, 0.99))
    lights = float(luminance_to_lightness(srgb_to_linear(np.asarray(high, np.float32))))
    return bool(lights < MAX_DARK_LIGHTNESS and high - low >= MIN_STRETCHED_RANGE)


def stretched(photo: Photo) -> Photo:
    """A photograph whose darkest tones are black and whose lightest are white; the same one where
    they are so already, and where it is blank. All channels are stretched alike."""
    low, high = (float(value) for value in np.quantile(_sampled(photo), STRETCHED_QUANTILES))
    if high - low < MIN_STRETCHED_RANGE or (low <= 0 and high >= 1):
        return photo
    pixels, white = photo.pixels, photo.white
    out = np.empty_like(pixels)
    for row in range(len(pixels)):
        values = np.clip((pixels[row] / np.float32(white) - low) / (high - low), 0, 1) * white
        out[row] = np.rint(values) if white > 1 else values
    return photo.with_pixels(out)


def _sampled(photo: Photo) -> Array:
    """The brightest channel of some pixels, 0..1."""
    pixels = photo.pixels.reshape(-1, *photo.pixels.shape[2:])
    some = pixels[:: max(1, len(pixels) // SAMPLED_PIXELS)].astype(np.float32)
    brightest = some if some.ndim == 1 else some.max(axis=1)
    return np.asarray(brightest / np.float32(photo.white), np.float32)


def _gray(photo: Photo) -> Pixels:
    gray = to_uint8(photo.pixels)
    return gray if gray.ndim == 2 else np.ascontiguousarray(gray[..., 1])


def _point_period(white: Array) -> float | None:
    """Twice the mean run of equal points, pixels; None where points do not shade the picture.
    white: H×W, 0 and 1."""
    mean = cv2.blur(white, (POINTS_SIDE_PIXELS, POINTS_SIDE_PIXELS))
    shaded = (mean > SHADED[0]) & (mean < SHADED[1])
    if shaded.mean() < MIN_SHADED_SHARE:
        return None
    changes = (white[:, 1:] != white[:, :-1])[shaded[:, 1:]].mean()
    period = 2 / max(float(changes), 1e-6)
    return period if period <= MAX_POINT_PERIOD else None
