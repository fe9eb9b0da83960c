"""Work on files of strangers in child processes, which may crash, hang or run out of memory without
harm to their parent."""

import atexit
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from tintype.errors import DecoderError, TintypeError

ORPHAN_SECONDS = 10
"""A child ends itself so long after its time is over, if its parent did not live to end it."""
OUT_OF_MEMORY = "out of memory"
"""Reply of a child that ran into the limit of its memory."""

T = TypeVar("T")


@dataclass(frozen=True)
class Allowance:
    """What one call may take. seconds: of wall time. bytes: of memory in addition to what the
    child has already; enforced on Linux."""

    seconds: float
    bytes: int


class Child:
    """A process that keeps one object and calls functions with it, one after the other."""

    def __init__(self) -> None:
        paths = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": paths},
        )
        self._is_waiting = True

    @property
    def is_usable(self) -> bool:
        """Whether it lives and waits for a call."""
        return self._is_waiting and self._process.poll() is None

    def hold(
        self, name: str, allowance: Allowance, make: Callable[..., object], *args: object
    ) -> None:
        """Keep make(*args) in the child, instead of what it kept before. As `call` otherwise."""
        self._exchange(name, allowance, True, make, args)

    def call(self, name: str, allowance: Allowance, function: Callable[..., T], *args: object) -> T:
        """The result of function(kept object, *args), computed in the child.

        name: of the file, for messages. function: of a module or a class. Raises the TintypeError
        that the function raises, DecoderError where the child dies or exceeds its allowance, and
        RuntimeError for any other exception.
        """
        result: T = self._exchange(name, allowance, False, function, args)
        return result

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]

    def _exchange(
        self,
        name: str,
        allowance: Allowance,
        is_kept: bool,
        function: Callable[..., object],
        args: tuple[object, ...],
    ) -> Any:
        late = threading.Event()

        def end() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(allowance.seconds, end)
        timer.daemon = True
        timer.start()
        self._is_waiting = False
        try:
            _send(self._process.stdin, (function, args, is_kept, allowance))
            result, error = _receive(self._process.stdout)
        except (OSError, EOFError) as reason:
            status = self._process.wait()
            raise DecoderError(
                f"{name} took longer than {allowance.seconds:.0f} s to decode and was given up"
                if late.is_set()
                else f"{name} makes its decoder crash ({_cause(status)})"
            ) from reason
        finally:
            timer.cancel()
        self._is_waiting = True
        if error == OUT_OF_MEMORY:
            raise DecoderError(
                f"{name} takes more than {allowance.bytes / 2**30:.1f} GB of memory to decode"
            )
        if error is not None:
            raise error
        return result


class Children:
    """Children that wait for work; threads may share them. A process has as many as it ever worked
    with at the same time."""

    def __init__(self) -> None:
        self._idle: list[Child] = []
        atexit.register(self.close)

    @contextmanager
    def lease(self) -> Iterator[Child]:
        """A child for the block alone."""
        child = None
        while self._idle and (child is None or not child.is_usable):
            child = self._idle.pop()
        if child is None or not child.is_usable:
            child = Child()
        try:
            yield child
        finally:
            if child.is_usable:
                child.hold("", Allowance(10, 0), _nothing)
                self._idle.append(child)
            else:
                child.close()

    def close(self) -> None:
        """End the children that wait."""
        while self._idle:
            self._idle.pop().close()


CHILDREN = Children()
"""Those of this process."""


def _nothing() -> None:
    """Takes the place of an object that is not needed any more."""


def _cause(status: int) -> str:
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"exit status {status}"


def _send(file: Any, value: object) -> None:
    """Arrays go as they are, beside the pickle of all else."""
    arrays: list[pickle.PickleBuffer] = []
    data = pickle.dumps(value, 5, buffer_callback=arrays.append)
    parts = [memoryview(data), *(array.raw() for array in arrays)]
    file.write(struct.pack(f"<{len(parts) + 1}Q", len(parts), *(part.nbytes for part in parts)))
    for part in parts:
        file.write(part)
    file.flush()


def _receive(file: Any) -> Any:
    """What `_send` sent. Raises EOFError where the other side is gone."""
    (count,) = struct.unpack("<Q", _read(file, 8))
    sizes = struct.unpack(f"<{count}Q", _read(file, 8 * count))
    data, *arrays = [_read(file, size) for size in sizes]
    return pickle.loads(data, buffers=arrays)


def _read(file: Any, size: int) -> Any:
    buffer = np.empty(size, np.uint8)
    if file.readinto(buffer) < size:
        raise EOFError
    return buffer


def _serve() -> None:
    """The child's side: calls in, results out, until the parent is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):  # it is for the parent to end
        signal.signal(number, signal.SIG_IGN)
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no reply
    kept = None
    with suppress(EOFError, OSError):
        while True:
            function, args, is_kept, allowance = _receive(requests)
            result: object = None
            error: object = None
            try:
                with _limited(allowance):
                    result = function(*args) if is_kept else function(kept, *args)
            except Exception as raised:
                error = _portable(raised)
            if is_kept:
                kept, result = result, None
            _send(replies, (result, error))


def _portable(error: Exception) -> Exception | str:
    """An exception as it goes to the parent."""
    if isinstance(error, MemoryError) or isinstance(error.__cause__, MemoryError):
        return OUT_OF_MEMORY
    if isinstance(error, TintypeError):
        return error
    return RuntimeError(f"{type(error).__name__}: {error}")


@contextmanager
def _limited(allowance: Allowance) -> Iterator[None]:
    """Limits of memory and time while the block runs, where the system has them."""
    if sys.platform != "linux":
        yield
        return
    import resource

    used = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_DATA)
    signal.alarm(int(allowance.seconds) + ORPHAN_SECONDS)
    resource.setrlimit(resource.RLIMIT_DATA, (used + allowance.bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
        signal.alarm(0)


if __name__ == "__main__":
    _serve()
