"""How best to bring a small ab to the size of a photograph: ab error and time of each way, in one run.

python benchmarks/upsampling.py [FOLDER]      (photographs of 1 to 2 megapixels; else those that scikit-image carries)

The true ab is averaged over s×s pixels and brought back under the guidance of the full-size L*. The second half of the table
blurs the small ab first, as a network's output is blurred.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from tintype.color import srgb_to_lab
from tintype.engine.upsample import upsample_ab

Array = np.ndarray


def resized(how: int) -> Callable[[Array, Array], Array]:
    return lambda ab, lightness: cv2.resize(ab, lightness.shape[::-1], interpolation=how)


def guided_filter(ab: Array, lightness: Array) -> Array:
    """He et al. 2013, on the bicubic enlargement."""
    grown = cv2.resize(ab, lightness.shape[::-1], interpolation=cv2.INTER_CUBIC)
    reach = max(2, lightness.shape[0] // ab.shape[0])
    return np.dstack([cv2.ximgproc.guidedFilter(lightness / 100, grown[..., c], reach, 4e-4) for c in range(2)])


def detail_injection(ab: Array, lightness: Array) -> Array:
    """up(ab) + up(slope) (L - up(L small)), the slope of ab over L fitted in 3×3 small places."""
    small = cv2.resize(lightness, ab.shape[1::-1], interpolation=cv2.INTER_AREA)
    mean, mean_ab = cv2.blur(small, (3, 3)), cv2.blur(ab, (3, 3))
    variance = cv2.blur(small * small, (3, 3)) - mean**2
    covariance = cv2.blur(ab * small[..., None], (3, 3)) - mean_ab * mean[..., None]
    slope = covariance / (variance[..., None] + 100)
    up = resized(cv2.INTER_CUBIC)
    return up(ab, lightness) + up(slope, lightness) * (lightness - up(small, lightness))[..., None]


WAYS: dict[str, Callable[[Array, Array], Array]] = {
    "bilinear": resized(cv2.INTER_LINEAR),
    "bicubic": resized(cv2.INTER_CUBIC),
    "guided filter": guided_filter,
    "detail injection": detail_injection,
    "joint bilateral": lambda ab, lightness: upsample_ab(ab, lightness, passes=0),
    "joint bilateral + 2 back-projections": upsample_ab,
}


def photographs() -> list[Array]:
    if len(sys.argv) > 1:
        paths = sorted(p for p in Path(sys.argv[1]).iterdir() if p.suffix.lower() in (".jpg", ".png", ".webp"))
        pictures = [cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB) for path in paths]
    else:
        from skimage import data

        pictures = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    return [srgb_to_lab(p.astype(np.float32) / 255) for p in pictures]


def main() -> None:
    labs = photographs()
    factors = (4, 8, 16)
    columns = [(factor, sigma) for sigma in (0, 1) for factor in factors]
    print(f"{len(labs)} photographs; mean ab error in CIELAB units, and time as a multiple of bicubic's")
    print(f"{'':38}" + "".join(f"{f'1/{f}' + (' blurred' if s else ''):>14}" for f, s in columns) + f"{'time':>8}")
    times = {}
    for name, way in WAYS.items():
        errors = []
        start = time.perf_counter()
        for factor, sigma in columns:
            found = []
            for lab in labs:
                h, w = (side // factor * factor for side in lab.shape[:2])
                true = np.ascontiguousarray(lab[:h, :w])
                small = cv2.resize(true[..., 1:], (w // factor, h // factor), interpolation=cv2.INTER_AREA)
                small = cv2.GaussianBlur(small, (0, 0), sigma) if sigma else small
                found.append(np.abs(way(small, np.ascontiguousarray(true[..., 0])) - true[..., 1:]).mean())
            errors.append(np.mean(found))
        times[name] = time.perf_counter() - start
        ratio = times[name] / times.get("bicubic", times[name])
        print(f"{name:38}" + "".join(f"{e:14.3f}" for e in errors) + f"{ratio:7.1f}×")


if __name__ == "__main__":
    main()
