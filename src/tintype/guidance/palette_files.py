"""Palette files of other programs in, sRGB codes out: GIMP, Adobe swatches and exchange, JASC."""

import re
import struct
from collections.abc import Iterator
from colorsys import hsv_to_rgb
from pathlib import Path

import numpy as np

from tintype.color.lab import lab_to_srgb
from tintype.errors import UsageError

PALETTE_SUFFIXES = (".gpl", ".ase", ".aco", ".pal")
MAX_FILE_BYTES = 2**20
ASE_COLOR = 1
"""The type of an entry that is a color."""


def read_palette_file(path: Path) -> tuple[str, ...]:
    """The colors of a palette file, in its order. Raises UsageError for one that is missing,
    broken or empty."""
    try:
        data = path.read_bytes()[:MAX_FILE_BYTES]
    except OSError as error:
        raise UsageError(f"the palette {path} cannot be read: {error.strerror or error}") from error
    try:
        colors = tuple(_code(color) for color in _colors(data))
    except (struct.error, IndexError, ValueError) as error:
        raise UsageError(f"the palette {path} is damaged or cut off") from error
    if not colors:
        raise UsageError(f"the palette {path} holds no color that is read")
    return colors


def _colors(data: bytes) -> Iterator[tuple[float, float, float]]:
    """sRGB, 0..1."""
    if data.startswith(b"ASEF"):
        yield from _exchange(data)
    elif data.startswith(b"RIFF"):
        count = struct.unpack_from("<H", data, 22)[0]
        for at in range(24, 24 + 4 * count, 4):
            red, green, blue = struct.unpack_from("BBB", data, at)
            yield red / 255, green / 255, blue / 255
    elif data[:2] in (b"\0\1", b"\0\2"):
        yield from _swatches(data)
    else:
        for line in data.decode("utf-8", "replace").splitlines():
            if match := re.match(r"\s*(\d{1,3})\s+(\d{1,3})\s+(\d{1,3})(\s|$)", line):
                red, green, blue = (int(match[n]) for n in (1, 2, 3))
                yield red / 255, green / 255, blue / 255


def _exchange(data: bytes) -> Iterator[tuple[float, float, float]]:
    """Adobe Swatch Exchange: blocks of type, length, name, model and float values."""
    (count,) = struct.unpack_from(">I", data, 8)
    at = 12
    for _ in range(count):
        kind, length = struct.unpack_from(">HI", data, at)
        if kind == ASE_COLOR:
            (letters,) = struct.unpack_from(">H", data, at + 6)
            place = at + 8 + 2 * letters
            yield _converted(data[place : place + 4], data, place + 4)
        at += 6 + length


def _converted(model: bytes, data: bytes, at: int) -> tuple[float, float, float]:
    if model == b"CMYK":
        return _from_cmyk(*struct.unpack_from(">4f", data, at))
    if model == b"Gray":
        (gray,) = struct.unpack_from(">f", data, at)
        return gray, gray, gray
    first, second, third = struct.unpack_from(">3f", data, at)
    return (first, second, third) if model == b"RGB " else _from_lab(100 * first, second, third)


def _swatches(data: bytes) -> Iterator[tuple[float, float, float]]:
    """Adobe color swatches. Those of version 2 have names; files begin with version 1, but for
    those of some programs."""
    version, count = struct.unpack_from(">2H", data)
    at = 4
    for _ in range(count):
        space, *values = struct.unpack_from(">5H", data, at)
        letters = struct.unpack_from(">I", data, at + 10)[0] if version == 2 else 0
        at += 10 + (version == 2) * (4 + 2 * letters)
        shares = [value / 65535 for value in values]
        if space == 0:
            yield shares[0], shares[1], shares[2]
        elif space == 1:
            yield hsv_to_rgb(*shares[:3])
        elif space == 2:
            yield _from_cmyk(*(1 - share for share in shares))
        elif space == 7:
            a, b = (np.array(values[1:3], np.uint16).view(np.int16) / 100).tolist()
            yield _from_lab(values[0] / 100, a, b)
        elif space == 8:
            gray = 1 - values[0] / 10000
            yield gray, gray, gray


def _from_cmyk(
    cyan: float, magenta: float, yellow: float, black: float
) -> tuple[float, float, float]:
    light = 1 - black
    return (1 - cyan) * light, (1 - magenta) * light, (1 - yellow) * light


def _from_lab(lightness: float, a: float, b: float) -> tuple[float, float, float]:
    red, green, blue = lab_to_srgb(np.array([[[lightness, a, b]]], np.float32))[0, 0].tolist()
    return red, green, blue


def _code(color: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, value))):02x}" for value in color)
