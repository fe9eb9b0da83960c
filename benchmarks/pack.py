"""How well a few hundred bytes keep the color of a photograph: a rate-distortion table, and a plot
if matplotlib is there.

    python benchmarks/pack.py DIR --limit 12 [--plot curve.png]

All colors are measured on the photograph's own L*: PSNR over RGB, mean over the photographs. The
bytes of JPEG, WebP and AVIF are those that a color file takes beyond a gray one of the same
quality. `grid`: one byte a value, deflated, cubic upsampling. `code`: packed without a network.
`code, network`: with the default network where that is better, two bytes for its name included.
"""

import argparse
import io
import zlib
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tintype.color import lab_to_srgb, srgb_to_lab
from tintype.engine.core.network import Network
from tintype.errors import UsageError
from tintype.pack.code import CHECKSUM_BYTES, HEADER_BYTES
from tintype.pack.pack import best_code
from tintype.pack.search import Truth

BUDGETS = (32, 72, 227, 784)
FRAME = HEADER_BYTES + CHECKSUM_BYTES
SIDES = ((2, 3), (3, 5), (5, 8), (10, 15), (20, 30))
QUALITIES = {"JPEG": (5, 20, 50, 75), "WEBP": (1, 20, 50, 80), "AVIF": (5, 20, 40, 60)}


def others(picture: np.ndarray, truth: Truth) -> list[tuple[str, float, float]]:
    """System, bytes of color and PSNR: the color of each format at several qualities."""
    gray = np.round(
        lab_to_srgb(np.dstack([truth.lightness, np.zeros_like(truth.ab)])) * 255
    ).astype(np.uint8)
    rows = []
    for kind, qualities in QUALITIES.items():
        for quality in qualities:
            color, plain = io.BytesIO(), io.BytesIO()
            Image.fromarray(picture).save(color, kind, quality=quality)
            Image.fromarray(gray[..., 0] if kind == "JPEG" else gray).save(
                plain, kind, quality=quality
            )
            decoded = np.asarray(Image.open(color).convert("RGB"), np.float32) / 255
            rows.append(
                (
                    f"{kind} q{quality}",
                    color.tell() - plain.tell(),
                    truth.psnr(srgb_to_lab(decoded)[..., 1:]),
                )
            )
    return rows


def grids(truth: Truth) -> list[tuple[str, float, float]]:
    """As `others`: grids of one byte a value, deflated where that is less."""
    height, width = truth.lightness.shape
    rows = []
    for short, long in SIDES:
        size = (long, short) if width >= height else (short, long)
        grid = np.round(cv2.resize(truth.ab, size, interpolation=cv2.INTER_AREA))
        data = grid.astype(np.int8).transpose(2, 0, 1).tobytes()
        upsampled = cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
        rows.append(
            (
                f"grid {short}×{long}",
                min(len(data), len(zlib.compress(data, 9, -15))),
                truth.psnr(upsampled),
            )
        )
    return rows


def codes(truth: Truth, network: Network) -> list[tuple[str, float, float]]:
    """As `others`: our codes."""
    rows = []
    for most in BUDGETS:
        for name, helper in ((f"code {most}", None), (f"code {most}, network", network)):
            try:
                code, psnr = best_code(truth, most - FRAME, None, helper)
            except UsageError:
                continue
            rows.append((name, len(code.to_bytes()), psnr))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--limit", type=int, default=12)
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    network = Network.load("default")
    rows = defaultdict(list)
    paths = sorted(
        path for path in arguments.photographs.iterdir() if path.suffix in (".webp", ".png", ".jpg")
    )
    for path in paths[:: max(1, len(paths) // arguments.limit)][: arguments.limit]:
        picture = np.asarray(Image.open(path).convert("RGB"))
        lab = srgb_to_lab(picture.astype(np.float32) / 255)
        truth = Truth.of(np.ascontiguousarray(lab[..., 1:]), np.ascontiguousarray(lab[..., 0]))
        for name, size, psnr in (*grids(truth), *others(picture, truth), *codes(truth, network)):
            rows[name].append((size, psnr))
        print(path.name, flush=True)
    means = {name: np.mean(found, 0) for name, found in rows.items()}
    for name, (size, psnr) in means.items():
        print(f"{name:22} {size:7.0f} bytes  {psnr:5.2f} dB  {len(rows[name])} photographs")
    if arguments.plot:
        draw(means, arguments.plot)


def draw(means: dict[str, np.ndarray], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    systems = {
        "grid": "grid",
        "JPEG": "JPEG",
        "WEBP": "WebP",
        "AVIF": "AVIF",
        "code": "code",
        "network": "code, network",
    }
    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    for word, name in systems.items():
        points = np.array(
            [mean for key, mean in means.items() if (key.split(", ")[-1].split(" ")[0]) == word]
        )
        axes.plot(*points[points[:, 0].argsort()].T, marker="o", label=name)
    axes.set(xscale="log", xlabel="bytes of color", ylabel="PSNR over RGB at the exact L*, dB")
    axes.legend()
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120, bbox_inches="tight")


if __name__ == "__main__":
    main()
