"""Writing files whole or not at all: beside the target first, then renamed over it. And one run at
a time on one target."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tintype.errors import TintypeError

COLOR_MARK = ".color"
"""Stands before the ending of a coloring that is written beside its source."""


@contextmanager
def whole_file(path: str | Path, error: type[TintypeError] = TintypeError) -> Iterator[IO[bytes]]:
    """A binary file that appears under `path` when the block ends without an exception; else what
    was there stays.

    error: the class to raise, with one sentence, where the file cannot be written (no space, no
    permission, no folder).
    """
    with whole_path(path, error) as beside, beside.open("w+b") as file:
        yield file


@contextmanager
def whole_path(path: str | Path, error: type[TintypeError] = TintypeError) -> Iterator[Path]:
    """As `whole_file`, for libraries that want a path: an empty file beside, with the same suffix,
    renamed when the block ends. Where the block deletes it, what was there stays. Errors name
    `path` instead of it."""
    target = Path(path)
    beside = None
    try:
        # a name of its own length: a target of 249 letters leaves no room for more
        with tempfile.NamedTemporaryFile(
            dir=target.parent, prefix=".tintype-", suffix=f".part{target.suffix}"[:40], delete=False
        ) as made:
            beside = Path(made.name)
        yield beside
        if beside.exists():
            beside.chmod(0o666 & ~_umask())
            beside.replace(target)
        beside = None
    except OSError as reason:
        raise error(f"{target} cannot be written: {reason.strerror or reason}") from reason
    except error as reason:
        if str(beside) not in str(reason):
            raise
        raise type(reason)(str(reason).replace(str(beside), str(target))) from reason
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)


def write_text(path: str | Path, text: str, error: type[TintypeError] = TintypeError) -> None:
    """Write UTF-8 text whole or not at all."""
    with whole_file(path, error) as file:
        file.write(text.encode("utf-8"))


def sha256_of(path: str | Path) -> str:
    """The SHA-256 of a file, read in pieces, as 64 hexadecimal digits. Raises OSError."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_times(source: Path, target: Path) -> None:
    """Give a file the times of access and change of another. Raises OSError."""
    times = source.stat()
    os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))


@contextmanager
def locked(
    path: Path, target: Path | str, error: type[TintypeError] = TintypeError
) -> Iterator[None]:
    """Hold a lock while the block runs: the file `path`, whose lock the operating system releases
    when its holder dies.

    Raises `error` at once, in one sentence about `target`, if a living process holds it.
    """
    try:
        file = path.open("a+b")
    except OSError as reason:
        raise error(f"{path} cannot be written: {reason.strerror or reason}") from reason
    with file:
        try:
            lock_file(file.fileno())
        except OSError as reason:
            holder = path.read_text(errors="replace").strip()
            raise error(
                f"another run works on {target} (process {holder or 'unknown'}); wait for it, or"
                " stop it"
            ) from reason
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
        yield


if os.name == "nt":
    import msvcrt

    def lock_file(descriptor: int) -> None:
        """Lock an open file for this process until it closes the file or dies. Raises OSError if
        another one holds it."""
        # a byte far behind the text, which others can then still read
        os.lseek(descriptor, 2**30, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]

else:
    import fcntl

    def lock_file(descriptor: int) -> None:
        """Lock an open file for this process until it closes the file or dies. Raises OSError if
        another one holds it."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _umask() -> int:
    """The process's umask, read without setting it, which other threads would see."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    return 0o022
