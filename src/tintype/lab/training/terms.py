"""The losses that a recipe may name: each a function of what the network said and what it was
shown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from tintype.color.bins import ab_bins
from tintype.contract import AB_SCALE
from tintype.errors import RecipeError
from tintype.lab.data.batches import Batch
from tintype.lab.data.label_maps import KINDS, LABEL_KINDS, PEOPLE, THINGS, UNKNOWN
from tintype.lab.nets.bins import rarity
from tintype.lab.nets.classifiers import CLASSIFIERS, InvertedResiduals, load_classifier
from tintype.lab.nets.lab import lab_to_rgb, rgb_to_uv
from tintype.lab.nets.vgg16 import Vgg16, load_vgg16
from tintype.lab.training.adversary import rgb_of
from tintype.lab.training.label_terms import alike, part_weights, parts, things
from tintype.lab.training.recipe import TEACHER_LOSSES, Loss, Recipe


@dataclass
class Tools:
    """What some terms need beside the batch: how often each bin occurs (Q), and the networks that
    look on."""

    bin_share: Tensor
    teachers: dict[str, "Teacher"]


Term = Callable[[dict[str, Any], Batch, Loss, Tools], Tensor]


def smooth_l1(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """Smooth L1 on a* and b*, three times as dear where a hint was given."""
    ab = out["ab"].float()
    weights = 1 + 2 * F.adaptive_max_pool2d(batch.hint[:, 2:], ab.shape[2:])
    if loss.over_parts:
        weights = weights * part_weights(batch, (ab.shape[2], ab.shape[3]))
    each = F.smooth_l1_loss(ab, shrink(batch.ab, ab), beta=loss.beta, reduction="none")
    return (each * weights).mean()


def bins(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """Cross-entropy against softly encoded ab, rebalanced (Zhang et al. 2016), at a quarter of the
    places, drawn at random; of logits adjusted by the prior (Menon et al. 2021) where
    loss.adjustment is above 0."""
    logits = out["ab_logits"]
    row, column = (int(v) for v in torch.randint(2, (2,)))
    some = (slice(None), slice(None), slice(row, None, 2), slice(column, None, 2))
    shift = loss.adjustment * rarity(tools.bin_share).log()[:, None, None]
    each = soft_cross_entropy(
        logits[some].float() - shift,
        shrink(batch.ab, logits)[some],
        rebalancing(tools.bin_share, loss.power),
    )
    if loss.over_parts:
        each = each * part_weights(batch, (logits.shape[2], logits.shape[3]))[some][:, 0]
    return each.mean()


def gradient(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """L1 between the ab gradients at three scales."""
    d = out["ab"].float() - shrink(batch.ab, out["ab"])
    total = d.new_zeros(())
    for _ in range(3):
        total = (
            total
            + (d[:, :, 1:] - d[:, :, :-1]).abs().mean()
            + (d[:, :, :, 1:] - d[:, :, :, :-1]).abs().mean()
        )
        d = F.avg_pool2d(d, 2)
    return total


def saliency(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """Binary cross-entropy of the predicted saliency; 0 for pictures without a map."""
    logits = out["saliency_logits"].float()
    each = F.binary_cross_entropy_with_logits(
        logits, shrink(batch.saliency, logits), reduction="none"
    ).mean((1, 2, 3))
    return (each * batch.has_saliency).mean()


def mirrored(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """Smooth L1 between the colors of pictures and of their mirror images, which end the batch
    (`Batch.with_mirrors`)."""
    ab, mirror = out.get("seen_ab", out["ab"]).float().chunk(2)
    return F.smooth_l1_loss(ab, mirror.flip(3), beta=loss.beta)


def distillation(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """What the encoder sees in gray should be what the teacher sees in color: 1 - cosine, at
    strides 16 and 32."""
    with torch.no_grad():
        seen = tools.teachers["distillation"].levels(batch.rgb)
    pairs = [(out["levels"][level].float(), seen[level].float()) for level in (3, 5)]
    if any(a.shape != b.shape for a, b in pairs):
        raise RecipeError(
            "the encoder is of another kind than the teacher: --set network.encoder=KIND, the"
            " teacher's"
        )
    return sum(
        (0.5 * (1 - F.cosine_similarity(a, b, dim=1)).mean() for a, b in pairs),
        batch.rgb.new_zeros(()),
    )


def perceptual(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """L1 between a classifier's features of the colored and of the true picture (Johnson et al.
    2016), relative to their size.

    loss.recognition weighs what is added: the divergence of the classes that it sees in the one
    from those in the other. loss.jitter: by how much both pictures are turned, scaled and shifted
    before it looks, so that no fixed pattern pleases it.
    """
    classify = tools.teachers["perceptual"].classify
    places = jitter(batch.lightness, loss.jitter)
    made, made_classes = classify(sample(rgb_of(out, batch), places))
    with torch.no_grad():
        rgb = batch.rgb if "rgb" in out else lab_to_rgb(torch.cat([batch.lightness, batch.ab], 1))
        true, true_classes = classify(sample(rgb, places))
    pairs = zip(made, true, strict=True)
    total = sum(
        ((a - b).abs().mean() / b.abs().mean().clamp_min(1e-3) for a, b in pairs),
        batch.rgb.new_zeros(()),
    )
    if loss.recognition:
        divergence = F.kl_div(
            made_classes.log_softmax(1), true_classes.softmax(1), reduction="batchmean"
        )
        total = total + loss.recognition * divergence
    return total


def jitter(like: Tensor, amount: float) -> Tensor | None:
    """Places (N×H×W×2, as `F.grid_sample` takes them) of pictures scaled by up to e^±amount, turned
    by up to ±amount/2 radians, and shifted by up to ±amount/2 of their side, each at random; None
    where the amount is 0."""
    if not amount:
        return None
    n = len(like)
    scale, turn, across, down = (2 * torch.rand(4, n, device=like.device) - 1) * amount
    scale, turn = scale.exp(), turn / 2
    rows = [
        scale * turn.cos(),
        -scale * turn.sin(),
        across,
        scale * turn.sin(),
        scale * turn.cos(),
        down,
    ]
    return F.affine_grid(
        torch.stack(rows, 1).reshape(n, 2, 3), list(like.shape), align_corners=False
    )


def sample(picture: Tensor, places: Tensor | None) -> Tensor:
    """A picture as seen at these places; mirrored beyond its edge."""
    return (
        picture
        if places is None
        else F.grid_sample(picture, places, padding_mode="reflection", align_corners=False)
    )


def l1(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """Mean absolute error, in the loss's space."""
    return F.l1_loss(*_sides(out, batch, loss.space))


def l2(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """Mean squared error, in the loss's space."""
    return F.mse_loss(*_sides(out, batch, loss.space))


def _sides(out: dict[str, Any], batch: Batch, space: str) -> tuple[Tensor, Tensor]:
    """Made and true. Color outside of the region is wrong in "uv", as it is in `batch.ab`."""
    if space == "ab":
        return out["ab"].float() / AB_SCALE, shrink(batch.ab, out["ab"]) / AB_SCALE
    if space == "rgb":
        return rgb_of(out, batch), batch.rgb
    if "uv" not in out:
        raise RecipeError("a loss in U and V needs a system that predicts them")
    return out["uv"].float(), rgb_to_uv(batch.rgb) * batch.region


def attention(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """L1 between RGB times saliency, as predicted and as true (Zhao et al. 2020, SCGAN); 0 for
    pictures without a saliency map."""
    if "saliency" not in out:
        raise RecipeError("the attention loss needs a system that predicts saliency")
    each = (
        (rgb_of(out, batch) * out["saliency"].float() - batch.rgb * batch.saliency)
        .abs()
        .mean((1, 2, 3))
    )
    return (each * batch.has_saliency).mean()


def total_variation(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """Mean absolute difference of neighbors' ab (Rudin et al. 1992, the anisotropic form)."""
    ab = out["ab"].float() / AB_SCALE
    return (ab[:, :, 1:] - ab[:, :, :-1]).abs().mean() + (
        ab[:, :, :, 1:] - ab[:, :, :, :-1]
    ).abs().mean()


def colorfulness(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """1 - M / 100, M the colorfulness of Hasler and Suesstrunk 2003, as Kang et al. 2023 (DDColor)
    have it."""
    r, g, b = (rgb_of(out, batch) * 255).unbind(1)
    rg, yb = (r - g).flatten(1), (0.5 * (r + g) - b).flatten(1)
    deviation = (rg.var(1) + yb.var(1) + 1e-4).sqrt()
    mean = (rg.mean(1).square() + yb.mean(1).square() + 1e-4).sqrt()
    return 1 - (deviation + 0.3 * mean).mean() / 100


def imitation(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """What is answered to a gray picture should be what the teacher answers to it in color: 1 -
    cosine of the pooled features."""
    if "answer" not in out:
        raise RecipeError(
            "the imitation loss needs a network with classifier outputs, such as graynet"
        )
    with torch.no_grad():
        wanted = tools.teachers["imitation"].levels(batch.rgb)[-1].mean((2, 3))
    if wanted.shape != out["answer"].shape:
        raise RecipeError(
            f"the teacher has {wanted.shape[1]} outputs and the network {out['answer'].shape[1]}"
        )
    return (1 - F.cosine_similarity(out["answer"].float(), wanted, dim=1)).mean()


def classes(out: dict[str, Any], batch: Batch, loss: Loss, tools: Tools) -> Tensor:
    """Cross-entropy of the class (NAME.cls); 0 for pictures without a label. Raises RecipeError for
    a label that is no class."""
    if "answer" not in out:
        raise RecipeError(
            "the loss `classes` needs a network that predicts classes, such as graynet"
        )
    if int(batch.label.max()) >= out["answer"].shape[1]:
        raise RecipeError(
            f"the label {int(batch.label.max())} is beyond the network's {out['answer'].shape[1]}"
            " classes"
        )
    return F.cross_entropy(
        out["answer"].float(), batch.label, ignore_index=-1, reduction="none"
    ).mean()


SALIENCY_MAP = (
    "saliency map (NAME.saliency.webp beside NAME.jpg; `tintype data saliency DIR` makes them)"
)


LABEL_TERMS = {"things": THINGS, "alike": KINDS, "parts": PEOPLE}
"""The losses on label maps, and the map that each compares with."""


def missing_truth(name: str, loss: Loss, batch: Batch) -> str | None:
    """What some picture of the batch lacks of what a loss compares with; for these pictures the
    loss is 0. None: nothing."""
    sees = loss.game.sees if loss.game else name
    if sees in ("saliency", "attention") and not bool(batch.has_saliency.all()):
        return SALIENCY_MAP
    if sees == "classes" and bool((batch.label < 0).any()):
        return "label (NAME.cls beside NAME.jpg)"
    if sees in LABEL_TERMS and bool((batch.maps[:, LABEL_TERMS[sees]] == UNKNOWN).all()):
        return f"map of {LABEL_KINDS[LABEL_TERMS[sees]]} (--labels; `tintype data labels` makes it)"
    return None


TERMS: dict[str, Term] = {
    "smooth_l1": smooth_l1,
    "bins": bins,
    "gradient": gradient,
    "saliency": saliency,
    "mirrored": mirrored,
    "distillation": distillation,
    "perceptual": perceptual,
    "l1": l1,
    "l2": l2,
    "attention": attention,
    "total_variation": total_variation,
    "colorfulness": colorfulness,
    "imitation": imitation,
    "classes": classes,
    "things": things,
    "alike": alike,
    "parts": parts,
}


def shrink(target: Tensor, like: Tensor) -> Tensor:
    """The mean of the target over each place of a smaller map."""
    return F.interpolate(target, size=like.shape[2:], mode="area")


def soft_cross_entropy(logits: Tensor, ab: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy against ab spread over all bins by a Gaussian of sigma 5 (Zhang et al. 2016,
    equation 2).

    logits: N×Q×h×w. ab: N×2×h×w. weights: Q, of mean 1 under the data. Returns N×h×w.
    """
    centers = torch.as_tensor(ab_bins().copy(), device=ab.device)
    colors = ab.flatten(2).transpose(1, 2).reshape(-1, 2)
    squared = (colors**2).sum(1, keepdim=True) - 2 * colors @ centers.T + (centers**2).sum(1)
    soft = torch.softmax(-squared / 50, dim=1)
    log_p = F.log_softmax(logits.flatten(2).transpose(1, 2).reshape(len(colors), -1).float(), dim=1)
    each = -(soft * log_p).sum(1) * weights[squared.argmin(1)]
    return each.reshape(len(logits), *logits.shape[2:])


def rebalancing(share: Tensor, power: float = 0.5) -> Tensor:
    """Weights of the bins from their share of the data: (p/2 + 1/2Q)^-power, of mean 1 under the
    data (Zhang et al. 2016)."""
    weight = rarity(share) ** power
    return weight / (weight * share).sum()


def terms_of(recipe: Recipe) -> dict[str, Term]:
    """The terms that a recipe names and some stage listens to. Raises RecipeError for one that is
    unknown."""
    unknown = [
        name for name, loss in recipe.losses.items() if name not in TERMS and loss.game is None
    ]
    if unknown:
        raise RecipeError(
            f"there is no loss {unknown[0]!r}; known are {', '.join(TERMS)}, and any name with a"
            " `game`"
        )
    return {
        name: TERMS[name]
        for name, loss in recipe.losses.items()
        if loss.game is None and recipe.uses(name)
    }


class Teacher:
    """A frozen classifier. Pictures are sRGB N×3×H×W, 0..1."""

    def __init__(self, kind: str, path: str, device: torch.device) -> None:
        self.net: InvertedResiduals | Vgg16
        if kind in CLASSIFIERS and path:
            self.net = load_classifier(kind, path)
        elif kind == "vgg16":
            self.net = load_vgg16(path)
        else:
            raise RecipeError(
                f"a teacher is {':FILE, '.join(CLASSIFIERS)}:FILE, vgg16 or vgg16:FILE, not"
                f" {kind!r}"
            )
        frozen: Any = self.net.eval().requires_grad_(False)
        self.net = frozen.to(device, memory_format=torch.channels_last)

    def levels(self, rgb: Tensor) -> list[Tensor]:
        """Features of all levels. Raises RecipeError for VGG-16, which is here for the perceptual
        loss alone."""
        if not isinstance(self.net, InvertedResiduals):
            raise RecipeError(f"this loss works with {' or '.join(CLASSIFIERS)}, not VGG-16")
        return self.net.levels(rgb * 2 - 1)

    def classify(self, rgb: Tensor) -> tuple[list[Tensor], Tensor]:
        """What the perceptual loss compares: features at strides 4 to 32, and logits of the
        classes; of VGG-16, conv3_3 alone."""
        if isinstance(self.net, Vgg16):
            return [self.net.conv3_3(rgb)], rgb.new_zeros(len(rgb), 1)
        levels = self.levels(rgb)
        return levels[1:5], self.net.classifier(levels[-1].mean((2, 3)))


def load_teachers(recipe: Recipe, device: torch.device) -> dict[str, Teacher]:
    """The frozen networks that the recipe's losses look through, by the loss's name.

    Raises RecipeError for a loss that needs a teacher and has none, or one of an unknown kind.
    """
    teachers = {}
    for name in TEACHER_LOSSES:
        if recipe.uses(name):
            given = recipe.losses[name].teacher
            if given is None:
                raise RecipeError(
                    f"the loss {name!r} needs a teacher: --teacher KIND:FILE, or --set"
                    f" losses.{name}.weight=0 to do without"
                )
            kind, _, path = given.partition(":")
            teachers[name] = Teacher(kind, path, device)
    return teachers
