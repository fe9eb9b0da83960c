"""Things kept in memory for a while, each with its weight in bytes, which may grow: what was out of
use for longest goes first. Shelves of several kinds share one budget."""

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
        self.held: OrderedDict[tuple[Shelf[Any], str], None] = OrderedDict()
        """Shelf and name of each value, what was used last at the end."""

    def room_for(self, shelf: "Shelf[Any]", name: str) -> None:
        """Let other values go until all that is left fits. This one and the one used before it are
        kept in any case: a file, and what is made of it. Needs the lock."""
        self.held[shelf, name] = None
        self.held.move_to_end((shelf, name))
        excess = sum(other.weight(each) for other, each in self.held) - self.max_bytes
        while excess > 0 and len(self.held) > 2:
            (other, old), _ = self.held.popitem(last=False)
            excess -= other.weight(old)
            del other.values[old]


class Shelf(Generic[V]):
    """Holds values of one kind by name, within a budget."""

    def __init__(self, budget: MemoryBudget, weigh: Callable[[V], int]) -> None:
        self.values: dict[str, V] = {}
        self._budget, self._weigh = budget, weigh

    def put(self, name: str, value: V) -> None:
        """Keep a value, in place of what had the name."""
        with self._budget.lock:
            self.values[name] = value
            self._budget.room_for(self, name)

    def weight(self, name: str) -> int:
        """Bytes that a value takes now."""
        return self._weigh(self.values[name])

    def get(self, name: str) -> V | None:
        """The value, now the most recently used; None if it is not there (any more)."""
        with self._budget.lock:
            if name in self.values:
                self._budget.held.move_to_end((self, name))
            return self.values.get(name)

    def drop(self, name: str) -> None:
        """Forget a value, if it is there."""
        with self._budget.lock:
            self.values.pop(name, None)
            self._budget.held.pop((self, name), None)

    def __len__(self) -> int:
        return len(self.values)
