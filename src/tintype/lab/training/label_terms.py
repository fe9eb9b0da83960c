"""Losses on label maps: what belongs together, and what people are made of; and the weights that
let each part of a person count as much as the others."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from tintype.lab.data.batches import Batch
from tintype.lab.data.label_maps import (
    BACKGROUND,
    KINDS,
    NOBODY,
    PEOPLE,
    PERSON,
    SKY,
    THINGS,
    UNKNOWN,
)
from tintype.lab.nets.things_head import affinity_logits
from tintype.lab.training.recipe import Loss

ANCHORS = 40
"""Places in each picture whose things are compared with all other places."""
MIN_THING_PLACES = 6
PART_WEIGHTS = (1.0, 1.0, 4.0, 4.0, 4.0, 1.3, 1.0, 1.0)
"""Of PARTS: lips, eyes and mouths are small."""
MIN_PART_SHARE = 0.01
"""A part that covers less of a picture counts as much as if it covered this share."""


def things(out: dict[str, Any], batch: Batch, loss: Loss, tools: Any) -> Tensor:
    """Whether each place belongs to the thing at some of them; 0 for pictures without a map."""
    return _affinity_loss(out["affinity"].float(), batch.maps[:, THINGS], 0, loss.dice)


def alike(out: dict[str, Any], batch: Batch, loss: Loss, tools: Any) -> Tensor:
    """Whether each place is of the kind of the thing at some of them; 0 for pictures without a
    map."""
    return _affinity_loss(out["affinity"].float(), batch.maps[:, KINDS], 1, loss.dice)


def parts(out: dict[str, Any], batch: Batch, loss: Loss, tools: Any) -> Tensor:
    """Cross-entropy of the parts of people and the sky; of people without parts, that they are
    people, and of what may be background or sky, that it is one of both. The mean over all known
    places, 0 if there are none."""
    log_p = F.log_softmax(out["parts_logits"].float(), 1)
    truth = batch.maps[:, PEOPLE].long()
    weights = torch.tensor(PART_WEIGHTS, device=truth.device)
    exact = F.nll_loss(log_p, truth.clamp(max=PERSON - 1), weights, reduction="none")
    nobody = torch.logsumexp(log_p[:, [BACKGROUND, SKY]], 1)
    anyone = torch.log1p(-nobody.exp().clamp(max=1 - 1e-5))
    each = torch.where(truth < PERSON, exact, 0.0)
    each = torch.where(truth == PERSON, -anyone, torch.where(truth == NOBODY, -nobody, each))
    return each.sum() / (truth != UNKNOWN).sum().clamp(min=1)


def _affinity_loss(affinity: Tensor, maps: Tensor, which: int, dice: float) -> Tensor:
    """affinity: N×35×h×w. maps: N×h×w, a value for each thing. which: of `affinity_logits`."""
    losses = [affinity.mean() * 0]  # so that the head has a gradient in every process
    for picture, truth in zip(affinity, maps, strict=True):
        at = draw_anchors(truth)
        if len(at):
            logits = affinity_logits(picture, at)[which]
            same = truth == truth[at[:, 0], at[:, 1]][:, None, None]
            losses.append(balanced_loss(logits, same.float(), truth != UNKNOWN, dice))
    return torch.stack(losses).sum() / max(1, len(losses) - 1)


def draw_anchors(truth: Tensor) -> Tensor:
    """ANCHORS places of a map, rows and columns, each in a thing drawn evenly; none if there is no
    thing of `MIN_THING_PLACES`. truth: h×w uint8."""
    values, counts = truth.unique(return_counts=True)
    values = values[(counts >= MIN_THING_PLACES) & (values > 0) & (values != UNKNOWN)]
    if not len(values):
        return torch.zeros(0, 2, dtype=torch.long, device=truth.device)
    drawn = values[torch.randint(len(values), (ANCHORS,))]
    is_in = (truth.flatten() == drawn[:, None]).float()
    places = torch.multinomial(is_in, 1)[:, 0]
    return torch.stack([places // truth.shape[1], places % truth.shape[1]], 1)


def balanced_loss(logits: Tensor, truth: Tensor, known: Tensor, dice: float) -> Tensor:
    """Binary cross-entropy, inside and outside of each thing weighing the same, and `dice` times
    the Dice loss (Milletari et al. 2016); the mean over A things.

    logits, truth: A×h×w, truth 0 or 1. known: h×w, which places count.
    """
    inside, outside = truth * known, (1 - truth) * known
    each = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    entropy = 0.5 * sum(
        (each * side).sum((1, 2)) / (side.sum((1, 2)) + 1) for side in (inside, outside)
    )
    chance = torch.sigmoid(logits) * known
    common = (chance * inside).sum((1, 2))
    union = chance.sum((1, 2)) + inside.sum((1, 2)) - common
    return (entropy + dice * (1 - common / (union + 1))).mean()


def part_weights(batch: Batch, size: tuple[int, int]) -> Tensor:
    """Weights of places, N×1×h×w of mean 1 in each picture, by which a mean over places becomes a
    mean over the parts of people and what is unknown, and then over pictures."""
    maps = F.interpolate(batch.maps[:, PEOPLE : PEOPLE + 1].float(), size=size, mode="nearest")
    flat = maps.flatten(1).long()
    counts = torch.zeros(len(flat), 256, device=flat.device).scatter_add_(
        1, flat, torch.ones_like(flat, dtype=torch.float32)
    )
    weights = 1 / counts.clamp(min=MIN_PART_SHARE * flat.shape[1]).gather(1, flat)
    return (weights / weights.mean(1, keepdim=True)).reshape(maps.shape)
