"""Killed at any moment and started again, a run ends with the same tree as one that never was."""

import random
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.archive.conftest import command, kill_after, tree, wait_for
from tintype.archive.run import Archive, verify
from tintype.archive.sources import Source
from tintype.errors import ArchiveError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")


@pytest.fixture
def many(tmp_path):
    """Small pictures, all different."""
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(80):
        noise = np.random.default_rng(n).integers(0, 255, (24, 24), np.uint8)
        Image.fromarray(noise).resize((96, 96)).save(folder / f"{n:03}.png")
    return folder


def test_killed_at_random_moments_it_ends_with_the_same_tree(many, tmp_path, warm_network, color):
    color(many, tmp_path / "whole")
    options = [many, "-o", tmp_path / "out", "--model", warm_network, "--workers", 2, "--device", "cpu"]
    chance = random.Random(5)
    killed = sum(kill_after(chance.uniform(0.6, 2.0), *options) for _ in range(3))
    color(many, tmp_path / "out")
    assert killed
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")
    assert not list((tmp_path / "out" / ".tintype" / "scratch").iterdir())
    assert verify(Archive.of(Source(str(many)), str(tmp_path / "out"))) == []


def test_two_runs_at_once_are_refused_and_a_dead_one_holds_nothing(many, tmp_path, warm_network, color):
    options = [many, "-o", tmp_path / "out", "--model", warm_network, "--workers", 1]
    first = subprocess.Popen(command(*options), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for((tmp_path / "out" / ".tintype" / "ledger.sqlite").exists)
    with pytest.raises(ArchiveError, match=f"another run works on .* \\(process {first.pid}\\)"):
        color(many, tmp_path / "out")
    first.kill()
    first.wait()
    assert color(many, tmp_path / "out") == {"done": 80}
