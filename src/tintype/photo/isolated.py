"""A picture file of a stranger, decoded in a child process: one whose decoder crashes, hangs or
eats memory costs a sentence."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from tintype.errors import DecoderError
from tintype.isolation import Allowance, Child, Children
from tintype.photo.file import File, explained
from tintype.photo.label import Label, read_label
from tintype.photo.pdf_copy import PdfCopy
from tintype.photo.peek import FileHeader, header_of
from tintype.photo.photo import Photo
from tintype.photo.read import Damaged, read_page

HEADER_ALLOWANCE = Allowance(seconds=20, bytes=2**30)
"""Of what reads no pixels."""
SECONDS_PER_MEGAPIXEL = 0.5
"""Of a page, in addition."""
BYTES_PER_PIXEL = 40
"""Of a page, in addition: 16-bit RGB converted as float32, and copies of it."""
CHILDREN = Children(__name__)
"""Those of this process."""


@contextmanager
def isolated(data: bytes, name: str = "the file") -> Iterator["IsolatedFile"]:
    """A picture file, open in a child process while the block runs.

    Raises PhotoError as `peek` does, and DecoderError where the child had to be ended.
    """
    with CHILDREN.lease() as child:
        yield IsolatedFile(child, data, name)


class IsolatedFile:
    """header: see `peek`. Its methods raise DecoderError where the child had to be ended."""

    def __init__(self, child: Child, data: bytes, name: str) -> None:
        self._child, self._name = child, name
        make = partial(_File, data, name)
        self.header = child.hold(name, HEADER_ALLOWANCE, make, _File.header)

    def read(self, page: int = 0, damaged: Damaged = "refuse") -> Photo:
        """See `read_photo`."""
        return self._child.call(self._name, self._allowance(), _File.read, page, damaged)

    def replace(self, number: int, photo: Photo, quality: int | None = None) -> None:
        """See `PdfCopy`."""
        self._child.call(self._name, self._allowance(), _File.replace, number, photo, quality)

    def finish(self, label: Label | None) -> bytes:
        """See `PdfCopy`."""
        return self._child.call(self._name, self._allowance(), _File.finish, label)

    def pages(self, damaged: Damaged = "refuse") -> Iterator[Photo]:
        """See `read_pages`."""
        return (self.read(page, damaged) for page in range(self.header.pages))

    def _allowance(self) -> Allowance:
        """Of a page."""
        pixels = self.header.largest
        return Allowance(
            HEADER_ALLOWANCE.seconds + SECONDS_PER_MEGAPIXEL * pixels / 1e6,
            HEADER_ALLOWANCE.bytes + BYTES_PER_PIXEL * pixels,
        )


def isolated_label(data: bytes) -> Label | None:
    """See `read_label`; None also where the child had to be ended."""
    try:
        with CHILDREN.lease() as child:
            make = partial(_File, data, "the file")
            return child.hold("the file", HEADER_ALLOWANCE, make, _File.label)
    except DecoderError:
        return None


class _File:
    """In the child."""

    def __init__(self, data: bytes, name: str) -> None:
        named = io.BytesIO(data)
        named.name = name  # type: ignore[attr-defined]
        self._file = File(named)

    def header(self) -> FileHeader:
        with self._file, explained(self._file.name):
            return header_of(self._file)

    def label(self) -> Label | None:
        return read_label(self._file.data)

    def read(self, page: int, damaged: Damaged) -> Photo:
        with self._file, explained(self._file.name):
            return read_page(self._file, page, damaged == "keep")

    def replace(self, number: int, photo: Photo, quality: int | None) -> None:
        self._copy().replace(number, photo, quality)

    def finish(self, label: Label | None) -> bytes:
        return self._copy().finish(label)

    def _copy(self) -> PdfCopy:
        return self._file.kept("copy", lambda: PdfCopy(self._file))
