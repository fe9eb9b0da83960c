"""Things kept in memory for a while, each with its weight in bytes: what was out of use for longest
goes first. Shelves of several kinds share one budget."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, TypeVar

V = TypeVar("V")


class MemoryBudget:
    """Bytes that the values of all its shelves take together; threads may share it."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.lock = threading.Lock()
        self.held: OrderedDict[tuple[Any, str], int] = OrderedDict()
        """Weights by shelf and name, what was used last at the end."""

    def room_for(self, shelf: "Shelf[Any]", name: str, weight: int) -> None:
        """Let values go until this one fits; it is kept in any case. Needs the lock."""
        self.held.pop((shelf, name), None)
        while self.held and sum(self.held.values()) + weight > self.max_bytes:
            (other, old), _ = self.held.popitem(last=False)
            del other.values[old]
        self.held[shelf, name] = weight


class Shelf(Generic[V]):
    """Holds values of one kind by name, within a budget."""

    def __init__(self, budget: MemoryBudget, weigh: Callable[[V], int]) -> None:
        self.values: dict[str, V] = {}
        self._budget, self._weigh = budget, weigh

    def put(self, name: str, value: V) -> None:
        """Keep a value, in place of what had the name; weighs it again if it is there already."""
        weight = self._weigh(value)
        with self._budget.lock:
            self.values[name] = value
            self._budget.room_for(self, name, weight)

    def get(self, name: str) -> V | None:
        """The value, now the most recently used; None if it is not there (any more)."""
        with self._budget.lock:
            if name in self.values:
                self._budget.held.move_to_end((self, name))
            return self.values.get(name)

    def get_or_put(self, name: str, make: Callable[[], V]) -> V:
        """The value, made and kept where it is not there."""
        value = self.get(name)
        if value is None:
            value = make()
            self.put(name, value)
        return value

    def drop(self, name: str) -> None:
        """Forget a value, if it is there."""
        with self._budget.lock:
            self.values.pop(name, None)
            self._budget.held.pop((self, name), None)

    def __len__(self) -> int:
        return len(self.values)
