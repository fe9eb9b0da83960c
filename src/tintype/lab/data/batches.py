"""From crops of photographs to what a network is shown and what it should say, one batch at a
time."""

from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from tintype.lab.data.augment import old_photograph, under_water
from tintype.lab.data.conditioning import draw_conditioning
from tintype.lab.data.label_maps import UNKNOWN
from tintype.lab.data.pages import draw_page
from tintype.lab.data.photographs import Crops
from tintype.lab.data.settings import Data
from tintype.lab.nets.lab import gray_to_lightness, luma


@dataclass
class Batch:
    """lightness N×1×S×S, hint N×3×S×S, region N×1×S×S and palette N×K are the contract's inputs.

    ab: N×2×S×S, the colors that should come out, CIELAB units. rgb: N×3×S×S, 0..1, the color crops
    themselves.
    saliency: N×1×S×S, 0..1, meaningful where has_saliency (N bool) is true. label: N int64, -1
    where unknown. maps: N×3×S/4×S/4 uint8, label maps of things, kinds and people
    (`label_maps.py`).
    """

    lightness: Tensor
    hint: Tensor
    region: Tensor
    palette: Tensor
    ab: Tensor
    rgb: Tensor
    saliency: Tensor
    has_saliency: Tensor
    label: Tensor
    maps: Tensor
    keys: list[str]

    def inputs(self, names: tuple[str, ...]) -> dict[str, Tensor]:
        """Those of the contract's inputs that a network listens to."""
        return {name: getattr(self, name) for name in names}

    def with_mirrors(self) -> "Batch":
        """Twice the batch: each picture, worn and asked for as it is, and behind them all their
        mirror images."""

        def twice(values: Tensor) -> Tensor:
            return torch.cat([values, values.flip(3) if values.ndim == 4 else values])

        tensors = {
            field.name: twice(getattr(self, field.name))
            for field in fields(self)
            if field.name != "keys"
        }
        return Batch(**tensors, keys=2 * self.keys)


@torch.no_grad()
def make_batch(crops: Crops, data: Data, rng: np.random.Generator) -> Batch:
    """Make the gray picture, age it, and ask for something. All randomness comes from rng and
    torch."""
    for i in np.flatnonzero(rng.random(len(crops.rgb)) < data.pages) if data.pages else ():
        crops.rgb[i] = torch.from_numpy(draw_page(crops.rgb.shape[2], rng)).to(crops.rgb.device)
        crops.maps[i] = UNKNOWN
    lightness, ab = old_photograph(crops.rgb, data.worn)
    if crops.seen is not None:
        lightness = gray_to_lightness(mix_channels(crops.seen, rng))
    elif data.gray == "luma":
        lightness = gray_to_lightness(luma(crops.rgb))
    elif data.gray == "underwater":
        lightness = under_water(crops.rgb)
    guidance = draw_conditioning(ab, crops, rng, data.guidance)
    return Batch(
        lightness,
        guidance.hint,
        guidance.region,
        guidance.palette,
        guidance.ab,
        crops.rgb,
        crops.saliency,
        crops.has_saliency,
        crops.label,
        crops.maps,
        crops.keys,
    )


def mix_channels(seen: Tensor, rng: np.random.Generator) -> Tensor:
    """One picture out of several channels: N×C×S×S, 0..1, to N×1×S×S.

    A network takes one plane of lightness, whatever took the photograph. So the further channels
    serve in training alone: each picture is shown as its mean, as one of its channels or as a
    random mixture of them, a third each, and the network learns to color any of these.
    """
    n, channels = seen.shape[:2]
    if channels == 1:
        return seen
    shares = np.full((n, channels), 1 / channels)
    kinds = rng.integers(3, size=n)
    shares[kinds == 1] = np.eye(channels)[rng.integers(channels, size=int((kinds == 1).sum()))]
    shares[kinds == 2] = rng.dirichlet(np.ones(channels), int((kinds == 2).sum()))
    weights = torch.as_tensor(shares, dtype=seen.dtype, device=seen.device)
    return (seen * weights[:, :, None, None]).sum(1, keepdim=True)
