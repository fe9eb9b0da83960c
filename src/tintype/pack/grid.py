"""A chroma grid as a code and back: a pyramid of grids, each predicted from the coarser one along
the edges of L*.

Each level halves the cells of the one before. What a cell's four parts are beyond their mean is
predicted by guided upsampling and the rest is coded as three Haar coefficients (an S-transform with
a predictor that knows L*). Contexts are whole numbers that both sides have decoded; the arithmetic
of L* only moves colors a little, so that another decoder of the gray picture does no harm.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.engine.core.sizes import resize
from tintype.engine.core.upsample import upsample_ab
from tintype.pack.coder import Context, Decoder, Encoder, Odds, code_nonzero, code_number

# Cells along the short side of the first grid, and at most along its longer side.
MIN_CELLS, MAX_CELLS = 2, 8
MAX_LEVELS = 6
# Steps in which the color axes are turned by half a circle.
ANGLES = 16
# Quantizer steps of the last level, CIELAB units: FINEST_STEP · STEP_RATIO^index, STEPS of them.
FINEST_STEP, STEPS, STEP_RATIO = 0.8, 128, 2 ** (1 / 24)
# Factor from each level's step to that of the level before: a coarse error is one in more places.
LEVEL_STEP_RATIO = 1.8
# Cost of a bit in squared steps: the encoder takes a less exact number that saves enough bits.
BIT_COST = 0.1
# Decoded coefficients are moved toward zero by this share of a step: small ones are more frequent.
SHRINKAGE = 0.04
# Left less right, above less below, and their product, of a cell's parts in reading order.
HAAR = np.array([[1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]], np.float32)


@dataclass(frozen=True)
class Settings:
    """rows, columns: of the first grid, 1 to MAX_CELLS. levels: halvings of its cells, 0 to
    MAX_LEVELS. step, angle: indices."""

    rows: int
    columns: int
    levels: int
    step: int
    angle: int

    def step_of(self, level: int) -> float:
        """The quantizer's step at a level, CIELAB units."""
        return float(
            FINEST_STEP * STEP_RATIO**self.step / LEVEL_STEP_RATIO ** (self.levels - level)
        )

    @property
    def turn(self) -> Array:
        """The rotation from ab to the axes that are coded, 2×2."""
        angle = np.pi * self.angle / ANGLES
        return np.array(
            [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32
        )


# Context of a sum of the magnitudes around a coefficient, the last for all larger sums.
CONTEXT_OF_SUM = (0, 1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 5)
MAX_SUM = len(CONTEXT_OF_SUM) - 1
# Plane and band of the coefficients of a cell, in their order.
BANDS = [(plane, band) for plane in range(2) for band in range(3)]
# Levels that follow a coefficient's own, as its context: so many, then all coarser ones alike.
MAX_LEVEL_CONTEXT = 2
# The same for the numbers of the first grid.
FIRST_GRID_CONTEXT = 3
# Probability that a coefficient is not 0: at the last level, the one before, and all coarser ones;
# by context.
NONZERO = (
    (0.009, 0.055, 0.18, 0.35, 0.54, 0.71),
    (0.032, 0.11, 0.23, 0.39, 0.56, 0.77),
    (0.19, 0.21, 0.38, 0.51, 0.65, 0.83),
)
# Probability that one that is not 0 is more than 1.
MORE_THAN_1 = (
    (0.05, 0.06, 0.11, 0.18, 0.33, 0.55),
    (0.1, 0.1, 0.16, 0.26, 0.4, 0.63),
    (0.2, 0.22, 0.34, 0.43, 0.53, 0.76),
)
# Probability that one that is more than 1 is more than 2, and that a larger one goes on.
MORE_THAN_2 = ((0.28, 0.35), (0.48, 0.6), (0.72, 0.82))
# Probability that a large number has more than 1, 2, ... bits, and then at each further bit.
MORE_BITS, MORE_BITS_BEYOND = (0.93, 0.87, 0.78, 0.66, 0.57, 0.44, 0.38), 0.35


def start(context: Context) -> float:
    """The initial probability of a yes, as counted on photographs. The second axis and the diagonal
    have half the odds of the first."""
    name, kind, near = context
    if name == "length":
        return MORE_BITS[near] if near < len(MORE_BITS) else MORE_BITS_BEYOND
    if name in ("sign", "plain"):
        return 0.5
    plane, diagonal, left = kind
    if left == FIRST_GRID_CONTEXT:
        return 0.85 if plane else 0.95
    if name == "further":
        return MORE_THAN_2[left][near]
    first = (NONZERO if name == "some" else MORE_THAN_1)[left][near]
    share = first * 0.5 ** (plane + diagonal)
    return share / (1 - first + share)


def first_grid(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of the coarsest grid of a picture."""
    longer = min(MAX_CELLS, round(MIN_CELLS * max(height, width) / min(height, width)))
    return (MIN_CELLS, longer) if width >= height else (longer, MIN_CELLS)


def best_angle(ab: Array) -> int:
    """The turn that brings most of the chroma (about gray) onto the first axis."""
    flat = ab.reshape(-1, 2).astype(np.float64)
    (aa, ab_), (_, bb) = flat.T @ flat
    return round(0.5 * float(np.arctan2(2 * ab_, aa - bb)) / np.pi * ANGLES) % ANGLES


def pyramid(picture: Array, rows: int, columns: int, levels: int) -> list[Array]:
    """Means of the cells of H×W or H×W×2 float32 at each level, the coarsest first."""
    means = []
    for level in range(levels, -1, -1):
        picture = resize(picture, (rows << level, columns << level))
        means.append(picture)
    return means[::-1]


def encode_grid(
    ab: list[Array], lightness: list[Array], settings: Settings, max_bytes: int | None = None
) -> tuple[bytes, Array]:
    """ab, lightness: as `pyramid` gives them, at least of the settings' levels. Returns the code,
    and the grid as decoded.

    Raises TooLong, early, where the code takes more than `max_bytes`.
    """
    coder = Encoder(Odds(start), max_bytes)
    grid = _run(coder, lightness, settings, [level @ settings.turn.T for level in ab])
    return coder.bytes(), grid


def decode_grid(code: bytes, lightness: Array, settings: Settings) -> Array:
    """The grid, h×w×2 float32, CIELAB units. lightness: H×W float32. Any bytes give some grid:
    check them before."""
    levels = pyramid(lightness, settings.rows, settings.columns, settings.levels)
    return _run(Decoder(Odds(start), code), levels, settings, None)


def _run(
    coder: Encoder | Decoder, lightness: list[Array], settings: Settings, target: list[Array] | None
) -> Array:
    step = settings.step_of(0)
    numbers = _code_first(coder, settings, None if target is None else target[0] / np.float32(step))
    grid = (numbers * step).astype(np.float32)
    parents = np.zeros((*numbers.shape, 3), np.int64)
    for level in range(1, settings.levels + 1):
        predicted = _parts(upsample_ab(grid, lightness[level]))
        step = settings.step_of(level)
        steps = (
            None
            if target is None
            else (_parts(target[level]) - predicted) @ HAAR.T / np.float32(4 * step)
        )
        details = _code_details(coder, parents, steps, settings.levels - level)
        nearer = np.sign(details) * np.maximum(np.abs(details) - SHRINKAGE, 0) * step
        grid = _whole(
            grid[..., None]
            + predicted
            - predicted.mean(-1, keepdims=True)
            + nearer.astype(np.float32) @ HAAR
        )
        parents = np.repeat(np.repeat(details, 2, 0), 2, 1)
    return np.asarray(grid @ settings.turn, np.float32)


def _code_first(
    coder: Encoder | Decoder, settings: Settings, target: Array | None
) -> NDArray[np.int64]:
    """rows×columns×2 whole numbers of the first grid, each as its difference from the one
    before."""
    numbers = np.zeros((settings.rows, settings.columns, 2), np.int64)
    for y, x, plane in np.ndindex(*numbers.shape):
        before = int(numbers[y, x - 1, plane] if x else numbers[y - 1, x, plane] if y else 0)
        number = None if target is None else round(float(target[y, x, plane])) - before
        numbers[y, x, plane] = before + code_number(
            coder, (plane, 0, FIRST_GRID_CONTEXT), 0, number
        )
    return numbers


def _code_details(
    coder: Encoder | Decoder, parents: NDArray[np.int64], target: Array | None, left: int
) -> NDArray[np.int64]:
    """h×w×2×3 whole numbers of one level, near the target (encoding) or as decoded. left:
    levels that follow."""
    h, w = parents.shape[:2]
    targets = None if target is None else target.reshape(h, w, 6).tolist()
    # cells of 0 only, which are most
    is_zero: Any = None if target is None else (np.abs(target) <= 0.5).all((2, 3)).tolist()
    numbers = np.zeros((h, w, 6), np.int64)
    sums = np.abs(parents).reshape(h, w, 6)
    kinds = [(plane, int(band == 2), min(left, MAX_LEVEL_CONTEXT)) for plane, band in BANDS]
    some = [[coder.odds.cell(("some", kind, near)) for near in CONTEXT_OF_SUM] for kind in kinds]
    none = [0] * 6
    for y in range(h):
        if y:
            north = np.abs(numbers[y - 1])
            sums[y] += 2 * north
            sums[y, :-1] += north[1:]
        west = none
        for x, before in enumerate(sums[y].tolist()):
            if is_zero is not None and is_zero[y][x] and isinstance(coder, Encoder):
                for cells, a, b in zip(some, west, before, strict=True):
                    coder.bit(cells[min(b + 2 * a, MAX_SUM)], 0)
                west = none
                continue
            here = [0] * 6
            for at in range(6):
                near = before[at] + 2 * west[at]
                if at > 2:
                    near += 2 * here[at - 3] + sum(here[3:at])
                elif at:
                    near += sum(here[:at])
                near = min(near, MAX_SUM)
                number = None
                if targets is not None and isinstance(coder, Encoder):
                    value = targets[y][x][at]
                    number = 0
                    if not -0.5 <= value <= 0.5:
                        number = _cheapest(coder, kinds[at], CONTEXT_OF_SUM[near], value)
                if coder.bit(some[at][near], None if number is None else int(number != 0)):
                    number = code_nonzero(coder, kinds[at], CONTEXT_OF_SUM[near], number)
                    numbers[y, x, at] = number
                    here[at] = abs(number)
            west = here
    return numbers.reshape(h, w, 2, 3)


def _cheapest(coder: Encoder, kind: tuple[int, ...], near: int, target: float) -> int:
    """The whole number whose squared error and bits are least together (rate-distortion
    optimization: Sullivan and Wiegand 1998)."""
    nearest = round(target)
    if not nearest:
        return 0
    toward = nearest - 1 if nearest > 0 else nearest + 1

    def cost(number: int) -> float:
        decoded = number - SHRINKAGE * (number > 0) + SHRINKAGE * (number < 0)
        return (target - decoded) ** 2 + BIT_COST * coder.price(kind, near, number)

    return min(dict.fromkeys((nearest, toward, 0)), key=cost)


def _parts(grid: Array) -> Array:
    """2h×2w×2 to h×w×2×4: the four parts of each cell in reading order."""
    h, w = grid.shape[0] // 2, grid.shape[1] // 2
    return np.asarray(
        grid.reshape(h, 2, w, 2, 2).transpose(0, 2, 4, 1, 3).reshape(h, w, 2, 4), np.float32
    )


def _whole(parts: Array) -> Array:
    """What `_parts` took apart."""
    h, w = parts.shape[:2]
    return np.ascontiguousarray(
        parts.reshape(h, w, 2, 2, 2).transpose(0, 3, 1, 4, 2).reshape(2 * h, 2 * w, 2), np.float32
    )
