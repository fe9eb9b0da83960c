"""Whether the shipped networks still do what the model card says: measures them again and names
what moved.

python benchmarks/regression.py [--data photos/ --group imagenet --judge
mobilenet_v2:judge.safetensors] [--write]

Without --data, on the color photographs that come with scikit-image. --write stores the numbers in
docs/regression.json, to be compared with from then on; the model card quotes them.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
from rich.progress import Progress
from skimage import data

from tintype.files import write_text
from tintype.lab.evaluation.protocol import Protocol, find_pictures, run_counts
from tintype.lab.evaluation.report import summarize

STORED = Path(__file__).parents[1] / "docs" / "regression.json"
SYSTEMS = ("gray", "default", "fast", "truth")
MEASURES = {
    "psnr": 0.02,
    "ssim": 0.0005,
    "colorfulness_share": 0.005,
    "chroma_share": 0.005,
    "hues_share": 0.01,
    "hues_set_share": 0.01,
    "ciede2000": 0.03,
    "hint_adherence": 0.03,
    "top1": 0.006,
}
"""How far each may move before it is printed: about what another version of a library does."""
HINTS = (0, 1, 10, 50)


@contextmanager
def pictures_folder(given: Path | None, group: str | None) -> Iterator[Path]:
    """The given folder, or a temporary one of those pictures of it that belong to a group, or of
    scikit-image's."""
    if given is not None and group is None:
        yield given
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given is None:
            for picture in ("astronaut", "chelsea", "coffee", "rocket"):
                cv2.imwrite(str(folder / f"{picture}.png"), getattr(data, picture)()[:, :, ::-1])
        else:
            for path in given.glob(f"{group}-*"):
                (folder / path.name).symlink_to(path.resolve())
            if (given / "sources.csv").exists():
                (folder / "sources.csv").symlink_to((given / "sources.csv").resolve())
        yield folder


def measure(folder: Path, judge: str, cache: Path) -> dict[str, dict[str, float]]:
    """Each system's measures, by its name and number of hints."""
    protocol = Protocol(str(folder), judge=judge)
    pictures = find_pictures(protocol, None)
    with Progress() as progress:
        task = progress.add_task("measuring", total=len(pictures.paths) * (2 + 2 * len(HINTS)))
        results = run_counts(
            SYSTEMS, protocol, HINTS, pictures, cache, lambda _: progress.update(task, advance=1)
        )
    wanted = (*MEASURES, "hues", "hues_set", "gap_won_back", "frechet")
    return {
        row["system"]: {k: round(row[k], 4) for k in wanted if row.get(k) is not None}
        for row in summarize(results)
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path)
    parser.add_argument("--group", help="only pictures whose names begin with this and a hyphen")
    parser.add_argument("--judge", default="")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    name = args.group or (args.data.name if args.data else "scikit-image")
    stored: dict[str, Any] = (
        json.loads(STORED.read_text(encoding="utf-8")) if STORED.exists() else {}
    )
    with pictures_folder(args.data, args.group) as folder, tempfile.TemporaryDirectory() as cache:
        found = measure(folder, args.judge, Path(cache) / "rows.jsonl")
    moved = 0
    for system, numbers in found.items():
        before = stored.get(name, {}).get(system, {})
        for key, value in numbers.items():
            tolerance = MEASURES.get(key)
            result = ""
            if tolerance is not None and key in before and abs(value - before[key]) > tolerance:
                result = f"   moved from {before[key]:.4f}"
                moved += 1
            print(f"{system:20} {key:20} {value:9.4f}{result}")
    if args.write:
        write_text(STORED, json.dumps({**stored, name: found}, indent=1) + "\n")
        print(f"written to {STORED}")
    elif name not in stored:
        sys.exit(f"there are no numbers for {name} yet: --write stores them")
    else:
        print(f"{moved} measures moved" if moved else "no measure moved")


if __name__ == "__main__":
    main()
