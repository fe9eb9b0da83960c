"""What the default network's answer is made of, and what it does with what it is told, on true pictures.

python benchmarks/answers.py --data photos/ [--group imagenet] [--model default] [--limit 399] [--judge mobilenet_v2:FILE]

Its two heads alone, together, settled, with the names of colors heard and black left black, and with clean edges, as are all that
follow; hints spread by the network, by the picture, and by both; the picture's own mean chroma and histogram of colors given as a
palette; and, to know what the measures ask for, the true colors with less chroma, and blurred.
PSNR in dB, colorfulness as a share of the truth's, the share of the judge's gap that is won back, at 256×256 pixels.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import torch
from rich.progress import track
from torch import nn
from torch.nn import functional

from tintype import Colorizer
from tintype.color import colorfulness, fit_gamut, lab_to_srgb, srgb_to_lab
from tintype.color.bins import HISTOGRAM_GRID, ab_bins, annealed_mean, palette_vector
from tintype.engine.colorizer import GRID
from tintype.engine.hints import honor_hints, shrink_hint, spread_hints
from tintype.engine.network import find_model
from tintype.engine.upsample import clean_edges, upsample_ab
from tintype.evaluation.classifier import Judge
from tintype.evaluation.measures import psnr
from tintype.evaluation.protocol import GRAY_CHROMA, read_labels
from tintype.evaluation.systems import read_picture
from tintype.nets.bins import settle
from tintype.training.recipe import load_recipe
from tintype.training.systems import build_network

Array = np.ndarray
SIZE = 256
HINTS, PATCH = 10, 7


def draw_hints(lab: Array, rng: np.random.Generator) -> Array:
    """H×W×3: patches of the mean true color."""
    hint = np.zeros((SIZE, SIZE, 3), np.float32)
    for y, x in rng.integers(0, SIZE - PATCH, (HINTS, 2)):
        there = slice(y, y + PATCH), slice(x, x + PATCH)
        hint[there] = (*lab[there][..., 1:].mean((0, 1)), 1)
    return hint


def true_histogram(ab: Array) -> Array:
    """Shares of the coarse cells, as `palette_vector` takes them."""
    centers = ab_bins(HISTOGRAM_GRID)
    nearest = ((ab[::4, ::4].reshape(-1, 1, 2) - centers) ** 2).sum(-1).argmin(1)
    return np.bincount(nearest, minlength=len(centers)).astype(np.float32)


def answers(colorizer: Colorizer, plain: nn.Module, lab: Array, rng: np.random.Generator) -> dict[str, Array]:
    """ab, H×W×2, by what it is made of. plain: the colorizer's network in PyTorch."""
    network, side = colorizer.network, colorizer.size
    lightness, ab = np.ascontiguousarray(lab[..., 0]), lab[..., 1:]
    shown = cv2.resize(lightness, (side, side), interpolation=cv2.INTER_AREA)[None, None]

    def full(ab: Array) -> Array:
        return upsample_ab(np.ascontiguousarray(ab), lightness)

    def clean(ab: Array) -> Array:
        return clean_edges(ab, cv2.resize(ab, (side // 2, side // 2), interpolation=cv2.INTER_AREA), lightness)

    def honored(ab: Array) -> Array:
        return honor_hints(clean(ab), lightness, hint)

    def ask(hint: Array | None = None, palette: Array | None = None) -> Array:
        given = None if hint is None else shrink_hint(hint, (side, side)).transpose(2, 0, 1)[None]
        found = network.predict(shown, given, None, None if palette is None else palette[None])
        return full(found.ab[0].transpose(1, 2, 0))

    def spread(ab: Array) -> Array:
        """ab, corrected by what the hints tell of like places."""
        grid = side // GRID
        coarse = [cv2.resize(plane, (grid, grid), interpolation=cv2.INTER_AREA) for plane in (ab, answer, lightness)]
        logits = network.predict(shown).ab_logits[0].transpose(1, 2, 0)
        return ab + upsample_ab(spread_hints(*coarse, hint, logits), lightness)

    with torch.inference_mode():
        heads = plain(torch.from_numpy(shown))
        settled = settle(heads["seen_ab"], functional.avg_pool2d(heads["ab_logits"], 2), torch.from_numpy(ab_bins().copy()))
    both, settled = (found[0].permute(1, 2, 0).numpy() for found in (heads["seen_ab"], settled))
    bins = annealed_mean(heads["ab_logits"][0].permute(1, 2, 0).numpy())
    bins = cv2.resize(bins, both.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    answer = ask()
    hint = draw_hints(lab, rng)
    hinted = ask(hint)
    chroma = float(np.hypot(ab[..., 0], ab[..., 1]).mean())
    return {
        "regression alone": full(2 * both - bins),
        "bins alone": full(bins),
        "mean of both heads": full(both),
        "the same, settled": full(settled),
        "names heard, black black": answer,
        "the same, edges clean": clean(answer),
        "10 hints, network alone": honored(hinted),
        "10 hints, picture alone": honored(spread(answer)),
        "10 hints, half of each": honored(spread((answer + hinted) / 2)),
        "told the mean chroma": clean(ask(palette=palette_vector(mean_chroma=chroma))),
        "told the histogram": clean(ask(palette=palette_vector(true_histogram(ab)))),
        "told both": clean(ask(palette=palette_vector(true_histogram(ab), chroma))),
        "gray": 0 * ab,
        "truth, 0.57 of the chroma": 0.57 * ab,
        **{f"truth, blurred by {sigma} pixels": cv2.GaussianBlur(ab, (0, 0), sigma) for sigma in (2, 6, 16)},
        "truth": ab,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--group", default="", help="only pictures whose names begin with this and a hyphen")
    parser.add_argument("--model", default="default")
    parser.add_argument("--judge", default="")
    parser.add_argument("--limit", type=int, default=400)
    args = parser.parse_args()
    colorizer = Colorizer(args.model)
    weights = find_model(args.model).with_suffix(".safetensors")
    plain = build_network(load_recipe("tintype", [f"start={weights}", "encoder=null"])).eval()
    judge = Judge.load(args.judge) if args.judge else None
    labels = read_labels(args.data / "sources.csv", needed=judge is not None)
    right: dict[str, list[bool]] = defaultdict(list)
    dB: dict[str, list[float]] = defaultdict(list)
    vivid: dict[str, list[float]] = defaultdict(list)
    rng = np.random.default_rng(0)
    paths = sorted(args.data.glob(f"{args.group}-*" if args.group else "*.*"))[: args.limit]
    for path in track(paths, "measuring"):
        rgb = read_picture(path, SIZE)
        lab = srgb_to_lab(rgb)
        if np.hypot(lab[..., 1], lab[..., 2]).mean() < GRAY_CHROMA:
            continue
        for name, ab in answers(colorizer, plain, lab, rng).items():
            made = lab_to_srgb(fit_gamut(np.dstack([lab[..., 0], ab]).astype(np.float32)))
            dB[name].append(psnr(made, rgb))
            vivid[name].append(colorfulness(made))
            if judge is not None:
                right[name].append(int(judge.look(made)[0][0]) == labels.get(path.name))
    print(f"{len(vivid['truth'])} photographs, {args.model}\n{'':28}{'PSNR':>7}{'colorfulness':>14}{'gap won back':>14}")
    for name, values in dB.items():
        seen = {key: float(np.mean(right[key])) for key in ("gray", name, "truth")} if judge else {}
        gap = f"{(seen[name] - seen['gray']) / (seen['truth'] - seen['gray']):14.2f}" if judge else ""
        print(f"{name:28}{np.mean(values):7.2f}{np.mean(vivid[name]) / np.mean(vivid['truth']):14.2f}{gap}")


if __name__ == "__main__":
    main()
