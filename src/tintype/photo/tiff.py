"""One page of a TIFF that Pillow would not read at its full depth or in its colors; gray or sRGB
pixels and alpha."""

import logging
import struct
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tifffile
from PIL import ImageFile, TiffImagePlugin

from tintype.arrays import Pixels
from tintype.color.lab import lab_to_srgb
from tintype.photo.file import File
from tintype.photo.ifd import SUB_IFDS, Directory, TiffLayout, Value
from tintype.photo.image import upright
from tintype.photo.jpeg import check_scans
from tintype.photo.photo import WHITE_BY_DTYPE, Pyramid
from tintype.photo.profile import convert, to_srgb
from tintype.photo.ranges import to_pixels

# it would report unusual tags on the terminal
logging.getLogger("tifffile").addHandler(logging.NullHandler())

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, SEPARATED, YCBCR, CIELAB, ICCLAB = (
    0,
    1,
    2,
    3,
    5,
    6,
    8,
    9,
)
SAMPLES = {
    WHITE_IS_ZERO: 1,
    BLACK_IS_ZERO: 1,
    RGB: 3,
    PALETTE: 1,
    SEPARATED: 4,
    YCBCR: 3,
    CIELAB: 3,
    ICCLAB: 3,
}
ASSOCIATED, UNASSOCIATED = 1, 2
WIDTH, LENGTH, ORIENTATION, NEW_SUBFILE_TYPE, SUBFILE_TYPE = 256, 257, 274, 254, 255
SIDES = (WIDTH, LENGTH)
REDUCED, MASK = 1, 4
"""Bits of NewSubfileType."""
TILE_WIDTH, TILE_LENGTH = 322, 323
JPEG = 7
"""A compression, whose strips and tiles are JPEGs."""
MAX_DIRECTORIES, MAX_CHILDREN, MAX_LEVELS = 10_000, 64, 16
MIN_VALUE_ROOM = 2**24
"""Bytes that the values of all directories may have beyond twice the file's size."""


def needs_tifffile(image: ImageFile.ImageFile) -> bool:
    """Whether Pillow would lose depth or misread the colors of the page at which it stands."""
    tags = image.tag_v2  # type: ignore[attr-defined]
    deep = max(tags.get(TiffImagePlugin.BITSPERSAMPLE, (1,))) > 8
    return deep or tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) in (CIELAB, ICCLAB)


@dataclass(frozen=True)
class Page:
    """One photograph of a TIFF. index: of its directory in the file's chain, None where it lies in
    another directory's SubIFDs. offset: of its directory. size: width and height as stored, pixels.
    reduced: widths of its smaller copies. nested: whether these lie in its SubIFDs."""

    index: int | None
    offset: int
    layout: TiffLayout
    directory: Directory
    reduced: tuple[int, ...] = ()
    nested: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Raises ValueError where a side is given by several numbers."""
        if any(code in self.directory and self.directory[code].length > 1 for code in SIDES):
            raise ValueError("a side has several lengths")
        return self.directory.number(WIDTH), self.directory.number(LENGTH)

    @property
    def pyramid(self) -> Pyramid:
        """Its tiles and smaller copies; tiles of odd sizes and scales of 1 and more are dropped."""
        tile = self.directory.number(TILE_WIDTH), self.directory.number(TILE_LENGTH)
        scales = (width / max(1, self.size[0]) for width in self.reduced)
        return Pyramid(
            tile if min(tile) > 0 and tile[0] % 16 == tile[1] % 16 == 0 else None,
            tuple(scale for scale in scales if 0 < scale < 1)[:MAX_LEVELS],
            self.nested,
        )

    @property
    def orientation(self) -> int:
        value = self.directory.number(ORIENTATION, 1)
        return value if value in range(1, 9) else 1


def directories(file: File) -> list[tuple[Page, list[Page]]]:
    """The directories of a file's chain, each with those of its SubIFDs (TIFF Technical Note 1).
    Raises ValueError and struct.error for a damaged chain."""
    opened = file.open()
    layout = TiffLayout.of(file.head[:16])
    chain: list[tuple[Page, list[Page]]] = []
    room = 2 * file.size + MIN_VALUE_ROOM

    def read(place: int) -> tuple[Directory, int]:
        nonlocal room
        directory, following = layout.read(opened, place)
        room -= sum(len(value.data) for value in directory.values())
        if room < 0:
            raise ValueError("its directories share their values")
        return directory, following

    offset, seen = layout.first, set[int]()
    while offset and offset not in seen and len(chain) < MAX_DIRECTORIES:
        seen.add(offset)
        try:
            directory, following = read(offset)
        except struct.error:
            if not chain:
                raise
            break
        children = []
        places = directory[SUB_IFDS].numbers if SUB_IFDS in directory else ()
        for place in places[:MAX_CHILDREN]:
            with suppress(struct.error):
                children.append(Page(None, place, layout, read(place)[0]))
        chain.append((Page(len(chain), offset, layout, directory), children))
        offset = following
    return chain


def pages_of(file: File) -> list[Page]:
    """The photographs of a TIFF, without thumbnails, the smaller copies of a pyramid and masks.

    A directory of these (NewSubfileType) stands for the larger picture in its SubIFDs, if any.
    """
    pages: list[Page] = []
    chain = directories(file)
    for page, children in chain:
        whole = [child for child in children if not _role(child) and _area(child)]
        if not _role(page) and _area(page) and all(_area(page) >= _area(each) for each in whole):
            widths = tuple(child.size[0] for child in children if _role(child) == REDUCED)
            pages.append(replace(page, reduced=widths, nested=bool(widths)))
        elif whole:
            pages.append(max(whole, key=_area))
        elif _role(page) == REDUCED and pages and 0 < _area(page) < _area(pages[-1]):
            above = pages[-1]
            if not above.nested:
                pages[-1] = replace(above, reduced=(*above.reduced, page.size[0]))
    return pages or [page for page, _ in chain if _area(page)]


def _role(page: Page) -> int:
    """REDUCED, MASK or 0 for a photograph."""
    flags = page.directory.number(NEW_SUBFILE_TYPE)
    old = page.directory.number(SUBFILE_TYPE) == 2
    return MASK if flags & MASK else REDUCED if flags & REDUCED or old else 0


def _area(page: Page) -> int:
    return page.size[0] * page.size[1]


def alone(file: File, page: Page) -> tuple[File, int]:
    """A file and the index in its chain of directories under which decoders find a page."""
    if page.index is not None:
        return file, page.index
    order, big = page.layout.order, page.layout.big
    head = file.head[: 8 if big else 4] + struct.pack(order + ("Q" if big else "I"), page.offset)
    return file.starting(head), 0


def decode(file: File, index: int) -> tuple[Pixels, Pixels | None]:
    """Gray or sRGB pixels and alpha of one page, upright. Raises whatever tifffile and imagecodecs
    raise, and ValueError."""
    with tifffile.TiffFile(file.open()) as tiff:
        page: Any = tiff.pages[index]
        if page.imagedepth > 1:
            raise ValueError("its pages have a depth, as volumes have")
        if page.compression == JPEG:
            opened = file.open()
            for at, length in zip(page.dataoffsets, page.databytecounts, strict=True):
                opened.seek(at)
                check_scans(file.name, opened.read(length), page.size)
        array = page.asarray()
        profile = page.tags.valueof(34675)
        bits = page.bitspersample
        meaning = int(page.photometric)
        extra = [int(kind) for kind in page.extrasamples]
        palette = page.colormap
        orientation = page.tags.valueof(274)
    if page.planarconfig == 2 and array.ndim == 3:
        array = np.moveaxis(array, 0, -1)
    if array.ndim == 2:
        array = array[..., None]
    base = SAMPLES.get(meaning)
    if base is None or array.ndim != 3:
        raise ValueError(
            f"its kind of pixels ({page.photometric!r}, shape {array.shape}) is not supported"
        )
    if meaning in (CIELAB, YCBCR) and array.shape[2] < 3:
        base, meaning = 1, BLACK_IS_ZERO
    if array.shape[2] < base:
        raise ValueError(f"it has {array.shape[2]} samples a pixel instead of {base}")
    color, alpha = array[..., :base], None
    # samples of no declared meaning are an infrared channel or the like
    if extra and extra[0] in (ASSOCIATED, UNASSOCIATED) and array.shape[2] > base:
        alpha = to_pixels(np.ascontiguousarray(array[..., base]), bits)
    profile = profile if isinstance(profile, bytes) else None
    pixels = _in_srgb(color, meaning, bits, palette, profile)
    if alpha is not None:
        alpha = alpha if alpha.dtype == pixels.dtype else None
    if alpha is not None and extra[0] == ASSOCIATED:
        pixels = _divided(pixels, alpha)
    return upright(pixels, alpha, orientation)


def _in_srgb(color: Pixels, meaning: int, bits: int, palette: Any, profile: bytes | None) -> Pixels:
    if meaning in (CIELAB, ICCLAB):
        return _from_lab(color, meaning)
    if meaning == PALETTE:
        table = np.asarray(palette).T
        return to_srgb(
            (table >> 8 if table.max() > 255 else table).astype(np.uint8)[color[..., 0]], profile
        )
    pixels = to_pixels(np.ascontiguousarray(color[..., 0] if color.shape[2] == 1 else color), bits)
    white = pixels.dtype.type(WHITE_BY_DTYPE[str(pixels.dtype)])
    if meaning == SEPARATED:
        return _from_cmyk(pixels, profile)
    return to_srgb(white - pixels if meaning == WHITE_IS_ZERO else pixels, profile)


def _from_cmyk(ink: Pixels, profile: bytes | None) -> Pixels:
    """H×W×4, 0 is no ink. Without a usable profile the plain formula that Pillow uses, too."""
    if profile is not None:
        try:
            return convert(ink, profile, "CMYK")
        except ValueError:
            pass
    white = WHITE_BY_DTYPE[str(ink.dtype)]
    paper = 1 - ink.astype(np.float32) / np.float32(white)
    return (
        paper[..., :3] * paper[..., 3:] * np.float32(white) + np.float32(0.5 if white > 1 else 0)
    ).astype(ink.dtype)


def _from_lab(color: Pixels, meaning: int) -> Pixels:
    """CIELAB of 8 or 16 bits (TIFF 6.0, section 23; ICC's own coding, Adobe TechNote 3) or float;
    the same number of bits."""
    if color.dtype.kind == "f":
        lab = color.astype(np.float32)
    else:
        wide = color.dtype.itemsize == 2
        scale = 256.0 if wide else 1.0
        top = 65535.0 if wide and meaning == CIELAB else 65280.0 if wide else 255.0
        lightness = color[..., 0].view(f"u{color.dtype.itemsize}").astype(np.float32) * (100 / top)
        if meaning == CIELAB:
            ab = (
                color[..., 1:]
                .astype(color.dtype.newbyteorder("="))
                .view(f"i{color.dtype.itemsize}")
                .astype(np.float32)
                / scale
            )
        else:
            ab = color[..., 1:].astype(np.float32) / scale - 128
        lab = np.dstack([np.minimum(lightness, 100), ab])
    out = np.empty(
        lab.shape,
        (
            np.uint8
            if color.dtype.itemsize == 1
            else np.uint16
            if color.dtype.kind != "f"
            else np.float32
        ),
    )
    white = WHITE_BY_DTYPE[str(out.dtype)]
    for row in range(len(lab)):
        out[row] = np.clip(lab_to_srgb(lab[row]), 0, 1) * white + (0.5 if white > 1 else 0)
    return out


def _divided(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Colors that were multiplied by alpha, as they were before."""
    white = WHITE_BY_DTYPE[str(pixels.dtype)]
    cover = np.maximum(alpha.astype(np.float32), 1e-6 if white == 1 else 1) / np.float32(white)
    whole = pixels / (cover if pixels.ndim == 2 else cover[..., None])
    return np.asarray(np.clip(whole + (0.5 if white > 1 else 0), 0, white), pixels.dtype)


DESCRIPTIVE = (
    *(269, 270, 271, 272, 285, 297, 305, 306, 315, 316),
    *(18246, 18249, 33432, 40091, 40092, 40093, 40094, 40095),
    *(33550, 33922, 34264, 34735, 34736, 34737, 42112, 42113),
)
"""Tags about the photograph: document, description, maker, model, page name and number, software,
time, artist, host; rating, copyright, those of Windows; the place on a map (GeoTIFF, GDAL). The
others lay out the pixels."""


def is_descriptive(code: int, value: Value) -> bool:
    """Whether a tag says something of the photograph. A program's note on the shape of its arrays
    does not."""
    note = code == 270 and value.data.startswith(
        (b'{"shape"', b"ImageJ=", b'<?xml version="1.0" encoding="UTF-8"?><OME')
    )
    return code in DESCRIPTIVE and not note
