"""Work on a few threads, first come, first served: a bounded queue that forgets the work of clients
that have gone."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from fastapi import Request

from tintype.web.problems import BusyError, GoneError, LateError

T = TypeVar("T")


class Ticket:
    """Tells a running piece of work whether anybody still waits for it."""

    def __init__(self) -> None:
        self._void = threading.Event()

    def void(self) -> None:
        """Nobody waits any more."""
        self._void.set()

    @property
    def is_void(self) -> bool:
        """Whether nobody waits any more."""
        return self._void.is_set()

    def progress(self, share: float = 0) -> None:
        """Raises GoneError if the answer is not wanted any more; to be called between the steps of
        long work."""
        if self.is_void:
            raise GoneError("the client has gone")


class Desk:
    """workers: threads. waiting: pieces of work that may wait besides those that run. seconds: the
    longest stay."""

    def __init__(self, workers: int, waiting: int, seconds: float) -> None:
        self.workers, self.most, self.seconds = workers, workers + waiting, seconds
        self._pool = ThreadPoolExecutor(workers, "tintype")
        self._lock = threading.Lock()
        self._usual = 0.5
        self.here = 0
        """Pieces of work that wait or run."""

    async def run(self, request: Request, work: Callable[[Ticket], T]) -> T:
        """The result of work(ticket), on one of the threads.

        Raises BusyError if the queue is full, LateError if it takes too long, GoneError if the
        client disconnects.
        """
        with self._lock:
            if self.here >= self.most:
                raise BusyError(min(60, max(1, round(self.here * self._usual / self.workers))))
            self.here += 1
        ticket = Ticket()
        running = self._pool.submit(self._timed, work, ticket)
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
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _timed(self, work: Callable[[Ticket], T], ticket: Ticket) -> T:
        ticket.progress()
        start = time.perf_counter()
        result = work(ticket)
        self._usual += (time.perf_counter() - start - self._usual) / 8
        return result

    def _leave(self, _: Future[T]) -> None:
        with self._lock:
            self.here -= 1


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
