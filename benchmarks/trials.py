"""What each change of training is worth: equal pictures from the same weights with one thing
changed, and one table of photographs held out.

python benchmarks/trials.py --data photos/ --labels labels.tar --held-out validation/
    --teacher mobilenet_v2:FILE --output runs/trials [--steps 800] [--only NAME…]

Each trial is the recipe `tintype-things` at 128 pixels, 32 pictures a step, in one process, with
what it was before these trials (`BASE`) and one change, or three. A trial that is finished is not
done again; one that was stopped goes on. The table shows what is finished: the mean negative
log-likelihood of the nearest of the 261 ab bins, over all places of each group of photographs, with
the prior's exponent at -1, in nats; the share of colored places whose true hue sector is the
likeliest, or among three (`measures.sector_ranks`); and of the decided answer the gain over a gray
copy in dB, hues a picture and colorfulness as shares of the truth's, and the gain with ten true
hints.
"""

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from measures import sector_ranks, true_hints
from tintype.color import (
    ab_bins,
    colorfulness,
    fitted_srgb,
    hue_histogram,
    hues,
    srgb_to_lab,
)
from tintype.files import write_text
from tintype.lab.data.photographs import PhotoStore, load_photographs
from tintype.lab.data.settings import plain_data
from tintype.lab.evaluation.measures import psnr
from tintype.lab.nets.bins import nearest_bins, rarity
from tintype.lab.nets.decision import automatic_inputs
from tintype.lab.training.checkpoint import load_state
from tintype.lab.training.recipe import Deciding, Recipe, load_recipe, teach
from tintype.lab.training.systems import build_network, decided, read_start, restore_network
from tintype.lab.training.trainer import TrainingJob, train

RECIPE = "tintype-things"
SIDE = 128
HINTS = 10
GROUPS = ("imagenet", "flickr", "objects", "faces")
COLUMNS = ("first", "first 3", "gain", "hues", "vivid", "10 hints")
BASE = (
    "frozen=14",
    "network.dropout=1",
    "losses.bins.over_parts=true",
    "losses.smooth_l1.over_parts=true",
)
TRIALS: dict[str, tuple[str, ...]] = {
    "nothing changed": (),
    "encoder frozen": ("frozen=99",),
    "encoder at 0.05": ("optimizer.encoder=0.05",),
    "12 of its blocks learn": ("frozen=7",),
    "without dropout": ("network.dropout=0",),
    "logits adjusted": ("losses.bins.power=0", "losses.bins.adjustment=1"),
    "rare hues drawn": ("data.rare_hues=0.5",),
    "parts not averaged": ("losses.bins.over_parts=false", "losses.smooth_l1.over_parts=false"),
    "the three that gain": (
        "frozen=7",
        "network.dropout=0",
        "losses.bins.over_parts=false",
        "losses.smooth_l1.over_parts=false",
    ),
}
DECISIONS = {
    "start": Deciding(exponent=-0.4),
    "start, exponent -0.2": Deciding(exponent=-0.2),
    "start, exponent 0": Deciding(),
    "start, chroma 20 asked": Deciding(exponent=-0.4, chroma=20, guidance=1),
    "start, chroma 20 asked twice": Deciding(exponent=-0.4, chroma=20, guidance=2),
    "start, chroma 30 asked": Deciding(exponent=-0.4, chroma=30, guidance=1),
}
"""Other answers of the weights that the trials start from."""


@dataclass(frozen=True)
class Case:
    """One photograph held out. rgb: S×S×3, 0..1. lab: 1×3×S×S. hint: 1×3×S×S, ten 3×3 squares of
    their true mean color."""

    group: str
    rgb: np.ndarray
    lab: Tensor
    hint: Tensor

    def paint(self, ab: Tensor) -> np.ndarray:
        """sRGB of the true lightness and a map of ab, 1×2×h×w."""
        large = nn.functional.interpolate(ab, (SIDE, SIDE), mode="bilinear", align_corners=False)
        lab = torch.cat([self.lab[:, :1], large], 1)[0].permute(1, 2, 0).numpy()
        return fitted_srgb(lab)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--labels", type=Path, nargs="+", required=True)
    parser.add_argument("--held-out", type=Path, nargs="+", required=True)
    parser.add_argument("--teacher", metavar="KIND:FILE", required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--only", nargs="*", default=list(TRIALS), choices=list(TRIALS))
    parser.add_argument("--decisions", action="store_true", help="measure DECISIONS, too")
    parser.add_argument("--precision", default="bf16-mixed")
    args = parser.parse_args()
    cases = make_cases(load_photographs(args.held_out, plain_data(short_side=SIDE)))
    for name in args.only:
        run, done = args.output / name.replace(" ", "-"), args.output / f"{name}.json"
        if not done.exists():
            recipe = trial(args.teacher, args.steps, TRIALS[name])
            resume = (run / "state.pt").exists()
            options = {"labels": args.labels, "resume": resume, "precision": args.precision}
            train(TrainingJob(recipe, args.data, run, **options))
            state = load_state(run)
            network = restore_network(recipe, state["average"], run)
            found = measure(network, state["bin_share"], DECISIONS["start"], cases)
            write_text(done, json.dumps(found))
    if args.decisions:
        recipe = trial(args.teacher, args.steps, ())
        network, prior = build_network(recipe).eval(), read_start(str(recipe.start)).prior
        assert prior is not None
        for name, decision in DECISIONS.items():
            done = args.output / f"{name}.json"
            if not done.exists():
                write_text(done, json.dumps(measure(network, prior, decision, cases)))
    print("||" + "|".join((*GROUPS, *COLUMNS)) + "|")
    print("|---|" + "---|" * (len(GROUPS) + len(COLUMNS)))
    for name in (*DECISIONS, *TRIALS):
        done = args.output / f"{name}.json"
        if done.exists():
            found = json.loads(done.read_text(encoding="utf-8"))
            cells = [f"{found[column]:.3f}" for column in (*GROUPS, *COLUMNS)]
            print(f"|{name}|" + "|".join(cells) + "|")


def trial(teacher: str, steps: int, changes: tuple[str, ...]) -> Recipe:
    overrides = [
        f"stages=[{{name: trial, steps: {steps}, size: {SIDE}, batch_size: 32, lr: 0.0003}}]",
        "data.short_side=160",
        "optimizer.warmup=100",
        "ema=0.99",
        "save_every=100",
        *BASE,
        *changes,
    ]
    return load_recipe(RECIPE, [*teach(RECIPE, overrides, teacher), *overrides])


def make_cases(store: PhotoStore) -> list[Case]:
    """The photographs of GROUPS, each with the same hints in every trial."""
    rng = np.random.default_rng(0)
    cases = []
    for i, key in enumerate(store.keys):
        group = key.split("-")[0]
        if group not in GROUPS:
            continue
        rgb = store.square(i, SIDE)
        lab = torch.from_numpy(srgb_to_lab(rgb)).permute(2, 0, 1)[None]
        cases.append(Case(group, rgb, lab, true_hints(lab[:, 1:], HINTS, rng)))
    return cases


@torch.no_grad()
def measure(
    network: nn.Module, prior: Tensor, settings: Deciding, cases: list[Case]
) -> dict[str, float]:
    """A row of the table. prior: Q, the share of each ab bin."""
    centers = torch.from_numpy(ab_bins().copy())
    natural = (1 + settings.exponent) * rarity(prior).log()[:, None, None]
    network = decided(network, settings, prior)
    numbers: dict[str, list[float]] = defaultdict(list)
    ranks = []
    for case in cases:
        inputs = automatic_inputs(network, case.lab[:, :1])
        answer = network(**inputs)
        logits = answer["ab_logits"]
        truth = nn.functional.adaptive_avg_pool2d(case.lab[:, 1:], logits.shape[2:])
        odds = (logits - natural).log_softmax(1)[0].flatten(1)
        numbers[case.group].append(-float(odds.gather(0, nearest_bins(truth, centers)).mean()))
        places = [each[0].permute(1, 2, 0).numpy() for each in (logits, truth)]
        ranks.append(sector_ranks(*places, ab_bins()))
        made = case.paint(answer["ab"])
        hinted = case.paint(network(**inputs | {"hint": case.hint})["ab"])
        gray = psnr(case.paint(torch.zeros_like(truth)), case.rgb)
        numbers["gain"].append(psnr(made, case.rgb) - gray)
        numbers["10 hints"].append(psnr(hinted, case.rgb) - gray)
        for column, value in (
            ("hues", lambda rgb: hues(hue_histogram(srgb_to_lab(rgb)[..., 1:]))),
            ("vivid", colorfulness),
        ):
            numbers[column].append(value(made))
            numbers[f"true {column}"].append(value(case.rgb))
    row = {key: float(np.mean(values)) for key, values in numbers.items()}
    for column in ("hues", "vivid"):
        row[column] /= row.pop(f"true {column}")
    found = np.concatenate(ranks)
    return row | {"first": float((found < 1).mean()), "first 3": float((found < 3).mean())}


if __name__ == "__main__":
    main()
