import hashlib
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest


@pytest.fixture(autouse=True)
def user_folders(tmp_path, monkeypatch) -> Path:
    """The user's data and cache folders, empty, and no proxy in the way."""
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@dataclass
class Publisher:
    """A small HTTP server that publishes files as an author's bucket and as the Hugging Face hub
    do.

    files: what lies at a path. moved: paths that answer with a redirect. breaks: after how many
    bytes transfers of a path break off, one number for each transfer. etags: whether files have
    them. asked: method, path and Range of each request.
    """

    address: str
    files: dict[str, bytes] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    breaks: dict[str, list[int]] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def etag(self, path: str) -> str:
        return self.claims.get(path, hashlib.sha256(self.files[path]).hexdigest())


class Handler(http.server.BaseHTTPRequestHandler):
    publisher: Publisher

    def do_HEAD(self) -> None:
        self.answer(False)

    def do_GET(self) -> None:
        self.answer(True)

    def answer(self, with_body: bool) -> None:
        there, path = self.publisher, self.path.partition("?")[0]
        there.asked.append((self.command, path, self.headers.get("Range", "")))
        if path in there.moved:
            self.send_response(302)
            self.send_header("Location", there.moved[path])
            if "/resolve/" in path:
                self.tell_of_the_hub(urlsplit(there.moved[path]).path)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if path not in there.files:
            self.send_response(404)
            if "/resolve/" in path:
                self.send_header("X-Error-Code", "EntryNotFound")
                self.send_header("X-Repo-Commit", "0" * 40)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        whole, etag = there.files[path], f'"{there.etag(path)}"'
        start = 0
        asked = self.headers.get("Range", "")
        if asked.startswith("bytes=") and self.headers.get("If-Range", etag) == etag:
            start = int(asked.removeprefix("bytes=").split("-")[0])
        if start >= len(whole) and start:
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(whole) - 1}/{len(whole)}")
        self.send_header("Content-Length", str(len(whole) - start))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", etag)
        if "/resolve/" in path:
            self.tell_of_the_hub(path)
        self.end_headers()
        if not with_body:
            return
        waiting = there.breaks.get(path, [])
        end = min(len(whole), start + waiting.pop(0)) if waiting else len(whole)
        self.wfile.write(whole[start:end])
        if end < len(whole):
            self.wfile.flush()
            self.close_connection = True

    def tell_of_the_hub(self, path: str) -> None:
        """The headers in which the hub says what a file is, wherever it lies."""
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("X-Linked-ETag", f'"{self.publisher.etag(path)}"')
        self.send_header("X-Linked-Size", str(len(self.publisher.files[path])))

    def do_CONNECT(self) -> None:
        self.publisher.asked.append(("CONNECT", self.path, ""))
        self.send_error(403)

    def log_message(self, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    handler = type("Handler", (Handler,), {})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.publisher = Publisher(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield handler.publisher
    server.shutdown()
    server.server_close()
    thread.join()
