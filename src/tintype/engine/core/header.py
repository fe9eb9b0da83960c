"""The header of an ONNX file: its metadata and the names of its inputs and outputs, in
milliseconds: the weights are skipped, not read."""

import os
from dataclasses import dataclass
from pathlib import Path

from tintype.contract import INPUTS, OUTPUTS, NetworkMetadata
from tintype.engine.core.onnx_bytes import (
    GRAPH,
    INPUT,
    NAME,
    OUTPUT,
    PROPERTIES,
    PROPERTY,
    message_fields,
    message_texts,
)
from tintype.errors import ModelError


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
                for number, end in message_fields(file, os.fstat(file.fileno()).st_size):
                    if number == GRAPH:
                        for part, part_end in message_fields(file, end):
                            if part in names:
                                names[part] += message_texts(file, part_end, NAME)[0]
                    elif number == PROPERTIES:
                        keys, values = message_texts(file, end, *PROPERTY)
                        properties |= dict(zip(keys, values or [""], strict=True))
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
                f"{path} asks for a second pass over foreground objects, but predicts no saliency"
                " to find them by"
            )
        own = [metadata.size, *filter(None, [metadata.detail_size])]
        return cls(metadata, inputs, outputs, [size] if size else own)
