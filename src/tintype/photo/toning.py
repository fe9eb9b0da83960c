"""The tone of a monochrome print: a color for each lightness, which changes slowly over the paper
as toning, fading, yellowing and a scanner's cast make it."""

from dataclasses import dataclass

import cv2
import numpy as np

from tintype.arrays import Array

CELL_PIXELS = 8
"""The tone is fitted to means over cells of so many pixels each way, in which noise cancels."""
KNOTS = np.linspace(0, 100, 13)
"""L* at which the tone's curve is given, with straight lines between them."""
ROUNDS = 8
"""Of reweighting: what is in color loses its influence on the tone."""
MIN_NOISE = 0.5
"""CIELAB units: distances from the tone up to this one count fully at least."""
BEND_COST, SLOW_COST, SIZE_COST = 0.3, 0.05, 1e-3
"""Of the ridge regression: for bends of the curve; for slow changes, by the root of the number of
cells; and for all coefficients."""


@dataclass(frozen=True)
class Toning:
    """curve: ab at KNOTS, 13×2. slow: 10×2, coefficients of the polynomials of second degree of
    the place, first those that act everywhere, then those that grow with lightness."""

    curve: Array
    slow: Array

    @classmethod
    def neutral(cls) -> "Toning":
        """The tone of a picture without a tint."""
        return cls(np.zeros((len(KNOTS), 2), np.float32), np.zeros((10, 2), np.float32))

    def curve_at(self, lightness: float) -> Array:
        """ab of one L* in the middle of the picture."""
        return np.array([np.interp(lightness, KNOTS, self.curve[:, axis]) for axis in (0, 1)])

    def ab(self, lightness: Array, top: int = 0, height: int | None = None) -> Array:
        """The tone of L*, h×w: rows from `top` on of a picture of `height` rows, of any size; None:
        all of it. Returns h×w×2 float32."""
        places = _polynomials(lightness.shape, top, height)
        shares = (lightness / np.float32(100))[..., None]
        tone = places @ self.slow[:5] + shares * (places @ self.slow[5:])
        flat = lightness.ravel()
        for axis in (0, 1):
            tone[..., axis] += np.interp(flat, KNOTS, self.curve[:, axis]).reshape(tone.shape[:2])
        return np.asarray(tone, np.float32)


def fit_toning(lab: Array) -> Toning:
    """Fit the tone of most of a picture by robust regression (Geman and McClure's weights).

    lab: H×W×3 float32. The mean of a curve's hat functions over a cell weighs its knots, so that
    the fit is exact for cells of any contrast.
    """
    height, width = lab.shape[:2]
    size = cells_of((height, width))
    basis = _cell_basis(np.ascontiguousarray(lab[..., 0]), size)
    colors = cell_means(lab[..., 1:], size).reshape(-1, 2).astype(np.float64)
    knots, count = len(KNOTS), basis.shape[1]
    bends = np.zeros((knots - 2, count))
    for row in range(knots - 2):
        bends[row, row : row + 3] = np.array([1, -2, 1]) * BEND_COST
    costs = np.full(count, SIZE_COST)
    costs[knots:] += SLOW_COST * len(colors) ** 0.5
    ridge = bends.T @ bends + np.diag(costs**2)
    weights = np.ones(len(colors))
    for _ in range(ROUNDS):
        weighted = basis * weights[:, None]
        solved = np.linalg.solve(weighted.T @ basis + ridge, weighted.T @ colors)
        distances = np.hypot(*(colors - basis @ solved).T)
        noise = max(MIN_NOISE, 1.5 * float(np.median(distances)))
        weights = 1 / (1 + (distances / noise) ** 2) ** 2
    return Toning(solved[:knots].astype(np.float32), solved[knots:].astype(np.float32))


def cells_of(shape: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of a picture's cells."""
    return max(1, shape[0] // CELL_PIXELS), max(1, shape[1] // CELL_PIXELS)


def cell_means(values: Array, size: tuple[int, int]) -> Array:
    """Means over cells. values: H×W or H×W×C float32, of at most 4 channels."""
    return np.asarray(cv2.resize(values, size[::-1], interpolation=cv2.INTER_AREA), np.float32)


def _cell_basis(lightness: Array, size: tuple[int, int]) -> Array:
    """Means of the hat functions of L* and of the slow functions over cells: cells×23."""
    position = np.clip(lightness, 0, 100) * np.float32((len(KNOTS) - 1) / 100)
    hats = [
        cell_means(np.maximum(0, 1 - np.abs(position - knot)), size) for knot in range(len(KNOTS))
    ]
    places = _polynomials(size)
    shares = (cell_means(lightness, size) / np.float32(100))[..., None]
    whole = np.concatenate([np.dstack(hats), places, shares * places], axis=2)
    return whole.reshape(size[0] * size[1], -1).astype(np.float64)


def _polynomials(shape: tuple[int, ...], top: int = 0, height: int | None = None) -> Array:
    """x, y, xy, x² and y² of the places of a picture, each of mean 0: h×w×5 float32. top, height:
    as of `Toning.ab`."""
    rows, columns = shape[:2]
    y = ((np.arange(top, top + rows, dtype=np.float32) + 0.5) * 2 / (height or rows) - 1)[:, None]
    x = ((np.arange(columns, dtype=np.float32) + 0.5) * 2 / columns - 1)[None]
    parts = np.broadcast_arrays(x, y, x * y, x * x - 1 / 3, y * y - 1 / 3)
    return np.stack(parts, axis=2).astype(np.float32)
