"""How many color photographs are taken for monochrome prints, with full and with faded colors, and
how many toned prints for color photographs.

python benchmarks/toned.py PHOTOS... [--limit 1000] [--prints 300]

PHOTOS: folders or shards of color photographs. The prints are made of their lightness: sepia,
cyanotype, selenium, gold and duotone of several densities, two of three on paper that has yellowed
unevenly, with grain, as JPEG of quality 50 to 95. Prints how many are of each kind, and the keys of
the photographs that are not left as they are.
"""

import argparse
from collections import Counter
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

from tintype.lab.data.samples import find_sources, read_samples
from tintype.photo import Photo, analyze_color

FADED = (1.0, 0.7, 0.5, 0.35)
"""Shares of their chroma that photographs keep."""
TONES = {
    "sepia": ((2, 3), (8, 15), (9, 22), (5, 18), (1, 8)),
    "cyanotype": ((6, -22), (6, -38), (-4, -30), (-8, -14), (-2, -3)),
    "selenium": ((4, -2), (6, -3), (4, 0), (1, 3), (0, 2)),
    "gold": ((8, -4), (14, 2), (10, 10), (4, 12), (2, 8)),
}
"""ab at L* 0, 25, 50, 75 and 100."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--limit", type=int, default=1000, help="photographs")
    parser.add_argument("--prints", type=int, default=300)
    options = parser.parse_args()
    samples = (each for path in find_sources(options.photos) for each in read_samples(path))
    counts: dict[str, Counter[str]] = {}
    recolored = []
    rng = np.random.default_rng(0)
    for k, sample in enumerate(track(list(islice(samples, options.limit)), "photographs")):
        rgb = cv2.imdecode(np.frombuffer(sample.photo, np.uint8), cv2.IMREAD_COLOR_RGB)
        lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
        for share in FADED:
            kind = kind_of(pixels_of(lab * np.float32([1, share, share])) if share < 1 else rgb)
            counts.setdefault(f"color, {100 * share:.0f} % of the chroma", Counter())[kind] += 1
            if share == 1 and kind != "color":
                recolored.append(f"{sample.key} ({kind}, mean chroma {mean_chroma(lab):.0f})")
        if k < options.prints:
            name, printed = toned(lab[..., 0], rng)
            counts.setdefault(f"print, {name}", Counter())[kind_of(printed)] += 1
    print(f"{'':32}{'monochrome':>12}{'places':>12}{'color':>12}")
    for name, count in counts.items():
        shares = (f"{count[kind]:6} of {count.total():<4}" for kind in ("monochrome", "places"))
        print(f"{name:32}{''.join(f'{each:>14}' for each in shares)}{count['color']:>8}")
    print("not left as they are:", *recolored, sep="\n  ")


def kind_of(rgb: np.ndarray) -> str:
    return analyze_color(Photo(rgb)).kind


def mean_chroma(lab: np.ndarray) -> float:
    return float(np.linalg.norm(lab[..., 1:], axis=2).mean())


def toned(lightness: np.ndarray, rng: np.random.Generator) -> tuple[str, np.ndarray]:
    """A toned print of a photograph, and the name of its tone."""
    low, high = rng.uniform(0, 25), rng.uniform(80, 100)
    density = low + (high - low) * (lightness / 100) ** rng.uniform(0.7, 1.4)
    name = str(rng.choice([*TONES, "duotone"]))
    if name == "duotone":
        hues, chroma = rng.uniform(0, 2 * np.pi, 2), rng.uniform(5, 35, 2)
        first, last = np.stack([chroma * np.cos(hues), chroma * np.sin(hues)], 1)
        curve = np.array([(0, 0), first, (first + last) / 2, last, (0, 0)])
    else:
        curve = np.array(TONES[name]) * rng.uniform(0.4, 1.5)
    ab = [np.interp(density, np.linspace(0, 100, 5), values) for values in curve.T]
    height, width = lightness.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    if rng.random() < 2 / 3:
        angle = rng.uniform(0, 2 * np.pi)
        slope = np.cos(angle) * x + np.sin(angle) * y + rng.uniform(-0.4, 0.6) * (x * x + y * y)
        ab[1] = ab[1] + rng.uniform(1, 8) * slope * density / 100
    grain = rng.normal(0, rng.uniform(0, 8), (height, width, 1))
    rgb = np.clip(pixels_of(np.dstack([density, *ab])) + grain, 0, 255).astype(np.uint8)
    quality = int(rng.integers(50, 96))
    coded = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return name, cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB)


def pixels_of(lab: np.ndarray) -> np.ndarray:
    rgb = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_Lab2RGB)
    return np.asarray(np.clip(rgb, 0, 1) * 255 + 0.5, np.uint8)


if __name__ == "__main__":
    main()
