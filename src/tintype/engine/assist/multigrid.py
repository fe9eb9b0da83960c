"""Sparse linear systems over a pixel grid, solved by multigrid without a matrix."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tintype.arrays import Array

NEIGHBORS = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx)
# Unknowns up to which a system is inverted directly.
MAX_DIRECT_UNKNOWNS = 600
# Damping of the Jacobi smoother.
DAMPING = np.float32(0.8)


@dataclass(frozen=True)
class Stencil:
    """One equation a pixel: own * x minus the sum of links * x over the 8 neighbors.

    own: H×W. links: 8×H×W in the order of `NEIGHBORS`. free: H×W, 1 where x is unknown, 0 where it
    is given.
    """

    own: Array
    links: Array
    free: Array

    def __call__(self, x: Array) -> Array:
        """The left side of all equations, C×H×W, for x of C×H×W."""
        height, width = self.own.shape
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
        left = self.own * x
        part = np.empty_like(left)
        for link, (dy, dx) in zip(self.links, NEIGHBORS, strict=True):
            np.multiply(
                link, padded[:, 1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width], out=part
            )
            left -= part
        return left

    def halved(self) -> "Stencil":
        """The Galerkin system of cells of 2×2 pixels, constant in each cell: again a stencil of 9
        places."""
        height, width = self.own.shape
        half = (height + 1) // 2, (width + 1) // 2
        pad = ((0, 2 * half[0] - height), (0, 2 * half[1] - width))
        free = np.pad(self.free, pad)
        around = np.pad(free, 1)
        own = np.pad(self.own * self.free, pad).reshape(half[0], 2, half[1], 2).sum((1, 3))
        links = np.zeros((len(NEIGHBORS), *half), np.float32)
        for link, (dy, dx) in zip(self.links, NEIGHBORS, strict=True):
            there = around[1 + dy : 1 + dy + free.shape[0], 1 + dx : 1 + dx + free.shape[1]]
            between = np.pad(link, pad) * free * there
            for y, x in ((0, 0), (0, 1), (1, 0), (1, 1)):
                cell = (y + dy) // 2, (x + dx) // 2
                if cell == (0, 0):
                    own -= between[y::2, x::2]
                else:
                    links[NEIGHBORS.index(cell)] += between[y::2, x::2]
        unknown = free.reshape(half[0], 2, half[1], 2).max((1, 3))
        # rounding must not make a cell lighter than what it is linked to
        own = np.where(unknown > 0, np.maximum(own, links.sum(0) + np.float32(1e-12)), 1)
        return Stencil(own.astype(np.float32), links, unknown)


def solve(system: Stencil, right: Array, start: Array, steps: int) -> Array:
    """x with system(x) = right at the free pixels: GCR (Eisenstat et al. 1983) preconditioned by
    multigrid cycles.

    right: C×H×W float32. start: C×H×W float32, which holds the given values where pixels are not
    free. Returns C×H×W float32.
    """
    better = _multigrid(system)
    x = start.copy()
    lack = (right - system(x)) * system.free
    moves: list[Array] = []
    effects: list[Array] = []
    for _ in range(steps):
        move = better(lack)
        effect = system(move) * system.free
        for earlier, its_effect in zip(moves, effects, strict=True):
            share = _dot(effect, its_effect)
            effect -= share * its_effect
            move -= share * earlier
        length = np.sqrt(_dot(effect, effect)) + np.float32(1e-20)
        effect /= length
        move /= length
        share = _dot(lack, effect)
        x += share * move
        lack -= share * effect
        moves.append(move)
        effects.append(effect)
    return x


def _dot(one: Array, other: Array) -> Array:
    """C×1×1: one dot product a channel."""
    return np.asarray(np.einsum("chw,chw->c", one, other)[:, None, None], np.float32)


def _multigrid(system: Stencil) -> Callable[[Array], Array]:
    """Gives an approximate inverse of the system: one cycle over ever coarser grids (Trottenberg et
    al. 2001, section 2.4)."""
    if system.own.size <= MAX_DIRECT_UNKNOWNS:
        size, shape = system.own.size, system.own.shape
        units = np.eye(size, dtype=np.float32).reshape(size, *shape)
        free_only = Stencil(system.own, system.links * system.free, system.free)
        matrix = free_only(units).reshape(size, size).T.astype(np.float64)
        inverse = np.linalg.inv(matrix + 1e-9 * np.eye(size)).T.astype(np.float32)
        return lambda lack: (
            (lack.reshape(len(lack), size) @ inverse).reshape(lack.shape) * system.free
        )
    coarser = system.halved()
    below = _multigrid(coarser)
    # twice on the small grids (a W-cycle), which makes up for cells of constant value at a third
    # more work
    turns = 2 if system.own.size < 250_000 and coarser.own.size > MAX_DIRECT_UNKNOWNS else 1
    step = DAMPING * system.free / system.own

    def cycle(lack: Array) -> Array:
        x = step * lack
        for _ in range(turns):
            x += (
                _spread(
                    below(_gather((lack - system(x)) * system.free, coarser.own.shape)),
                    system.own.shape,
                )
                * system.free
            )
        return np.asarray(x + step * (lack - system(x)), np.float32)

    return cycle


def _gather(x: Array, half: tuple[int, ...]) -> Array:
    """The sum of each 2×2 pixels: C×H×W to C×half."""
    pad = ((0, 0), (0, 2 * half[0] - x.shape[1]), (0, 2 * half[1] - x.shape[2]))
    return np.asarray(
        np.pad(x, pad).reshape(len(x), half[0], 2, half[1], 2).sum((2, 4)), np.float32
    )


def _spread(x: Array, size: tuple[int, ...]) -> Array:
    """Each value to its 2×2 pixels: C×h×w to C×size."""
    return x.repeat(2, axis=1).repeat(2, axis=2)[:, : size[0], : size[1]]
