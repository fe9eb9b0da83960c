"""Whether a dab of color stays on its thing: one dab of the opposite hue on the innermost place of a segment that a person drew.

python benchmarks/dabs.py --segments segments/ --data photos/ [--model default] [--limit 60] [--seed 0] [--gains 40]

segments/: label pictures, one value a segment; photos/ holds the photograph of the same name. inside: mean change over the segment
(aim: at least 0.75); spill: share of all change outside of it (at most 0.35); iou: of the segment and what changed by more than a
half (at least 0.60). --gains N: also PSNR gained by 1, 10 and 50 true hints over none, on the first N of --group.
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

from regression import pictures_folder
from tintype import Colorizer
from tintype.color import srgb_to_lab
from tintype.evaluation.dabs import choose_segments, measure_spread, opposite
from tintype.evaluation.protocol import Protocol, find_pictures, run_counts
from tintype.evaluation.report import summarize
from tintype.evaluation.systems import read_picture

Array = np.ndarray
RADIUS = 0.01
"""Of the dab, as a share of the picture's shorter side."""
COUNTS = (0, 1, 10, 50)
SUFFIXES = (".webp", ".png", ".jpg", ".jpeg")


def dab_map(shape: tuple[int, ...], row: int, column: int, ab: Array) -> Array:
    hint = np.zeros((*shape, 3), np.float32)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    hint[np.hypot(rows - row, columns - column) <= RADIUS * min(shape)] = (*ab, 1)
    return hint


def measure(colorizer: Colorizer, pairs: list[tuple[Path, Path]], each: int, seed: int) -> list[tuple[str, float, float, float]]:
    """One row a dab: the photograph's name, inside, spill, iou."""
    rows = []
    for labels, photo in track(pairs, "dabs"):
        lightness = np.ascontiguousarray(srgb_to_lab(read_picture(photo, None))[..., 0])
        segments = cv2.imread(str(labels), cv2.IMREAD_GRAYSCALE)
        if segments.shape != lightness.shape:
            raise SystemExit(f"{labels} has {segments.shape}, and its photograph {lightness.shape}")
        rng = np.random.default_rng([seed, zlib.crc32(photo.stem.encode())])
        plain = colorizer.predict(lightness)
        for segment in choose_segments(segments, each, rng):
            wished = opposite(plain[segment.row, segment.column])
            made = colorizer.predict(lightness, dab_map(lightness.shape, segment.row, segment.column, wished))
            rows.append((photo.stem, *astuple(measure_spread(made, plain, wished, segment))))
    return rows


def gains(model: str, data: Path, group: str, limit: int) -> list[float]:
    """PSNR of 1, 10, 50 true hints less that of none, dB."""
    with pictures_folder(data, group) as folder, tempfile.TemporaryDirectory() as cache:
        protocol = Protocol(str(folder), limit=limit)
        results = run_counts([model], protocol, COUNTS, find_pictures(protocol), Path(cache) / "rows.jsonl")
    psnr = [row["psnr"] for row in summarize(results)]
    return [value - psnr[0] for value in psnr[1:]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--segments", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="default")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--each", type=int, default=1, help="dabs a photograph, each alone")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--gains", type=int, default=0, metavar="N")
    parser.add_argument("--group", default="imagenet", help="of the photographs for --gains")
    parser.add_argument("--rows", action="store_true", help="also print each dab, the worst first")
    args = parser.parse_args()
    photos = {path.stem: path for path in args.data.iterdir() if path.suffix.lower() in SUFFIXES}
    pairs = [(labels, photos[labels.stem]) for labels in sorted(args.segments.glob("*.png")) if labels.stem in photos]
    start = time.perf_counter()
    rows = measure(Colorizer(args.model), pairs[: args.limit], args.each, args.seed)
    if not rows:
        raise SystemExit("no photograph has a segment of 3 to 25 %")
    values = np.array([row[1:] for row in rows])
    print(f"{len(rows)} dabs, {args.model}, {time.perf_counter() - start:.0f} s\n{'':16}{'inside':>8}{'spill':>8}{'iou':>8}")
    if args.rows:
        for name, *shares in sorted(rows, key=lambda row: row[3]):
            print(f"{name:16}" + "".join(f"{share:8.2f}" for share in shares))
    for name, line in {"mean": values.mean(0), "median": np.median(values, 0)}.items():
        print(f"{name:16}" + "".join(f"{share:8.3f}" for share in line))
    if args.gains:
        shown = zip(COUNTS[1:], gains(args.model, args.data, args.group, args.gains), strict=True)
        print(f"gain of true hints, {args.group}: " + ", ".join(f"{count}: {gain:+.2f} dB" for count, gain in shown))


if __name__ == "__main__":
    main()
