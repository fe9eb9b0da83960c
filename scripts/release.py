"""Make a release: version and date, then a wheel that is checked and tried in a fresh environment.

python scripts/release.py 0.2.0      what `make release VERSION=0.2.0` runs
python scripts/release.py --try      only build, check and try the wheel of what is here
"""

import argparse
import datetime
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
HISTORY = ROOT / "benchmarks" / "history.json"
VERSION = r"\d+\.\d+\.\d+"
PLACES = {
    "src/tintype/__init__.py": rf'(?<=^__version__ = "){VERSION}(?=")',
    "CITATION.cff": rf"(?<=^version: ){VERSION}$",
}
"""Files that hold the version, and where in them."""
SIDE = 1000
"""Side of the picture whose coloring is timed: one megapixel."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("version", nargs="?", help="such as 0.2.0")
    options.add_argument("--try", dest="only_try", action="store_true", help="change nothing")
    given = options.parse_args()
    if given.only_try == bool(given.version):
        options.error("give a version, or --try")
    if given.version:
        prepare(given.version, datetime.date.today().isoformat())
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) if given.only_try else ROOT / "dist"
        wheel = build(target)
        try_out(wheel, Path(folder) / "venv")
    if given.version:
        rgb = ROOT / "dist" / "tintype-rgb.onnx"
        run(sys.executable, "-m", "tintype", "export", "--rgb", "-o", rgb)
        record(given.version, datetime.date.today().isoformat())
        print(f"{wheel}\nNow commit, tag v{given.version}, and upload dist/ with twine.")


def prepare(version: str, date: str) -> None:
    """Write version and date where they belong. Exits where the changelog has nothing new."""
    if not re.fullmatch(VERSION, version):
        sys.exit(f"{version} is not a version such as 0.2.0")
    changelog = ROOT / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8")
    if "## [Unreleased]\n" not in text:
        sys.exit("CHANGELOG.md has no section [Unreleased]: there is nothing to release")
    heading = f"## [{version}] - {date}\n"
    changelog.write_text(text.replace("## [Unreleased]\n", heading, 1), encoding="utf-8")
    for name, place in PLACES.items():
        path = ROOT / name
        text, count = re.subn(place, version, path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        if count != 1:
            sys.exit(f"{name} holds the version {count} times, not once")
        text = re.sub(r"(?<=^date-released: )\S+$", date, text, flags=re.MULTILINE)
        path.write_text(text, encoding="utf-8")


def build(target: Path) -> Path:
    """The wheel of the sources, checked as the package index does."""
    run(sys.executable, "-m", "build", "--outdir", target, ROOT)
    newest = sorted(target.glob("*"), key=lambda path: path.stat().st_mtime)[-2:]
    run(sys.executable, "-m", "twine", "check", "--strict", *newest)
    return next(path for path in newest if path.suffix == ".whl")


def try_out(wheel: Path, environment: Path) -> None:
    """Install the wheel alone, and color a photograph with it."""
    venv.create(environment, with_pip=True)
    programs = environment / ("Scripts" if os.name == "nt" else "bin")
    run(programs / "python", "-m", "pip", "install", "--quiet", wheel)
    photograph = ROOT / "examples" / "cat.jpg"
    colored = environment / "cat.png"
    run(programs / "tintype", "colorize", photograph, "-o", colored)
    run(programs / "tintype", "--version")
    if not colored.exists():
        sys.exit("the wheel does not color")


def record(version: str, date: str) -> None:
    """Add this release's quality and speed to benchmarks/history.json, one line a release.

    Quality: what benchmarks/regression.py last stored. Speed: processor seconds of this machine for
    one megapixel, the median of five.
    """
    stored = json.loads((ROOT / "docs" / "regression.json").read_text(encoding="utf-8"))
    line: dict[str, object] = {"version": version, "date": date}
    for hints in (0, 10):
        row = stored["scikit-image"][f"default, {hints} hints"]
        line |= {f"{name}_{hints}_hints": row[name] for name in ("psnr", "ciede2000")}
    line["colorfulness_share"] = stored["scikit-image"]["default, 0 hints"]["colorfulness_share"]
    line["processor_seconds_per_megapixel"] = round(processor_seconds(), 3)
    lines = json.loads(HISTORY.read_text(encoding="utf-8")) if HISTORY.exists() else []
    lines = [*(each for each in lines if each["version"] != version), line]
    rows = ",\n".join(json.dumps(each) for each in lines)
    HISTORY.write_text(f"[\n{rows}\n]\n", encoding="utf-8")


def processor_seconds() -> float:
    import numpy as np
    from PIL import Image

    from tintype import Colorizer

    colorizer = Colorizer()
    picture = np.asarray(
        Image.open(ROOT / "examples" / "grace-hopper.jpg").resize((SIDE, SIDE)).convert("L")
    )
    times = []
    for _ in range(6):
        start = time.process_time()
        colorizer.colorize(picture)
        times.append(time.process_time() - start)
    return statistics.median(times[1:])


def run(*command: object) -> None:
    done = subprocess.run([str(each) for each in command], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
