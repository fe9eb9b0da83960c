"""From a photograph store to what a network is shown and what it should say, one batch at a time."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tintype.training.augment import old_photograph
from tintype.training.photographs import PhotoStore
from tintype.training.recipe import Data
from tintype.training.wishes import draw_wishes


@dataclass
class Batch:
    """lightness N×1×S×S, hint N×3×S×S, region N×1×S×S and palette N×K are the contract's inputs.

    ab: N×2×S×S, the colors that should come out, CIELAB units. rgb: N×3×S×S, 0..1, the color crops themselves.
    saliency: N×1×S×S, 0..1, meaningful where has_saliency (N bool) is true.
    """

    lightness: Tensor
    hint: Tensor
    region: Tensor
    palette: Tensor
    ab: Tensor
    rgb: Tensor
    saliency: Tensor
    has_saliency: Tensor
    keys: list[str]

    def inputs(self, names: tuple[str, ...]) -> dict[str, Tensor]:
        """Those of the contract's inputs that a network listens to."""
        return {name: getattr(self, name) for name in names}


def draw_batch(
    store: PhotoStore, chances: np.ndarray, data: Data, size: int, n: int, rng: np.random.Generator, share: slice
) -> Batch:
    """Draw n photographs, keep this process's share of them, cut, age and ask. All randomness comes from rng and torch."""
    indices = rng.choice(len(store), n, p=chances)[share]
    with torch.no_grad():
        crops = store.crops(indices, size, rng, data.crop)
        lightness, ab = old_photograph(crops.rgb, data.worn)
        wishes = draw_wishes(ab, crops.saliency, rng, data.wishes)
    return Batch(
        lightness, wishes.hint, wishes.region, wishes.palette, wishes.ab, crops.rgb, crops.saliency, crops.has_saliency,
        crops.keys,
    )  # fmt: skip
