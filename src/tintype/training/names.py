"""What the names of colors mean, learned from photographs and from what `nets/things.txt` says of the things in them."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from tintype.color.bins import ab_bins
from tintype.data.photographs import Crops
from tintype.nets.bins import nearest_bins
from tintype.nets.lab import rgb_to_lab
from tintype.nets.names import LEVELS, ColorNames, levels_of
from tintype.nets.tintype import Tintype

BATCH = 32
SELDOM = 0.0005
"""Of a kind that is as large a share of the pictures, the words count half: the network has learned its colors by looking."""
LEAST_OBJECT = 0.02
"""A smaller share of a picture teaches no word."""
ROUNDS = 15
PRIOR = 4.0
"""How many pictures each word's first guess, at each level, weighs."""
FLOOR = 1e-4
"""The least share of a bin, by which nothing is ruled out."""
FIRST_GUESS = ((0, 0), (9, 18), (4, 14), (14, 17), (50, 32), (26, 46), (2, 58), (-18, 32), (-20, -8), (-2, -32), (25, -22), (32, 2))
"""a* and b* of COLORS, CIELAB units."""
SPREAD = 14.0
"""Around the first guess, CIELAB units."""


@torch.no_grad()
def learn_names(network: Tintype, draw: Callable[[int], Crops], pictures: int, go_on: Callable[[int], bool]) -> None:
    """Learn `network.names` from so many pictures that `draw` gives in batches, their sides multiples of 32.

    Each object (where the saliency is above a half) is taken for a mixture of what the words for its kind mean, and of the usual;
    expectation maximization (Dempster et al. 1977) finds the meanings. go_on: is told how many pictures have been seen; if it says
    no, nothing is learned.
    """
    network.eval()
    device = network.names.heed.device
    centers = torch.from_numpy(ab_bins().copy()).to(device)
    found, kinds = [], []
    for seen in range(0, pictures, BATCH):
        if not go_on(seen):
            return
        crops = draw(min(BATCH, pictures - seen)).to(device)
        lab = rgb_to_lab(crops.rgb)
        out = network(lab[:, :1])
        kinds.append(network.kinds(out["features"][-1]))
        own = F.interpolate(out["saliency"], size=crops.saliency.shape[2:], mode="bilinear", align_corners=False)
        saliency = torch.where(crops.has_saliency[:, None, None, None], crops.saliency, own)
        found.append(count_colors(F.avg_pool2d(lab, 4), F.avg_pool2d(saliency, 4) > 0.5, centers))
    fit_names(network.names, torch.cat(kinds), torch.cat(found))


def count_colors(lab: Tensor, inside: Tensor, centers: Tensor) -> Tensor:
    """lab: N×3×h×w. inside: N×1×h×w, what counts. centers: Q×2. Returns N×5×Q, the share of the picture in each level and bin."""
    nearest = nearest_bins(lab[:, 1:], centers)
    shares = (levels_of(lab[:, :1]) * inside).flatten(2) / nearest.shape[1]
    counts = lab.new_zeros(len(lab), LEVELS, len(centers))
    return counts.scatter_add_(2, nearest[:, None].expand(-1, LEVELS, -1), shares)


def fit_names(names: ColorNames, kinds: Tensor, counts: Tensor) -> None:
    """kinds: N×1000, the probabilities of each picture's. counts: N×5×Q, as `count_colors` gives them. All on one device."""
    names.heed.copy_(1 / (1 + kinds.mean(0) / SELDOM))
    size = counts.sum((1, 2), keepdim=True)
    some = size.flatten() > LEAST_OBJECT
    counts, words = (counts / size.clamp_min(LEAST_OBJECT))[some], names.words(kinds)[some]
    usual = with_floor(counts.sum(0) + counts.sum((0, 1)) * 0.02)
    apart = torch.cdist(torch.tensor(FIRST_GUESS, dtype=torch.float32), torch.from_numpy(ab_bins().copy())).to(counts.device)
    guess = with_floor(torch.exp(-(apart**2) / (2 * SPREAD**2))[:, None] * usual)
    names.usual.copy_(usual)
    names.meaning.copy_(guess)
    for _ in range(ROUNDS):
        taken = torch.zeros_like(guess)
        for said, seen in zip(words.split(256), counts.split(256), strict=True):
            taken += torch.einsum("nk,nlq->klq", said, seen / names.told(said)) * names.meaning
        names.meaning.copy_(with_floor(taken + PRIOR * guess))


def with_floor(weights: Tensor) -> Tensor:
    """Weights over the last axis as shares, none below FLOOR or so."""
    shares = weights / weights.sum(-1, keepdim=True)
    return (shares + FLOOR) / (1 + FLOOR * weights.shape[-1])
