"""Work on files of strangers in child processes, which may crash, hang or run out of memory without
harm to their parent."""

import atexit
import importlib
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from tintype.errors import DecoderError, TintypeError

ORPHAN_SECONDS = 10
"""A child ends itself so long after its time is over, if its parent did not live to end it."""
REPORT = "report"
"""Marks what a function reports before its result."""
OUT_OF_MEMORY = "out of memory"
"""Reply of a child that ran into the limit of its memory."""
PIPE_BYTES = 2**20
"""Of a pipe's buffer: fewer switches between the processes than with the usual 64 KB."""

K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True)
class Allowance:
    """What one call may take. seconds: of wall time, to the end or to the next report. bytes: of
    memory in addition to what the child has already; enforced on Linux."""

    seconds: float
    bytes: int


class Voidable:
    """Work that another thread may declare void, which ends the call in a child that the work
    waits for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kill: Callable[[], None] | None = None
        self.is_void = False
        """Whether nobody wants the result any more."""

    def void(self) -> None:
        """Nobody wants the result any more: end the call that runs, and all later ones."""
        with self._lock:
            self.is_void = True
            if self._kill is not None:
                self._kill()

    @contextmanager
    def current(self) -> Iterator[None]:
        """The calls that this thread makes in the block belong to the work."""
        token = _WORK.set(self)
        try:
            yield
        finally:
            _WORK.reset(token)

    def watch(self, kill: Callable[[], None] | None) -> None:
        """kill: ends the call that begins; None: it has ended."""
        with self._lock:
            self._kill = kill
            if kill is not None and self.is_void:
                kill()


_WORK: ContextVar[Voidable | None] = ContextVar("_WORK", default=None)


class Child:
    """A process that keeps one object and calls functions with it, one after the other."""

    def __init__(self, *modules: str) -> None:
        """modules: are imported before the first call."""
        paths = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": paths},
        )
        _widen(self._process.stdin)
        _widen(self._process.stdout)
        self._is_waiting = True

    @property
    def is_usable(self) -> bool:
        """Whether it lives and waits for a call."""
        return self._is_waiting and self._process.poll() is None

    def hold(
        self, name: str, allowance: Allowance, make: Callable[[], K], function: Callable[[K], T]
    ) -> T:
        """Keep make() in the child, instead of what it kept before; then as `call`."""
        result: T = self._exchange(name, allowance, make, function, ())
        return result

    def call(
        self,
        name: str,
        allowance: Allowance,
        function: Callable[..., T],
        *args: object,
        watch: Callable[[Any], None] | None = None,
    ) -> T:
        """The result of function(kept object, *args), computed in the child.

        name: of the file, for messages. function: of a module or a class. watch: gets what the
        function reports by its last argument, a function that `watch` adds; what it raises ends the
        child. Raises the TintypeError that the function raises, DecoderError where the child dies
        or exceeds its allowance, and RuntimeError for any other exception.
        """
        result: T = self._exchange(name, allowance, None, function, args, watch)
        return result

    def forget(self) -> None:
        """Drop what the child keeps, without waiting for it."""
        with suppress(OSError):  # it died; the next call says so
            _send(self._process.stdin, None)

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
        make: Callable[[], object] | None,
        function: Callable[..., object],
        args: tuple[object, ...],
        watch: Callable[[Any], None] | None = None,
    ) -> Any:
        is_done, is_late = threading.Event(), threading.Event()
        deadline = time.monotonic() + allowance.seconds

        def guard() -> None:
            while not is_done.wait(max(0.0, deadline - time.monotonic())):
                if time.monotonic() >= deadline:
                    is_late.set()
                    self._process.kill()
                    return

        threading.Thread(target=guard, daemon=True).start()
        work = _WORK.get() or Voidable()
        self._is_waiting = False
        try:
            work.watch(self._process.kill)
            with self._explained(name, allowance, is_late):
                _send(self._process.stdin, (make, function, args, watch is not None, allowance))
                result, error = _receive(self._process.stdout)
            while error == REPORT and watch is not None:
                watch(result)
                deadline = time.monotonic() + allowance.seconds
                with self._explained(name, allowance, is_late):
                    result, error = _receive(self._process.stdout)
        finally:
            work.watch(None)
            is_done.set()
        self._is_waiting = True
        if error == OUT_OF_MEMORY:
            raise DecoderError(
                f"{name} takes more than {allowance.bytes / 2**30:.1f} GB of memory to decode"
            )
        if error is not None:
            raise error
        return result

    @contextmanager
    def _explained(
        self, name: str, allowance: Allowance, is_late: threading.Event
    ) -> Iterator[None]:
        """Raises DecoderError for a pipe that breaks."""
        try:
            yield
        except (OSError, EOFError) as reason:
            status = self._process.wait()
            raise DecoderError(
                f"{name} took longer than {allowance.seconds:.0f} s to decode and was given up"
                if is_late.is_set()
                else f"{name} makes its decoder crash ({_cause(status)})"
            ) from reason


class Children:
    """Children that wait for work; threads may share them. A process has as many as it ever worked
    with at the same time: who leases from many threads makes many.

    modules: what each child imports before its first call.
    """

    def __init__(self, *modules: str) -> None:
        self._modules = modules
        self._idle: list[Child] = []
        atexit.register(self.close)

    def start(self, count: int) -> None:
        """Have so many wait, which takes them about a second; this does not wait for it."""
        self._idle += [Child(*self._modules) for _ in range(count - len(self._idle))]

    @contextmanager
    def lease(self) -> Iterator[Child]:
        """A child for the block alone."""
        child = None
        while self._idle and (child is None or not child.is_usable):
            child = self._idle.pop()
        if child is None or not child.is_usable:
            child = Child(*self._modules)
        try:
            yield child
        finally:
            if child.is_usable:
                child.forget()
                self._idle.append(child)
            else:
                child.close()

    def close(self) -> None:
        """End the children that wait."""
        while self._idle:
            self._idle.pop().close()


def _cause(status: int) -> str:
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"exit status {status}"


def _widen(pipe: Any) -> None:
    """Give a pipe a larger buffer, where the system and the user's share of it allow that."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


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
    for module in sys.argv[1:]:
        importlib.import_module(module)
    kept: object = None

    def report(value: object) -> None:
        _end_after(allowance.seconds)
        _send(replies, (value, REPORT))

    with suppress(EOFError, OSError):
        while True:
            message = _receive(requests)
            if message is None:
                kept = None
                continue
            make, function, args, is_watched, allowance = message
            args = (*args, report) if is_watched else args
            result: object = None
            error: object = None
            try:
                with _limited(allowance):
                    if make is not None:
                        kept = None
                        kept = make()
                    result = function(kept, *args)
            except Exception as raised:
                error = _portable(raised)
            _send(replies, (result, error))
            make = function = args = message = result = None  # large ones do not wait for the next


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
    _end_after(allowance.seconds)
    resource.setrlimit(resource.RLIMIT_DATA, (used + allowance.bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
        signal.alarm(0)


def _end_after(seconds: float) -> None:
    """End this process if it still works some time after its parent should have ended it."""
    if sys.platform == "linux":
        signal.alarm(int(seconds) + ORPHAN_SECONDS)


if __name__ == "__main__":
    _serve()
