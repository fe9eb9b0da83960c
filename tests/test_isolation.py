"""Attacks on decoders: what hangs, eats memory or crashes costs a sentence and a child process."""

import ctypes
import io
import os
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tintype.errors import DecoderError, PhotoError
from tintype.isolation import Allowance, Children
from tintype.photo import read_photo
from tintype.photo.isolated import isolated, isolated_label

ALLOWANCE = Allowance(seconds=20, bytes=2**28)
linux = pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")


@pytest.fixture
def child():
    children = Children()
    with children.lease() as child:
        yield child
    children.close()


def hang(*_):
    while True:
        time.sleep(1)


def eat(*_):
    return [np.ones(2**24, np.uint8) for _ in range(2**12)]


def eat_in_c(*_):
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    while libc.memset(ctypes.c_void_p(libc.malloc(ctypes.c_size_t(2**24))), 1, 2**24):
        pass


def crash(*_):
    ctypes.string_at(0)


HELD = []


def keep(*_):
    HELD.append(np.ones(2**24))


def room(*_):
    """Bytes of memory that this process may still take."""
    import resource

    status = Path("/proc/self/status").read_text()
    held = next(line for line in status.splitlines() if line.startswith("VmData:"))
    return resource.getrlimit(resource.RLIMIT_DATA)[0] - 1024 * int(held.split()[1])


def speak(*_):
    os.write(1, b"a library prints to standard output")
    return "heard"


def process_of(*_):
    return os.getpid()


def refuse(*_):
    raise PhotoError("no such picture")


def fail(*_):
    raise KeyError("what")


def whole(array):
    return array


def count_to(_, end, report):
    for n in range(end):
        time.sleep(0.5)
        report(n)
    return end


def test_reports_arrive_before_the_result_and_extend_the_time(child):
    reports = []
    child.call("film", ALLOWANCE, speak)  # it has started
    assert child.call("film", Allowance(4, 2**28), count_to, 12, watch=reports.append) == 12
    assert reports == list(range(12))
    assert child.call("film", ALLOWANCE, speak) == "heard"


def test_what_the_watch_raises_ends_the_child(child):
    def stop(n):
        raise InterruptedError(n)

    with pytest.raises(InterruptedError):
        child.call("film", ALLOWANCE, count_to, 8, watch=stop)
    assert not child.is_usable


def test_what_hangs_is_ended(child):
    started = time.monotonic()
    with pytest.raises(DecoderError, match="scan took longer than 1 s"):
        child.call("scan", Allowance(1, 2**28), hang)
    assert time.monotonic() - started < 10


@linux
def test_what_eats_memory_is_ended_and_the_child_goes_on(child):
    with pytest.raises(DecoderError, match=r"scan takes more than 0\.2 GB of memory"):
        child.call("scan", ALLOWANCE, eat)
    assert child.call("scan", ALLOWANCE, speak) == "heard"


@linux
def test_the_limit_of_memory_counts_from_what_the_child_holds_already(child):
    child.call("scan", ALLOWANCE, keep)
    assert child.call("scan", ALLOWANCE, room) == pytest.approx(2**28, rel=0.1)


@linux
def test_memory_is_limited_for_libraries_too(child):
    with pytest.raises(DecoderError, match="scan makes its decoder crash"):
        child.call("scan", ALLOWANCE, eat_in_c)


def test_what_crashes_is_named_and_the_next_file_gets_another_child():
    children = Children()
    with (
        pytest.raises(DecoderError, match=r"scan makes its decoder crash \(SIGSEGV\)"),
        children.lease() as child,
    ):
        child.call("scan", ALLOWANCE, crash)
    with children.lease() as child:
        assert child.call("scan", ALLOWANCE, speak) == "heard"
    children.close()


def test_errors_pass_and_unexpected_ones_are_named(child):
    with pytest.raises(PhotoError, match="no such picture"):
        child.call("scan", ALLOWANCE, refuse)
    with pytest.raises(RuntimeError, match="KeyError: 'what'"):
        child.call("scan", ALLOWANCE, fail)


@pytest.mark.parametrize("shape", [(0,), (3, 5, 3), (2000, 3000)])
def test_arrays_come_back_as_they_are(child, shape):
    array = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    result = child.hold("scan", ALLOWANCE, partial(whole, array), whole)
    assert result.dtype == array.dtype
    assert np.array_equal(result, array)
    result[...] = 0  # and may be written


def test_children_are_used_again_and_threads_have_their_own():
    children, numbers = Children(), []
    both = threading.Barrier(2)

    def work():
        with children.lease() as child:
            numbers.append(child.call("scan", ALLOWANCE, process_of))
            both.wait(30)

    for _ in range(2):
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(numbers) == 4
    assert len(set(numbers)) == 2
    children.close()


def test_an_interrupt_of_the_terminal_is_left_to_the_parent(child):
    os.kill(child.call("scan", ALLOWANCE, process_of), signal.SIGINT)
    assert child.call("scan", ALLOWANCE, speak) == "heard"


def picture(side: int = 64) -> bytes:
    file = io.BytesIO()
    pixels = np.tile(np.arange(side, dtype=np.uint8), (side, 1)) * 2
    Image.fromarray(pixels).save(file, "JPEG", quality=90)
    return file.getvalue()


def test_a_picture_is_read_as_it_is_in_this_process():
    data = picture()
    with isolated(data, "scan.jpg") as file:
        here, there = read_photo(data), file.read()
    assert np.array_equal(here.pixels, there.pixels)
    assert here.metadata == there.metadata
    assert file.header.size == (64, 64)


def test_a_damaged_picture_is_named():
    with (
        pytest.raises(PhotoError, match=r"^scan\.jpg is not a picture"),
        isolated(b"no picture", "scan.jpg"),
    ):
        pass
    with isolated(picture(640)[:9000], "scan.jpg") as file:
        with pytest.raises(PhotoError, match=r"^scan\.jpg is cut off"):
            file.read()
        assert file.read(damaged="keep").notices
    assert isolated_label(b"no picture") is None
