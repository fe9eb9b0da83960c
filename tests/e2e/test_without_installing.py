"""Tintype without installing it: uvx and pipx run the wheel from a folder of wheels."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.pictures import EXAMPLES
from tintype.errors import DISTRIBUTION

ROOT = Path(__file__).parents[2]
MINUTES = 5


@pytest.fixture(scope="module")
def tools(tmp_path_factory) -> Path:
    """The programs uv and pipx, in an environment of their own."""
    folder = tmp_path_factory.mktemp("tools")
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [programs / "python", "-m", "pip", "install", "-q", "uv", "pipx"]
    done = subprocess.run(pip, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"uv and pipx cannot be installed here: {done.stderr.strip()[-200:]}")
    return programs


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> Path:
    """A folder with the wheel, as a package index offers it."""
    folder = tmp_path_factory.mktemp("index")
    copy = tmp_path_factory.mktemp("source")  # the build writes into its folder
    for name in ("src", "pyproject.toml", "README.md", "LICENSE"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, copy / name)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", folder, copy]
    subprocess.run(build, check=True, capture_output=True)
    return folder


def color(*command: str | Path, folder: Path, **environment: str) -> np.ndarray:
    """Color a photograph by a command that fetches what it needs. Returns the pixels."""
    shutil.copyfile(EXAMPLES / "cat.jpg", folder / "cat.jpg")
    given = [*command, "tintype", "colorize", "cat.jpg", "-o", "color.png"]
    run = [str(part) for part in given]
    own = os.environ | {"HOME": str(folder), **environment}
    own.pop("PYTHONPATH", None)  # the wheel, not the sources
    done = subprocess.run(
        run, cwd=folder, env=own, capture_output=True, text=True, timeout=60 * MINUTES
    )
    assert done.returncode == 0, done.stderr[-1000:]
    return np.asarray(Image.open(folder / "color.png").convert("RGB"))


def test_uvx_colors_a_photograph(tools, index, tmp_path):
    uvx = (tools / "uvx", "--python", sys.executable, "--find-links", index)
    picture = color(*uvx, "--from", DISTRIBUTION, folder=tmp_path)
    assert np.ptp(picture.astype(int), axis=-1).mean() > 5


def test_pipx_run_colors_a_photograph(tools, index, tmp_path):
    pipx = (tools / "pipx", "run", "--python", sys.executable)
    picture = color(
        *pipx,
        "--spec",
        DISTRIBUTION,
        folder=tmp_path,
        PIP_FIND_LINKS=str(index),
        UV_FIND_LINKS=str(index),
    )
    assert np.ptp(picture.astype(int), axis=-1).mean() > 5
