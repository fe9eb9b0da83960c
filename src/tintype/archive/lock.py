"""One run at a time on one target: a lock that the operating system releases when its holder dies."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tintype.errors import ArchiveError


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock while the block runs. Raises ArchiveError at once if a living process holds it."""
    with path.open("a+b") as file:
        try:
            _lock(file.fileno())
        except OSError as error:
            holder = path.read_text(errors="replace").strip()
            raise ArchiveError(
                f"another run works on {path.parent.parent} (process {holder or 'unknown'}); wait for it, or stop it"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
        yield


if os.name == "nt":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 2**30, os.SEEK_SET)  # a byte far behind the text, which others may so read
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
