"""Random guidance for training pictures: hints, region and palette, and the colors that follow."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from tintype.color.bins import HISTOGRAM_GRID, ab_bins
from tintype.contract import PALETTE_CELLS, PALETTE_SIZE
from tintype.lab.data.photographs import Crops
from tintype.lab.data.settings import GuidanceShares
from tintype.lab.nets.bins import nearest_bins

log = logging.getLogger(__name__)


@dataclass
class DrawnGuidance:
    """hint N×3×H×W, region N×1×H×W, palette N×K: inputs of the network. ab N×2×H×W: the target
    colors that follow from them."""

    hint: Tensor
    region: Tensor
    palette: Tensor
    ab: Tensor


def draw_conditioning(
    ab: Tensor, crops: Crops, rng: np.random.Generator, shares: GuidanceShares
) -> DrawnGuidance:
    """ab: the true colors, N×2×H×W, of the crops. Hints show the true color, except where one is
    made unusual."""
    saliency = crops.saliency
    hint = torch.zeros(len(ab), 3, *ab.shape[2:], device=ab.device)
    ab = ab.clone()
    edges = np.cumsum([shares.unusual, shares.points, shares.scribbles, shares.grid, shares.dense])
    for n, drawn in enumerate(rng.random(len(ab))):
        kind = int(np.searchsorted(edges, drawn, side="right"))
        if kind == 0:
            _unusual(ab[n], crops.rgb[n], saliency[n, 0], hint[n], rng)
        elif kind == 1:
            _points(ab[n], hint[n], rng)
        elif kind == 2:
            _scribbles(ab[n], hint[n], rng)
        elif kind == 3:
            _grid(ab[n], hint[n], rng)
        elif kind == 4:
            hint[n, :2], hint[n, 2] = ab[n], 1
    palette = draw_palettes(ab, rng, shares)
    region = draw_regions(crops, rng, shares)
    return DrawnGuidance(hint * region, region, palette, ab * region)


def _window(y: int, x: int, reach: int) -> tuple[slice, slice]:
    """The square of 2·reach + 1 pixels around a pixel, as far as it lies in the picture."""
    return slice(max(0, y - reach), y + reach + 1), slice(max(0, x - reach), x + reach + 1)


def _mark(
    hint: Tensor, where: tuple[slice, slice], color: Tensor, rng: np.random.Generator
) -> None:
    sure = 1.0 if rng.random() < 0.7 else rng.uniform(0.3, 1)
    noise = torch.as_tensor(
        rng.normal(0, 10 * (1 - sure) + 1, 2), dtype=hint.dtype, device=hint.device
    )
    _set(hint, where, color + noise, sure)


def _set(hint: Tensor, where: tuple[slice, slice], color: Tensor, sure: float = 1.0) -> None:
    hint[:2, *where] = color[:, None, None]
    hint[2, *where] = sure


def _points(ab: Tensor, hint: Tensor, rng: np.random.Generator) -> None:
    """Zhang et al. 2017: a geometric number of patches of 1 to 9 pixels; sometimes many, for those
    who dab on."""
    h, w = ab.shape[1:]
    count = (
        int(rng.geometric(1 / 8))
        if rng.random() < 0.7
        else int(math.exp(rng.uniform(0, math.log(100))))
    )
    centered = rng.random() < 0.5
    for _ in range(count):
        if centered:
            y, x = (int(np.clip(rng.normal(s / 2, s / 4), 0, s - 1)) for s in (h, w))
        else:
            y, x = int(rng.integers(h)), int(rng.integers(w))
        reach = int(rng.integers(0, 5))
        where = _window(y, x, reach)
        _mark(hint, where, ab[:, *where].mean((1, 2)), rng)


def _scribbles(ab: Tensor, hint: Tensor, rng: np.random.Generator) -> None:
    """Strokes along random quadratic curves, each of the color in its middle."""
    h, w = ab.shape[1:]
    for _ in range(int(rng.integers(1, 6))):
        ends = rng.random((3, 2)) * 0.3 + rng.random(2) * 0.7
        t = np.linspace(0, 1, 24)[:, None]
        path = (ends[0] * (1 - t) ** 2 + 2 * ends[1] * t * (1 - t) + ends[2] * t**2) * (h, w)
        reach = int(rng.integers(1, 4))
        cy, cx = path[12].astype(int)
        color = ab[:, *_window(cy, cx, reach)].mean((1, 2))
        for y, x in path.astype(int):
            here = ab[:, min(y, h - 1), min(x, w - 1)]
            if float((here - color).norm()) < 15:
                _set(hint, _window(y, x, reach), color)


def _grid(ab: Tensor, hint: Tensor, rng: np.random.Generator) -> None:
    """A tiny copy of the colors, laid over the whole picture with less than full confidence."""
    cells = int(2 ** rng.uniform(2, 5))
    small = F.interpolate(ab[None], size=(cells, cells), mode="area")
    hint[:2] = F.interpolate(
        small, size=ab.shape[1:], mode="bilinear" if rng.random() < 0.5 else "nearest"
    )[0]
    hint[2] = rng.uniform(0.5, 1)


def _unusual(
    ab: Tensor, rgb: Tensor, saliency: Tensor, hint: Tensor, rng: np.random.Generator
) -> None:
    """Give one thing a color of another hue, in target and hints alike: a person may want a blue
    horse, and the rest unchanged."""
    inside = _segment(rgb, rng) if rng.random() < 0.7 else saliency > 0.5
    if not 0.01 < float(inside.float().mean()) < 0.8:
        inside = saliency > 0.5
    if not 0.01 < float(inside.float().mean()) < 0.8:
        inside = _blob(ab.shape[1], ab.shape[2], rng)
    inside = inside.to(ab.device)
    color = torch.as_tensor(rng.uniform(-60, 60, 2), dtype=ab.dtype, device=ab.device)[
        :, None, None
    ]
    ab[:] = torch.where(inside, 0.4 * ab + color, ab)
    depth = cv2.distanceTransform(np.pad(inside.cpu().numpy().astype(np.uint8), 1), cv2.DIST_L2, 3)[
        1:-1, 1:-1
    ]
    places = np.argwhere(depth >= min(3.0, 0.7 * float(depth.max())))
    for _ in range(int(rng.geometric(0.5))):
        y, x = places[int(rng.integers(len(places)))].tolist()
        reach = int(rng.integers(0, 4))
        _set(hint, _window(y, x, reach), ab[:, y, x])


def _segment(rgb: Tensor, rng: np.random.Generator) -> Tensor:
    """A region of like color around a random place of a picture (3×H×W, 0..1): H×W bool. Where one
    thing ends its color does."""
    picture = (rgb.permute(1, 2, 0).cpu().numpy() * 255).astype(np.uint8)
    lab = cv2.cvtColor(cv2.medianBlur(picture, 5), cv2.COLOR_RGB2LAB)
    height, width = lab.shape[:2]
    mask = np.zeros((height + 2, width + 2), np.uint8)
    reach = float(rng.uniform(0.5, 1.2))
    near = (45 * reach, 13 * reach, 13 * reach)
    seed = int(rng.integers(width)), int(rng.integers(height))
    cv2.floodFill(
        lab,
        mask,
        seed,
        0,
        near,
        near,
        4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (1 << 8),
    )
    filled = cv2.morphologyEx(mask[1:-1, 1:-1], cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    return torch.from_numpy(filled > 0)


def _blob(h: int, w: int, rng: np.random.Generator) -> Tensor:
    noise = torch.as_tensor(rng.normal(size=(1, 1, 5, 5)), dtype=torch.float32)
    smooth = F.interpolate(noise, size=(h, w), mode="bicubic")[0, 0]
    return smooth > torch.quantile(smooth.flatten()[::5], float(rng.uniform(0.3, 0.7)))


@dataclass(frozen=True)
class Plane:
    """Coordinates over a picture, -1..1: x and y, and turned by a random angle. rng draws the rest
    of a shape."""

    y: Tensor
    x: Tensor
    along: Tensor
    across: Tensor
    rng: np.random.Generator

    @classmethod
    def draw(cls, height: int, width: int, rng: np.random.Generator) -> "Plane":
        grid = (torch.linspace(-1, 1, side) for side in (height, width))
        y, x = torch.meshgrid(*grid, indexing="ij")
        angle = rng.uniform(0, 2 * math.pi)
        along = math.cos(angle) * x + math.sin(angle) * y
        return cls(y, x, along, math.cos(angle) * y - math.sin(angle) * x, rng)

    def centered(self) -> tuple[Tensor, Tensor]:
        """y and x from a random center, relative to random half axes."""
        (cy, cx), (high, wide) = self.rng.uniform(-0.6, 0.6, 2), self.rng.uniform(0.2, 0.8, 2)
        return (self.y - cy) / high, (self.x - cx) / wide

    def checkers(self) -> Tensor:
        rate = self.rng.uniform(4, 16)
        return torch.sin(self.along * rate) * torch.sin(self.across * rate) > 0

    def noise(self) -> Tensor:
        return torch.as_tensor(self.rng.random(self.x.shape) < self.rng.uniform(0.3, 0.7))


SHAPES: dict[str, Callable[[Plane], Tensor]] = {
    "half": lambda plane: plane.along > plane.rng.uniform(-0.5, 0.5),
    "left": lambda plane: plane.x < 0,
    "stripes": lambda plane: torch.sin(plane.along * plane.rng.uniform(4, 20)) > 0,
    "grid": Plane.checkers,
    "box": lambda plane: torch.stack(plane.centered()).abs().amax(0) < 1,
    "ellipse": lambda plane: torch.stack(plane.centered()).norm(dim=0) < 1,
    "blob": lambda plane: _blob(plane.x.shape[0], plane.x.shape[1], plane.rng),
    "noise": Plane.noise,
}
"""Kinds of region that depend on nothing in the picture: H×W bool."""


def draw_regions(crops: Crops, rng: np.random.Generator, shares: GuidanceShares) -> Tensor:
    """Where color is wanted, N×1×H×W of 0 and 1: everywhere, or in one of the kinds of region that
    the recipe names.

    A photograph without the mask or saliency map that its kind of region needs is colored
    everywhere.
    """
    saliency = crops.saliency
    n, _, height, width = saliency.shape
    region = torch.ones_like(saliency)
    for i in np.flatnonzero(rng.random(n) < shares.region):
        kind = shares.regions[int(rng.integers(len(shares.regions)))]
        if kind in SHAPES:
            region[i, 0] = SHAPES[kind](Plane.draw(height, width, rng)).to(region)
        elif kind == "file":
            if bool(crops.has_mask[i]):
                region[i, 0] = (crops.mask[i, 0] > 0.5).float()
            else:
                _warn_missing_masks()
        elif bool(crops.has_saliency[i]):
            region[i, 0] = ((saliency[i, 0] > 0.5) == (kind == "object")).float()
    return region


@cache
def _warn_missing_masks() -> None:
    log.warning(
        "the recipe takes regions from files, but some photographs have no NAME.mask.png and are"
        " colored everywhere"
    )


def draw_palettes(ab: Tensor, rng: np.random.Generator, shares: GuidanceShares) -> Tensor:
    """The picture's own statistics, each shown to the network some of the time: N×K as
    `tintype.color.bins.palette_vector`."""
    centers = torch.as_tensor(ab_bins(HISTOGRAM_GRID).copy(), device=ab.device)
    cells = PALETTE_CELLS
    palette = torch.zeros(len(ab), PALETTE_SIZE, device=ab.device)
    with_histogram = np.flatnonzero(rng.random(len(ab)) < shares.histogram)
    if len(with_histogram):
        nearest = nearest_bins(ab[with_histogram, :, ::4, ::4], centers)
        palette[with_histogram, :cells] = F.one_hot(nearest, cells).float().mean(1)
        palette[with_histogram, cells] = 1
    with_chroma = np.flatnonzero(rng.random(len(ab)) < shares.chroma)
    palette[with_chroma, cells + 1] = ab[with_chroma].norm(dim=1).mean((1, 2))
    palette[with_chroma, cells + 2] = 1
    return palette
