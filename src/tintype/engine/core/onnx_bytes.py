"""The bytes of an ONNX file, without the package onnx: the fields of its messages, and the file
without some of its outputs, in two parts, or without values of its inputs."""

import io
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import IO, NamedTuple

# Numbers of the fields in onnx.proto: of a model, of its graph, of the name of an input or output,
# and of the key and value of a property.
GRAPH, PROPERTIES = 7, 14
NODE, INITIALIZER, INPUT, OUTPUT = 1, 5, 11, 12
NAME = 1
PROPERTY = 1, 2
# Of parts of a graph: the fields that name what it makes, and what it uses.
NAMES = {NODE: (2, 1), INITIALIZER: (8, 0), INPUT: (NAME, 0), OUTPUT: (NAME, 0)}
# Kinds of fields in the wire format of protocol buffers.
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def without_outputs(model: bytes, unwanted: Collection[str]) -> bytes:
    """An ONNX file without some outputs of its graph, and without the nodes and weights that only
    these need.

    ONNX Runtime computes all nodes of a file, whichever outputs are fetched. Raises ValueError if
    the bytes are no ONNX file. The bodies of loops and branches must not use values from outside.
    """
    return _with_graph(model, partial(_pruned, unwanted=unwanted))


def only_for_outputs(model: bytes, outputs: Collection[str]) -> bytes:
    """What `without_outputs` leaves out: its result and these bytes, one after the other, are the
    whole file, because messages that follow each other merge. Raises ValueError if the bytes are no
    ONNX file."""
    fields = _fields_of(model)[2]
    kept = {id(field) for field in _pruned(fields, outputs)}
    graph = b"".join(field.content for field in fields if id(field) not in kept)
    return bytes([GRAPH << 3 | BYTES]) + _varint_bytes(len(graph)) + graph


def without_defaults(model: bytes) -> bytes:
    """An ONNX file without the values that its inputs have where they are not fed: JavaScript's
    ONNX Runtime feeds no input that has one. Raises ValueError if the bytes are no ONNX file."""
    return _with_graph(model, _all_fed)


class _Field(NamedTuple):
    """Of a graph. makes, uses: names."""

    number: int
    content: bytes
    makes: list[str]
    uses: list[str]


def _with_graph(model: bytes, change: Callable[[list[_Field]], list[_Field]]) -> bytes:
    start, end, fields = _fields_of(model)
    graph = b"".join(field.content for field in change(fields))
    length_at = start - len(_varint_bytes(end - start))
    return model[:length_at] + _varint_bytes(len(graph)) + graph + model[end:]


def _fields_of(model: bytes) -> tuple[int, int, list[_Field]]:
    """Start and end of the graph, and its fields."""
    file = io.BytesIO(model)
    for number, end in message_fields(file, len(model)):
        if number == GRAPH:
            start = file.tell()
            return start, end, _graph_fields(model, file, end)
    raise ValueError("there is no graph")


def _graph_fields(model: bytes, file: IO[bytes], end: int) -> list[_Field]:
    """The fields of the graph, which extends from the file's position to `end`."""
    fields, start = [], file.tell()
    for number, field_end in message_fields(file, end):
        names = NAMES.get(number)
        makes, uses = message_texts(file, field_end, *names) if names else ([], [])
        fields.append(_Field(number, model[start:field_end], makes, uses))
        start = field_end
    return fields


def _pruned(fields: list[_Field], unwanted: Collection[str]) -> list[_Field]:
    needed = {name for f in fields if f.number == OUTPUT for name in f.makes} - set(unwanted)
    kept = []
    nodes, others = (
        [f for f in fields if (f.number == NODE) == is_node] for is_node in (True, False)
    )
    for field in [*reversed(nodes), *reversed(others)]:
        always = field.number == INPUT or field.number not in NAMES
        if always or needed.intersection(filter(None, field.makes)):
            needed |= set(field.uses)
            kept.append(field)
    return kept[::-1]


def _all_fed(fields: list[_Field]) -> list[_Field]:
    fed = {name for field in fields if field.number == INPUT for name in field.makes}
    return [field for field in fields if field.number != INITIALIZER or not fed & set(field.makes)]


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
