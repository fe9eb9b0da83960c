"""Threads that serve clients in turn: the queue of one does not delay another."""

import ipaddress
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.types import Scope

NETWORK_BITS = 64
"""Of an IPv6 address: all that one client usually has."""

T = TypeVar("T")


@dataclass(eq=False)
class Piece:
    """Work of a client, and its result to be."""

    client: str
    work: Callable[[], Any]
    future: Future[Any] = field(default_factory=Future)


class FairPool:
    """Takes the next piece of work from each client in turn, a client's own in their order."""

    def __init__(self, threads: int, name: str) -> None:
        self._executor = ThreadPoolExecutor(threads, name)
        self._queues: OrderedDict[str, deque[Piece]] = OrderedDict()
        self._lock = threading.Lock()

    def submit(self, client: str, work: Callable[[], T]) -> Future[T]:
        """The result of work() to be. A piece that is canceled before it runs leaves the queue."""
        piece = Piece(client, work)
        with self._lock:
            self._queues.setdefault(client, deque()).append(piece)
        piece.future.add_done_callback(lambda _: self._remove(piece))
        self._executor.submit(self._run_next)
        return piece.future

    def yield_place(self, client: str, error: Exception) -> bool:
        """Make room for a piece of this client: the last piece of whoever has the most waiting
        fails with this error. Returns False where nobody has more than the client would have."""
        with self._lock:
            own = len(self._queues.get(client, ())) + 1
            longest = max(self._queues.values(), key=len, default=deque[Piece]())
            if len(longest) <= own:
                return False
            last = longest.pop()
        last.future.set_exception(error)
        return True

    def close(self, wait: bool) -> None:
        """Cancel what waits; wait: for what runs."""
        with self._lock:
            waiting = [piece for queue in self._queues.values() for piece in queue]
        for piece in waiting:
            piece.future.cancel()
        self._executor.shutdown(wait)

    def _run_next(self) -> None:
        with self._lock:
            if not self._queues:  # what was submitted has left since
                return
            client, queue = self._queues.popitem(last=False)
            piece = queue.popleft()
            if queue:
                self._queues[client] = queue
        if not piece.future.set_running_or_notify_cancel():
            return
        try:
            piece.future.set_result(piece.work())
        except BaseException as error:
            piece.future.set_exception(error)

    def _remove(self, piece: Piece) -> None:
        with self._lock:
            queue = self._queues.get(piece.client, deque())
            if piece in queue:
                queue.remove(piece)
            if not queue:
                self._queues.pop(piece.client, None)


def client_of(scope: Scope) -> str:
    """Who sends a request, as far as fairness goes: an address, or the network of an IPv6 one."""
    host = str((scope.get("client") or ("", 0))[0])
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    return str(ipaddress.ip_network(f"{host}/{NETWORK_BITS}", strict=False))
