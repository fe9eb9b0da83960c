"""What each part of the default recipe is worth: the same photographs and steps with one thing
changed, measured on held-out ones.

PYTHONPATH=. python benchmarks/ablations.py --data photos/ --held-out more/ --teacher
mobilenet_v2:FILE --output runs/a
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from measures import true_hints
from tintype.color import ab_bins, colorfulness, fitted_srgb, srgb_to_lab
from tintype.color.bins import palette_vector
from tintype.files import write_text
from tintype.lab.data.augment import damage, fade, stretch_tone
from tintype.lab.data.photographs import PhotoStore, load_photographs
from tintype.lab.data.settings import plain_data
from tintype.lab.evaluation.measures import psnr
from tintype.lab.nets.bins import annealed_mean
from tintype.lab.training.checkpoint import load_state
from tintype.lab.training.recipe import load_recipe, teach
from tintype.lab.training.systems import build_network, decided
from tintype.lab.training.trainer import TrainingJob, train

WITHOUT_ENCODER = ("encoder=null", "frozen=0")
ENCODER_LEARNS = ("frozen=7", "optimizer.encoder=0.25")
DISTILLED = "losses.distillation.weight=0.5"
ABLATIONS: dict[str, tuple[str, ...]] = {
    "as it is": (),
    "encoder learns too": ENCODER_LEARNS,
    "encoder learns too, distillation": (*ENCODER_LEARNS, DISTILLED),
    "encoder from nothing": WITHOUT_ENCODER,
    "encoder from nothing, distillation": (*WITHOUT_ENCODER, DISTILLED),
    "one encoder for all, from nothing": (
        *WITHOUT_ENCODER,
        "system=benchmarks.without_pretraining:OneEncoder",
    ),
    "bins not rebalanced": ("losses.bins.power=0",),
    "bins fully rebalanced": ("losses.bins.power=1",),
    "no hints or other guidance": ("data.guidance={}",),
    "hints for three in four": tuple(
        f"data.guidance.{kind}={share}"
        for kind, share in {"points": 0.45, "scribbles": 0.14, "grid": 0.13, "dense": 0.03}.items()
    ),
    "mean chroma never told": ("data.guidance.chroma=0",),
    "mean chroma never told, loss of colorfulness": (
        "data.guidance.chroma=0",
        "losses.colorfulness.weight=0.5",
    ),
    "no worn photographs": ("data.worn=0",),
    "people as rare as they are": ("data.oversample={}",),
}
PEOPLE = ("clothingcoparsing", "facemask", "clothingdataset")
HINTS = 10


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--held-out", type=Path, nargs="+", required=True)
    parser.add_argument("--teacher", metavar="KIND:FILE", required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--limit", type=int, default=8000)
    parser.add_argument("--pictures", type=int, default=400)
    parser.add_argument("--precision", default="32-true")
    args = parser.parse_args()
    cases = make_cases(
        load_photographs(args.held_out, plain_data(short_side=args.size, limit=args.pictures)),
        args.size,
    )
    print(f"{'':46}" + "".join(f"{column:>12}" for column in COLUMNS))
    gray = [
        (psnr(case.paint(np.zeros((1, 1, 2), np.float32)), case.rgb), case.person) for case in cases
    ]
    print(
        f"{'gray copy':46}{np.mean([dB for dB, _ in gray]):12.2f}{'':48}"
        f"{np.mean([dB for dB, person in gray if person]):12.2f}"
    )
    for name, changes in ABLATIONS.items():
        run = args.output / name.replace(" ", "-").replace(",", "")
        done = run / "measured.json"
        if not done.exists():
            overrides = [
                f"stages=[{{name: one, steps: {args.steps}, size: {args.size}}}]",
                f"data.limit={args.limit}",
                "data.short_side=96",
                "save_every=100",
                "ema=0.98",
                "optimizer.warmup=30",
                *changes,
            ]
            taught = teach("tintype", overrides, args.teacher)
            recipe = load_recipe("tintype", [*taught, *overrides])
            resume = (run / "state.pt").exists()
            train(TrainingJob(recipe, args.data, run, resume=resume, precision=args.precision))
            network = build_network(recipe, fresh=False)
            state = load_state(run)
            network.load_state_dict(state["average"])
            write_text(
                done,
                json.dumps(measure(decided(network, recipe.decision, state["bin_share"]), cases)),
            )
        found = json.loads(done.read_text(encoding="utf-8"))
        print(f"{name:46}" + "".join(f"{found[column]:12.2f}" for column in COLUMNS), flush=True)


COLUMNS = ("PSNR", "vivid", "bins: PSNR", "bins: vivid", "10 hints", "people", "worn")
"""PSNR in dB of the answer, of the bins alone, with hints, of people alone, and where the lightness
is worn; colorfulness as a share of the truth's."""


@dataclass(frozen=True)
class Case:
    """One held-out photograph. rgb: S×S×3; lightness, worn: 1×1×S×S, as it is and after what time
    does; hint: 1×3×S×S."""

    rgb: np.ndarray
    lightness: torch.Tensor
    worn: torch.Tensor
    hint: torch.Tensor
    person: bool

    def paint(self, ab: np.ndarray) -> np.ndarray:
        """sRGB of the true lightness and a small map of ab."""
        large: np.ndarray = cv2.resize(ab, self.rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        return fitted_srgb(np.dstack([self.lightness[0, 0].numpy(), large]))


def make_cases(store: PhotoStore, size: int) -> list[Case]:
    """The same pictures, hints (3×3 pixels of the mean true color) and damage in every run."""
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    cases = []
    for i, key in enumerate(store.keys):
        rgb = cv2.resize(store.picture(i), (size, size), interpolation=cv2.INTER_AREA) / np.float32(
            255
        )
        lab = torch.from_numpy(srgb_to_lab(rgb)).permute(2, 0, 1)[None]
        hint = true_hints(lab[:, 1:], HINTS, rng)
        worn = stretch_tone(damage(fade(lab[:, :1], 1), 1))
        cases.append(Case(rgb, lab[:, :1], worn, hint, key.split("-")[0] in PEOPLE))
    return cases


def blank(lightness: torch.Tensor, **given: torch.Tensor) -> dict[str, torch.Tensor]:
    """The network's inputs without guidance except what is given."""
    n, _, h, w = lightness.shape
    none = {
        "hint": torch.zeros(n, 3, h, w),
        "region": torch.ones_like(lightness),
        "palette": torch.zeros(n, len(palette_vector())),
    }
    return {"lightness": lightness, **none, **given}


@torch.no_grad()
def measure(network: torch.nn.Module, cases: list[Case]) -> dict[str, float]:
    """Means over the pictures, by column."""
    network.eval()
    found: dict[str, list[float]] = {column: [] for column in COLUMNS}
    true = float(np.mean([colorfulness(case.rgb) for case in cases]))
    for case in cases:

        def answer(case: Case = case, **given: torch.Tensor) -> np.ndarray:
            return case.paint(network(**blank(**given))["ab"][0].permute(1, 2, 0).numpy())

        made = answer(lightness=case.lightness)
        logits = network(**blank(lightness=case.lightness))["ab_logits"]
        mean = annealed_mean(logits, torch.tensor(ab_bins()))
        bins = case.paint(mean[0].permute(1, 2, 0).numpy())
        found["PSNR"].append(psnr(made, case.rgb))
        found["vivid"].append(colorfulness(made) / true)
        found["bins: PSNR"].append(psnr(bins, case.rgb))
        found["bins: vivid"].append(colorfulness(bins) / true)
        found["10 hints"].append(psnr(answer(lightness=case.lightness, hint=case.hint), case.rgb))
        if case.person:
            found["people"].append(found["PSNR"][-1])
        found["worn"].append(psnr(answer(lightness=case.worn), case.rgb))
    return {column: float(np.mean(values)) for column, values in found.items()}


if __name__ == "__main__":
    main()
