"""The photographs that pages have open: each file's bytes and a small copy to try colors on, as many as a bounded memory holds."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

import cv2

from tintype.errors import TintypeError
from tintype.photo import Photo, count_pages, read_photo

PREVIEW_SIDE = 1600
"""The longer side of the copy that colors are tried on, pixels."""
MOST_BYTES = 2**30
"""Of files and copies together; the photograph that was longest out of use goes first."""


class NotOpenError(TintypeError):
    """The photograph that is asked for was never opened, or others have taken its place since."""


@dataclass(frozen=True)
class Opened:
    """data: the file. size: (H, W) of the upright photograph. preview: its first page, no side longer than `PREVIEW_SIDE`."""

    id: str
    name: str
    data: bytes
    size: tuple[int, int]
    pages: int
    preview: Photo

    @property
    def weight(self) -> int:
        """Bytes that it takes."""
        alpha = self.preview.alpha
        return len(self.data) + self.preview.pixels.nbytes + (0 if alpha is None else alpha.nbytes)


class Shelf:
    """Holds what is open; threads may share it."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._opened: OrderedDict[str, Opened] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, data: bytes, name: str) -> Opened:
        """Read a file and keep it. Raises PhotoError, in one sentence, if it is no picture that can be read."""
        photo = read_photo(data)
        found = Opened(
            hashlib.sha256(name.encode() + b"\0" + data).hexdigest()[:24],
            name,
            data,
            (photo.pixels.shape[0], photo.pixels.shape[1]),
            count_pages(data),
            shrink_photo(photo, PREVIEW_SIDE),
        )
        with self._lock:
            self._opened[found.id] = found
            self._opened.move_to_end(found.id)
            while sum(each.weight for each in self._opened.values()) > self.most_bytes and len(self._opened) > 1:
                self._opened.popitem(last=False)
        return found

    def __getitem__(self, id: str) -> Opened:
        """Raises NotOpenError."""
        with self._lock:
            if id not in self._opened:
                raise NotOpenError("this photograph is no longer open here; open it again")
            self._opened.move_to_end(id)
            return self._opened[id]


def shrink_photo(photo: Photo, side: int) -> Photo:
    """The same photograph, its longer side at most `side` pixels."""
    height, width = photo.pixels.shape[:2]
    if max(height, width) <= side:
        return photo
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    pixels = cv2.resize(photo.pixels, size, interpolation=cv2.INTER_AREA)
    alpha = None if photo.alpha is None else cv2.resize(photo.alpha, size, interpolation=cv2.INTER_AREA)
    return replace(photo, pixels=pixels, alpha=alpha)
