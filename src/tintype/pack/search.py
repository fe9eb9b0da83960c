"""True colors, L* and a wish in; the settings whose code is the best for it, out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.color import fit_gamut, lab_to_srgb
from tintype.engine.core.sizes import resize
from tintype.errors import UsageError
from tintype.pack.coder import TooLong
from tintype.pack.color import grid_ab
from tintype.pack.grid import (
    MOST_LEVELS,
    STEPS,
    Settings,
    best_angle,
    encode_grid,
    first_grid,
    pyramid,
)

OCTAVE = 1.9
"""Twice the bytes bring so much, dB (`benchmarks/pack.py`)."""
BACK = 8
"""A level's step is no more than this much finer than that of the level before, which has fewer
cells."""


@dataclass(frozen=True)
class Truth:
    """ab: H×W×2, the colors to keep, beyond `known`: H×W×2, what is there without a code.
    lightness: H×W, of the gray picture.
    rgb: H×W×3, all together, sRGB in 0..1. float32."""

    ab: Array
    lightness: Array
    rgb: Array
    known: Array | None = None

    @classmethod
    def of(cls, ab: Array, lightness: Array) -> "Truth":
        """What does not fit into sRGB at this L* is drawn in, as it will be in the result."""
        return cls(ab, lightness, as_rgb(ab, lightness))

    def beyond(self, known: Array) -> "Truth":
        """What remains to be kept where these ab, H×W×2, are there without a code."""
        return replace(self, ab=self.whole(self.ab) - known, known=known)

    def whole(self, ab: Array) -> Array:
        """Colors beyond what is known, and what is known."""
        return ab if self.known is None else ab + self.known

    def psnr(self, ab: Array) -> float:
        """How near other colors beyond what is known come, on the same L*: peak signal-to-noise
        ratio of RGB, dB."""
        error = float(
            np.mean(np.square(as_rgb(self.whole(ab), self.lightness) - self.rgb), dtype=np.float64)
        )
        return 10 * float(np.log10(1 / max(error, 1e-10)))


@dataclass(frozen=True)
class Found:
    """settings and code of a grid. grid: as decoded, h×w×2. truth: what it should be."""

    settings: Settings
    code: bytes
    grid: Array
    truth: Truth

    @cached_property
    def psnr(self) -> float:
        """Of the grid's colors alone, dB."""
        return self.truth.psnr(grid_ab(self.grid, self.truth.lightness))

    def worth(self, other: Truth) -> float:
        """How well these settings code other colors: PSNR, dB, as of a code of one byte."""
        s = self.settings
        rows, columns = s.rows << s.levels, s.columns << s.levels
        lights = pyramid(other.lightness, s.rows, s.columns, s.levels)
        code, grid = encode_grid(
            pyramid(fitted_grid(other, rows, columns), s.rows, s.columns, s.levels), lights, s
        )
        return Found(s, code, grid, other).psnr - OCTAVE * float(np.log2(max(1, len(code))))


def as_rgb(ab: Array, lightness: Array) -> Array:
    """H×W×2 and H×W to H×W×3 float32 sRGB in 0..1, within the gamut."""
    return lab_to_srgb(fit_gamut(np.dstack([lightness, ab])))


def search(
    truth: Truth, most: int | None, psnr: float | None, among: range = range(MOST_LEVELS + 1)
) -> Found:
    """The best grid in at most so many bytes, or the one of the fewest bytes that reaches a PSNR,
    dB. among: levels to look at.

    Raises UsageError if no code is as small, or none as good.
    """
    rows, columns = first_grid(*truth.lightness.shape)
    height, width = truth.lightness.shape
    levels = max(
        0, min(MOST_LEVELS, int(np.log2(max(1.0, min(height / rows, width / columns)))) - 1)
    )
    lights = pyramid(truth.lightness, rows, columns, levels)
    angle = best_angle(resize(truth.ab, (rows << levels, columns << levels)))

    @lru_cache
    def colors(level: int) -> list[Array]:
        return pyramid(fitted_grid(truth, rows << level, columns << level), rows, columns, level)

    def make(level: int, step: int) -> Found | None:
        settings = Settings(rows, columns, level, step, angle)
        try:
            code, grid = encode_grid(colors(level), lights, settings, most)
        except TooLong:
            return None
        return Found(settings, code, grid, truth)

    best: Found | None = None
    steps = range(STEPS)
    for level in (level for level in among if level <= levels):
        if most is not None:
            found = _finest(level, steps, make)
        else:
            found = _coarsest(level, steps, lambda *which: suits(make(*which), psnr))
        if found is not None and (
            best is None
            or (found.psnr > best.psnr if most is not None else len(found.code) < len(best.code))
        ):
            best = found
            steps = range(max(0, found.settings.step - BACK), STEPS)
        elif best is not None:
            break
    if best is None:
        raise UsageError(_impossible(most, psnr, make(levels, 0)))
    return best


def search_like(found: Found, truth: Truth, most: int | None, psnr: float | None) -> Found | None:
    """As `search`, where about as many levels are best as for what was found; None where there is
    no such code."""
    level = found.settings.levels
    try:
        return search(truth, most, psnr, range(max(0, level - 1), level + 1))
    except UsageError:
        return None


def fitted_grid(truth: Truth, rows: int, columns: int) -> Array:
    """The grid, rows×columns×2, whose upsampling is nearest to the true colors, instead of the
    means of its cells.

    One Gauss-Newton step from the means, with cubic interpolation in the place of the derivative;
    more steps make it too rough to be coded in few bytes.
    """
    grid = resize(truth.ab, (rows, columns))
    height, width = truth.lightness.shape
    if rows >= height or columns >= width:
        return grid
    down, across = (
        np.linalg.pinv(_cubic(cells, size)) for cells, size in ((rows, height), (columns, width))
    )
    lacking = truth.ab - grid_ab(grid, truth.lightness)
    return np.asarray(
        grid + np.einsum("ry,yxc,kx->rkc", down, lacking, across, optimize=True), np.float32
    )


def _cubic(cells: int, size: int) -> Array:
    """The matrix, size×cells, of cubic interpolation along one side."""
    return np.asarray(
        cv2.resize(np.eye(cells, dtype=np.float32), (cells, size), interpolation=cv2.INTER_CUBIC)
    )


def suits(found: Found | None, psnr: float | None) -> Found | None:
    """What was found, if it is good enough."""
    return found if found is not None and psnr is not None and found.psnr >= psnr else None


def _finest(level: int, steps: range, make: Callable[[int, int], Found | None]) -> Found | None:
    """By halving, the result of the finest of the steps that gives one; all coarser ones do."""
    low, high, best = steps.start, steps.stop - 1, None
    while low <= high:
        middle = (low + high) // 2
        found = make(level, middle)
        best, low, high = (best, middle + 1, high) if found is None else (found, low, middle - 1)
    return best


def _coarsest(level: int, steps: range, make: Callable[[int, int], Found | None]) -> Found | None:
    """By halving, the result of the coarsest of the steps that gives one; all finer ones do."""
    low, high, best = steps.start, steps.stop - 1, None
    while low <= high:
        middle = (low + high) // 2
        found = make(level, middle)
        best, low, high = (best, low, middle - 1) if found is None else (found, middle + 1, high)
    return best


def _impossible(most: int | None, psnr: float | None, finest: Found | None) -> str:
    if most is not None or psnr is None or finest is None:
        return "the color does not fit into so few bytes; give more"
    return (
        f"the color cannot reach {psnr:g} dB this way; the most is {finest.psnr:.1f} dB, in"
        f" {len(finest.code)} bytes"
    )
