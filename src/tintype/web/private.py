"""The service's private folder, for the files of jobs and films: emptied at the end, or by the next
start where a process died."""

import os
import shutil
import tempfile
from pathlib import Path

from tintype.files import lock_file

PREFIX, MARKER = "tintype-", "tintype-serve.lock"
"""The marker is locked while its process lives, and holds the folder's name and the process."""


class PrivateFolder:
    """A folder that only this user may look into. path: where it is."""

    def __init__(self) -> None:
        _remove_left()
        self._folder = tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
        self.path = Path(self._folder.name)
        self._lock = (self.path / MARKER).open("wb")
        lock_file(self._lock.fileno())
        # what is not locked yet has no name, so that another start leaves it alone
        self._lock.write(f"{self.path.name} {os.getpid()}\n".encode())
        self._lock.flush()

    def remove(self) -> None:
        """Delete it with all that is in it."""
        self._lock.close()
        self._folder.cleanup()


def _remove_left() -> None:
    """Delete the folders of killed processes, whose locks the operating system has released. Others
    that are called alike stay: their marker is missing or bears another name."""
    for marker in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{MARKER}"):
        try:
            with marker.open("r+b") as file:
                lock_file(file.fileno())
                is_left = file.read(256).startswith(f"{marker.parent.name} ".encode())
        except OSError:  # another user's, or at work
            continue
        if is_left:
            shutil.rmtree(marker.parent, ignore_errors=True)
