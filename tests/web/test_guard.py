"""What a stranger may not do to the service."""

import base64
import io
import json
import logging
import socket
import struct
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from pathlib import Path

import httpx
import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.web.loopback import served
from tintype import isolation
from tintype.errors import UsageError
from tintype.photo.isolated import CHILDREN
from tintype.web import create_app
from tintype.web.limits import Limits
from tintype.web.routes import files

CAT = (Path(__file__).parents[2] / "examples" / "cat.jpg").read_bytes()
V1 = "/api/v1"


def client(**limits) -> TestClient:
    return TestClient(create_app(hosts=["testserver"], limits=Limits(**limits)))


@pytest.fixture(scope="module")
def plain():
    with client() as service:
        yield service


@pytest.fixture(scope="module")
def signed():
    with TestClient(create_app(hosts=["testserver"], token="open sesame")) as service:
        yield service


@pytest.fixture(scope="module")
def here():
    """A service behind a socket, with short patience, one worker and a queue of three."""
    limits = Limits(
        workers=1, waiting=3, header_seconds=0.6, idle_seconds=0.6, upload=2**20, at_once=2**20
    )
    with served(limits) as service:
        yield service


@pytest.fixture(scope="module")
def address(here):
    return here.host, here.port


def bomb(side: int) -> bytes:
    """A PNG of side² pixels of one bit, all black."""
    line = zlib.compressobj(9)
    rows = b"".join(line.compress(bytes(1 + side // 8)) for _ in range(side)) + line.flush()

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
        )

    header = side.to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def test_a_small_file_of_many_pixels_is_refused_before_it_is_decoded(plain):
    huge = bomb(20_000)
    assert len(huge) < 200_000
    start = time.process_time()
    photo = plain.post(f"{V1}/colorize", content=huge)
    assert photo.status_code == 413
    assert "400 megapixels" in photo.json()["detail"]
    guidance = f'{{"region": {{"mask": "{base64.b64encode(huge).decode()}"}}}}'
    mask = plain.post(f"{V1}/colorize", files={"photo": CAT}, data={"guidance": guidance})
    assert mask.status_code in (413, 422)
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    ("strokes", "reason"),
    [
        (
            [{"points": [[0.1, 0.1], [0.9, 0.9]] * 600, "color": "red", "width": 1}],
            "cover the picture",
        ),
        ([{"points": [[0.1, 0.1]] * 600, "color": "red"}] * 10, "6000 points"),
    ],
)
def test_strokes_that_would_take_minutes_to_draw_are_refused(plain, strokes, reason):
    form = {"guidance": json.dumps({"strokes": strokes})}
    answer = plain.post(f"{V1}/colorize", files={"photo": CAT}, data=form)
    assert answer.status_code == 422
    assert reason in answer.json()["detail"]


def test_bodies_over_the_budget_are_refused(plain):
    with client(upload=1000, json=500) as small:
        assert small.post(f"{V1}/photos", content=CAT).status_code == 413
        assert (
            small.post(f"{V1}/photos", content=iter([CAT])).status_code == 413
        )  # chunked: no length is stated
        assert (
            small.post(f"{V1}/photos/x/preview", json={"reference": "A" * 600}).status_code == 413
        )
    with client(pixels=10_000) as few:
        assert few.post(f"{V1}/colorize", content=CAT).status_code == 413


def test_a_body_that_is_announced_too_large_is_refused_before_it_comes(here):
    with here.send("colorize", b"", length=2**30) as connection:
        assert connection.makefile("rb").readline().startswith(b"HTTP/1.1 413")


def test_pages_of_other_sites_are_turned_away(plain):
    assert plain.get(f"{V1}/models", headers={"host": "evil.example"}).status_code == 400
    for headers in (
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        assert plain.post(f"{V1}/colorize", content=CAT, headers=headers).status_code == 403
    assert (
        plain.post(
            f"{V1}/colorize", content=CAT, headers={"origin": "http://testserver"}
        ).status_code
        == 200
    )
    page = plain.get("/")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (None, "this service needs a token"),
        ("open sesame", "this service needs a token"),
        ("Basic open sesame", "this service needs a token"),
        ("Bearer wrong", "the token is wrong"),
        ("Bearer", "the token is wrong"),
        ("Bearer open sesame", None),
        ("bearer open sesame", None),
        ("BEARER  open sesame", None),
    ],
)
def test_a_token_is_asked_for_where_one_is_set(signed, header, sentence):
    answer = signed.get(f"{V1}/models", headers={} if header is None else {"authorization": header})
    assert answer.status_code == (200 if sentence is None else 401)
    if sentence is not None:
        assert answer.json()["detail"] == sentence
        challenge = answer.headers["www-authenticate"]
        assert challenge.startswith("Bearer")
        assert ("invalid_token" in challenge) == (sentence == "the token is wrong")


def test_the_page_and_health_need_no_token(signed):
    assert signed.get("/").status_code == signed.get(f"{V1}/health").status_code == 200


def test_headers_and_bodies_that_do_not_end_are_given_up(address):
    with (
        socket.create_connection(address, 30) as headers,
        socket.create_connection(address, 30) as body,
    ):
        headers.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        body.sendall(
            b"POST /api/v1/colorize HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length:"
            b" 100000\r\n\r\nabc"
        )
        assert headers.recv(1000) == b""
        assert body.recv(1000).startswith(b"HTTP/1.1 408")


def test_the_page_is_served_while_all_workers_are_busy(here, monkeypatch):
    """They color until the page has come; so it comes now or, if it waits for them, never."""
    done = threading.Event()
    color = files.color_whole

    def wait(*work):
        assert done.wait(120), "the page waits for the workers"
        return color(*work)

    monkeypatch.setattr(files, "color_whole", wait)
    with ThreadPoolExecutor(12) as pool:
        sent = [
            pool.submit(httpx.post, f"{here.api}/colorize?name={i}", content=CAT, timeout=180)
            for i in range(12)
        ]
        refused = [each.result() for each in islice(as_completed(sent), 8)]
        try:
            assert httpx.get(here.url, timeout=60).status_code == 200
            assert httpx.get(f"{here.api}/health", timeout=60).json()["waiting"] == 4
        finally:
            done.set()
        assert {answer.status_code for answer in refused} == {429}
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
        colored = [each.result() for each in sent if each.result() not in refused]
        assert [answer.status_code for answer in colored] == [200] * 4


def test_files_are_decoded_by_the_workers_alone(here, monkeypatch):
    """As many children as workers: more would take the processor from all others."""
    started = []
    make = isolation.Child

    def count(*modules):
        started.append(make(*modules))
        return started[-1]

    monkeypatch.setattr(isolation, "Child", count)
    CHILDREN.close()
    opened = httpx.post(f"{here.api}/photos", content=CAT, timeout=60).json()["id"]
    saved = httpx.post(f"{here.api}/photos/{opened}/file", json={}, timeout=60)
    assert (saved.status_code, len(started)) == (200, 1)
    paths = [*["colorize"] * 4, *["photos"] * 4, *[f"photos/{opened}/file"] * 4]
    bodies = {"colorize": CAT, "photos": CAT}
    with ThreadPoolExecutor(12) as pool:
        list(
            pool.map(
                lambda path: httpx.post(
                    f"{here.api}/{path}",
                    content=bodies.get(path, b'{"tintype": 1}'),
                    headers={} if path in bodies else {"Content-Type": "application/json"},
                    timeout=60,
                ),
                paths,
            )
        )
    assert len(started) == 1


def test_what_is_no_request_is_told_as_every_error_is(address):
    with socket.create_connection(address, 5) as connection:
        connection.sendall(b"NO REQUEST\r\nHost: 127.0.0.1\r\n\r\n")
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert "malformed" in json.loads(body)["detail"]


def test_answers_do_not_wait_for_acknowledgements(address):
    """With Nagle's algorithm each would take 40 ms, which is how long a client's system may hold
    back an acknowledgement."""
    times = []
    with httpx.Client(base_url=f"http://{address[0]}:{address[1]}") as http:
        for _ in range(40):
            start = time.perf_counter()
            assert http.post(f"{V1}/photos", content=bytes(50_000)).status_code == 415
            times.append(time.perf_counter() - start)
    assert min(times) < 0.035


def test_work_of_clients_that_have_gone_is_dropped(address):
    """Three clients hang up while they wait; the next one waits for the one piece of work that
    runs, not for four."""
    request = (
        b"POST /api/v1/colorize?guidance=%%7B%%22seed%%22:%d%%7D HTTP/1.1\r\nHost:"
        b" 127.0.0.1\r\nContent-Length: %d\r\n\r\n"
    )
    gone = [socket.create_connection(address, 5) for _ in range(4)]
    for i, connection in enumerate(gone):
        connection.sendall(request % (i, len(CAT)) + CAT)
    time.sleep(0.3)
    for connection in gone:
        connection.close()
    url = f"http://{address[0]}:{address[1]}{V1}"
    end = time.monotonic() + 60
    while httpx.get(f"{url}/health").json()["waiting"] > 1:  # at most the one that was running
        assert time.monotonic() < end
        time.sleep(0.02)
    assert httpx.post(f"{url}/colorize", content=CAT, timeout=30).status_code == 200


def test_the_log_holds_sizes_and_times_only(plain, caplog):
    with caplog.at_level(logging.INFO, "tintype.web"):
        plain.post(f"{V1}/photos", params={"name": "aunt-mary.jpg"}, content=CAT)
    assert f"POST /api/v1/photos 201, {len(CAT)} bytes in" in caplog.text
    assert "aunt-mary" not in "".join(
        record.getMessage() for record in caplog.records if record.name == "tintype.web"
    )


@pytest.mark.parametrize(
    "broken",
    [
        struct.pack("<2sHI", b"II", 42, 0),
        struct.pack("<2sHIHHHIHHHHIHHI", b"II", 42, 8, 2, 256, 3, 2, 7, 9, 257, 3, 1, 8, 0, 0),
    ],
    ids=["no page", "a width of two numbers"],
)
def test_tiff_headers_that_make_no_sense_are_called_damaged(plain, broken):
    for path in ("photos", "colorize", "jobs"):
        assert plain.post(f"{V1}/{path}", content=broken).status_code == 422


def test_broken_files_never_make_the_service_fail(plain):
    """Cut, flipped and random bytes of four formats."""
    import numpy as np

    random = np.random.default_rng(0)
    seeds = []
    for kind in ("jpeg", "png", "tiff", "webp"):
        whole = io.BytesIO()
        Image.fromarray(random.integers(0, 255, (24, 24), np.uint8)).save(whole, kind)
        seeds.append(bytearray(whole.getvalue()))
    for i in range(120):
        broken = bytearray(seeds[i % 4])
        for _ in range(int(random.integers(1, 8))):
            broken[int(random.integers(len(broken)))] = int(random.integers(256))
        if i % 3 == 0:
            broken = broken[: int(random.integers(len(broken)))]
        assert plain.post(f"{V1}/photos", content=bytes(broken)).status_code in (201, 413, 415, 422)


@pytest.mark.parametrize(
    "kind", ["application/json", "application/x+json", "application/problem+json; charset=utf-8"]
)
def test_whatever_is_parsed_as_json_has_the_budget_of_json(kind):
    with client(json=1000) as service:
        body = b'{"hints": [' + b" " * 2000 + b"]}"
        assert (
            service.post(
                f"{V1}/photos/x/preview", content=body, headers={"Content-Type": kind}
            ).status_code
            == 413
        )


@pytest.mark.parametrize(
    "form", [{"data": {"guidance": "1" * 2000}}, {"files": {"guidance": ("a.json", b"1" * 2000)}}]
)
def test_the_guidance_of_a_form_has_the_budget_of_json(form):
    with client(json=1000) as service:
        files = {"photo": ("a.jpg", CAT), **form.get("files", {})}
        found = service.post(f"{V1}/colorize", files=files, data=form.get("data"))
        assert (found.status_code, found.json()["detail"]) == (
            413,
            "the guidance is larger than 0.000954 MB",
        )


def small_film(folder: Path, frames: int, side: int = 64) -> bytes:
    av = pytest.importorskip("av")
    with av.open(str(folder / "film.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width = stream.height = side
        for k in range(frames):
            gray = np.full((side, side, 3), 60 + k % 50, np.uint8)
            gray[: side // 2, : k % side] = 200
            container.mux(stream.encode(av.VideoFrame.from_ndarray(gray)))
        container.mux(stream.encode())
    return (folder / "film.mp4").read_bytes()


def test_a_film_that_takes_too_long_to_open_stops(tmp_path):
    data = small_film(tmp_path, 3000)
    with client(work_seconds=0.2, workers=1) as service:
        assert (
            service.post(f"{V1}/photos", params={"name": "film.mp4"}, content=data).status_code
            == 503
        )
        late = time.monotonic() + 60
        while service.get(f"{V1}/health").json()["waiting"]:
            assert time.monotonic() < late, "the worker goes on for nobody"
            time.sleep(0.02)


def test_a_film_has_the_budget_of_pixels(tmp_path):
    data = small_film(tmp_path, 5)
    with client(pixels=1000) as service:
        found = service.post(f"{V1}/photos", params={"name": "film.mp4"}, content=data)
        assert (found.status_code, "0.0041 megapixels" in found.json()["detail"]) == (413, True)


@pytest.mark.parametrize("token", ["", " sesame", "sesame ", "ключ", "“sesame”", "open\nsesame"])
def test_a_token_that_no_header_can_hold_is_refused(token):
    with pytest.raises(UsageError, match="token must be ASCII"):
        create_app(token=token)
