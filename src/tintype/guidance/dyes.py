"""Dyes and the densities they are laid down in; the color that comes through, as sRGB.

A dye is modeled by one bell-shaped absorption band, the eye by the analytic fits to CIE 1931 of
Wyman, Sloan, Shirley 2013. That gives the character of a process (which hues it reaches, which it
confuses), not the measured color of a product.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tintype.arrays import Array
from tintype.color.lab import FROM_RELATIVE_XYZ, linear_to_srgb, srgb_to_linear

WAVES = np.arange(390, 731, 5, dtype=np.float64)
"""Nanometers."""


@dataclass(frozen=True)
class Dye:
    """peak: wavelength of the greatest absorption, nm. width: of the band at half its height, nm.
    strength: density at the peak."""

    peak: float
    width: float
    strength: float = 1.0

    @property
    def density(self) -> Array:
        """Spectral density at `WAVES`."""
        return np.asarray(
            self.strength * np.exp(-4 * np.log(2) * ((WAVES - self.peak) / self.width) ** 2)
        )


def _lobe(peak: float, below: float, above: float) -> Array:
    return np.exp(-0.5 * ((WAVES - peak) / np.where(peak > WAVES, below, above)) ** 2)


OBSERVER = np.stack(
    [
        1.056 * _lobe(599.8, 37.9, 31.0)
        + 0.362 * _lobe(442.0, 16.0, 26.7)
        - 0.065 * _lobe(501.1, 20.4, 26.2),
        0.821 * _lobe(568.8, 46.9, 40.5) + 0.286 * _lobe(530.9, 16.3, 31.1),
        1.217 * _lobe(437.0, 11.8, 36.0) + 0.681 * _lobe(459.0, 26.0, 13.8),
    ]
)
"""x̄, ȳ, z̄ at `WAVES`."""
OBSERVER /= OBSERVER.sum(axis=1, keepdims=True)


def linear_rgb(transmission: Array) -> Array:
    """Linear sRGB, ...×3, of light of equal energy through spectral transmissions, ...×len(WAVES);
    white stays white."""
    return np.asarray(transmission @ OBSERVER.T @ FROM_RELATIVE_XYZ.T)


def subtractive(dyes: Sequence[Dye], amounts: Array) -> Array:
    """Dyes one over the other. amounts: N×len(dyes), 1 for a dye's own strength. Returns N×3 linear
    sRGB."""
    return linear_rgb(10 ** -(amounts @ np.stack([dye.density for dye in dyes])))


def additive(filters: Sequence[Sequence[Dye]], shares: Array) -> Array:
    """Filters side by side, white being the sum of all. shares: N×len(filters), 0..1, open. Returns
    N×3 linear sRGB."""
    through = np.stack([10 ** -np.sum([dye.density for dye in dyes], axis=0) for dyes in filters])
    colors = linear_rgb(through)
    return np.asarray(shares @ colors / colors.sum(axis=0))


def hexes(linear: Array) -> tuple[str, ...]:
    """Linear sRGB, N×3, as color codes; what lies outside of sRGB is clipped."""
    rgb = np.rint(np.clip(linear_to_srgb(np.clip(linear, 0, 1)), 0, 1) * 255).astype(int)
    return tuple("#{:02x}{:02x}{:02x}".format(*color) for color in rgb)


def linear(rgb: Array) -> Array:
    """8-bit sRGB, N×3, as linear light, 0..1."""
    return np.asarray(srgb_to_linear(np.asarray(rgb, np.float32) / 255), np.float64)
