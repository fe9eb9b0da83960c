"""Whether the area "sky" is the sky, on photographs that people segmented.

python benchmarks/sky.py --segments segments/ --data photos/ [--model default]

segments/: label pictures, one value a segment; photos/ holds the photograph of the same name. Which
segments are sky was told by eye; photographs where a segment is sky in part are left out.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from tintype import Colorizer
from tintype.engine.assist.people import part_mask
from tintype.engine.core.sizes import resize

SKIES = {4: (1, 3), 29: (1, 3), 40: (1, 2), 15: (2,), 36: (2,)} | dict.fromkeys(
    (20, 21, 26, 51, 53, 54), (1,)
)
"""Values of the segments that are sky, by the number of the photograph."""
UNSURE = {3, 6, 7, 22, 27, 42, 44, 45, 49, 58}
MIN_FALSE_SHARE = 0.01


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--segments", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="default")
    args = parser.parse_args()
    colorizer = Colorizer(args.model)
    overlaps, false = [], []
    for path in sorted(args.segments.glob("bsds-*.png")):
        number = int(path.stem.partition("-")[2])
        if number in UNSURE:
            continue
        prepared = colorizer.prepare(next(args.data.glob(f"{path.stem}.*")))
        segments = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        sky = resize(part_mask(prepared, "sky"), segments.shape) > 0.5
        if number in SKIES:
            truth = np.isin(segments, SKIES[number])
            overlaps.append((sky & truth).sum() / (sky | truth).sum())
        else:
            false.append(sky.mean())
    shares = np.array(false)
    print(f"{len(overlaps)} photographs with a sky: IoU {np.mean(overlaps):.2f}")
    print(
        f"{len(false)} without: {shares.mean():.1%} of the area; more than {MIN_FALSE_SHARE:.0%} in"
        f" {(shares > MIN_FALSE_SHARE).sum()}"
    )


if __name__ == "__main__":
    main()
