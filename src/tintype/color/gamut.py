"""Colors outside of sRGB are brought inside: less chroma, the same lightness and hue."""

from functools import cache

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.color.lab import FROM_RELATIVE_XYZ, KAPPA, lab_to_linear, linear_to_srgb

# Distance from 0..1 within which a linear channel still counts as inside.
GAMUT_TOLERANCE = 1e-4
# Rows (L*) and columns (hues) of the table of the gamut's edge.
LIMIT_LIGHTNESS, LIMIT_HUES = 256, 512
# Rows that OpenCV's remap gets at once: it takes no more than 32,767.
REMAP_ROWS = 32_000


def in_gamut(lab: Array, tolerance: float = GAMUT_TOLERANCE) -> np.ndarray:
    """Whether each color lies inside sRGB: ...×3 float32 CIELAB in, ... bool out."""
    return _inside(lab_to_linear(lab), tolerance)


def _inside(linear: Array, tolerance: float = GAMUT_TOLERANCE) -> np.ndarray:
    r, g, b = ((linear >= -tolerance) & (linear <= 1 + tolerance)).reshape(-1, 3).T
    return np.asarray(r & g & b).reshape(linear.shape[:-1])


def fit_gamut(lab: Array, passes: int = 10) -> Array:
    """Reduce the chroma of colors outside of sRGB until they fit, at constant L* and hue.

    lab: ...×3 float32 CIELAB, L* 0..100. passes: halvings of the interval; 10 find the edge to a
    thousandth of the chroma.
    Returns ...×3 float32; colors inside stay as they are.
    """
    return _fitted(lab, passes)[0]


def fitted_srgb(lab: Array) -> Array:
    """`lab_to_srgb` of `fit_gamut`, in half the time: ...×3 float32 CIELAB to sRGB in 0..1."""
    return np.clip(linear_to_srgb(_fitted(lab)[1]), 0, 1)


def _fitted(lab: Array, passes: int = 10) -> tuple[Array, Array]:
    """The colors as `fit_gamut` gives them, and as linear sRGB."""
    out = np.array(lab, np.float32)
    linear = lab_to_linear(out)
    flat = out.reshape(-1, 3)
    outside = np.flatnonzero(~_inside(linear))
    if len(outside) == 0:
        return out, linear
    colors = flat[outside]
    low, high = np.zeros(len(outside), np.float32), np.ones(len(outside), np.float32)
    trial = colors.copy()
    for _ in range(passes):
        middle = (low + high) / 2
        trial[:, 1:] = colors[:, 1:] * middle[:, None]
        fits = in_gamut(trial)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    flat[outside, 1:] = colors[:, 1:] * low[:, None]
    linear.reshape(-1, 3)[outside] = lab_to_linear(flat[outside])
    return out, linear


@cache
def chroma_limits() -> Array:
    """The largest chroma inside sRGB for L* from 0 to 100 and hues around the circle: 256×513, the
    last column the first."""
    fy = (np.linspace(0, 100, LIMIT_LIGHTNESS, dtype=np.float32)[:, None] + 16) / 116
    hue = np.linspace(0, 2 * np.pi, LIMIT_HUES + 1, dtype=np.float32)[None]
    along_a, along_b = np.cos(hue) / 500, -np.sin(hue) / 200
    limits, beyond = (np.full((LIMIT_LIGHTNESS, LIMIT_HUES + 1), c, np.float32) for c in (0, 180))
    for _ in range(16):
        middle = (limits + beyond) / 2
        xyz = [_cube(f) for f in (fy + middle * along_a, fy, fy + middle * along_b)]
        inside = np.ones(middle.shape, bool)
        for row in FROM_RELATIVE_XYZ.astype(np.float32):
            channel = row[0] * xyz[0] + row[1] * xyz[1] + row[2] * xyz[2]
            inside &= (channel >= -GAMUT_TOLERANCE) & (channel <= 1 + GAMUT_TOLERANCE)
        limits, beyond = np.where(inside, middle, limits), np.where(inside, beyond, middle)
    limits.setflags(write=False)
    return limits


def _cube(f: Array) -> Array:
    """A relative tristimulus value from its compressed form in CIELAB."""
    return np.where(f > 6 / 29, f * f * f, (116 * f - 16) * np.float32(1 / KAPPA))


def fit_gamut_fast(lab: Array) -> Array:
    """As `fit_gamut`, by a table of the gamut's edge, within about half a unit of chroma: N×3 in
    and out."""
    lightness, a, b = cv2.split(np.ascontiguousarray(lab, np.float32)[:, None])
    chroma, hue = cv2.cartToPolar(a, b)
    row, column = (
        lightness * np.float32((LIMIT_LIGHTNESS - 1) / 100),
        hue * np.float32(LIMIT_HUES / (2 * np.pi)),
    )
    limit = np.empty_like(chroma)
    for start in range(0, len(lab), REMAP_ROWS):
        part = slice(start, start + REMAP_ROWS)
        limit[part] = cv2.remap(chroma_limits(), column[part], row[part], cv2.INTER_LINEAR)
    share = np.minimum(1, limit / np.maximum(chroma, np.float32(1e-6)))
    return np.asarray(cv2.merge([lightness, a * share, b * share])[:, 0], np.float32)
