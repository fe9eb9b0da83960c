"""How good a network is on photographs whose colors are known: the table of the model card.

python benchmarks/quality.py --data validation/ --group imagenet --judge judge.safetensors [--model default] [--hints 10]

Each photograph is resized to 256×256 (area), its L* is what the network sees, and ab is put on that L*, drawn into sRGB and
rounded to 8 bits. The judge is a MobileNetV2 that no loss has used; it sees 224×224.
"""

import argparse
import csv
from pathlib import Path

import cv2
import numpy as np
import torch

from tintype.color import colorfulness, fit_gamut, lab_to_srgb, srgb_to_lab
from tintype.engine import Colorizer
from tintype.engine.colorizer import honor_hints
from tintype.evaluation.measures import psnr, ssim
from tintype.nets.mobilenet_v2 import load_mobilenet_v2

SIDE = 256
PATCH = 7


def read_folder(folder: Path, group: str | None, limit: int | None) -> list[tuple[np.ndarray, int | None]]:
    """Pictures of one group (the name before the `-`), 256×256×3 float32 of 0..1, with their ImageNet class where known."""
    labels = {}
    if (folder / "sources.csv").exists():
        with (folder / "sources.csv").open() as file:
            labels = {row["name"]: row["imagenet_class"] for row in csv.DictReader(file)}
    paths = sorted(p for p in folder.iterdir() if p.suffix in (".webp", ".jpg", ".png"))
    found = []
    for path in [p for p in paths if group is None or p.name.split("-")[0] == group][:limit]:
        picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        picture = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        found.append((picture.astype(np.float32) / 255, int(labels[path.name]) if labels.get(path.name) else None))
    return found


def true_hints(lab: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Patches of 7×7 at random places, each of the mean true color: 256×256×3 (a*, b*, sureness)."""
    hint = np.zeros_like(lab)
    for _ in range(count):
        y, x = rng.integers(0, SIDE - PATCH, 2)
        hint[y : y + PATCH, x : x + PATCH, :2] = lab[y : y + PATCH, x : x + PATCH, 1:].mean((0, 1))
        hint[y : y + PATCH, x : x + PATCH, 2] = 1
    return hint


def judged(judge: torch.nn.Module, pictures: list[np.ndarray]) -> np.ndarray:
    """The classes that the judge sees, 0..999."""
    small = np.stack([cv2.resize(p, (224, 224), interpolation=cv2.INTER_AREA) for p in pictures]) * 2 - 1
    with torch.no_grad():
        batches = torch.from_numpy(small).permute(0, 3, 1, 2).split(16)
        return torch.cat([judge(batch)[:, 1:].argmax(1) for batch in batches]).numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--group")
    parser.add_argument("--judge", type=Path)
    parser.add_argument("--model", nargs="+", default=["default"])
    parser.add_argument("--hints", type=int, nargs="+", default=[0])
    parser.add_argument("--saturation", type=float, nargs="+", default=[1.0])
    parser.add_argument("--limit", type=int)
    args = parser.parse_args()

    known = read_folder(args.data, args.group, args.limit)
    truths = [truth for truth, _ in known]
    labs = [srgb_to_lab(truth) for truth in truths]
    grays = [lab_to_srgb(lab * np.float32([1, 0, 0])) for lab in labs]
    judge = load_mobilenet_v2(args.judge).eval() if args.judge else None
    labeled = [i for i, (_, label) in enumerate(known) if label is not None]
    classes = np.array([known[i][1] for i in labeled])
    vivid = np.mean([colorfulness(truth) for truth in truths])

    def top1(pictures: list[np.ndarray]) -> float:
        if judge is None or not labeled:
            return float("nan")
        return float((judged(judge, [pictures[i] for i in labeled]) == classes).mean() * 100)

    low, high = top1(grays), top1(truths)
    print(f"{len(truths)} pictures; colorfulness of the truth {vivid:.1f}; judge: gray {low:.1f} %, color {high:.1f} %")
    print(f"{'':28} {'PSNR':>6} {'SSIM':>6} {'colorfulness':>13} {'top-1':>6} {'gap won back':>13}")

    def row(name: str, pictures: list[np.ndarray]) -> None:
        colors = np.mean([colorfulness(p) for p in pictures])
        fidelity = np.mean([psnr(p, t) for p, t in zip(pictures, truths, strict=True)])
        similar = np.mean([ssim(p, t) for p, t in zip(pictures, truths, strict=True)])
        seen = top1(pictures)
        print(f"{name:28} {fidelity:6.2f} {similar:6.4f} {colors:6.1f} ({colors / vivid:4.2f}) {seen:6.1f} "
              f"{(seen - low) / (high - low) if high > low else float('nan'):13.2f}", flush=True)  # fmt: skip

    row("gray", grays)
    for model in args.model:
        colorizer = Colorizer(model)
        for count in args.hints:
            rng = np.random.default_rng(0)
            hints = [true_hints(lab, count, rng) if count else None for lab in labs]
            plain = [colorizer.predict(lab[..., 0], hint) for lab, hint in zip(labs, hints, strict=True)]
            for saturation in args.saturation:
                pictures = []
                for lab, hint, ab in zip(labs, hints, plain, strict=True):
                    ab = ab * np.float32(saturation)
                    if hint is not None:
                        ab = honor_hints(ab, lab[..., 0], hint)
                    colored = lab_to_srgb(fit_gamut(np.dstack([lab[..., 0], ab])))
                    pictures.append((np.rint(colored * 255) / 255).astype(np.float32))
                row(f"{Path(model).stem}, {count} hints, ×{saturation:g}", pictures)


if __name__ == "__main__":
    main()
