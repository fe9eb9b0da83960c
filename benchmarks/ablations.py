"""What each part of the default recipe is worth: the same photographs and steps with one thing changed, measured on held-out ones.

python benchmarks/ablations.py --data photos/ --held-out more/ --teacher mobilenet_v2.safetensors --output runs/ablations
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import torch

from tintype.color import colorfulness, fit_gamut, lab_to_srgb, srgb_to_lab
from tintype.color.bins import annealed_mean
from tintype.evaluation.measures import psnr
from tintype.training.checkpoint import load_state
from tintype.training.photographs import load_photographs
from tintype.training.recipe import load_recipe, plain_data, teach
from tintype.training.systems import build_network
from tintype.training.trainer import Job, train

WITHOUT_ENCODER = ("encoder=null", "frozen=0", "optimizer.encoder=1")
ABLATIONS: dict[str, tuple[str, ...]] = {
    "as it is": (),
    "no distillation": ("losses.distillation.weight=0",),
    "encoder from nothing": WITHOUT_ENCODER,
    "encoder from nothing, no distillation": (*WITHOUT_ENCODER, "losses.distillation.weight=0"),
    "bins not rebalanced": ("losses.bins.power=0",),
    "bins fully rebalanced": ("losses.bins.power=1",),
    "no hints or other wishes": ("data.wishes={}",),
    "no worn photographs": ("data.worn=0",),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--held-out", type=Path, nargs="+", required=True)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--limit", type=int, default=8000)
    parser.add_argument("--precision", default="32-true")
    args = parser.parse_args()
    truths = load_photographs(args.held_out, plain_data(short_side=args.size, limit=300))
    pictures = [
        cv2.resize(truths.picture(i), (args.size,) * 2, interpolation=cv2.INTER_AREA) / np.float32(255) for i in range(len(truths))
    ]
    print(f"{'':40} {'PSNR':>6} {'of bins':>8} {'colorfulness':>13} {'of bins':>8}   share of the truth's")
    for name, changes in ABLATIONS.items():
        run = args.output / name.replace(" ", "-").replace(",", "")
        done = run / "measured.json"
        if not done.exists():
            overrides = [
                f"stages=[{{name: one, steps: {args.steps}, size: {args.size}}}]", f"data.limit={args.limit}", "data.short_side=96",
                "save_every=100", "ema=0.98", "optimizer.warmup=30", *changes,
            ]  # fmt: skip
            taught = teach("tintype", overrides, f"mobilenet_v2:{args.teacher}")
            recipe = load_recipe("tintype", [*taught, *overrides])
            resume = (run / "state.pt").exists()
            train(Job(recipe, args.data, run, [], resume=resume, precision=args.precision))
            network = build_network(recipe, fresh=False)
            network.load_state_dict(load_state(run)["average"])
            done.write_text(json.dumps(measure(network, pictures)), encoding="utf-8")
        found = json.loads(done.read_text(encoding="utf-8"))
        print(
            f"{name:40} {found['psnr']:6.2f} {found['psnr_bins']:8.2f} {found['vivid']:13.3f} {found['vivid_bins']:8.3f}",
            flush=True,
        )


@torch.no_grad()
def measure(network: torch.nn.Module, pictures: list[np.ndarray]) -> dict[str, float]:
    """Means over the pictures, of the regression and of the annealed mean of the bins."""
    network.eval()
    found: dict[str, list[float]] = {"psnr": [], "psnr_bins": [], "vivid": [], "vivid_bins": []}
    true = float(np.mean([colorfulness(picture) for picture in pictures]))
    for picture in pictures:
        lightness = srgb_to_lab(picture)[..., 0]
        out = network(torch.from_numpy(lightness)[None, None])
        bins: np.ndarray = cv2.resize(
            annealed_mean(out["ab_logits"][0].permute(1, 2, 0).numpy()), lightness.shape[::-1], interpolation=cv2.INTER_LINEAR
        )
        both = cv2.resize(out["ab"][0].permute(1, 2, 0).numpy(), lightness.shape[::-1], interpolation=cv2.INTER_LINEAR)
        for key, ab in (("", 2 * both - bins), ("_bins", bins)):  # the network answers with the mean of its heads
            made = lab_to_srgb(fit_gamut(np.dstack([lightness, ab])))
            found[f"psnr{key}"].append(psnr(made, picture))
            found[f"vivid{key}"].append(colorfulness(made) / true)
    return {key: float(np.mean(values)) for key, values in found.items()}


if __name__ == "__main__":
    main()
