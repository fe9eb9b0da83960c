"""A property that is computed when it is first asked for, and then kept."""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class once(Generic[T]):  # used as `property` is
    """As `functools.cached_property`, but locked for each instance: in Python 3.11 that one holds a
    single lock for all instances, so that photographs would be colored one after the other."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self.compute, self.__doc__ = compute, compute.__doc__
        self.name = compute.__name__

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> "once[T]": ...

    @overload
    def __get__(self, instance: object, owner: type[Any]) -> T: ...

    def __get__(self, instance: object | None, owner: type[Any]) -> "once[T] | T":
        if instance is None:
            return self
        kept = instance.__dict__
        if self.name not in kept:
            with kept.setdefault("_once", threading.RLock()):
                if self.name not in kept:
                    kept[self.name] = self.compute(instance)
        value: T = kept[self.name]
        return value
