"""Uvicorn with limits of time for headers and for the reading of answers, which it does not have
itself, and without waits between head and body of an answer."""

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import h11
import uvicorn
from starlette.exceptions import HTTPException
from uvicorn.protocols.http.h11_impl import H11Protocol

from tintype.allocator import limit_arenas
from tintype.errors import TintypeError
from tintype.web.https import Certificate
from tintype.web.limits import Limits
from tintype.web.problems import Failure

MALFORMED = "the HTTP request is malformed, or its address or headers are too long"


def protocol(limits: Limits) -> type[H11Protocol]:
    """HTTP/1.1 that closes a connection whose request's headers are not complete in time, or whose
    client reads its answer too slowly; and those that read for longest where all answers together
    take too much memory."""
    readers: dict[H11Protocol, int] = {}  # unsent bytes, the longest reader first

    def close(reader: H11Protocol) -> None:
        readers.pop(reader, None)
        reader.transport.abort()

    class Patient(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None
        _check: asyncio.TimerHandle | None = None

        def pause_writing(self) -> None:
            super().pause_writing()
            readers[self] = self.transport.get_write_buffer_size()
            while len(readers) > 1 and sum(readers.values()) > limits.at_once:
                close(next(iter(readers)))
            self._check = self.loop.call_later(limits.idle_seconds, self._check_reader)

        def resume_writing(self) -> None:
            self._stop_checking()
            super().resume_writing()

        def _check_reader(self) -> None:
            unsent = self.transport.get_write_buffer_size()
            if readers.get(self, 0) - unsent < limits.idle_seconds * limits.bytes_per_second:
                close(self)
            else:
                readers[self] = unsent
                self._check = self.loop.call_later(limits.idle_seconds, self._check_reader)

        def _stop_checking(self) -> None:
            readers.pop(self, None)
            if self._check is not None:
                self._check.cancel()

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            # asyncio leaves this out for sockets that others have bound, and a small head would
            # wait 40 ms for its acknowledgement
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._arm()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state is h11.IDLE:
                self._arm()
            elif self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def send_400_response(self, msg: str) -> None:
            """A problem as all others. h11 refuses addresses and headers above 64 KB."""
            refused = HTTPException(400, MALFORMED, {"Connection": "close"})
            response = Failure.of(refused).response()
            for event in (
                h11.Response(status_code=400, headers=response.raw_headers, reason=b"Bad Request"),
                h11.Data(data=bytes(response.body)),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
            self.transport.close()

        def connection_lost(self, exc: Exception | None) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
            self._stop_checking()
            super().connection_lost(exc)

        def _arm(self) -> None:
            if self._deadline is None:
                self._deadline = self.loop.call_later(limits.header_seconds, self.transport.close)

    return Patient


def serve(
    app: Any,
    listener: socket.socket,
    limits: Limits,
    beside: Callable[[], bool] | None = None,
    certificate: Certificate | None = None,
) -> None:
    """Serve until a signal comes; by HTTPS with a certificate. beside: runs in a thread of its own;
    when it returns True, the service ends."""
    limit_arenas(limits.workers)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=30,
        http=protocol(limits),
        ws="none",
        server_header=False,
        backlog=512,
        ssl_certfile=certificate.certificate if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )
    server = uvicorn.Server(config)

    def watch() -> None:
        if beside is not None and beside():
            server.should_exit = True

    threading.Thread(target=watch, daemon=True).start()
    server.run(sockets=[listener])


TAKEN = (48, 98, 10048)
"""Error numbers of an address in use: macOS, Linux, Windows."""


def listen(host: str, port: int, elsewhere: bool = False) -> socket.socket:
    """A socket that listens there. elsewhere: at another port if that one is taken.

    Raises TintypeError if the address is taken or not this machine's.
    """
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        if elsewhere and error.errno in TAKEN:
            return listen(host, 0)
        taken = "is taken; choose another with --port, or --port 0 for any that is free"
        reason = taken if error.errno in TAKEN else f"cannot be used ({error.strerror or error})"
        raise TintypeError(f"{host}:{port} {reason}") from error
