"""sRGB to CIELAB and back (CIE 1976, D65 white, 2° observer), on float32 arrays."""

import numpy as np

from tintype.arrays import Array

# sRGB (IEC 61966-2-1) to XYZ; each row is divided by its sum, so that white is (1, 1, 1)
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
TO_RELATIVE_XYZ = TO_XYZ / TO_XYZ.sum(axis=1, keepdims=True)
FROM_RELATIVE_XYZ = np.linalg.inv(TO_RELATIVE_XYZ)
LUMINANCE = TO_RELATIVE_XYZ[1].astype(np.float32)

EPSILON = 216 / 24389
KAPPA = 24389 / 27


def srgb_to_linear(srgb: Array) -> Array:
    """Undo the sRGB transfer curve: any shape, 0..1 in and out."""
    srgb = np.asarray(srgb, np.float32)
    return np.where(
        srgb <= 0.04045, srgb / 12.92, ((np.maximum(srgb, 0) + 0.055) / 1.055) ** 2.4
    ).astype(np.float32)


def linear_to_srgb(linear: Array) -> Array:
    """Apply the sRGB transfer curve: any shape; values outside of 0..1 are kept on the curve's
    ends."""
    linear = np.asarray(linear, np.float32)
    return np.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055
    ).astype(np.float32)


def luminance_to_lightness(y: Array) -> Array:
    """Relative luminance 0..1 to L* 0..100, any shape."""
    return np.where(y > EPSILON, 116 * np.cbrt(y) - 16, KAPPA * y).astype(np.float32)


def lightness_to_luminance(lightness: Array) -> Array:
    """L* 0..100 to relative luminance 0..1, any shape."""
    f = (np.asarray(lightness, np.float32) + 16) / 116
    return np.where(lightness > KAPPA * EPSILON, f**3, lightness / KAPPA).astype(np.float32)


def lightness(picture: Array) -> Array:
    """L* of a picture: H×W×3 sRGB or H×W gray coded as sRGB, float32 0..1. Returns H×W float32,
    0..100."""
    linear = srgb_to_linear(picture)
    return luminance_to_lightness(linear if linear.ndim == 2 else linear @ LUMINANCE)


def srgb_to_lab(rgb: Array) -> Array:
    """rgb: ...×3 float32 sRGB, 0..1. Returns ...×3 float32: L* 0..100, a*, b*. Raises ValueError
    for another last axis."""
    rgb = _three(rgb)
    xyz = srgb_to_linear(rgb) @ TO_RELATIVE_XYZ.T.astype(np.float32)
    f = np.where(xyz > EPSILON, np.cbrt(xyz), (KAPPA * xyz + 16) / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


def lab_to_linear(lab: Array) -> Array:
    """lab: ...×3 float32. Returns linear sRGB ...×3 float32, outside of 0..1 where the color is
    outside of the gamut."""
    lab = _three(lab)
    fy = (lab[..., 0] + 16) / 116
    f = np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], axis=-1)
    xyz = np.where(f > 6 / 29, f**3, (116 * f - 16) / KAPPA).astype(np.float32)
    return np.asarray(xyz @ FROM_RELATIVE_XYZ.T.astype(np.float32), np.float32)


def lab_to_srgb(lab: Array) -> Array:
    """lab: ...×3 float32. Returns ...×3 float32 sRGB, clipped to 0..1. To keep L* and hue, call
    `fit_gamut` first."""
    return np.clip(linear_to_srgb(lab_to_linear(lab)), 0, 1)


def _three(array: Array) -> Array:
    array = np.asarray(array, np.float32)
    if array.ndim == 0 or array.shape[-1] != 3:
        raise ValueError(f"the last axis must have 3 channels, but the shape is {array.shape}")
    return array
