"""What is installed works without the sources, and its types are told to those who use it."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAM = """
from PIL import Image

import numpy as np

from tintype import (
    CapabilityError,
    Colorizer,
    Guidance,
    Hint,
    ModelError,
    Photo,
    PhotoError,
    Region,
    Stroke,
    TintypeError,
    UsageError,
    read_photo,
    write_photo,
)

colorizer: Colorizer = Colorizer("default", size=192)
dress = Hint(0.4, 0.6, "#a03050", reach="thing")
guidance: Guidance = Guidance(hints=(dress,), saturation=1.2).with_region(Region("subject"))
picture: Image.Image = colorizer.colorize("photo.jpg", guidance)
try:
    photo: Photo = read_photo("photo.jpg")
    prepared = colorizer.prepare(photo)
    write_photo(colorizer.color(prepared, guidance), "photo.color.jpg")
except (UsageError, PhotoError, ModelError, CapabilityError) as error:
    raise SystemExit(str(error)) from error
except TintypeError as error:
    text: str = str(error)
for each in colorizer.colorize_many(["a.jpg", "b.jpg"], workers=2):
    size: tuple[int, int] = each.size
json: str = guidance.to_json()
lists = Guidance(hints=[dress], strokes=[Stroke([(0.1, 0.2)], "red")], palette=["red", "gold"])
masked = Region("mask", mask=np.ones((4, 4), bool))
again: Guidance = Guidance.from_json(json)
"""


def check(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "program.py").write_text(program)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "program.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_users_program_passes_the_strict_type_checker(tmp_path):
    done = check(PROGRAM, tmp_path)
    assert done.returncode == 0, done.stdout
    wrong = check(PROGRAM.replace("size=192", 'size="192"'), tmp_path)
    assert 'expected "int | None"' in wrong.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(
        ROOT / "src" / "tintype",
        folder / "src" / "tintype",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(folder),
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_everything_but_bytecode(wheel):
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("tintype/")}
    sources = ROOT / "src"
    files = {
        path.relative_to(sources).as_posix()
        for path in (sources / "tintype").rglob("*")
        if path.is_file()
    }
    apart = {name for name in files if "__pycache__" in name or name.endswith("/tsconfig.json")}
    assert files - apart <= held


def test_the_wheel_colors_a_photograph_without_the_sources(wheel, tmp_path):
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    shutil.copy(ROOT / "examples" / "cat.jpg", tmp_path)
    program = f"import sys; sys.path.insert(0, {str(site)!r}); from tintype.cli import main; main()"
    command = [sys.executable, "-P", "-c", program, "colorize", "cat.jpg"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "cat.color.jpg").exists()


def test_the_public_names_are_imported_when_they_are_first_used():
    """Processes that decode the files of strangers are small and begin soon."""
    program = """
import sys

import tintype.photo.isolated

assert "onnxruntime" not in sys.modules and "pydantic" not in sys.modules
assert all(getattr(tintype, name) for name in tintype.__all__)
assert dir(tintype) == sorted(tintype.__all__)
assert not hasattr(tintype, "Colourizer")
"""
    subprocess.run([sys.executable, "-c", program], check=True)
