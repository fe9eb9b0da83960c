"""How best to bring a small ab to the size of a photograph: ab error and time of each way, in one
run.

python benchmarks/upsampling.py [FOLDER]      (photographs of 1 to 2 megapixels; else those that
scikit-image carries)

The true ab is averaged over s×s pixels and brought back under the guidance of the full-size L*. The
second half of the table blurs the small ab first, as a network's output is blurred.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from tintype.color import srgb_to_lab
from tintype.engine.core.upsample import clean_edges, upsample_ab

Array = np.ndarray


def resized(how: int) -> Callable[[Array, Array], Array]:
    return lambda ab, lightness: cv2.resize(ab, lightness.shape[::-1], interpolation=how)


def guided_filter(ab: Array, lightness: Array) -> Array:
    """He et al. 2013, on the bicubic enlargement."""
    grown = cv2.resize(ab, lightness.shape[::-1], interpolation=cv2.INTER_CUBIC)
    reach = max(2, lightness.shape[0] // ab.shape[0])
    return np.dstack(
        [cv2.ximgproc.guidedFilter(lightness / 100, grown[..., c], reach, 4e-4) for c in range(2)]
    )


def joint_bilateral(passes: int) -> Callable[[Array, Array], Array]:
    """Kopf et al. 2007 over the 3×3 nearest small places, with back-projections (Irani and Peleg
    1991)."""

    def gather(plane: Array, taps: list[tuple[Array, Array, Array]]) -> Array:
        parts = [weight * plane[rows[:, None], columns] for rows, columns, weight in taps]
        return sum(parts)  # type: ignore[return-value]

    def way(ab: Array, lightness: Array) -> Array:
        small = ab.shape[:2]
        low = cv2.resize(lightness, small[::-1], interpolation=cv2.INTER_AREA)
        near = []
        for length, count in zip(lightness.shape, small, strict=True):
            at = (np.arange(length) + 0.5) * (count / length) - 0.5
            near.append(
                [
                    (np.clip(np.round(at).astype(int) + d, 0, count - 1), np.round(at) + d - at)
                    for d in (-1, 0, 1)
                ]
            )
        taps = []
        for rows, down in near[0]:
            for columns, across in near[1]:
                weight = (
                    np.exp(-((lightness - low[rows[:, None], columns]) ** 2) / (2 * 12**2)) + 1e-6
                )
                taps.append((rows, columns, weight * np.exp(-2 * (down[:, None] ** 2 + across**2))))
        total = sum(weight for *_, weight in taps)
        taps = [(rows, columns, weight / total) for rows, columns, weight in taps]
        planes = []
        for plane in cv2.split(ab):
            grown = gather(plane, taps)
            for _ in range(passes):
                grown += gather(
                    plane - cv2.resize(grown, small[::-1], interpolation=cv2.INTER_AREA), taps
                )
            planes.append(grown)
        return np.dstack(planes)

    return way


WAYS: dict[str, Callable[[Array, Array], Array]] = {
    "bilinear": resized(cv2.INTER_LINEAR),
    "bicubic": resized(cv2.INTER_CUBIC),
    "guided filter": guided_filter,
    "joint bilateral": joint_bilateral(0),
    "joint bilateral + 2 back-projections": joint_bilateral(2),
    "detail injection, the engine's": upsample_ab,
    "the same, edges clean, the engine's": lambda ab, lightness: clean_edges(
        upsample_ab(ab, lightness), ab, lightness
    ),
}


def photographs() -> list[Array]:
    if len(sys.argv) > 1:
        paths = sorted(
            p for p in Path(sys.argv[1]).iterdir() if p.suffix.lower() in (".jpg", ".png", ".webp")
        )
        pictures = [cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB) for path in paths]
    else:
        from skimage import data

        pictures = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    return [srgb_to_lab(p.astype(np.float32) / 255) for p in pictures]


def main() -> None:
    labs = photographs()
    factors = (4, 8, 16)
    columns = [(factor, sigma) for sigma in (0, 1) for factor in factors]
    print(
        f"{len(labs)} photographs; mean ab error in CIELAB units, and time as a multiple of"
        " bicubic's"
    )
    print(
        f"{'':38}"
        + "".join(f"{f'1/{f}' + (' blurred' if s else ''):>14}" for f, s in columns)
        + f"{'time':>8}"
    )
    times = {}
    for name, way in WAYS.items():
        errors = []
        start = time.perf_counter()
        for factor, sigma in columns:
            found = []
            for lab in labs:
                h, w = (side // factor * factor for side in lab.shape[:2])
                true = np.ascontiguousarray(lab[:h, :w])
                small = cv2.resize(
                    true[..., 1:], (w // factor, h // factor), interpolation=cv2.INTER_AREA
                )
                small = cv2.GaussianBlur(small, (0, 0), sigma) if sigma else small
                found.append(
                    np.abs(way(small, np.ascontiguousarray(true[..., 0])) - true[..., 1:]).mean()
                )
            errors.append(np.mean(found))
        times[name] = time.perf_counter() - start
        ratio = times[name] / times.get("bicubic", times[name])
        print(f"{name:38}" + "".join(f"{e:14.3f}" for e in errors) + f"{ratio:7.1f}×")


if __name__ == "__main__":
    main()
