"""Raw photographs of cameras (DNG, NEF, CR2, CR3, ARW, RAF, RW2, ORF …): the largest picture that
the camera has embedded in them."""

import re
from dataclasses import dataclass
from itertools import islice

from tintype.photo import jpeg, tiff
from tintype.photo.file import File

MAGIC = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"\0MRM", b"FOVb")
CANON = b"ftypcrx "
CFA, LINEAR_RAW = 32803, 34892
PHOTOMETRIC = 262
MAX_PLACES, MAX_SEGMENTS = 10_000, 64
"""At so many places a JPEG is looked for, whose frame is among so many segments."""
PLAIN = (tiff.WHITE_IS_ZERO, tiff.BLACK_IS_ZERO, tiff.RGB, tiff.YCBCR)


@dataclass(frozen=True)
class Preview:
    """An embedded picture: either the bytes of a JPEG or a page of the TIFF. size: width, height as
    stored. orientation: 1..8. first: the first directory of a TIFF, which describes it."""

    jpeg: bytes | None
    page: tiff.Page | None
    size: tuple[int, int]
    orientation: int = 1
    first: tiff.Page | None = None


def is_raw(file: File) -> bool:
    """Whether a file is a raw photograph; of a TIFF, whether it holds a sensor's samples."""
    if not file.head.startswith(tiff.MAGIC):
        return file.head.startswith(MAGIC) or file.head[4:12] == CANON
    return file.head[8:10] == b"CR" or any(map(_is_sensor, _directories(file)))


def preview_of(file: File) -> Preview | None:
    """The largest embedded picture, or None."""
    pages = _directories(file) if file.head.startswith(tiff.MAGIC) else []
    first = pages[0] if pages else None
    orientation = 1 if first is None else first.orientation
    previews = [
        Preview(None, page, page.size, orientation, first)
        for page in pages
        if page.directory.number(PHOTOMETRIC, -1) in PLAIN and min(page.size) > 0
    ]
    places = (match.start() for match in re.finditer(b"\xff\xd8\xff", file.data))
    frames = ((at, jpeg.frame_of(file.data, at, MAX_SEGMENTS)) for at in islice(places, MAX_PLACES))
    usual = [
        (at, frame.size)
        for at, frame in frames
        if frame is not None and frame.is_usual and frame.components in (1, 3)
    ]
    if usual:
        at, size = max(usual, key=lambda each: each[1][0] * each[1][1])
        previews.append(Preview(file.data[at:], None, size, orientation, first))
    return max(previews, key=lambda each: each.size[0] * each.size[1], default=None)


def _directories(file: File) -> list[tiff.Page]:
    return [page for parent, children in tiff.directories(file) for page in (parent, *children)]


def _is_sensor(page: tiff.Page) -> bool:
    return page.directory.number(PHOTOMETRIC, -1) in (CFA, LINEAR_RAW)
