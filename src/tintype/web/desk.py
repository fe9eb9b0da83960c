"""Work on a few threads, each client's in turn: a bounded queue that ends the work of clients that
have gone."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

from fastapi import Request

from tintype.isolation import Voidable
from tintype.web.pool import FairPool, client_of
from tintype.web.problems import BusyError, GoneError, LateError

T = TypeVar("T")


class Ticket(Voidable):
    """Whether anybody still waits for a running piece of work."""

    def progress(self, share: float = 0) -> None:
        """Raises GoneError if the answer is not wanted any more; to be called between the steps of
        long work."""
        if self.is_void:
            raise GoneError("the client has gone")


class Desk:
    """workers: threads. waiting: pieces of work that may wait besides those that run. seconds: the
    longest stay."""

    def __init__(self, workers: int, waiting: int, seconds: float) -> None:
        self.workers, self.max_pieces, self.seconds = workers, workers + waiting, seconds
        self._pool = FairPool(workers, "tintype")
        self._lock = threading.Lock()
        self._usual = 0.5
        self._moved = time.monotonic()  # when a piece last began or ended
        self.pieces = 0
        """Pieces of work that wait or run."""

    @property
    def still_seconds(self) -> float:
        """How long no piece of work has begun or ended while all threads are busy."""
        return time.monotonic() - self._moved if self.pieces >= self.workers else 0

    async def run(self, request: Request, work: Callable[[Ticket], T]) -> T:
        """The result of work(ticket), on one of the threads.

        Raises BusyError if the queue is full, unless another client has more in it, who then loses
        a place; LateError if it takes too long, GoneError if the client disconnects.
        """
        ticket, client = Ticket(), client_of(request.scope)
        busy = BusyError(min(60, max(1, round(self.pieces * self._usual / self.workers))))
        if self.pieces >= self.max_pieces and not self._pool.yield_place(client, busy):
            raise busy
        with self._lock:
            self.pieces += 1
        running = self._pool.submit(client, partial(self._timed, work, ticket))
        running.add_done_callback(self._leave)
        answer = asyncio.wrap_future(running)
        gone = asyncio.create_task(_disconnected(request))
        try:
            waits: set[asyncio.Future[Any]] = {answer, gone}
            await asyncio.wait(waits, timeout=self.seconds, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
            if gone.done():
                raise GoneError("the client has gone")
            raise LateError(f"the work was not done within {self.seconds:g} s; use a job for it")
        finally:
            ticket.void()
            answer.cancel()
            gone.cancel()

    def close(self) -> None:
        """Drop what waits."""
        self._pool.close(wait=False)

    def _timed(self, work: Callable[[Ticket], T], ticket: Ticket) -> T:
        ticket.progress()
        start, self._moved = time.perf_counter(), time.monotonic()
        with ticket.current():
            result = work(ticket)
        self._usual += (time.perf_counter() - start - self._usual) / 8
        return result

    def _leave(self, _: Future[T]) -> None:
        with self._lock:
            self.pieces -= 1
            self._moved = time.monotonic()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
