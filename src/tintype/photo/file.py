"""A source of bytes: a path, the bytes themselves or a binary file object, opened once and closed
at the end."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedReader, BytesIO, RawIOBase
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, TypeVar

from tintype.cache import Cache
from tintype.errors import DamagedError, PhotoError, TintypeError, UsageError

Source = str | Path | bytes | BinaryIO
T = TypeVar("T")

PLAIN_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp")
"""Those that OpenCV reads by itself: photographs to learn from and to measure on."""
SUFFIXES = (
    *PLAIN_SUFFIXES,
    ".jpe",
    ".jfif",
    ".mpo",
    ".apng",
    ".dib",
    ".gif",
    ".heic",
    ".heif",
    ".hif",
    ".avif",
    ".jp2",
    ".j2k",
    ".jpf",
    ".jpx",
    ".jxl",
    ".pgm",
    ".ppm",
    ".pbm",
    ".pnm",
    ".tga",
    ".psd",
    ".dng",
    ".nef",
    ".cr2",
)
"""What a walk through a folder takes for a photograph."""


STREAM_NAME = re.compile(r"stream <[^>]*>: |<[^>]* object at 0x[0-9a-f]+>")
"""How libraries name bytes in memory in their messages."""
HOW_TO_KEEP = '--damaged keep (in Python: damaged="keep")'


class DamageError(ValueError):
    """What is wrong with a file, as the rest of a sentence that begins with its name: "is cut off:
    …"."""


@contextmanager
def explained(name: str, writing: bool = False) -> Iterator[None]:
    """Turn whatever a decoder or an encoder raises into a PhotoError of one sentence: on damaged
    bytes they raise exceptions of every class."""
    try:
        yield
    except TintypeError:
        raise
    except MemoryError as error:
        raise PhotoError(f"{name} is too large for this machine's memory") from error
    except DamageError as error:
        raise DamagedError(f"{name} {error}; {HOW_TO_KEEP} reads what is there") from error
    except Exception as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        reason = STREAM_NAME.sub("", reason)
        raise PhotoError(
            f"{name} cannot be written: {reason}"
            if writing
            else f"{name} is damaged or cut off and cannot be read ({reason})"
        ) from error


class File:
    """To be used with `with`. name: for messages. Raises PhotoError for what is missing, a folder,
    empty or unreadable."""

    def __init__(self, source: Source, head: bytes = b"") -> None:
        """head: replaces the first bytes."""
        self._stack, self._head, self._cache = ExitStack(), head, Cache()
        self.path: Path | None = None
        self.name = "the file"
        self._given: bytes | None = None
        if isinstance(source, bytes):
            self._given = source
        elif isinstance(source, str | Path):
            if str(source).startswith(("http://", "https://", "ftp://")):
                raise UsageError(f"{source} is an address; download the file first")
            self.path, self.name = Path(source), str(source)
        elif hasattr(source, "read"):
            self.name = str(getattr(source, "name", "the file"))
            try:
                self._given = source.read()
            except (OSError, ValueError) as error:
                raise PhotoError(f"{self.name} cannot be read: {error}") from error
            if not isinstance(self._given, bytes):
                raise UsageError(f"{self.name} must be opened in binary mode")
        else:
            raise UsageError(
                f"a photograph is a path, bytes or a binary file, not {type(source).__name__}"
            )

    def __enter__(self) -> "File":
        if not self.head:
            raise PhotoError(f"{self.name} is empty (0 bytes)")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def head(self) -> bytes:
        """The first 64 bytes, by which most formats are recognized."""
        return self._cache.get("head", lambda: self.open().read(64))

    @property
    def data(self) -> bytes:
        """All bytes, read once. Formats of many pages are read through `open` instead."""
        if self._given is not None and not self._head:
            return self._given
        return self._cache.get("data", lambda: self.open().read())

    @property
    def size(self) -> int:
        """Bytes."""
        return self._cache.get("size", lambda: self.open().seek(0, 2))

    def kept(self, key: str, compute: Callable[[], T]) -> T:
        """What was computed of the file under this key, once."""
        return self._cache.get(key, compute)

    def starting(self, head: bytes) -> "File":
        """The same file with other first bytes, closed together with this one."""
        given = self._given if self.path is None else self.path
        other = File(given, head)  # type: ignore[arg-type]
        other.name = self.name
        return self._stack.enter_context(other)

    def open(self) -> BinaryIO:
        """A binary file at its start, closed at the end of the `with` block."""
        whole = self._open()
        if not self._head:
            return whole
        return BufferedReader(_Overlaid(whole, self._head))  # type: ignore[return-value]

    def _open(self) -> BinaryIO:
        if self._given is not None:
            return BytesIO(self._given)
        assert self.path is not None
        try:
            return self._stack.enter_context(self.path.open("rb"))
        except IsADirectoryError as error:
            raise PhotoError(f"{self.name} is a folder, not a picture") from error
        except (OSError, ValueError) as error:
            raise PhotoError(
                f"{self.name} cannot be read: {getattr(error, 'strerror', None) or error}"
            ) from error


class _Overlaid(RawIOBase):
    def __init__(self, file: BinaryIO, head: bytes) -> None:
        self._file, self._head = file, head

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        at = self._file.tell()
        data = self._file.read(len(buffer))
        data = self._head[at : at + len(data)] + data[max(0, len(self._head) - at) :]
        buffer[: len(data)] = data
        return len(data)
