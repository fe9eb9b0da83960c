"""Results that are costly to compute, kept in memory up to a number of bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import is_dataclass
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


class Cache:
    """Values by key, each computed once, even if several threads ask for it at the same time.

    max_bytes: above this weight the least recently used values are dropped, but never the one used
    last; None: no limit. Different keys are computed in parallel.
    """

    def __init__(self, max_bytes: int | None = None) -> None:
        self.max_bytes = max_bytes
        self._values: OrderedDict[Hashable, Future[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The value of a key, from `compute` if it is not there. Raises what `compute` raises;
        the next call then tries again."""
        with self._lock:
            is_new = key not in self._values
            value: Future[T] = self._values.setdefault(key, Future())
            self._values.move_to_end(key)
        if is_new:
            try:
                value.set_result(compute())
            except BaseException as error:
                value.set_exception(error)
                with self._lock:
                    self._values.pop(key)
            self._trim()
        return value.result()

    @property
    def weight(self) -> int:
        """Bytes of all arrays that are kept now."""
        with self._lock:
            return self._weigh()

    def _weigh(self) -> int:
        return sum(weight_of(value.result()) for value in self._values.values() if value.done())

    def _trim(self) -> None:
        with self._lock:
            for key in list(self._values)[:-1]:
                if self.max_bytes is None or self._weigh() <= self.max_bytes:
                    break
                if self._values[key].done():
                    del self._values[key]


def weight_of(value: object) -> int:
    """Bytes of the arrays in a value: an array, or a tuple, list or dataclass that holds some."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, tuple | list):
        return sum(map(weight_of, value))
    # a copy: another thread may compute a cached property meanwhile
    return sum(map(weight_of, list(vars(value).values()))) if is_dataclass(value) else 0
