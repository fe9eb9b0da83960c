"""Whether masks hold, suggestions and references help and variations vary.

python benchmarks/guidance.py --data photos/ [--group imagenet] [--model default] [--limit 40]
[--suggestions] [--variations] [--references]

Leakage: chroma of the finished picture where the mask is 0, for masks of rings, letters and
checkers, in all and farther than 8 pixels from the mask, where no feathered edge reaches (aim: 0).
Suggestions: PSNR gained by one hint of true color at the place that the engine suggests first, at
each of five suggested places in turn, and at five random places, each alone; then all five
together. Aim: at least a third more than at random. Variations: mean CIEDE2000 between
pairs of eight, and PSNR of the best of them, of the bold coloring and of the first against the
automatic one. References: PSNR gained with the mirrored middle of the true picture as reference,
and with the true picture of another photograph.
"""

import argparse
import itertools
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

from measures import color_of, leakage
from tintype import Colorizer, Guidance, Hint
from tintype.color import lab_to_srgb, srgb_to_lab
from tintype.engine import Prepared
from tintype.lab.evaluation.measures import ciede2000, psnr
from tintype.lab.evaluation.protocol import HINT_SIDE
from tintype.lab.evaluation.systems import paint, read_picture

Array = np.ndarray
SIZE = 256
PLACES = 5
VARIATIONS = 8
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
    reach = HINT_SIDE // 2
    row, column = (int(np.clip(share * SIZE, reach, SIZE - reach - 1)) for share in (y, x))
    ab = lab[row - reach : row + reach + 1, column - reach : column + reach + 1, 1:].mean((0, 1))
    return Hint(
        (column + 0.5) / SIZE, (row + 0.5) / SIZE, color_of(ab), radius=HINT_SIDE / 2 / SIZE
    )


def suggestion_gains(
    colorizer: Colorizer, prepared: Prepared, lab: Array, rng: np.random.Generator
) -> list[float]:
    """PSNR gained over no hint: at the first suggested place, the mean of each suggested one, of
    each random one, all suggested together, all random ones together."""
    from tintype.engine.assist.suggest import suggest_places

    rgb = lab_to_srgb(lab)

    def quality(*hints: Hint) -> float:
        return psnr(paint(lab[..., 0], colorizer.ab(prepared, Guidance(hints=hints))), rgb)

    suggested = [true_hint(lab, x, y) for x, y in suggest_places(prepared, PLACES)]
    random = [true_hint(lab, x, y) for x, y in rng.random((PLACES, 2))]
    base = quality()
    alone = [[quality(hint) - base for hint in hints] for hints in (suggested, random)]
    return [
        alone[0][0],
        float(np.mean(alone[0])),
        float(np.mean(alone[1])),
        quality(*suggested) - base,
        quality(*random) - base,
    ]


def variation_figures(colorizer: Colorizer, prepared: Prepared, lab: Array) -> list[float]:
    """Mean CIEDE2000 between pairs of variations; PSNR of the automatic coloring, of the first, the
    mean, the best, the bold one."""
    from tintype.engine.assist.variations import draw_variations

    rgb = lab_to_srgb(lab)
    guidances = [Guidance(), *draw_variations(prepared, VARIATIONS), Guidance(bold=True)]
    made = [paint(lab[..., 0], colorizer.ab(prepared, guidance)) for guidance in guidances]
    automatic, first, *_, bold = quality = [psnr(picture, rgb) for picture in made]
    labs = [srgb_to_lab(picture[::4, ::4]) for picture in made[1:-1]]
    apart = [float(ciede2000(one, other).mean()) for one, other in itertools.combinations(labs, 2)]
    return [
        float(np.mean(apart)),
        automatic,
        first,
        float(np.mean(quality[1:-1])),
        max(quality[1:-1]),
        bold,
    ]


def reference_gains(
    colorizer: Colorizer, prepared: Prepared, lab: Array, other: Array
) -> list[float]:
    """PSNR gained over no reference: with the mirrored middle of the true picture, and with another
    picture."""
    rgb = lab_to_srgb(lab)
    edge = SIZE // 10
    pictures = rgb[edge:-edge, edge:-edge][:, ::-1], lab_to_srgb(other)
    bytes_of = [np.rint(picture * 255).astype(np.uint8) for picture in pictures]
    guidances = [
        Guidance(),
        *(Guidance().with_reference(np.ascontiguousarray(pixels)) for pixels in bytes_of),
    ]
    automatic, same, foreign = (
        psnr(paint(lab[..., 0], colorizer.ab(prepared, guidance)), rgb) for guidance in guidances
    )
    return [same - automatic, foreign - automatic]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--group", default="imagenet", help="only pictures whose names begin with this and a hyphen"
    )
    parser.add_argument("--model", default="default")
    parser.add_argument("--limit", type=int, default=40)
    parser.add_argument("--suggestions", action="store_true", help="measure these too")
    parser.add_argument("--variations", action="store_true", help="measure these too")
    parser.add_argument("--references", action="store_true", help="measure these too")
    parser.add_argument("--no-masks", action="store_true", help="leave masks out")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    colorizer = Colorizer(args.model)
    leaked: dict[str, list[tuple[float, float]]] = {name: [] for name in masks(SIZE)}
    gains, varied, referred = [], [], []
    other = None
    paths = sorted(args.data.glob(f"{args.group}-*"))[: args.limit]
    for number, path in enumerate(track(paths, "measuring")):
        lab = srgb_to_lab(read_picture(path, SIZE))
        gray = np.rint(paint(lab[..., 0], np.zeros_like(lab[..., 1:]))[..., 0] * 255).astype(
            np.uint8
        )
        prepared = colorizer.prepare(gray)
        for name, mask in masks(SIZE).items() if not args.no_masks else ():
            pixels = colorizer.color(prepared, Guidance().with_region(mask)).pixels
            made = srgb_to_lab(pixels.astype(np.float32) / 255)
            wide = cv2.dilate(
                mask.astype(np.uint8), np.ones((2 * FEATHER + 1, 2 * FEATHER + 1), np.uint8)
            )
            leaked[name].append((leakage(made, mask), leakage(made, wide)))
        if args.suggestions:
            gains.append(
                suggestion_gains(
                    colorizer, prepared, lab, np.random.default_rng([args.seed, number])
                )
            )
        if args.variations:
            varied.append(variation_figures(colorizer, prepared, lab))
        if (
            args.references
            and other is not None
            and np.abs(lab[..., 1:]).max() > 10 < np.abs(other[..., 1:]).max()
        ):
            referred.append(reference_gains(colorizer, prepared, lab, other))
        other = lab
    print(f"{len(paths)} photographs, {args.model}")
    if not args.no_masks:
        print("mean chroma outside of the mask, in all and far from it")
    for name, values in leaked.items() if not args.no_masks else ():
        print(f"  {name:12}" + "".join(f"{value:8.3f}" for value in np.mean(values, axis=0)))
    if varied:
        apart, automatic, first, mean, best, bold = np.mean(varied, axis=0)
        print(
            f"{VARIATIONS} variations: CIEDE2000 between pairs {apart:.2f}; PSNR, dB: "
            f"automatic {automatic:.2f}, the first {first:.2f},"
        )
        print(f"  mean {mean:.2f}, best {best:.2f}; bold {bold:.2f}")
    if referred:
        same, foreign = np.mean(referred, axis=0)
        helped = np.mean(np.array(referred)[:, 0] > 0)
        print(
            f"references, PSNR gained, dB: mirrored middle of the true picture {same:.2f} (helps"
            f" {helped:.0%}), another picture {foreign:.2f}"
        )
    if not gains:
        return
    first, each, random, together, random_together = np.mean(gains, axis=0)
    print("PSNR gained by true hints, dB, and as a multiple of random places")
    print(f"  one, the first suggested place    {first:6.2f}{first / random:8.2f}×")
    print(f"  one, mean of {PLACES} suggested places    {each:6.2f}{each / random:8.2f}×")
    print(f"  one, mean of {PLACES} random places       {random:6.2f}")
    print(
        f"  all {PLACES} suggested together         "
        f" {together:6.2f}{together / random_together:8.2f}×"
    )
    print(f"  all {PLACES} random together             {random_together:6.2f}")


if __name__ == "__main__":
    main()
