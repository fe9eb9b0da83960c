"""The header of an ONNX file: its metadata and the names of its inputs and outputs, in
milliseconds: the weights are skipped, not read."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tintype.contract import INPUTS, OUTPUTS, NetworkMetadata
from tintype.errors import ModelError

# Numbers of the fields in onnx.proto.
GRAPH, PROPERTIES, INPUT, OUTPUT, NAME = 7, 14, 11, 12, 1
# Kinds of fields in the wire format of protocol buffers.
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True)
class Header:
    """The header of a network file.

    inputs, outputs: names of the contract. sizes: the working sizes at which the network sees a
    photograph, the whole picture first, then foreground objects at a higher resolution.
    """

    metadata: NetworkMetadata
    inputs: frozenset[str]
    outputs: tuple[str, ...]
    sizes: list[int]

    @classmethod
    def read(cls, path: Path, size: int | None = None) -> "Header":
        """size: the only working size, in place of the file's own.

        Raises ModelError if the file cannot be read, is no ONNX file, or is one that does not
        follow the contract.
        """
        properties: dict[str, str] = {}
        names: dict[int, list[str]] = {INPUT: [], OUTPUT: []}
        try:
            with path.open("rb") as file:
                for number, end in _fields(file, os.fstat(file.fileno()).st_size):
                    if number == GRAPH:
                        for part, part_end in _fields(file, end):
                            if part in names:
                                names[part].append(_texts(file, part_end).get(NAME, ""))
                    elif number == PROPERTIES:
                        pair = _texts(file, end)
                        properties[pair.get(1, "")] = pair.get(2, "")
            if not names[OUTPUT]:
                raise ValueError("there is no graph")
        except OSError as error:
            raise ModelError(f"{path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise ModelError(f"{path} is not an ONNX file, or a damaged one") from error
        metadata = NetworkMetadata.read(properties, str(path))
        inputs, outputs = (
            frozenset(names[INPUT]),
            tuple(name for name in names[OUTPUT] if name in OUTPUTS),
        )
        if not inputs <= set(INPUTS) or "lightness" not in inputs or "ab" not in outputs:
            raise ModelError(
                f"{path} has inputs {sorted(inputs)} and outputs {list(outputs)}, which are not the"
                " contract's"
            )
        if metadata.detail_size is not None and "saliency" not in outputs:
            raise ModelError(
                f"{path} asks for a second look at foreground objects, but predicts no saliency to"
                " find them by"
            )
        own = [metadata.size, *filter(None, [metadata.detail_size])]
        return cls(metadata, inputs, outputs, [size] if size else own)


def _fields(file: IO[bytes], end: int) -> Iterator[tuple[int, int]]:
    """The fields of bytes that hold a message up to `end`: number and end of each, the file being
    at its start.

    Raises ValueError if they hold none.
    """
    while file.tell() < end:
        number, kind = divmod(_varint(file), 8)
        if kind == VARINT:
            _varint(file)
            continue
        if kind not in (FIXED64, BYTES, FIXED32):
            raise ValueError(f"unknown wire type {kind}")
        length = {FIXED64: 8, FIXED32: 4}[kind] if kind != BYTES else _varint(file)
        field_end = file.tell() + length
        if field_end > end:
            raise ValueError("a field extends beyond its message")
        if kind == BYTES:
            yield number, field_end
        file.seek(field_end)


def _texts(file: IO[bytes], end: int) -> dict[int, str]:
    """The texts that a message holds, by their field's number; only those of small messages without
    numbers are asked for."""
    return {
        number: file.read(field_end - file.tell()).decode("utf-8", "replace")
        for number, field_end in _fields(file, end)
    }


def _varint(file: IO[bytes]) -> int:
    value = shift = 0
    while True:
        byte = file.read(1)
        if not byte or shift > 63:
            raise ValueError("a number breaks off")
        value |= (byte[0] & 127) << shift
        if byte[0] < 128:
            return value
        shift += 7
