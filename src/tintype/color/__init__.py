"""Color science: arrays in, arrays out; no files, no networks."""

from tintype.color.bins import ab_bins, palette_vector
from tintype.color.gamut import fit_gamut, fitted_srgb, in_gamut
from tintype.color.lab import lab_to_srgb, lightness, srgb_to_lab
from tintype.color.measures import colorfulness, hue_histogram, hues

__all__ = [
    "ab_bins",
    "colorfulness",
    "fit_gamut",
    "fitted_srgb",
    "hue_histogram",
    "hues",
    "in_gamut",
    "lab_to_srgb",
    "lightness",
    "palette_vector",
    "srgb_to_lab",
]
