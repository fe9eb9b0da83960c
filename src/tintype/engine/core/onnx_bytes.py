"""The bytes of an ONNX file, without the package onnx: the fields of its messages, and the file
without some of its outputs."""

import io
from collections.abc import Collection, Iterator
from typing import IO

# Numbers of the fields in onnx.proto: of a model, of its graph, of the name of an input or output,
# and of the key and value of a property.
GRAPH, PROPERTIES = 7, 14
NODE, INITIALIZER, INPUT, OUTPUT = 1, 5, 11, 12
NAME = 1
PROPERTY = 1, 2
# Of what can be left out of a graph: the fields that name what it makes, and what it uses.
NAMES = {NODE: (2, 1), INITIALIZER: (8, 0), OUTPUT: (NAME, 0)}
# Kinds of fields in the wire format of protocol buffers.
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def without_outputs(model: bytes, unwanted: Collection[str]) -> bytes:
    """An ONNX file without some outputs of its graph, and without the nodes and weights that only
    these need.

    ONNX Runtime computes all nodes of a file, whichever outputs are fetched. Raises ValueError if
    the bytes are no ONNX file. The bodies of loops and branches must not use values from outside.
    """
    file = io.BytesIO(model)
    for number, end in message_fields(file, len(model)):
        if number == GRAPH:
            start = file.tell()
            graph = _pruned(model, file, end, unwanted)
            length_at = start - len(_varint_bytes(end - start))
            return model[:length_at] + _varint_bytes(len(graph)) + graph + model[end:]
    raise ValueError("there is no graph")


def _pruned(model: bytes, file: IO[bytes], end: int, unwanted: Collection[str]) -> bytes:
    """The message of the graph, which extends from the file's position to `end`."""
    fields: list[tuple[int, bytes, list[str], list[str]]] = []
    start, needed = file.tell(), set[str]()
    for number, field_end in message_fields(file, end):
        names = NAMES.get(number)
        makes, uses = message_texts(file, field_end, *names) if names else ([], [])
        fields.append((number, model[start:field_end], makes, uses))
        start = field_end
        if number == OUTPUT:
            needed |= set(makes) - set(unwanted)
    kept = []
    nodes, others = ([f for f in fields if (f[0] == NODE) == is_node] for is_node in (True, False))
    for number, field, makes, uses in [*reversed(nodes), *reversed(others)]:
        if number not in NAMES or needed.intersection(filter(None, makes)):
            needed |= set(uses)
            kept.append(field)
    return b"".join(reversed(kept))


def message_fields(file: IO[bytes], end: int) -> Iterator[tuple[int, int]]:
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


def message_texts(file: IO[bytes], end: int, *numbers: int) -> list[list[str]]:
    """The texts that a message holds, up to `end`: for each number of a field all that it holds."""
    texts: dict[int, list[str]] = {number: [] for number in numbers}
    for number, field_end in message_fields(file, end):
        if number in texts:
            text = file.read(field_end - file.tell()).decode("utf-8", "replace")
            texts[number].append(text)
    return [texts[number] for number in numbers]


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


def _varint_bytes(number: int) -> bytes:
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])
