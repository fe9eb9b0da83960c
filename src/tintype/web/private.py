"""The service's private folder, for the files of jobs and films: emptied at the end, or by the next
start where a process died."""

import shutil
import tempfile
from pathlib import Path

from tintype.files import lock_file

PREFIX, LOCK = "tintype-", "lock"


class PrivateFolder:
    """A folder that only this user may look into. path: where it is."""

    def __init__(self) -> None:
        _remove_left()
        self._folder = tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
        self.path = Path(self._folder.name)
        self._lock = (self.path / LOCK).open("wb")
        lock_file(self._lock.fileno())

    def remove(self) -> None:
        """Delete it with all that is in it."""
        self._lock.close()
        self._folder.cleanup()


def _remove_left() -> None:
    """Delete the folders whose processes were killed: the operating system has released their
    locks."""
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{LOCK}"):
        try:
            with lock.open("r+b") as file:
                lock_file(file.fileno())
        except OSError:  # another user's, or at work
            continue
        shutil.rmtree(lock.parent, ignore_errors=True)
