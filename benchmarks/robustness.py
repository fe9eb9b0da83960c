"""How steady the colors are: what damage costs, and whether the same photograph in another guise
gets the same colors.

python benchmarks/robustness.py --data photos/ [--group imagenet] [--model default] [--limit 100]

Damage: the gray picture is hurt in eight ways (and faded), colored by the whole program, and the
colors are put on the true L*: PSNR in dB, colorfulness as a share of that of the clean picture.
Guises: half and double size, cropped, mirrored, coded again as JPEG: mean distance of the ab from
those of the plain picture, which is CIE76 at equal L*.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

from tintype import Colorizer
from tintype.color import colorfulness, fit_gamut, lab_to_srgb, srgb_to_lab
from tintype.lab.evaluation.measures import psnr
from tintype.lab.evaluation.systems import read_picture

Array = np.ndarray
Damage = Callable[[Array, np.random.Generator], Array]
SIZE = 256


def to_bytes(gray: Array) -> Array:
    return np.clip(np.round(gray * 255), 0, 255).astype(np.uint8)


def halftone(gray: Array, rng: np.random.Generator) -> Array:
    """A printer's screen of dots, 4 pixels apart at 45 degrees."""
    y, x = np.mgrid[: gray.shape[0], : gray.shape[1]] * (2 * np.pi / 4)
    screen = 0.5 + 0.25 * (np.cos((x + y) / 2**0.5) + np.cos((x - y) / 2**0.5))
    return np.clip((gray - screen) * 2 + 0.5, 0, 1)


def jpeg(gray: Array, quality: int) -> Array:
    coded = cv2.imencode(".jpg", to_bytes(gray), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE) / np.float32(255)


def scratched(gray: Array, rng: np.random.Generator) -> Array:
    """Six lines and forty specks, white or black."""
    out = gray.copy()
    h, w = gray.shape
    for _ in range(6):
        (x0, x1), ink = rng.integers(0, w, 2), float(rng.integers(2))
        cv2.line(out, (int(x0), 0), (int(x1), h), ink, 1, cv2.LINE_AA)
    for y, x in rng.random((40, 2)) * (h, w):
        cv2.circle(
            out, (int(x), int(y)), int(rng.integers(1, 3)), float(rng.integers(2)), -1, cv2.LINE_AA
        )
    return out


def smaller(gray: Array, factor: int) -> Array:
    h, w = gray.shape
    return cv2.resize(
        cv2.resize(gray, (w // factor, h // factor), interpolation=cv2.INTER_AREA), (w, h)
    )


def noise(gray: Array, rng: np.random.Generator, sigma: float) -> Array:
    """Noise of deviation 1 in clumps."""
    clumps = cv2.GaussianBlur(rng.standard_normal(gray.shape, np.float32), (0, 0), sigma)
    return clumps / clumps.std()


DAMAGES: dict[str, Damage] = {
    "blur, sigma 1.5": lambda gray, rng: cv2.GaussianBlur(gray, (0, 0), 1.5),
    "a third of the resolution": lambda gray, rng: smaller(gray, 3),
    "grain, 6 %": lambda gray, rng: gray + 0.06 * noise(gray, rng, 0.7),
    "salt and pepper, 1 %": lambda gray, rng: np.where(
        rng.random(gray.shape) < 0.01, rng.integers(0, 2, gray.shape), gray
    ),
    "JPEG, quality 25": lambda gray, rng: jpeg(gray, 25),
    "scratches and dust": scratched,
    "halftone": halftone,
    "mottled paper, 5 %": lambda gray, rng: gray + 0.05 * noise(gray, rng, 20),
    "faded to 0.3..0.8": lambda gray, rng: 0.3 + 0.5 * gray,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--group", default="", help="only pictures whose names begin with this and a hyphen"
    )
    parser.add_argument("--model", default="default")
    parser.add_argument("--limit", type=int, default=100)
    args = parser.parse_args()
    paths = sorted(args.data.glob(f"{args.group}-*" if args.group else "*.*"))[: args.limit]
    colorizer = Colorizer(args.model)

    def colors(gray: Array) -> Array:
        made = np.asarray(colorizer.colorize(to_bytes(gray)), np.float32) / 255
        return srgb_to_lab(made)[..., 1:]

    dB: dict[str, list[float]] = defaultdict(list)
    vivid: dict[str, list[float]] = defaultdict(list)
    apart: dict[str, list[float]] = defaultdict(list)
    for number, path in enumerate(track(paths, "measuring")):
        rgb = read_picture(path, SIZE)
        lightness = srgb_to_lab(rgb)[..., :1]
        gray = lab_to_srgb(np.dstack([lightness, np.zeros((SIZE, SIZE, 2), np.float32)]))[..., 0]
        plain = colors(gray)
        rng = np.random.default_rng(number)
        for name, hurt in {"clean": lambda gray, rng: gray, **DAMAGES}.items():
            made = lab_to_srgb(
                fit_gamut(
                    np.dstack([lightness, colors(np.float32(np.clip(hurt(gray, rng), 0, 1)))])
                )
            )
            dB[name].append(psnr(made, rgb))
            vivid[name].append(colorfulness(made))
        side, edge = SIZE // 2, SIZE // 20
        half = cv2.resize(gray, (side, side), interpolation=cv2.INTER_AREA)
        twice = colors(cv2.resize(gray, (2 * SIZE, 2 * SIZE), interpolation=cv2.INTER_CUBIC))
        inner = slice(edge, SIZE - edge)
        for guise, distance in {
            "half size": (
                colors(half) - cv2.resize(plain, (side, side), interpolation=cv2.INTER_AREA)
            ),
            "double size": cv2.resize(twice, (SIZE, SIZE), interpolation=cv2.INTER_AREA) - plain,
            "5 % cut off each side": colors(gray[inner, inner]) - plain[inner, inner],
            "mirrored": colors(np.ascontiguousarray(gray[:, ::-1]))[:, ::-1] - plain,
            "JPEG again, quality 75": colors(jpeg(gray, 75)) - plain,
        }.items():
            apart[guise].append(float(np.hypot(distance[..., 0], distance[..., 1]).mean()))

    print(
        f"{len(paths)} photographs, {args.model}\n{'':28}{'PSNR':>7}{'loss':>7}{'colorfulness':>14}"
    )
    clean, full = np.mean(dB["clean"]), np.mean(vivid["clean"])
    for name, values in dB.items():
        print(
            f"{name:28}{np.mean(values):7.2f}{clean - np.mean(values):7.2f}"
            f"{np.mean(vivid[name]) / full:14.2f}"
        )
    losses = [clean - np.mean(dB[name]) for name in DAMAGES]
    print(
        f"{'mean of the damaged':28}{clean - np.mean(losses):7.2f}{np.mean(losses):7.2f}\n\n"
        f"{'':28}mean"
        " distance of ab"
    )
    for guise, values in apart.items():
        print(f"{guise:28}{np.mean(values):7.2f}")
    for name, tone in {"black": 0, "gray": 0.5, "white": 1}.items():
        print(
            f"{'uniformly ' + name:28}"
            f"{np.abs(colors(np.full((SIZE, SIZE), tone, np.float32))).max():7.2f}"
        )


if __name__ == "__main__":
    main()
