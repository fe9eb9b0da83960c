"""Whether masks hold and suggestions help: color outside of masks, and true hints at suggested places against random ones.

python benchmarks/guidance.py --data photos/ [--group imagenet] [--model default] [--limit 40] [--suggestions]

Leakage: chroma of the finished picture where the mask is 0, for masks of rings, letters and checkers, in all and farther than 8
pixels from the mask, where no feathered edge reaches (aim: 0). Suggestions: PSNR
gained by one hint of true color at the place that the engine suggests first, at each of five suggested places in turn, and at five
random places, each alone; then all five together. Aim: at least a third more than at random.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

from tintype import Colorizer, Guidance, Hint
from tintype.color import lab_to_srgb, srgb_to_lab
from tintype.engine import Prepared
from tintype.evaluation.dabs import color_of
from tintype.evaluation.measures import leakage, psnr
from tintype.evaluation.protocol import PATCH
from tintype.evaluation.systems import paint, read_picture

Array = np.ndarray
SIZE = 256
PLACES = 5
FEATHER = 8


def masks(side: int) -> dict[str, Array]:
    """Boolean masks side×side: rings, letters, a checkerboard."""
    y, x = (np.mgrid[:side, :side] + 0.5) * 128 / side
    letters = np.zeros((128, 128), np.uint8)
    cv2.putText(letters, "Tin", (4, 60), cv2.FONT_HERSHEY_DUPLEX, 2.2, 1, 9)
    cv2.putText(letters, "type", (4, 112), cv2.FONT_HERSHEY_DUPLEX, 1.8, 1, 9)
    return {
        "rings": np.isin(np.hypot(y - 64, x - 64) // 15, (1, 3)),
        "letters": cv2.resize(letters, (side, side), interpolation=cv2.INTER_NEAREST) > 0,
        "checkers": (y // 24 + x // 24) % 2 > 0,
    }


def true_hint(lab: Array, x: float, y: float) -> Hint:
    """A hint of the mean true color of 7×7 pixels around a place."""
    reach = PATCH // 2
    row, column = (int(np.clip(share * SIZE, reach, SIZE - reach - 1)) for share in (y, x))
    ab = lab[row - reach : row + reach + 1, column - reach : column + reach + 1, 1:].mean((0, 1))
    return Hint((column + 0.5) / SIZE, (row + 0.5) / SIZE, color_of(ab), radius=PATCH / 2 / SIZE)


def suggestion_gains(colorizer: Colorizer, prepared: Prepared, lab: Array, rng: np.random.Generator) -> list[float]:
    """PSNR gained over no hint: at the first suggested place, the mean of each suggested one, of each random one, all suggested
    together, all random ones together."""
    from tintype.engine.suggest import suggest_places

    rgb = lab_to_srgb(lab)

    def quality(*hints: Hint) -> float:
        return psnr(paint(lab[..., 0], colorizer.ab(prepared, Guidance(hints=hints))), rgb)

    suggested = [true_hint(lab, x, y) for x, y in suggest_places(prepared, PLACES)]
    random = [true_hint(lab, x, y) for x, y in rng.random((PLACES, 2))]
    base = quality()
    alone = [[quality(hint) - base for hint in hints] for hints in (suggested, random)]
    return [alone[0][0], float(np.mean(alone[0])), float(np.mean(alone[1])), quality(*suggested) - base, quality(*random) - base]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--group", default="imagenet", help="only pictures whose names begin with this and a hyphen")
    parser.add_argument("--model", default="default")
    parser.add_argument("--limit", type=int, default=40)
    parser.add_argument("--suggestions", action="store_true", help="measure these too")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    colorizer = Colorizer(args.model)
    leaked: dict[str, list[tuple[float, float]]] = {name: [] for name in masks(SIZE)}
    gains = []
    paths = sorted(args.data.glob(f"{args.group}-*"))[: args.limit]
    for number, path in enumerate(track(paths, "measuring")):
        lab = srgb_to_lab(read_picture(path, SIZE))
        gray = np.rint(paint(lab[..., 0], np.zeros_like(lab[..., 1:]))[..., 0] * 255).astype(np.uint8)
        prepared = colorizer.prepare(gray)
        for name, mask in masks(SIZE).items():
            pixels = colorizer.color(prepared, Guidance().with_region(mask)).pixels
            made = srgb_to_lab(pixels.astype(np.float32) / 255)
            wide = cv2.dilate(mask.astype(np.uint8), np.ones((2 * FEATHER + 1, 2 * FEATHER + 1), np.uint8))
            leaked[name].append((leakage(made, mask), leakage(made, wide)))
        if args.suggestions:
            gains.append(suggestion_gains(colorizer, prepared, lab, np.random.default_rng([args.seed, number])))
    print(f"{len(paths)} photographs, {args.model}\nmean chroma outside of the mask, in all and far from it")
    for name, values in leaked.items():
        print(f"  {name:12}" + "".join(f"{value:8.3f}" for value in np.mean(values, axis=0)))
    if not gains:
        return
    first, each, random, together, random_together = np.mean(gains, axis=0)
    print("PSNR gained by true hints, dB, and as a multiple of random places")
    print(f"  one, the first suggested place    {first:6.2f}{first / random:8.2f}×")
    print(f"  one, mean of {PLACES} suggested places    {each:6.2f}{each / random:8.2f}×")
    print(f"  one, mean of {PLACES} random places       {random:6.2f}")
    print(f"  all {PLACES} suggested together          {together:6.2f}{together / random_together:8.2f}×")
    print(f"  all {PLACES} random together             {random_together:6.2f}")


if __name__ == "__main__":
    main()
