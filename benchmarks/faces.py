"""What color the default network gives to faces, small and large, beside the true one.

python benchmarks/faces.py --data photos/ --cascade haarcascade_frontalface_alt2.xml [--models default,other.onnx@256]

The cascade is one of OpenCV's (Debian's package opencv-data holds it). A face counts where the true mean ab of its inner part is
that of skin; what the detector takes for a face and has such a color counts too. Mean ab in CIELAB units, and its mean distance
from the true one; widths are for pictures of a short side of 256 pixels.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

from tintype import Colorizer
from tintype.color import srgb_to_lab
from tintype.photo import read_photo

SHORT_SIDE = 256
SMALL = 33
"""Faces narrower than this are small, in pixels."""
SKIN = (5, 28), (5, 36)
"""a* and b* between which a mean color passes for skin."""


def read_lab(path: Path) -> np.ndarray:
    """H×W×3 float32, CIELAB, the short side at most SHORT_SIDE."""
    pixels = read_photo(path).pixels
    scale = SHORT_SIDE / min(pixels.shape[:2])
    if scale < 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    rgb = pixels.astype(np.float32) / np.iinfo(pixels.dtype).max
    return srgb_to_lab(rgb if rgb.ndim == 3 else np.dstack([rgb] * 3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cascade", required=True)
    parser.add_argument("--models", default="default", help="by commas; NAME@SIZE for a working size")
    args = parser.parse_args()
    detector = cv2.CascadeClassifier(args.cascade)
    if detector.empty():
        raise SystemExit(f"{args.cascade} is no cascade that OpenCV can read")
    named = [(name, *name.partition("@")[::2]) for name in args.models.split(",")]
    colorizers = {name: Colorizer(model, size=int(size) if size else None) for name, model, size in named}
    found = []
    for path in track(sorted(args.data.glob("*.*")), "measuring"):
        if path.suffix.lower() not in {".jpg", ".jpeg", ".png", ".webp"}:
            continue
        lab = read_lab(path)
        light = np.ascontiguousarray(lab[..., 0])
        gray = cv2.resize(np.rint(light * 2.55).astype(np.uint8), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        faces = detector.detectMultiScale(gray, 1.1, 4, minSize=(36, 36))
        if not len(faces):
            continue
        made = [colorizer.predict(light) for colorizer in colorizers.values()]
        for x, y, wide, high in np.asarray(faces) / 2:
            inner = slice(int(y + 0.2 * high), int(y + 0.85 * high)), slice(int(x + 0.2 * wide), int(x + 0.8 * wide))
            means = [ab[inner].reshape(-1, 2).mean(0) for ab in (lab[..., 1:], *made)]
            if all(low < value < most for value, (low, most) in zip(means[0], SKIN, strict=True)):
                found.append([np.array([wide, wide]), *means])
    table = np.array(found)
    if not len(table):
        raise SystemExit("no face of the color of skin was found")
    small = table[:, 0, 0] < SMALL
    for name, chosen in ((f"narrower than {SMALL} pixels", table[small]), ("wider", table[~small])):
        print(f"{len(chosen)} faces, {name}")
        if not len(chosen):
            continue
        for label, ab in zip(("true", *colorizers), chosen.transpose(1, 0, 2)[1:], strict=True):
            apart = np.linalg.norm(ab - chosen[:, 1], axis=1).mean()
            print(f"  {label:32} a* {ab[:, 0].mean():5.1f}  b* {ab[:, 1].mean():5.1f}  from the true {apart:5.1f}")


if __name__ == "__main__":
    main()
