"""Whether a dab of color stays on its thing: one dab of the opposite hue on the innermost place of
a segment that a person drew.

python benchmarks/dabs.py --segments segments/ --data photos/ [--model default] [--reach thing]
[--limit 60] [--seed 0] [--gains 40]

segments/: label pictures, one value a segment; photos/ holds the photograph of the same name.
inside: mean change over the segment (aim: at least 0.75); spill: share of all change outside of it
(at most 0.35); iou: of the segment and what changed by more than a half (at least 0.60); met:
CIEDE2000 between the color at the dab's middle, after everything, and the one asked for, as far as
sRGB holds it (at most 3). --gains N: also PSNR gained by 1, 10 and 50 true hints over none, on the
first N of --group.
"""

import argparse
import tempfile
import time
import zlib
from dataclasses import astuple
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

from measures import choose_segments, color_of, hint_error, measure_spread, opposite
from regression import pictures_folder
from tintype import Colorizer, Guidance, Hint
from tintype.color import lab_to_srgb, srgb_to_lab
from tintype.guidance import color_ab
from tintype.lab.evaluation.protocol import Protocol, find_pictures, run_counts
from tintype.lab.evaluation.report import summarize
from tintype.lab.evaluation.systems import read_picture
from tintype.photo import PLAIN_SUFFIXES

Array = np.ndarray
COUNTS = (0, 1, 10, 50)


def gray_pixels(photo: Path) -> Array:
    """A photograph as H×W uint8: its L* alone."""
    lightness = srgb_to_lab(read_picture(photo, None))[..., :1]
    rgb = lab_to_srgb(
        np.concatenate([lightness, np.zeros_like(lightness), np.zeros_like(lightness)], -1)
    )
    return np.rint(rgb[..., 0] * 255).astype(np.uint8)


def measure(
    colorizer: Colorizer, pairs: list[tuple[Path, Path]], reach: str, each: int, seed: int
) -> list[tuple[str, float, float, float, float]]:
    """One row a dab: the photograph's name, inside, spill, iou, met."""
    rows = []
    for labels, photo in track(pairs, "dabs"):
        prepared = colorizer.prepare(gray_pixels(photo))
        height, width = prepared.lightness.shape
        segments = cv2.imread(str(labels), cv2.IMREAD_GRAYSCALE)
        if segments.shape != (height, width):
            raise SystemExit(
                f"{labels} has the shape {segments.shape}, and its photograph {(height, width)}"
            )
        rng = np.random.default_rng([seed, zlib.crc32(photo.stem.encode())])
        plain = colorizer.ab(prepared)
        for segment in choose_segments(segments, each, rng):
            color = color_of(opposite(plain[segment.row, segment.column]))
            x, y = (segment.column + 0.5) / width, (segment.row + 0.5) / height
            guidance = Guidance(hints=(Hint(x, y, color, reach=reach),))
            spread = measure_spread(
                colorizer.ab(prepared, guidance), plain, color_ab(color), segment
            )
            pixel = colorizer.color(prepared, guidance).pixels[segment.row, segment.column]
            reached = hint_error(
                srgb_to_lab(pixel[None].astype(np.float32) / 255)[0], color_ab(color)
            )
            rows.append((photo.stem, *astuple(spread), reached))
    return rows


def gains(model: str, data: Path, group: str, limit: int) -> list[float]:
    """PSNR of 1, 10, 50 true hints less that of none, dB."""
    with pictures_folder(data, group) as folder, tempfile.TemporaryDirectory() as cache:
        protocol = Protocol(str(folder), limit=limit)
        results = run_counts(
            [model], protocol, COUNTS, find_pictures(protocol), Path(cache) / "rows.jsonl"
        )
    psnr = [row["psnr"] for row in summarize(results)]
    return [value - psnr[0] for value in psnr[1:]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--segments", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="default")
    parser.add_argument("--reach", default="thing", choices=("place", "thing", "alike"))
    parser.add_argument("--limit", type=int)
    parser.add_argument("--each", type=int, default=1, help="dabs a photograph, each alone")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--gains", type=int, default=0, metavar="N")
    parser.add_argument("--group", default="imagenet", help="of the photographs for --gains")
    parser.add_argument("--rows", action="store_true", help="also print each dab, the worst first")
    args = parser.parse_args()
    photos = {
        path.stem: path for path in args.data.iterdir() if path.suffix.lower() in PLAIN_SUFFIXES
    }
    pairs = [
        (labels, photos[labels.stem])
        for labels in sorted(args.segments.glob("*.png"))
        if labels.stem in photos
    ]
    start = time.perf_counter()
    rows = measure(Colorizer(args.model), pairs[: args.limit], args.reach, args.each, args.seed)
    if not rows:
        raise SystemExit("no photograph has a segment of 3 to 25 %")
    values = np.array([row[1:] for row in rows])
    print(
        f"{len(rows)} dabs, {args.model}, reach {args.reach}, {time.perf_counter() - start:.0f} s\n"
        f"{'':16}{'inside':>8}{'spill':>8}{'iou':>8}{'met':>8}"
    )
    if args.rows:
        for name, *shares in sorted(rows, key=lambda row: row[3]):
            print(f"{name:16}" + "".join(f"{share:8.2f}" for share in shares))
    for name, line in {"mean": values.mean(0), "median": np.median(values, 0)}.items():
        print(f"{name:16}" + "".join(f"{share:8.3f}" for share in line))
    if args.gains:
        shown = zip(COUNTS[1:], gains(args.model, args.data, args.group, args.gains), strict=True)
        print(
            f"gain of true hints, {args.group}: "
            + ", ".join(f"{count}: {gain:+.2f} dB" for count, gain in shown)
        )


if __name__ == "__main__":
    main()
