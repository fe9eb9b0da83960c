"""Attacks over a socket: each costs whoever makes it an answer, and nobody else anything."""

import io
import os
import re
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event

import httpx
import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.photo.test_kinds import fake_png, pages_of_one_strip
from tests.test_isolation import crash, hang, picture
from tests.web.loopback import served
from tintype.isolation import Allowance
from tintype.photo import isolated
from tintype.web import create_app
from tintype.web.limits import Limits
from tintype.web.routes import files
from tintype.web.whole import WholeFile

MEGABYTE = 2**20
PATIENT = Allowance(seconds=300, bytes=2**30)
"""Far longer than a test waits."""


def wait_for(condition, seconds=60.0):
    """Until it holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def progressive_bomb(scans=3000, side=6000):
    """A JPEG whose last scan comes again and again."""
    plain = io.BytesIO()
    Image.new("L", (side, side), 90).save(plain, "JPEG", progressive=True)
    data = plain.getvalue()
    at = data.rindex(b"\xff\xda")
    return data[:at] + data[at:-2] * scans + data[-2:]


@contextmanager
def tintype_serve(folder: Path, *shell: str):
    """`tintype serve` as it is installed, with its files in a folder; and the address of its
    routes. shell: said before."""
    command = f"{sys.executable} -m tintype serve --port 0 --no-browser"
    process = subprocess.Popen(
        ["/bin/sh", "-c", "; ".join((*shell, f"exec {command}"))],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    try:
        address = re.search(r"http://\S+?:\d+", process.stderr.readline())
        yield f"{address.group()}/api/v1"
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with tintype_serve(tmp_path_factory.mktemp("service")) as url:
        yield url


@pytest.mark.parametrize(
    "data",
    [progressive_bomb(), fake_png(11_875_000, 16), pages_of_one_strip(200, 14_000)],
    ids=["3,000 scans", "11,875,000×16", "200 pages of one strip"],
)
@pytest.mark.parametrize("path", ["colorize", "photos", "jobs"])
def test_small_files_of_much_work_are_refused_at_once(service, data, path):
    assert len(data) < 400_000
    answer = httpx.post(f"{service}/{path}", content=data, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert httpx.get(f"{service}/health").json()["waiting"] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="limits of files are POSIX's")
def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path):
    large = io.BytesIO()
    Image.fromarray(np.zeros((1500, 1500), np.uint8)).save(large, "BMP")
    with tintype_serve(tmp_path, "ulimit -f 1000") as url:  # files of at most 0.5 or 1 MB
        refused = httpx.post(f"{url}/jobs", content=large.getvalue(), timeout=60)
        assert (refused.status_code, refused.json()["code"]) == (507, "no-room")
        assert not list(tmp_path.glob("*/*.source"))
        job = httpx.post(f"{url}/jobs", content=picture(), timeout=60)
        assert job.status_code == 202
        there = f"{url}/jobs/{job.json()['id']}"
        wait_for(lambda: httpx.get(there).json()["status"] not in ("waiting", "running"))
        assert httpx.get(there).json()["status"] == "done"


def test_the_service_outlives_what_crashes_its_decoder(monkeypatch):
    with TestClient(create_app(hosts=["testserver"])) as client:
        with monkeypatch.context() as patched:
            patched.setattr(isolated._File, "header", crash)
            answer = client.post("/api/v1/colorize", content=picture())
            assert answer.status_code == 422
            assert "crash" in answer.json()["detail"]
        assert client.post("/api/v1/colorize", content=picture()).status_code == 200


@pytest.fixture(scope="module")
def hasty():
    """A service with one worker, little memory and little patience."""
    limits = Limits(
        workers=1,
        waiting=8,
        idle_seconds=0.5,
        still_seconds=0.5,
        upload=24 * MEGABYTE,
        at_once=32 * MEGABYTE,
    )
    with served(limits) as service:
        yield service


def test_decoding_ends_when_its_client_leaves(hasty, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(isolated, "HEADER_ALLOWANCE", PATIENT)
        patched.setattr(isolated._File, "header", hang)
        gone = hasty.send("colorize", picture())
        wait_for(lambda: hasty.waiting() == 1)
        gone.close()
        wait_for(lambda: hasty.waiting() == 0)
    assert httpx.post(f"{hasty.api}/colorize", content=picture(), timeout=60).status_code == 200


def test_a_canceled_job_stops_decoding(hasty, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(isolated, "HEADER_ALLOWANCE", PATIENT)
        patched.setattr(isolated._File, "read", hang)
        job = httpx.post(f"{hasty.api}/jobs", content=picture(), timeout=60).json()["id"]
        there = f"{hasty.api}/jobs/{job}"
        wait_for(lambda: httpx.get(there).json()["status"] == "running")
        httpx.delete(there)
    other = httpx.post(f"{hasty.api}/jobs", content=picture(), timeout=60).json()["id"]
    wait_for(lambda: httpx.get(f"{hasty.api}/jobs/{other}").json()["status"] == "done")


def test_readiness_tells_that_nothing_moves(hasty, monkeypatch):
    def ready():
        return httpx.get(f"{hasty.api}/health/ready", timeout=60).status_code == 200

    assert ready()
    with monkeypatch.context() as patched:
        patched.setattr(isolated, "HEADER_ALLOWANCE", PATIENT)
        patched.setattr(isolated._File, "header", hang)
        stuck = hasty.send("colorize", picture())
        wait_for(lambda: not ready())
        assert httpx.get(f"{hasty.api}/health").status_code == 200
        assert httpx.get(hasty.url).status_code == 200
        stuck.close()
    wait_for(ready)


def test_answers_that_are_not_read_are_given_up(hasty):
    noise = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 255, (4000, 4000), np.uint8)
    Image.fromarray(pixels).save(noise, "BMP")
    opened = httpx.post(f"{hasty.api}/photos", content=noise.getvalue(), timeout=120).json()["id"]
    path = f"/api/v1/photos/{opened}/source"
    with ExitStack() as stack:
        readers = [stack.enter_context(hasty.connect()) for _ in range(3)]
        for reader in readers:
            reader.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        time.sleep(2)  # four times the patience
        for reader in readers:
            assert received(reader) < len(noise.getvalue())
    whole = httpx.get(f"{hasty.url}{path}", timeout=60).content
    assert whole == noise.getvalue()


def received(connection):
    """Bytes until the other side closes."""
    count = 0
    while True:
        try:
            data = connection.recv(MEGABYTE)
        except ConnectionResetError:
            return count
        if not data:
            return count
        count += len(data)


def test_three_trickling_uploads_keep_nobody_out(hasty):
    """The photograph of another client has room, and a fast beginning buys no time."""
    with ExitStack() as stack:
        trickling = [
            stack.enter_context(hasty.send("photos", bytes(10 * MEGABYTE), 23 * MEGABYTE))
            for _ in range(3)
        ]
        begun = time.monotonic()
        answer = httpx.post(
            f"{hasty.api}/photos",
            content=picture() + bytes(3 * MEGABYTE),
            headers={"X-Forwarded-For": "10.0.0.2"},
            timeout=60,
        )
        assert answer.status_code == 201
        for connection in trickling:
            statuses = b""
            while not statuses and time.monotonic() < begun + 60:
                try:
                    connection.sendall(b"x")
                    connection.settimeout(0.1)
                    statuses = connection.recv(100)
                except TimeoutError:
                    continue
                except OSError:
                    break
            assert statuses == b"" or statuses.split()[1] in (b"408", b"429")
        assert time.monotonic() < begun + 60


@pytest.fixture
def held_back(hasty, monkeypatch):
    """Coloring that waits until the test sets the event; and the order in which it was done, a name
    each."""
    event, order = Event(), []

    def color(coloring, limits, data, wanted, progress):
        order.append(data.decode())
        event.wait(60)
        return WholeFile(data, (), "PNG")

    monkeypatch.setattr(files, "color_whole", color)
    yield event, order
    event.set()
    wait_for(lambda: hasty.waiting() == 0)


def test_clients_are_served_in_turn(hasty, held_back):
    event, order = held_back
    with ExitStack() as stack:
        for number in range(6):
            stack.enter_context(hasty.send("colorize", f"many {number}".encode()))
        wait_for(lambda: hasty.waiting() == 6)
        stack.enter_context(hasty.send("colorize", b"one", client="10.0.0.2"))
        wait_for(lambda: hasty.waiting() == 7)
        event.set()
        wait_for(lambda: len(order) == 7)
    assert order.index("one") == 2


def test_a_queue_that_one_client_fills_has_a_place_for_another(hasty, held_back):
    event, _ = held_back
    with ExitStack() as stack:
        many = []
        for number in range(9):
            many.append(stack.enter_context(hasty.send("colorize", f"many {number}".encode())))
            wait_for(lambda number=number: hasty.waiting() == number + 1)
        again = httpx.post(f"{hasty.api}/colorize", headers={"X-Forwarded-For": "10.0.0.1"})
        assert again.status_code == 429
        one = stack.enter_context(hasty.send("colorize", b"one", client="10.0.0.2"))
        assert many[-1].recv(100).split()[1] == b"429"
        event.set()
        assert one.recv(100).split()[1] == b"200"
