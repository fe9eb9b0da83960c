"""The losses that a recipe may name: each a function of what the network said and what it was shown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from tintype.color.bins import ab_bins
from tintype.errors import DataError, RecipeError
from tintype.nets.lab import lab_to_rgb
from tintype.nets.mobilenet_v2 import MobileNetV2, load_mobilenet_v2
from tintype.training.batches import Batch
from tintype.training.recipe import Loss, Recipe


@dataclass
class Tools:
    """What some terms need beside the batch: how often each bin occurs (Q), and the networks that look on."""

    bin_share: Tensor
    teachers: dict[str, MobileNetV2]


Term = Callable[[dict[str, Any], Batch, Loss, Tools], Tensor]


def smooth_l1(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """Smooth L1 on a* and b*, three times as dear where a hint was given."""
    ab = out["ab"].float()
    hinted = F.adaptive_max_pool2d(batch.hint[:, 2:], ab.shape[2:])
    return (F.smooth_l1_loss(ab, shrink(batch.ab, ab), beta=loss.beta, reduction="none") * (1 + 2 * hinted)).mean()


def bins(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """Cross-entropy against softly encoded ab, rebalanced (Zhang et al. 2016), at a quarter of the places, drawn at random."""
    logits = out["ab_logits"]
    row, column = (int(v) for v in torch.randint(2, (2,)))
    some = (slice(None), slice(None), slice(row, None, 2), slice(column, None, 2))
    return soft_cross_entropy(logits[some], shrink(batch.ab, logits)[some], rebalancing(tools.bin_share, loss.power))


def gradient(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """L1 between the ab gradients at three scales."""
    d = out["ab"].float() - shrink(batch.ab, out["ab"])
    total = d.new_zeros(())
    for _ in range(3):
        total = total + (d[:, :, 1:] - d[:, :, :-1]).abs().mean() + (d[:, :, :, 1:] - d[:, :, :, :-1]).abs().mean()
        d = F.avg_pool2d(d, 2)
    return total


def saliency(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """Binary cross-entropy of the predicted saliency, on the pictures that have a map."""
    known = batch.has_saliency
    if not bool(known.any()):
        raise DataError("the recipe has a saliency loss, but no photograph of the batch has a saliency map beside it")
    logits = out["saliency_logits"][known].float()
    return F.binary_cross_entropy_with_logits(logits, shrink(batch.saliency[known], logits))


def distillation(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """What the encoder sees in gray should be what the teacher sees in color: 1 - cosine, at strides 16 and 32."""
    with torch.no_grad():
        seen = tools.teachers["distillation"].levels(batch.rgb * 2 - 1)
    pairs = ((out["features"][level].float(), seen[level].float()) for level in (3, 5))
    return sum((0.5 * (1 - F.cosine_similarity(a, b, dim=1)).mean() for a, b in pairs), batch.rgb.new_zeros(()))


def perceptual(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """L1 between a classifier's features of the colored and of the true picture (Johnson et al. 2016), relative to their size."""
    ab = F.interpolate(out["ab"].float(), size=batch.lightness.shape[2:], mode="bilinear")
    look = tools.teachers["perceptual"].levels
    made = look(lab_to_rgb(torch.cat([batch.lightness, ab], 1)) * 2 - 1)
    with torch.no_grad():
        true = look(lab_to_rgb(torch.cat([batch.lightness, batch.ab], 1)) * 2 - 1)
    pairs = zip(made[1:5], true[1:5], strict=True)
    return sum(((a - b).abs().mean() / b.abs().mean().clamp_min(1e-3) for a, b in pairs), ab.new_zeros(()))


TERMS: dict[str, Term] = {
    "smooth_l1": smooth_l1,
    "bins": bins,
    "gradient": gradient,
    "saliency": saliency,
    "distillation": distillation,
    "perceptual": perceptual,
}


def shrink(target: Tensor, like: Tensor) -> Tensor:
    """The mean of the target over each place of a smaller map."""
    return F.interpolate(target, size=like.shape[2:], mode="area")


def soft_cross_entropy(logits: Tensor, ab: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy against ab spread over all bins by a Gaussian of sigma 5 (Zhang et al. 2016, equation 2).

    logits: N×Q×h×w. ab: N×2×h×w. weights: Q, of mean 1 under the data.
    """
    centers = torch.as_tensor(ab_bins().copy(), device=ab.device)
    colors = ab.flatten(2).transpose(1, 2).reshape(-1, 2)
    squared = (colors**2).sum(1, keepdim=True) - 2 * colors @ centers.T + (centers**2).sum(1)
    soft = torch.softmax(-squared / 50, dim=1)
    log_p = F.log_softmax(logits.flatten(2).transpose(1, 2).reshape(len(colors), -1).float(), dim=1)
    return -((soft * log_p).sum(1) * weights[squared.argmin(1)]).mean()


def rebalancing(share: Tensor, power: float = 0.5) -> Tensor:
    """Weights of the bins from their share of the data: (p/2 + 1/2Q)^-power, of mean 1 under the data (Zhang et al. 2016)."""
    weight = (0.5 * share + 0.5 / len(share)) ** -power
    return weight / (weight * share).sum()


def terms_of(recipe: Recipe) -> dict[str, Term]:
    """The terms that a recipe names. Raises RecipeError for one that is unknown."""
    unknown = [name for name in recipe.losses if name not in TERMS]
    if unknown:
        raise RecipeError(f"there is no loss {unknown[0]!r}; known are {', '.join(TERMS)}")
    return {name: TERMS[name] for name in recipe.losses}


def load_teachers(recipe: Recipe, device: torch.device) -> dict[str, MobileNetV2]:
    """The frozen networks that the recipe's losses look through, by the loss's name.

    Raises RecipeError for a loss that needs a teacher and has none, or one of an unknown kind.
    """
    teachers = {}
    for name in {"distillation", "perceptual"} & set(recipe.losses):
        loss = recipe.losses[name]
        if loss.weight == 0 and not any(stage.weights.get(name) for stage in recipe.stages):
            continue
        kind, _, path = (loss.teacher or "").partition(":")
        if kind != "mobilenet_v2" or not path:
            raise RecipeError(f"the loss {name!r} needs a teacher: --teacher FILE, or --set losses.{name}.weight=0 to do without")
        teachers[name] = load_mobilenet_v2(path).eval().requires_grad_(False).to(device)
    return teachers
