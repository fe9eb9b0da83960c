"""The service's guard: who may ask, how large and how slow a body may be; counts and logs."""

import asyncio
import hmac
import logging
import re
import secrets
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tintype.web.limits import Limits
from tintype.web.metrics import Metrics
from tintype.web.problems import Failure

log = logging.getLogger("tintype.web")

SECURITY = {
    b"content-security-policy": (
        b"default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src"
        b" 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-cache",
}
LOCAL = ("localhost", "127.0.0.1", "[::1]")
"""Host names accepted when bound to loopback."""
OPEN = ("/api/v1/health",)
OPEN_BELOW = "/api/v1/pairings/"
"""Paths below /api that need no token; whoever has the code of a pairing gets it there."""
REQUEST_ID = re.compile("[A-Za-z0-9._-]{1,64}")


class Guard:
    """ASGI middleware around the whole service.

    hosts: names that the service answers to ("*": any), which keeps pages of other sites from
    reaching a local service by rebinding a name (DNS). token: what `Authorization: Bearer` must
    hold, if it is given.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        metrics: Metrics,
        hosts: Sequence[str],
        token: str | None,
    ) -> None:
        self.app, self.limits, self.metrics, self.hosts, self.token = (
            app,
            limits,
            metrics,
            list(hosts),
            token,
        )
        self._held = 0  # bytes of bodies that are being received or worked on

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, headers = time.perf_counter(), Headers(scope=scope)
        seen, method = _Seen(), scope["method"]
        own = headers.get("x-request-id", "")
        request_id = own if REQUEST_ID.fullmatch(own) else secrets.token_hex(8)
        if method == "HEAD":  # as GET, without the body
            scope = {**scope, "method": "GET"}

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(pair for pair in SECURITY.items() if pair[0] not in given),
                    (b"x-request-id", request_id.encode()),
                ]
                if seen.unread:
                    message["headers"].append(
                        (b"connection", b"close")
                    )  # what is left of the body is not read
            elif message["type"] == "http.response.body":
                if method == "HEAD":
                    message = {**message, "body": b""}
                seen.sent += len(message.get("body", b""))
            await send(message)

        try:
            self._admit(scope, headers)
            await self.app(scope, self._measured(receive, headers, seen), answer)
        except Exception as error:
            if seen.status == _Seen.status:
                await Failure.of(error).response()(scope, receive, answer)
            if not isinstance(error, HTTPException):
                raise
        finally:
            self._held -= seen.received
            route = getattr(scope.get("route"), "path", "other")
            seconds = time.perf_counter() - start
            self.metrics.saw(method, route, seen.status, seconds, seen.received, seen.sent)
            log.info(
                "%s %s %s %d, %d bytes in, %d out, %.3f s",
                request_id,
                method,
                route,
                seen.status,
                seen.received,
                seen.sent,
                seconds,
            )

    def _admit(self, scope: Scope, headers: Headers) -> None:
        host = headers.get("host", "")
        if "*" not in self.hosts and name_of(host) not in self.hosts:
            raise HTTPException(400, "this service does not answer to that host name")
        if scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            origin = headers.get("origin")
            if (origin is not None and urlsplit(origin).netloc != host) or headers.get(
                "sec-fetch-site"
            ) in (
                "cross-site",
                "same-site",
            ):
                raise HTTPException(403, "pages of other sites may not use this service")
        path = scope["path"]
        is_open = path in OPEN or path.startswith(OPEN_BELOW)
        if self.token is not None and path.startswith("/api/") and not is_open:
            scheme, _, given = headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer":
                raise HTTPException(
                    401, "this service needs a token", {"WWW-Authenticate": "Bearer"}
                )
            if not hmac.compare_digest(given.strip().encode(), self.token.encode()):
                wrong = {"WWW-Authenticate": 'Bearer error="invalid_token"'}  # RFC 6750
                raise HTTPException(401, "the token is wrong", wrong)
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise HTTPException(415, "bodies are taken as they are, without Content-Encoding")
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._most(headers):
            raise HTTPException(413, self._too_large(headers), {"Connection": "close"})

    def _most(self, headers: Headers) -> int:
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind.endswith(("/json", "+json")):  # FastAPI parses both
            return self.limits.json
        return self.limits.upload + (self.limits.json if kind == "multipart/form-data" else 0)

    def _too_large(self, headers: Headers) -> str:
        return f"the body is larger than {self._most(headers) / 2**20:.3g} MB"

    def _measured(self, receive: Receive, headers: Headers, seen: "_Seen") -> Receive:
        """receive, within the budgets of bytes and time. HTTPException is what frameworks hand
        through while they read a body."""
        start, most = time.monotonic(), self._most(headers)

        async def measured() -> Message:
            if not seen.unread:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), self.limits.idle_seconds)
            except TimeoutError:
                raise HTTPException(
                    408, "the body came too slowly", {"Connection": "close"}
                ) from None
            if message["type"] != "http.request":
                seen.unread = False
                return message
            size = len(message.get("body", b""))
            seen.received += size
            self._held += size
            if seen.received > most:
                raise HTTPException(413, self._too_large(headers), {"Connection": "close"})
            if self._held > self.limits.at_once:
                raise HTTPException(
                    429,
                    "too many uploads at once; try again soon",
                    {"Retry-After": "5", "Connection": "close"},
                )
            seen.unread = bool(message.get("more_body"))
            late = time.monotonic() - start - self.limits.idle_seconds
            if seen.unread and late > 0 and seen.received < late * self.limits.bytes_per_second:
                raise HTTPException(408, "the body came too slowly", {"Connection": "close"})
            return message

        return measured


class _Seen:
    """What went through of one request."""

    status = 499  # as nginx logs it: the client went away before an answer
    received = 0
    sent = 0
    unread = True


def name_of(host: str) -> str:
    """A host without its port."""
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
