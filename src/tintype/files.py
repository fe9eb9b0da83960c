"""Writing files whole or not at all: beside the target first, then renamed over it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tintype.errors import TintypeError


@contextmanager
def whole_file(path: str | Path, error: type[TintypeError] = TintypeError) -> Iterator[IO[bytes]]:
    """A binary file that appears under `path` when the block ends without an exception; else what was there stays.

    error: the class to raise, with one sentence, where the file cannot be written (no space, no permission, no folder).
    """
    with whole_path(path, error) as beside, beside.open("w+b") as file:
        yield file


@contextmanager
def whole_path(path: str | Path, error: type[TintypeError] = TintypeError) -> Iterator[Path]:
    """As `whole_file`, for libraries that want a path: an empty file beside, with the same suffix, renamed when the block ends."""
    target = Path(path)
    beside = None
    try:
        # a name of its own length: a target of 249 letters leaves no room for more
        with tempfile.NamedTemporaryFile(
            dir=target.parent, prefix=".tintype-", suffix=f".part{target.suffix}"[:40], delete=False
        ) as made:
            beside = Path(made.name)
        yield beside
        beside.chmod(0o666 & ~_umask())
        beside.replace(target)
        beside = None
    except OSError as reason:
        raise error(f"{target} cannot be written: {reason.strerror or reason}") from reason
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)


def write_text(path: str | Path, text: str, error: type[TintypeError] = TintypeError) -> None:
    """Write UTF-8 text whole or not at all."""
    with whole_file(path, error) as file:
        file.write(text.encode("utf-8"))


def _umask() -> int:
    """The process's umask, read without setting it, which other threads would see."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    return 0o022
