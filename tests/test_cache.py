import threading
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest

from tintype.cache import Cache, weight_of


def kilobyte() -> np.ndarray:
    return np.zeros(1024, np.uint8)


def fail() -> int:
    raise AssertionError("computed again")


def test_threads_that_ask_for_one_key_compute_it_once():
    cache, computed, values = Cache(), [], []

    def compute() -> int:
        computed.append(threading.current_thread())
        threading.Event().wait(0.05)
        return 7

    threads = [
        threading.Thread(target=lambda: values.append(cache.get("key", compute))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert values == [7] * 8
    assert len(computed) == 1


def test_two_keys_are_computed_at_the_same_time():
    cache, barrier = Cache(), threading.Barrier(2)  # neither gets on unless both compute at once
    threads = [
        threading.Thread(target=cache.get, args=(key, lambda: barrier.wait(20))) for key in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not barrier.broken
    assert {cache.get(key, fail) for key in "ab"} == {0, 1}


def test_a_value_may_be_computed_from_another_of_the_same_cache():
    cache = Cache()
    assert cache.get("outer", lambda: cache.get("inner", lambda: 2) + 1) == 3
    assert cache.get("inner", fail) == 2


def test_a_failure_is_raised_and_not_kept():
    cache = Cache()
    with pytest.raises(ZeroDivisionError):
        cache.get("key", lambda: 1 // 0)
    assert cache.get("key", lambda: 5) == 5


def test_the_least_recently_used_values_go_first_and_the_newest_stays():
    cache = Cache(max_bytes=2048)
    for key in "abab":
        cache.get(key, kilobyte)
    assert cache.weight == 2048
    cache.get("a", fail)
    cache.get("c", kilobyte)
    assert cache.weight == 2048
    cache.get("a", fail)
    cache.get("c", fail)
    with pytest.raises(AssertionError, match="again"):
        cache.get("b", fail)
    cache.get("large", lambda: np.zeros(5000, np.uint8))
    assert cache.weight == 5000
    cache.get("large", fail)


def test_without_a_limit_all_values_stay():
    cache = Cache()
    for key in range(100):
        cache.get(key, kilobyte)
    assert cache.weight == 100 * 1024


def test_the_weight_of_a_value_is_that_of_all_arrays_in_it():
    @dataclass
    class Holder:
        arrays: tuple[np.ndarray, ...]
        name: str = "name"

        @cached_property
        def more(self) -> np.ndarray:
            return kilobyte()

    holder = Holder((kilobyte(), kilobyte()))
    assert weight_of([holder, 3, None, (kilobyte(),)]) == 3 * 1024
    assert holder.more is not None
    assert weight_of(holder) == 3 * 1024
