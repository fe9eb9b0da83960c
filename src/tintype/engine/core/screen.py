"""The screen of a printed picture (the dots of newspapers and yearbooks): found by its peaks in the
spectrum, and blurred to tones for the network's view."""

import cv2
import numpy as np

from tintype.arrays import Array

# Side of the window whose spectrum is searched, pixels.
WINDOW = 256
# Periods of screens that are found in one size, pixels; finer ones vanish when the picture is
# shrunk.
MIN_PERIOD, MAX_PERIOD = 2.5, 16.0
# Width of the rings of equal frequency within which a peak stands out, in steps of the spectrum.
RING_STEPS = 8
# A screen's peak, and the one at a right angle to it, against the median power of their ring.
MIN_PEAK, MIN_CROSS_PEAK = 400.0, 250.0
# Share of the variance in the rings of all periods that lies in the four peaks.
MIN_PEAK_SHARE = 0.35
# Standard deviation of the blur that removes a screen, relative to its period.
BLUR_PERIODS = 0.9
# Half a side of a peak, in steps of the spectrum.
PEAK_STEPS = 3


def screen_period(lightness: Array) -> float | None:
    """Period of a screen, pixels, or None where there is none. lightness: H×W float32, 0..100.

    A screen too coarse for the window is found in the picture of half the size.
    """
    period = _period(lightness)
    if period is not None or min(lightness.shape) < 2 * WINDOW:
        return period
    half = cv2.resize(lightness, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    coarse = _period(np.asarray(half, np.float32))
    return None if coarse is None else 2 * coarse


def _period(lightness: Array) -> float | None:
    """Period of a screen between the bounds."""
    side = min(WINDOW, *lightness.shape)
    if side < 4 * MAX_PERIOD:
        return None
    top, left = ((length - side) // 2 for length in lightness.shape)
    window = lightness[top : top + side, left : left + side]
    hann = np.hanning(side)
    spectrum = np.fft.fft2((window - window.mean()) * np.outer(hann, hann))
    power = np.square(np.abs(np.fft.fftshift(spectrum)))
    down, across = np.mgrid[:side, :side] - side // 2
    radius = np.hypot(down, across)
    ring = (radius / RING_STEPS).astype(int)
    wanted = (radius >= side / MAX_PERIOD) & (radius <= side / MIN_PERIOD) & (radius < side / 2 - 4)
    medians = np.ones(ring.max() + 1)
    for number in np.unique(ring[wanted]):
        medians[number] = np.median(power[ring == number])
    ratio = np.where(wanted, power / np.maximum(medians[ring], 1e-9), 0)
    y, x = np.unravel_index(int(ratio.argmax()), ratio.shape)
    dy, dx = int(y) - side // 2, int(x) - side // 2
    share, peaks = 0.0, []
    for sy, sx in ((dy, dx), (-dy, -dx), (dx, -dy), (-dx, dy)):
        rows = slice(side // 2 + sy - PEAK_STEPS, side // 2 + sy + PEAK_STEPS + 1)
        columns = slice(side // 2 + sx - PEAK_STEPS, side // 2 + sx + PEAK_STEPS + 1)
        peaks.append(float(ratio[rows, columns].max(initial=0)))
        share += float(power[rows, columns].sum())
    share /= max(float(power[wanted].sum()), 1e-9)
    if peaks[0] < MIN_PEAK or min(peaks[2:]) < MIN_CROSS_PEAK or share < MIN_PEAK_SHARE:
        return None
    return float(side / radius[y, x])


def without_screen(lightness: Array) -> Array:
    """L* with the dots of a screen blurred to tones; the same array where there is no screen.
    lightness: H×W float32, 0..100."""
    period = screen_period(lightness)
    if period is None:
        return lightness
    sigma = BLUR_PERIODS * period
    return np.asarray(cv2.GaussianBlur(lightness, (0, 0), sigma), np.float32)
