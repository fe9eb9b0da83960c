"""The service behind a socket of this machine, in this process, with limits of a test's own."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import uvicorn

from tintype.web import create_app
from tintype.web.limits import Limits
from tintype.web.server import listen, serve


@dataclass(frozen=True)
class Loopback:
    """A service that runs."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """Where its page is."""
        return f"http://{self.host}:{self.port}"

    @property
    def api(self) -> str:
        """Where its routes are."""
        return f"{self.url}/api/v1"

    def connect(self) -> socket.socket:
        """A connection."""
        return socket.create_connection((self.host, self.port), 30)

    def send(
        self, path: str, body: bytes, length: int | None = None, client: str = "10.0.0.1"
    ) -> socket.socket:
        """A connection with a POST and its body, of which `length` bytes are announced. client: the
        address that a proxy on this machine saw."""
        connection = self.connect()
        head = (
            f"POST /api/v1/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {client}\r\n"
            f"Content-Length: {len(body) if length is None else length}\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        return connection

    def waiting(self) -> int:
        """Pieces of work that wait or run."""
        return int(httpx.get(f"{self.api}/health", timeout=30).json()["waiting"])


@contextmanager
def served(limits: Limits) -> Iterator[Loopback]:
    """A service while the block runs."""
    listener = listen("127.0.0.1", 0)
    app = create_app(limits=limits)
    servers: list[uvicorn.Server] = []
    run = uvicorn.Server.run

    def keep(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        servers.append(server)
        run(server, sockets)

    uvicorn.Server.run = keep  # type: ignore[method-assign,assignment]
    thread = threading.Thread(target=serve, args=(app, listener, limits), daemon=True)
    thread.start()
    host, port = listener.getsockname()[:2]
    try:
        httpx.get(f"http://{host}:{port}/api/v1/health", timeout=60)
        yield Loopback(host, port)
    finally:
        uvicorn.Server.run = run  # type: ignore[method-assign]
        servers[0].should_exit = True
        thread.join(20)
