"""The service's guard: who may ask, how large and how slow a body may be; counts and logs."""

import asyncio
import hmac
import logging
import re
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tintype.errors import UsageError
from tintype.web.limits import Limits
from tintype.web.metrics import Metrics
from tintype.web.pool import client_of
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
OPEN = ("/api/v1/health", "/api/v1/health/ready")
OPEN_BELOW = "/api/v1/pairings/"
"""Paths below /api that need no token; whoever has the code of a pairing gets it there."""
TOKEN = re.compile("[!-~]([ -~]*[!-~])?")
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
        self._seen: list[_Seen] = []  # of the requests that are here, the latest last

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, headers = time.perf_counter(), Headers(scope=scope)
        seen, method = _Seen(client_of(scope)), scope["method"]
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

        self._seen.append(seen)
        try:
            self._admit(scope, headers)
            await self.app(scope, self._measured(receive, headers, seen), answer)
        except Exception as error:
            if seen.status == 499:
                await Failure.of(error).response()(scope, receive, answer)
            if not isinstance(error, HTTPException):
                raise
        finally:
            self._seen.remove(seen)
            route = getattr(scope.get("route"), "path", "other")
            seconds = time.perf_counter() - start
            self.metrics.add(method, route, seen.status, seconds, seen.received, seen.sent)
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
        if length.isdecimal() and int(length) > self._max_bytes(headers):
            raise HTTPException(413, self._too_large(headers), {"Connection": "close"})

    def _max_bytes(self, headers: Headers) -> int:
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind.endswith(("/json", "+json")):  # FastAPI parses both
            return self.limits.json
        return self.limits.upload + (self.limits.json if kind == "multipart/form-data" else 0)

    def _too_large(self, headers: Headers) -> str:
        return f"the body is larger than {self._max_bytes(headers) / 2**20:.3g} MB"

    def _measured(self, receive: Receive, headers: Headers, seen: "_Seen") -> Receive:
        """receive, within the budgets of bytes and time. HTTPException is what frameworks hand
        through while they read a body."""
        start, before, limit = time.monotonic(), 0, self._max_bytes(headers)

        async def measured() -> Message:
            nonlocal start, before
            if not seen.unread:
                return await receive()
            try:
                async with asyncio.timeout(self.limits.idle_seconds) as seen.patience:
                    message = await receive()
            except TimeoutError:
                raise too_many() if seen.is_evicted else too_slow() from None
            finally:
                seen.patience = None
            if message["type"] != "http.request":
                seen.unread = False
                return message
            seen.received += len(message.get("body", b""))
            if seen.received > limit:
                raise HTTPException(413, self._too_large(headers), {"Connection": "close"})
            self._make_room(seen)
            seen.unread = bool(message.get("more_body"))
            seconds = time.monotonic() - start
            if seen.unread and seconds > self.limits.idle_seconds:
                if seen.received - before < seconds * self.limits.bytes_per_second:
                    raise too_slow()
                start, before = time.monotonic(), seen.received
            return message

        return measured

    def _make_room(self, seen: "_Seen") -> None:
        """Where bodies take too much memory, give up the latest upload of the client that holds
        most of it. Raises HTTPException where it is this one."""
        held = Counter[str]()
        for each in self._seen:
            held[each.client] += 0 if each.is_evicted else each.received
        while held.total() > self.limits.at_once:
            largest = max(held, key=lambda client: (held[client], client == seen.client))
            uploads = [
                each for each in self._seen if each.client == largest and each.can_be_evicted
            ]
            if largest == seen.client or not uploads:
                raise too_many()
            uploads[-1].evict()
            held[largest] -= uploads[-1].received


def check_token(token: str | None) -> None:
    """Raises UsageError for a token that no header can hold."""
    if token is not None and not TOKEN.fullmatch(token):
        raise UsageError("the token must be ASCII characters, with no space at its ends")


def too_slow() -> HTTPException:
    """Of a body."""
    return HTTPException(408, "the body came too slowly", {"Connection": "close"})


def too_many() -> HTTPException:
    """Of all bodies together."""
    return HTTPException(
        429,
        "too many uploads at once; try again soon",
        {"Retry-After": "5", "Connection": "close"},
    )


@dataclass(eq=False)
class _Seen:
    """What went through of one request."""

    client: str
    status: int = 499  # as nginx logs it: the client went away before an answer
    received: int = 0
    sent: int = 0
    unread: bool = True
    patience: asyncio.Timeout | None = None
    is_evicted: bool = False

    @property
    def can_be_evicted(self) -> bool:
        """Whether its body is still on its way."""
        return self.unread and self.patience is not None and not self.is_evicted

    def evict(self) -> None:
        """Wait no longer for its body."""
        self.is_evicted = True
        if self.patience is not None:
            self.patience.reschedule(0)


def name_of(host: str) -> str:
    """A host without its port."""
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
