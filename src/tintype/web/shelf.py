"""Things kept in memory for a while, each with its weight in bytes: the least recently used goes
first."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")


class Shelf(Generic[V]):
    """Holds values by name, as many as fit `most_bytes`, one at least; threads may share it."""

    def __init__(self, most_bytes: int, weigh: Callable[[V], int]) -> None:
        self.most_bytes = most_bytes
        self._weigh = weigh
        self._held: OrderedDict[str, V] = OrderedDict()
        self._weights: dict[str, int] = {}
        self._lock = threading.Lock()

    def put(self, name: str, value: V) -> None:
        """Keep a value, in place of what had the name; weighs it again if it is there already."""
        with self._lock:
            self._held[name] = value
            self._held.move_to_end(name)
            self._weights[name] = self._weigh(value)
            while sum(self._weights.values()) > self.most_bytes and len(self._held) > 1:
                del self._weights[self._held.popitem(last=False)[0]]

    def get(self, name: str) -> V | None:
        """The value, now the most recently used; None if it is not there (any more)."""
        with self._lock:
            if name in self._held:
                self._held.move_to_end(name)
            return self._held.get(name)

    def get_or_put(self, name: str, make: Callable[[], V]) -> V:
        """The value, made and kept where it is not there."""
        value = self.get(name)
        if value is None:
            value = make()
            self.put(name, value)
        return value

    def drop(self, name: str) -> None:
        """Forget a value, if it is there."""
        with self._lock:
            self._held.pop(name, None)
            self._weights.pop(name, None)

    def __len__(self) -> int:
        return len(self._held)
