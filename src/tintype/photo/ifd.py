"""Directories of TIFF files and EXIF blocks (TIFF 6.0, section 2; BigTIFF), parsed and serialized;
text and other bytes stay as they are."""

import io
import struct
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

import numpy as np

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, LONG8 = 1, 2, 3, 4, 5, 7, 16
TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
TYPE_BYTES |= {13: 4, 16: 8, 17: 8, 18: 8}
WORD_BYTES = TYPE_BYTES | {5: 4, 10: 4}
"""A rational consists of two words."""
FORMATS = {1: "B", 3: "H", 4: "I", 5: "I", 6: "b", 7: "B", 8: "h", 9: "i", 10: "i", 11: "f"}
FORMATS |= {12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q"}
BLOCKS = (700, 33723, 34377, 34675)
"""XMP, IPTC, Photoshop, ICC: bytes, even where a writer calls them numbers."""
LAYOUT = (273, 279, 324, 325)
"""Offsets and sizes of strips and tiles, which are not read: they can be long."""
MAX_VALUE_BYTES = 2**26
"""Of all values of a directory."""
EXIF_POINTER, GPS_POINTER, INTEROP_POINTER, SUB_IFDS = 34665, 34853, 40965, 330


class Value(NamedTuple):
    """kind: a TIFF type. data: its bytes, little-endian."""

    kind: int
    data: bytes

    @property
    def numbers(self) -> tuple[int, ...]:
        """All numbers; of rationals numerators and denominators in turn."""
        form = FORMATS.get(self.kind, "B")
        return struct.unpack(f"<{len(self.data) // struct.calcsize(form)}{form}", self.data)

    @property
    def length(self) -> int:
        """Number of values, as a directory gives it."""
        return len(self.data) // TYPE_BYTES[self.kind]


def number(value: int) -> Value:
    """A LONG."""
    return Value(LONG, struct.pack("<I", value))


def text(data: bytes) -> Value:
    """Bytes of text."""
    return Value(ASCII, data.rstrip(b"\0") + b"\0")


class Directory(dict[int, Value]):
    """Values by their tags."""

    def number(self, code: int, default: int = 0) -> int:
        """The first number of a tag."""
        numbers = self[code].numbers if code in self else ()
        return int(numbers[0]) if numbers else default

    def ratio(self, code: int) -> float | None:
        """A rational, or None where it is missing or has no value."""
        numbers = self[code].numbers if code in self else ()
        return numbers[0] / numbers[1] if len(numbers) > 1 and numbers[1] else None

    def block(self, code: int) -> bytes | None:
        """The bytes of a tag, or None."""
        return self[code].data.rstrip(b"\0") or None if code in self else None


def swapped(data: bytes, kind: int) -> bytes:
    """Bytes of the other byte order."""
    size = WORD_BYTES[kind]
    return data if size == 1 else np.frombuffer(data, f">u{size}").astype(f"<u{size}").tobytes()


@dataclass(frozen=True)
class TiffLayout:
    """order: "<" or ">" as in `struct`. big: offsets have 64 bits. first: where the first directory
    lies."""

    order: str
    big: bool
    first: int

    @classmethod
    def of(cls, head: bytes) -> "TiffLayout":
        """head: the first 16 bytes of a TIFF. Raises ValueError for others."""
        order = {b"II": "<", b"MM": ">"}.get(head[:2])
        if order is None or len(head) < 8:
            raise ValueError("it has no TIFF header")
        big = struct.unpack(f"{order}H", head[2:4])[0] == 43
        return cls(
            order,
            big,
            struct.unpack(f"{order}{'8xQ' if big else '4xI'}", head[: 16 if big else 8])[0],
        )

    def read(self, file: BinaryIO, at: int) -> tuple[Directory, int]:
        """The directory at an offset, and the offset of the next one or 0. What the file lacks is
        left out. Raises struct.error where there is no directory."""
        count_form, entry_form, offset_form = (
            ("Q", "HHQ8s", "Q") if self.big else ("H", "HHI4s", "I")
        )
        file.seek(at)
        (count,) = struct.unpack(self.order + count_form, file.read(struct.calcsize(count_form)))
        size = struct.calcsize("<" + entry_form)
        table = file.read(min(count, 4096) * size + struct.calcsize(offset_form))
        directory, room = Directory(), MAX_VALUE_BYTES
        for start in range(0, len(table) - size + 1, size)[:count]:
            code, kind, number, inline = struct.unpack_from(self.order + entry_form, table, start)
            length = number * TYPE_BYTES.get(kind, 2**62)
            if code in LAYOUT or code in directory or length > room:
                continue
            room -= length
            if length > len(inline):
                file.seek(struct.unpack(self.order + offset_form, inline)[0])
            data = inline[:length] if length <= len(inline) else file.read(length)
            if len(data) == length:
                whole = self.order == "<" or code in BLOCKS
                directory[code] = Value(kind, data if whole else swapped(data, kind))
        end = table[count * size :][: struct.calcsize(offset_form)]
        complete = count <= 4096 and len(end) == struct.calcsize(offset_form)
        return directory, struct.unpack(self.order + offset_form, end)[0] if complete else 0


def serialized(directory: Directory, at: int, order: str = "<", big: bool = False) -> bytes:
    """A directory that is to lie at an even offset, followed by its values and by no other."""
    count_form, entry_form, offset_form = ("Q", "HHQ8s", "Q") if big else ("H", "HHI4s", "I")
    room = struct.calcsize(offset_form)
    table, values = struct.pack(order + count_form, len(directory)), b""
    start = at + len(table) + len(directory) * struct.calcsize("<" + entry_form) + room
    for code, value in sorted(directory.items()):
        data = value.data
        if order == ">" and code not in BLOCKS:
            data = swapped(data, value.kind)
        if len(data) > room:
            values += bytes(len(values) % 2)
            inline = struct.pack(order + offset_form, start + len(values))
            values += data
        else:
            inline = data.ljust(room, b"\0")
        table += struct.pack(order + entry_form, code, value.kind, value.length, inline)
    return table + bytes(room) + values + bytes(len(values) % 2)


@dataclass
class Exif:
    """The directories of an EXIF block (CIPA DC-008): of the image, the camera, the place and
    interoperability; without a thumbnail. order: the byte order, in which makers' notes may
    rely."""

    order: str = "<"
    image: Directory = field(default_factory=Directory)
    camera: Directory = field(default_factory=Directory)
    place: Directory = field(default_factory=Directory)
    interop: Directory = field(default_factory=Directory)

    @classmethod
    def parse(cls, block: bytes) -> "Exif":
        """Of a block, with or without "Exif" before it. Raises ValueError and struct.error."""
        data = block.removeprefix(b"Exif\0\0")
        layout = TiffLayout.of(data[:16])
        file = io.BytesIO(data)
        return cls.of(layout.read(file, layout.first)[0], layout, file)

    @classmethod
    def of(cls, image: Directory, layout: TiffLayout, file: BinaryIO) -> "Exif":
        """Of a directory and those that it points to."""

        def follow(parent: Directory, pointer: int) -> Directory:
            try:
                return (
                    layout.read(file, parent.number(pointer))[0]
                    if pointer in parent
                    else Directory()
                )
            except struct.error:
                return Directory()

        camera, place = follow(image, EXIF_POINTER), follow(image, GPS_POINTER)
        return cls(layout.order, image, camera, place, follow(camera, INTEROP_POINTER))

    def serialized(self, at: int, big: bool = False) -> tuple[bytes, dict[int, int]]:
        """The directories besides the image's, to lie at an even offset, and the offsets of the
        camera's and the place's by their tags."""
        out, pointers = b"", {}
        camera = Directory(
            {code: value for code, value in self.camera.items() if code != INTEROP_POINTER}
        )
        if self.interop:
            out = serialized(self.interop, at, self.order, big)
            camera[INTEROP_POINTER] = number(at)
        for pointer, directory in ((EXIF_POINTER, camera), (GPS_POINTER, self.place)):
            if directory:
                pointers[pointer] = at + len(out)
                out += serialized(directory, at + len(out), self.order, big)
        return out, pointers

    def to_bytes(self) -> bytes:
        """A block that begins with "Exif", empty if there is nothing in it."""
        image = Directory(self.image)
        for pointer, directory in ((EXIF_POINTER, self.camera), (GPS_POINTER, self.place)):
            image.pop(pointer, None)
            if directory:
                image[pointer] = number(0)
        if not image:
            return b""
        at = 8 + len(serialized(image, 8, self.order))
        rest, pointers = self.serialized(at)
        image |= {code: number(place) for code, place in pointers.items()}
        head = (b"II" if self.order == "<" else b"MM") + struct.pack(f"{self.order}HI", 42, 8)
        return b"Exif\0\0" + head + serialized(image, 8, self.order) + rest
