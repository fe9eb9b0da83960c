"""Killed at any moment and started again, a run ends with the same tree as one that never was."""

import random
import sqlite3
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from PIL import Image

from tests.archive.conftest import command, kill_after, tree, wait_for
from tintype.archive.cluster import Actor, task
from tintype.archive.run import Archive, verify
from tintype.archive.sources import SourceListing
from tintype.archive.stores import Folder
from tintype.engine import Colorizer
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
    options = [
        many,
        "-o",
        tmp_path / "out",
        "--model",
        warm_network,
        "--workers",
        2,
        "--device",
        "cpu",
    ]
    chance = random.Random(5)
    killed = sum(kill_after(chance.uniform(0.6, 2.0), *options) for _ in range(3))
    color(many, tmp_path / "out")
    assert killed
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")
    assert not list((tmp_path / "out" / ".tintype" / "scratch").iterdir())
    assert verify(Archive.of(SourceListing(str(many)), str(tmp_path / "out"))) == []


def test_two_runs_at_once_are_refused_and_a_dead_one_holds_nothing(
    many, tmp_path, warm_network, color
):
    options = [many, "-o", tmp_path / "out", "--model", warm_network, "--workers", 1]
    first = subprocess.Popen(
        command(*options), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_for((tmp_path / "out" / ".tintype" / "ledger.sqlite").exists)
    with pytest.raises(ArchiveError, match=f"another run works on .* \\(process {first.pid}\\)"):
        color(many, tmp_path / "out")
    first.kill()
    first.wait()
    assert color(many, tmp_path / "out") == {"done": 80}


class Died(BaseException):
    """In place of a kill."""


@pytest.fixture
def actor(warm_network):
    """An engine that hands all items to one actor of a cluster, whose driver dies before it hears
    of the outcomes."""

    def engine(ledger, run, job):
        items = list(ledger.items("due"))
        ledger.start((item.name for item in items), run)
        tasks = [task(item, ledger) for item in items]
        Actor(job, partial(Colorizer, str(warm_network), "cpu", None))(
            {name: [row[name] for row in tasks] for name in tasks[0]}
        )
        raise Died

    return engine


@pytest.mark.parametrize("lost", [None, "b.png", "box/d.1.jpg"])
def test_what_an_actor_finished_is_taken_over_when_the_driver_died(
    scans, tmp_path, actor, color, lost, monkeypatch
):
    color(scans, tmp_path / "whole", format="jpg")
    with pytest.raises(Died):
        color(scans, tmp_path / "out", engine=actor, format="jpg")
    with sqlite3.connect(tmp_path / "out" / ".tintype" / "ledger.sqlite") as db:
        assert db.execute("SELECT count(*) FROM outputs").fetchone() == (0,)
    again = {
        "b.png": ["b.jpg"],
        "box/d.1.jpg": ["box/d.1.jpg", "box/d.2.jpg", "box/d.3.jpg"],
        None: [],
    }[lost]
    if again:
        (tmp_path / "out" / again[0]).unlink()
    put, written = Folder.put, []
    monkeypatch.setattr(
        Folder, "put", lambda self, made, name: (written.append(name), put(self, made, name))[1]
    )
    assert color(scans, tmp_path / "out", format="jpg") == {"done": 4, "quarantined": 1}
    assert written == [*again, "README.md", "quarantine.csv"]
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")
    assert list((tmp_path / "out" / ".tintype" / "receipts").iterdir()) == []


@pytest.mark.parametrize("cluster", [False, True], ids=["here", "by an actor"])
@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({}, {"format": "jpg"}),
        ({}, {"split": True}),
        ({"split": True}, {}),
        ({"sidecar": True}, {}),
    ],
    ids=["another format", "split", "whole again", "no sidecar"],
)
def test_killed_before_older_outputs_are_deleted_it_leaves_none(
    album_page, tmp_path, color, actor, monkeypatch, first, then, cluster
):
    scans = tmp_path / "scans"
    color(scans, tmp_path / "whole", **then)
    color(scans, tmp_path / "out", **first)

    def die(self, name):
        if name.startswith("page"):
            raise Died
        delete(self, name)

    delete = Folder.delete
    monkeypatch.setattr(Folder, "delete", die)
    with pytest.raises(Died):
        color(scans, tmp_path / "out", engine=actor if cluster else None, **then)
    monkeypatch.setattr(Folder, "delete", delete)
    assert color(scans, tmp_path / "out", **then) == {"done": 1}
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")
    assert color(scans, tmp_path / "out", **first) == {"done": 1}


def test_killed_before_the_files_of_lost_pages_are_deleted_it_leaves_none(
    scans, tmp_path, color, monkeypatch
):
    color(scans, tmp_path / "out", format="jpg")
    Image.new("L", (30, 30), 90).save(scans / "box" / "d.tif")

    def die(self, name):
        raise Died

    with monkeypatch.context() as patch, pytest.raises(Died):
        patch.setattr(Folder, "delete", die)
        color(scans, tmp_path / "out", format="jpg")
    color(scans, tmp_path / "out", format="jpg")
    assert {path.name for path in (tmp_path / "out" / "box").iterdir()} == {"c.jpg", "d.jpg"}
