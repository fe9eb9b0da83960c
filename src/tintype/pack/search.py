"""The search for the settings of a grid whose code is the best for given bytes or PSNR."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache, partial

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.cache import Cache
from tintype.color.gamut import fitted_srgb
from tintype.engine.core.sizes import resize
from tintype.errors import UsageError
from tintype.pack.coder import TooLong
from tintype.pack.color import grid_ab
from tintype.pack.grid import (
    MAX_LEVELS,
    STEPS,
    Settings,
    best_angle,
    encode_grid,
    first_grid,
    pyramid,
)

# PSNR that twice the bytes bring, dB (`benchmarks/pack.py`).
DB_PER_DOUBLING = 1.9
# Step indices by which a level may be finer or coarser than the one before, which has fewer cells.
MAX_REFINEMENT, MAX_COARSENING = 8, 72
# Step indices, finer and coarser, within which colors beyond a prediction are coded best.
LIKE_STEPS = 24, 40
# Steps that halve a code, and by which a level with twice the cells is coarser in the same bytes.
STEPS_PER_DOUBLING, LEVEL_STEPS = 18, 22
# Numbers of a grid for each bit of its code above which nearly all are 0 and it is not tried.
MAX_NUMBERS_PER_BIT = 20
# A code that fills this share of its room is long enough.
FULL_SHARE = 0.98


@dataclass(frozen=True)
class Truth:
    """ab: H×W×2, the colors to keep, beyond `known`: H×W×2, what is there without a code.
    lightness: H×W, of the gray picture. rgb: H×W×3, all together, sRGB in 0..1. float32.
    smoothers: of this L*, by the grid's cells."""

    ab: Array
    lightness: Array
    rgb: Array
    known: Array | None = None
    smoothers: Cache = field(default_factory=Cache)

    @classmethod
    def of(cls, ab: Array, lightness: Array) -> "Truth":
        """What does not fit into sRGB at this L* is drawn in, as it will be in the result."""
        return cls(ab, lightness, as_rgb(ab, lightness))

    def beyond(self, known: Array) -> "Truth":
        """What remains to be kept where these ab, H×W×2, are there without a code."""
        return replace(self, ab=self.whole(self.ab) - known, known=known)

    def upsampled(self, grid: Array) -> Array:
        """ab of a grid alone, H×W×2."""
        return grid_ab(grid, self.lightness, self.smoothers)

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
class CodedGrid:
    """A grid's settings and code. grid: as decoded, h×w×2. truth: the colors that it stands for."""

    settings: Settings
    code: bytes
    grid: Array
    truth: Truth

    @cached_property
    def psnr(self) -> float:
        """Of the grid's colors alone, dB."""
        return self.truth.psnr(self.truth.upsampled(self.grid))

    def worth(self, other: Truth) -> float:
        """How well these settings code other colors: PSNR, dB, as of a code of one byte."""
        s = self.settings
        if s.levels:  # without the finest level, which takes three quarters of the time
            s = replace(s, levels=s.levels - 1, step=max(0, s.step - LEVEL_STEPS))
        rows, columns = s.rows << s.levels, s.columns << s.levels
        lights = pyramid(other.lightness, s.rows, s.columns, s.levels)
        code, grid = encode_grid(
            pyramid(fitted_grid(other, rows, columns), s.rows, s.columns, s.levels), lights, s
        )
        return CodedGrid(s, code, grid, other).psnr - DB_PER_DOUBLING * float(
            np.log2(max(1, len(code)))
        )


def as_rgb(ab: Array, lightness: Array) -> Array:
    """H×W×2 and H×W to H×W×3 float32 sRGB in 0..1, within the gamut."""
    return fitted_srgb(np.asarray(cv2.merge([lightness, *cv2.split(ab)]), np.float32))


def search(
    truth: Truth,
    max_bytes: int | None,
    psnr: float | None,
    among: range = range(MAX_LEVELS + 1),
    steps: range = range(STEPS),
) -> CodedGrid:
    """The best grid in at most so many bytes, or the one of the fewest bytes that reaches a PSNR,
    dB. among, steps: numbers of levels, and indices of steps, to try.

    Raises UsageError if no code is small or good enough.
    """
    height, width = truth.lightness.shape
    rows, columns = first_grid(height, width)
    cell = max(1.0, min(height / rows, width / columns))
    levels = max(0, min(MAX_LEVELS, int(np.log2(cell)) - 1))
    lights = pyramid(truth.lightness, rows, columns, levels)
    angle = best_angle(resize(truth.ab, (rows << levels, columns << levels)))

    @cache
    def colors(level: int) -> list[Array]:
        return pyramid(fitted_grid(truth, rows << level, columns << level), rows, columns, level)

    def make(level: int, step: int) -> CodedGrid | None:
        settings = Settings(rows, columns, level, step, angle)
        try:
            return CodedGrid(
                settings, *encode_grid(colors(level), lights, settings, max_bytes), truth
            )
        except TooLong:
            return None

    def finer(coded: CodedGrid) -> int:
        """Steps by which a code may be finer in the room that it leaves; 0 where it is full."""
        room = 1.0 if max_bytes is None else max_bytes / max(1, len(coded.code))
        return 0 if room * FULL_SHARE <= 1 else max(1, round(STEPS_PER_DOUBLING * np.log2(room)))

    def is_good(coded: CodedGrid | None) -> bool:
        return coded is not None and (psnr is None or coded.psnr >= psnr)

    best: CodedGrid | None = None
    first = (steps.start + steps.stop) // 2
    for level in among:
        numbers = 6 * (rows * columns << 2 * level)
        is_sparse = max_bytes is not None and numbers > MAX_NUMBERS_PER_BIT * 8 * max_bytes
        if level > levels or (is_sparse and best is not None):
            break
        coded = _last_good(
            partial(make, level), steps, is_good, None if max_bytes is None else finer, first
        )
        if coded is not None and (best is None or _is_better(coded, best, max_bytes)):
            best = coded
            step = coded.settings.step
            first = step + LEVEL_STEPS
            steps = range(max(0, step - MAX_REFINEMENT), min(STEPS, step + MAX_COARSENING))
        elif best is not None:
            break
    if best is None:
        raise UsageError(_impossible(psnr, make(levels, 0)))
    return best


def _is_better(one: CodedGrid, other: CodedGrid, max_bytes: int | None) -> bool:
    return one.psnr > other.psnr if max_bytes is not None else len(one.code) < len(other.code)


def _last_good(
    make: Callable[[int], CodedGrid | None],
    steps: range,
    is_good: Callable[[CodedGrid | None], bool],
    finer: Callable[[CodedGrid], int] | None,
    first: int,
) -> CodedGrid | None:
    """By bisection, the good result of the coarsest step, all finer ones being good; or with
    `finer`, of the finest step, all coarser ones being good. finer: about how many steps finer than
    a good one that is; 0: near enough. first: the step to begin with."""
    low, high, best = steps.start, steps.stop - 1, None
    step = min(max(first, low), high)
    while low <= high:
        coded = make(step)
        good = is_good(coded)
        best = coded if good else best
        if good == (finer is None):
            low = step + 1
        else:
            high = step - 1
        aim = (low + high) // 2
        if finer is not None and good and coded is not None:
            if (ahead := finer(coded)) == 0:
                break
            aim = step - ahead
        step = min(max(aim, low), high)
    return best


def search_like(
    coded: CodedGrid, truth: Truth, max_bytes: int | None, psnr: float | None
) -> CodedGrid | None:
    """As `search`, with as many levels as a coded grid, and about its step; None where there is no
    such code."""
    level, step = coded.settings.levels, coded.settings.step
    near = range(max(0, step - LIKE_STEPS[0]), min(STEPS, step + LIKE_STEPS[1]))
    try:
        return search(truth, max_bytes, psnr, range(level, level + 1), near)
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
    down, across = _least_squares(rows, height), _least_squares(columns, width)
    residual = truth.ab - truth.upsampled(grid)
    step = np.einsum("ry,yxc,kx->rkc", down, residual, across, optimize=True)
    return np.asarray(grid + step, np.float32)


@lru_cache(64)
def _least_squares(cells: int, size: int) -> Array:
    """The matrix, cells×size, whose product is upsampled to the nearest values along one side by
    cubic interpolation."""
    cubic = cv2.resize(
        np.eye(cells, dtype=np.float32), (cells, size), interpolation=cv2.INTER_CUBIC
    )
    return np.asarray(np.linalg.pinv(cubic), np.float32)


def _impossible(psnr: float | None, finest: CodedGrid | None) -> str:
    if psnr is None or finest is None:
        return "the color does not fit into so few bytes; give more"
    return (
        f"the color cannot reach {psnr:g} dB this way; the most is {finest.psnr:.1f} dB, in"
        f" {len(finest.code)} bytes"
    )
