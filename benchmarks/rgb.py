"""The RGB file against the engine: how far the colors are apart, and what a megapixel costs.

python benchmarks/rgb.py PHOTOGRAPHS [--limit 100]      (a folder; each is shown in gray)
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort

from tintype import Colorizer
from tintype.color import srgb_to_lab
from tintype.engine.core.network import find_model
from tintype.lab.evaluation.measures import ciede2000
from tintype.lab.models.rgb import export_rgb

RUNS = 9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--limit", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tintype-rgb.onnx"
        export_rgb(find_model("default"), file)
        print(f"The file: {file.stat().st_size / 1e6:.1f} MB")
        settings = ort.SessionOptions()
        settings.intra_op_num_threads = 1
        session = ort.InferenceSession(str(file), settings, ["CPUExecutionProvider"])
        colorizer = Colorizer(device="cpu", threads=1)
        files = sorted(path for path in options.photographs.rglob("*") if path.is_file())
        colors(session, colorizer, files[:: max(1, len(files) // options.limit)][: options.limit])
        megapixel(session, colorizer, Path(folder))


def colors(session: ort.InferenceSession, colorizer: Colorizer, files: list[Path]) -> None:
    """Print the differences to the engine's pictures: mean, 99.9th percentile, largest mean."""
    plain, perceived = [], []
    for path in files:
        picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if picture is None:
            continue
        expected = srgb_to_lab(np.asarray(colorizer.colorize(picture), np.float32) / 255)
        (answer,) = session.run(["colored"], {"rgb": shown(picture)})
        found = srgb_to_lab(np.rint(answer[0].transpose(1, 2, 0) * 255) / np.float32(255))
        plain.append(np.linalg.norm(found - expected, axis=-1))
        perceived.append(ciede2000(found, expected))
    for name, maps in (("ΔE*ab", plain), ("CIEDE2000", perceived)):
        means = [each.mean() for each in maps]
        high = np.percentile(np.concatenate([each.ravel() for each in maps]), 99.9)
        print(
            f"  {name:10} {len(maps)} photographs: mean {np.mean(means):.3f}, largest mean"
            f" {max(means):.2f}, 99.9th percentile of pixels {high:.2f}"
        )


def megapixel(session: ort.InferenceSession, colorizer: Colorizer, folder: Path) -> None:
    """Print seconds of the file, the engine and the command, in turns, one thread."""
    photo = Path(__file__).parents[1] / "examples" / "eileen-collins.jpg"
    picture = cv2.resize(
        cv2.imread(str(photo), cv2.IMREAD_GRAYSCALE), (1000, 1000), interpolation=cv2.INTER_CUBIC
    )
    source, feed = folder / "megapixel.jpg", {"rgb": shown(picture)}
    cv2.imwrite(str(source), picture)
    command = [sys.executable, "-m", "tintype", "colorize", str(source), "--overwrite"]
    works = {
        "file": lambda: session.run(["colored"], feed),
        "engine": lambda: colorizer.colorize(picture),
        "command": lambda: subprocess.run(command, check=True, capture_output=True),
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(RUNS):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - start)
    base = statistics.median(times["file"])
    print("One megapixel, one thread, median seconds")
    for name, each in times.items():
        median = statistics.median(each)
        print(f"  {name:8} {median:6.3f} s   the file takes {base / median:5.2f}× of it")


def shown(picture: np.ndarray) -> np.ndarray:
    """H×W gray bytes as 1×3×H×W float32, 0..1."""
    return np.repeat(picture[None, None].astype(np.float32) / 255, 3, 1)


if __name__ == "__main__":
    main()
