"""Palettes: of old color processes by name, and of a photograph."""

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Array, Pixels, size_within
from tintype.color.lab import srgb_to_lab
from tintype.color.process import unpack_table
from tintype.errors import UsageError
from tintype.guidance.colors import Color, color_of

PALETTE_ENTRIES = 32
"""Colors in the palette of a photograph; a color that fills more of it stands there more often."""
SAMPLED_SIDE = 160
"""Longer side, pixels, at which a photograph's colors are counted."""
MIN_CHROMA = 4.0
"""A photograph without a color of at least this chroma has no palette."""


@dataclass(frozen=True)
class Palette:
    """title: in words. known: what is documented about the process, and where. approximated: which
    of the numbers behind it are an artist's approximation. measured: hue and chroma of its dyes or
    filters, as published and as modeled; None where no measurement was found. colors: sRGB codes;
    one that stands twice counts twice. table: how the process shows colors, for
    `tintype.color.process`."""

    title: str
    known: str
    approximated: str
    measured: dict[str, Any] | None
    colors: tuple[str, ...]
    table: str = ""


@cache
def named_palettes() -> dict[str, Palette]:
    """The palettes of palettes.json, which benchmarks/palettes.py computes, by name."""
    text = (resources.files("tintype.guidance") / "palettes.json").read_text(encoding="utf-8")
    return {
        entry.pop("name"): Palette(**{**entry, "colors": tuple(entry["colors"])})
        for entry in json.loads(text)
    }


def named_palette(name: str) -> Palette:
    """A palette by its name. Raises UsageError, with the nearest name, for an unknown one."""
    key = name.strip().lower().replace(" ", "-").replace("_", "-")
    palettes = named_palettes()
    if key not in palettes:
        close = difflib.get_close_matches(key, palettes, 1, 0.5)
        meant = f"; did you mean {close[0]!r}?" if close else f"; available: {', '.join(palettes)}"
        raise UsageError(f"there is no palette {name!r}{meant}")
    return palettes[key]


@cache
def _names() -> dict[tuple[str, ...], str]:
    return {tuple(sorted(each.colors)): name for name, each in named_palettes().items()}


def palette_name(colors: Sequence[Color]) -> str | None:
    """The name of the palette whose colors these are, in any order; None for other colors."""
    return _names().get(tuple(sorted(map(str, colors))))


@cache
def _table(name: str) -> Array:
    return unpack_table(named_palette(name).table)


def process_table(colors: Sequence[Color]) -> Array | None:
    """The table of the process whose palette these are, in any order; None for other colors."""
    name = palette_name(colors)
    return None if name is None else _table(name)


def palette_of(pixels: Pixels, colors: int = 8) -> tuple[str, ...]:
    """The colors of a photograph: the means of k-means clusters in a*b*, repeated in proportion to
    their areas, about `PALETTE_ENTRIES` in all.

    pixels: H×W×3 uint8 sRGB. colors: of the clusters. Raises UsageError for a gray photograph.
    """
    if pixels.ndim != 3:
        raise UsageError("the picture for the palette is gray, so it has no colors to give")
    small = cv2.resize(
        pixels, size_within(pixels.shape, SAMPLED_SIDE), interpolation=cv2.INTER_AREA
    )
    lab = srgb_to_lab(small.astype(np.float32) / 255).reshape(-1, 3)
    if np.percentile(np.hypot(lab[:, 1], lab[:, 2]), 99) < MIN_CHROMA:
        raise UsageError("the picture for the palette is gray, so it has no colors to give")
    count = min(colors, len(lab))
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_MAX_ITER + cv2.TERM_CRITERIA_EPS, 50, 0.2)
    ab = np.ascontiguousarray(lab[:, 1:])
    _, label, _ = cv2.kmeans(  # type: ignore[call-overload]
        ab, count, None, stop, 3, cv2.KMEANS_PP_CENTERS
    )
    means = np.stack(
        [lab[label[:, 0] == k].mean(axis=0) for k in range(count) if (label == k).any()]
    )
    shares = np.array([(label == k).sum() for k in range(count) if (label == k).any()]) / len(lab)
    order = np.argsort(-shares, kind="stable")
    times = np.maximum(1, np.rint(shares * PALETTE_ENTRIES)).astype(int)
    return tuple(
        code for k in order for code in [color_of(float(means[k][0]), means[k][1:])] * int(times[k])
    )
