"""The same ledger, the same outputs, from a cluster of worker processes, one of which is killed in
mid-run; from an object store."""

import os
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from functools import partial
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image

from tests.archive.conftest import tree
from tintype.archive import cluster as cluster_module
from tintype.archive.cluster import ray_engine, run_on_ray
from tintype.engine import Colorizer
from tintype.errors import ArchiveError, UsageError

ray = pytest.importorskip("ray", reason="Ray is not installed: the extra `ray`")


@pytest.fixture(scope="module")
def s3():
    """An imitation of S3 on this machine, with an empty bucket."""
    server = pytest.importorskip(
        "moto.server", reason="moto is not installed: pip install 'moto[server]'"
    )
    fsspec = pytest.importorskip("fsspec")
    pytest.importorskip("s3fs", reason="s3fs is not installed: the extra `ray`")
    running = server.ThreadedMotoServer(port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    result = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in result.items():
            patch.setenv(name, value)
        files = fsspec.filesystem("s3")
        files.mkdir("archive")
        yield files
    running.stop()


@pytest.fixture(scope="module")
def cluster(s3):
    """A cluster of this machine with two processors to give away; its workers know the address of
    the store."""
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=2**27)
    yield
    ray.shutdown()


class Slow(Colorizer):
    """Leaves a note of who works, and waits until one of these is killed."""

    def __init__(self, notes, model, device, size, threads):
        super().__init__(model, device, size, threads)
        self.notes = notes

    def colorize_photo(self, photo, guidance=None):
        (self.notes / str(os.getpid())).touch()
        while not self.notes.with_suffix(".killed").exists():
            time.sleep(0.01)
        return super().colorize_photo(photo, guidance)


class Deadly(Colorizer):
    """Dies at pictures of one size, as a defect in a library may."""

    def colorize_photo(self, photo, guidance=None):
        if photo.pixels.shape[:2] == (33, 33):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().colorize_photo(photo, guidance)


@pytest.fixture
def engine(warm_network):
    def make(colors=Colorizer, *more):
        return partial(
            run_on_ray,
            address=None,
            make_colors=partial(colors, *more, str(warm_network), "cpu", None),
            workers=2,
            watch=lambda _: None,
        )

    return make


def test_the_tree_is_that_of_one_machine_though_a_worker_is_killed(
    cluster, tmp_path, engine, color
):
    scans, notes = tmp_path / "scans", tmp_path / "notes"
    scans.mkdir()
    notes.mkdir()
    for n in range(32):
        noise = np.random.default_rng(n).integers(0, 255, (9, 9), np.uint8)
        Image.fromarray(noise).resize((40, 40)).save(scans / f"{n:02}.png")
    (scans / "broken.jpg").write_bytes(b"no picture")

    def kill_one():
        while len(list(notes.iterdir())) < 2:
            time.sleep(0.02)
        os.kill(int(min(path.name for path in notes.iterdir())), signal.SIGKILL)
        notes.with_suffix(".killed").touch()

    killer = threading.Thread(target=kill_one)
    killer.start()
    states = color(scans, tmp_path / "out", engine=engine(Slow, notes))
    killer.join()
    assert states == {"done": 32, "quarantined": 1}
    assert len(list(notes.iterdir())) >= 3
    color(scans, tmp_path / "alone")
    assert tree(tmp_path / "out") == tree(tmp_path / "alone")
    assert list((tmp_path / "out" / ".tintype" / "receipts").iterdir()) == []


@pytest.mark.parametrize(
    "here", [False, True], ids=["on the cluster again", "then on this machine"]
)
def test_what_an_actor_finished_is_not_done_again_when_the_driver_died(
    cluster, scans, tmp_path, engine, color, monkeypatch, here
):
    def die(ledger, job, outcome):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(cluster_module, "_keep", die)
        color(scans, tmp_path / "out", engine=engine())
    books = tmp_path / "out" / ".tintype"
    with sqlite3.connect(books / "ledger.sqlite") as db:
        assert db.execute("SELECT count(*) FROM outputs").fetchone() == (0,)
        db.execute("UPDATE items SET state = 'running'")
    times = {
        path: path.stat().st_mtime_ns
        for path in (tmp_path / "out").rglob("*.*")
        if path.suffix in (".jpg", ".png", ".tif")
    }
    assert color(scans, tmp_path / "out", engine=None if here else engine()) == {
        "done": 4,
        "quarantined": 1,
    }
    assert times == {path: path.stat().st_mtime_ns for path in times}
    assert len(times) == 3
    assert list((books / "receipts").iterdir()) == []


def test_an_output_that_is_no_longer_what_an_actor_finished_is_made_again(
    cluster, scans, tmp_path, engine, color, monkeypatch
):
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(cluster_module, "_keep", Mock(side_effect=KeyboardInterrupt))
        color(scans, tmp_path / "out", engine=engine())
    with sqlite3.connect(tmp_path / "out" / ".tintype" / "ledger.sqlite") as db:
        db.execute("UPDATE items SET state = 'running'")
    output = min(path for path in (tmp_path / "out").rglob("*.jpg"))
    whole = output.read_bytes()
    output.write_bytes(whole[:100])
    assert color(scans, tmp_path / "out", engine=engine()) == {"done": 4, "quarantined": 1}
    assert output.read_bytes() == whole


def test_an_item_at_which_actors_die_is_quarantined_and_the_others_are_done(
    cluster, tmp_path, engine, color
):
    scans = tmp_path / "scans"
    scans.mkdir()
    for n in range(10):
        Image.new("L", (33, 33) if n == 4 else (40, 40), 20 * n).save(scans / f"{n}.png")
    assert color(scans, tmp_path / "out", engine=engine(Deadly)) == {"done": 9, "quarantined": 1}
    assert (
        "4.png,quarantined,fatal,the program dies while it works on 4.png"
        in (tmp_path / "out" / "quarantine.csv").read_text()
    )


def test_from_an_object_store_to_an_object_store(cluster, s3, scans, tmp_path, engine, color):
    s3.put(str(scans), "archive/scans", recursive=True)
    books = tmp_path / "books"
    states = color("s3://archive/scans", "s3://archive/color", books=books, engine=engine())
    color(scans, tmp_path / "alone")
    assert states == {"done": 4, "quarantined": 1}
    for name, data in tree(tmp_path / "alone").items():
        if name != "README.md":
            assert s3.cat_file(f"archive/color/{name}") == data
    assert color("s3://archive/scans", "s3://archive/color", books=books) == states
    with sqlite3.connect(books / "ledger.sqlite") as db:
        assert db.execute("SELECT count(*) FROM items WHERE run = 2").fetchone() == (0,)


def test_a_bucket_that_is_away_is_told_in_a_sentence(s3, tmp_path, color):
    with pytest.raises(ArchiveError, match="there-is-none"):
        color("s3://there-is-none/scans", tmp_path / "out")


def test_an_unknown_scheme_is_told_in_a_sentence(tmp_path, color):
    with pytest.raises(UsageError, match="is not an address"):
        color("nowhere://x/y", tmp_path / "out")


def test_a_cluster_that_is_away_is_told_in_a_sentence(
    scans, tmp_path, monkeypatch, warm_network, color
):
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with pytest.raises(ArchiveError, match=r"the Ray cluster at 127\.0\.0\.1:1 cannot be reached"):
        color(
            scans,
            tmp_path / "out",
            engine=ray_engine("127.0.0.1:1", str(warm_network), "cpu", None, 1),
        )


def test_a_cluster_that_asks_for_a_token_is_told_within_seconds(
    scans, tmp_path, monkeypatch, warm_network, color
):
    result = (
        "ray.exceptions.AuthenticationError: RPC error: InvalidAuthToken: Authentication token is"
        " missing or incorrect."
    )
    refused = subprocess.CompletedProcess([], 1, "", f"Traceback\n{result}\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: refused)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        engine = ray_engine(address, str(warm_network), "cpu", None, 1)
        with pytest.raises(ArchiveError, match="asks for a token that this program does not have"):
            color(scans, tmp_path / "out", engine=engine)
