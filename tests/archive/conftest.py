import os
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import skimage.data
import tifffile
from PIL import Image

from tintype import Policy
from tintype.archive.run import Archive, local_engine, make_settings, run_archive
from tintype.archive.sources import SourceListing


@pytest.fixture
def scans(tmp_path) -> Path:
    """Six small files in two folders: four formats, one of three pages, one that is no photograph,
    one that is none at all."""
    folder = tmp_path / "scans"
    (folder / "box").mkdir(parents=True)
    camera = Image.fromarray(skimage.data.camera()).resize((64, 48))
    camera.save(folder / "a.jpg", quality=90)
    camera.rotate(90).save(folder / "b.png")
    camera.resize((40, 40)).save(folder / "box" / "c.webp")
    pages = np.stack([np.asarray(camera) // (n + 1) for n in range(3)])
    tifffile.imwrite(
        folder / "box" / "d.tif", pages.astype(np.uint16) * 257, photometric="minisblack"
    )
    (folder / "box" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 this is no photograph")
    (folder / "notes.txt").write_text("box 1, from the attic")
    return folder


@pytest.fixture
def album_page(tmp_path) -> np.ndarray:
    """Two photographs on white paper; the only file of a folder."""
    page = np.full((500, 700), 245, np.uint8)
    page[60:260, 50:300] = np.asarray(Image.fromarray(skimage.data.camera()).resize((250, 200)))
    page[250:450, 400:600] = np.asarray(
        Image.fromarray(skimage.data.astronaut()).convert("L").resize((200, 200))
    )
    (tmp_path / "scans").mkdir(exist_ok=True)
    Image.fromarray(page).save(tmp_path / "scans" / "page.png")
    return page


@pytest.fixture
def color(warm_network):
    """Runs an archive with the network of the tests: source and target in, how many items are in
    each state out, or the full result."""

    def run(
        source,
        target,
        workers=2,
        column="path",
        root=None,
        books=None,
        engine=None,
        retry=False,
        resume=True,
        report=None,
        exclude=(),
        full=False,
        **options,
    ):
        place = Archive.of(SourceListing(str(source), column, root, exclude), str(target), books)
        names = {field.name for field in fields(Policy)}
        policy = Policy(**{name: value for name, value in options.items() if name in names})
        others = {name: value for name, value in options.items() if name not in names}
        settings = make_settings(str(warm_network), policy, **others)
        chosen = engine or local_engine(str(warm_network), "cpu", None, workers)
        sign = options.get("sign")
        result = run_archive(place, settings, chosen, "local", resume, retry, sign, report)
        return result if full else result.states

    return run


def tree(folder: Path) -> dict[str, bytes]:
    """Every file under a folder but the books, and its bytes."""
    files = (
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".tintype" not in path.parts
    )
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def command(*arguments: object) -> list[str]:
    """The command line of `tintype archive`."""
    return [sys.executable, "-m", "tintype", "archive", *map(str, arguments)]


def kill_after(seconds: float, *arguments: object) -> bool:
    """Start the command in a group of its own and kill the group after some time; whether it was
    killed before it ended."""
    process = subprocess.Popen(
        command(*arguments),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True


def wait_for(condition, seconds=30.0) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
