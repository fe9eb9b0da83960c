"""Work on many items in several threads, with few items taken ahead."""

import queue
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int | None = None,
    ahead: int = 32,
    ordered: bool = True,
) -> Iterator[Result]:
    """The work done on each item, in the items' order or, if not `ordered`, as it is done.

    workers: threads; None: as many as suit the machine. ahead: so many items are drawn before the
    first result is taken, so that millions need no memory. What the work raises is raised here.
    Items that were drawn, but not begun when the caller stops, are left.
    """
    remaining = iter(items)
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Result]] = deque(
            pool.submit(work, item) for item in islice(remaining, ahead)
        )
        try:
            while waiting:
                first = 0
                if not ordered:
                    done = wait(waiting, return_when=FIRST_COMPLETED).done
                    first = next(at for at, future in enumerate(waiting) if future in done)
                finished = waiting[first]
                del waiting[first]
                yield finished.result()
                waiting.extend(pool.submit(work, item) for item in islice(remaining, 1))
        finally:
            pool.shutdown(cancel_futures=True)


def put_until(
    waiting: "queue.Queue[Item]", item: Item, closed: Callable[[], bool], seconds: float = 0.2
) -> bool:
    """Put an item into a queue as soon as it has room. Returns False if it is closed before.

    closed: is asked before each attempt; what it raises is raised here. seconds: of an attempt.
    """
    while not closed():
        try:
            waiting.put(item, timeout=seconds)
        except queue.Full:
            continue
        return True
    return False
