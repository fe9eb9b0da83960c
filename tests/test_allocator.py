"""glibc is told what to keep, and other C libraries are left alone."""

import ctypes

import pytest

from tintype import allocator


class Library:
    def __init__(self) -> None:
        self.calls: list[tuple] = []

    def mallopt(self, option: int, size: int) -> None:
        self.calls.append((option, size))

    def malloc_trim(self, rest: int) -> None:
        self.calls.append(("trim", rest))


KEPT = [(-3, 2**25), (-1, 2**29)]
USUAL = [(-3, 2**17), (-1, 2**17)]


@pytest.fixture
def library(monkeypatch):
    made = Library()
    monkeypatch.setattr(ctypes, "CDLL", lambda _: made)
    monkeypatch.setattr(allocator, "_always", False)
    return made


def test_memory_is_kept_while_a_block_runs(library):
    with pytest.raises(ZeroDivisionError), allocator.kept_memory():
        assert library.calls == KEPT
        raise ZeroDivisionError
    assert library.calls == KEPT + USUAL


def test_memory_that_is_always_kept_stays_so(library):
    allocator.keep_memory()
    with allocator.kept_memory():
        pass
    assert library.calls == KEPT + KEPT


def test_threads_share_arenas(library):
    allocator.limit_arenas(2)
    assert library.calls == [(-8, 2)]


def test_free_memory_is_given_back(library):
    allocator.release_memory()
    assert library.calls == [("trim", 0)]


def test_a_library_without_these_calls_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    allocator.release_memory()
    allocator.limit_arenas(2)
    with allocator.kept_memory():
        pass
