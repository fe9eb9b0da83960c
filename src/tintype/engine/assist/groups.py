"""A prepared photograph as a coarse grid of cells, the cells as groups, and the hints that reach a
group."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.sizes import pixel_at
from tintype.guidance import Point

# Cells along the mean side of a picture.
CELLS_A_SIDE = 20
# Mean distance, 1 minus the probability of one thing, below which groups are merged.
MERGE_DISTANCE = 0.5
MAX_GROUPS = 12
# Hints of a group at most, and the share of its area that another one adds at least.
MAX_SPOTS_A_GROUP, MIN_COVERED_SHARE = 6, 0.05
# Largest radius of a hint, by the shorter side.
MAX_HINT_RADIUS = 0.06


@dataclass(frozen=True)
class Cells:
    """n cells of about the same size, row by row. size: rows and columns, n their product. points:
    n centers, shares of width and height."""

    size: tuple[int, int]
    points: list[Point]

    @classmethod
    def of(cls, prepared: Prepared) -> "Cells":
        """The cells of a photograph."""
        scale = CELLS_A_SIDE / prepared.lightness.size**0.5
        height, width = (min(max(1, round(n * scale)), n) for n in prepared.lightness.shape)
        ys, xs = ((np.arange(n) + 0.5) / n for n in (height, width))
        return cls((height, width), [(x, y) for y in ys.tolist() for x in xs.tolist()])

    @property
    def places(self) -> Array:
        """n×2, centers (y, x) by the mean side of the picture."""
        height, width = self.size
        return np.array([(y * height, x * width) for x, y in self.points]) / (height * width) ** 0.5

    def sample(self, picture: Array) -> Array:
        """Values of h×w or h×w×C at the centers: n or n×C."""
        rows, columns = np.transpose([pixel_at(picture.shape, x, y) for x, y in self.points])
        return np.asarray(picture[rows, columns])

    def group(self, members: Array) -> NDArray[np.intp]:
        """Groups of cells by what belongs to each, n×h×w, 0..1: n labels."""
        near = self.sample(members.transpose(1, 2, 0))
        return cluster(1 - (near + near.T) / 2)


def cluster(apart: Array) -> NDArray[np.intp]:
    """Average linkage (Sokal and Michener 1958) of n items by their distances, n×n, until the
    nearest groups are `MERGE_DISTANCE` apart and at most `MAX_GROUPS` are left: n labels."""
    apart = apart.astype(np.float64)
    np.fill_diagonal(apart, np.inf)
    weight, member = np.ones(len(apart)), np.arange(len(apart))
    for groups in range(len(apart), 1, -1):
        one, other = np.unravel_index(int(apart.argmin()), apart.shape)
        if apart[one, other] >= MERGE_DISTANCE and groups <= MAX_GROUPS:
            break
        total = weight[one] + weight[other]
        joined = (weight[one] * apart[one] + weight[other] * apart[other]) / total
        apart[one], apart[:, one] = joined, joined
        apart[other], apart[:, other], apart[one, one] = np.inf, np.inf, np.inf
        weight[one] = total
        member[member == other] = one
    return member


def covering_spots(
    mask: NDArray[np.bool_], points: Sequence[Point], members: Array
) -> tuple[tuple[float, float, float], ...]:
    """Disks of hints that reach most of a mask, h×w: (x, y, radius) each, the one that adds most
    first. points: n candidates. members: n×h×w, 0..1, what a hint at each reaches."""
    height, width = mask.shape
    framed = np.pad(mask.astype(np.uint8), 1)
    inside = cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    claims, area = members[:, mask], int(mask.sum())
    covered = np.zeros(area, np.float32)
    spots: list[tuple[float, float, float]] = []
    while len(spots) < MAX_SPOTS_A_GROUP:
        gains = np.maximum(claims - covered, 0).sum(1)
        best = int(gains.argmax())
        if gains[best] < MIN_COVERED_SHARE * area:
            break
        covered = np.maximum(covered, claims[best])
        x, y = points[best]
        depth = float(inside[pixel_at(mask.shape, x, y)])
        spots.append((x, y, min(max(0.6 * depth, 0.5) / min(height, width), MAX_HINT_RADIUS)))
    return tuple(spots)
