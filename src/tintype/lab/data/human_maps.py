"""Segmentations drawn by people in; label maps of things, of kinds and of the parts of people
out.

A source is a folder: shards or pictures `KEY.parts.png` (8-bit, a value for each segment, 255
unknown) and `labels-SOURCE.txt` for the keys `SOURCE-…`, or `labels.txt` for all: lines of a value
and its name, or a first line that begins with `instances`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.errors import DataError
from tintype.lab.data.label_maps import (
    CLOTHES,
    EYES,
    HAIR,
    LIPS,
    MOUTH,
    NOBODY,
    PERSON,
    SKIN,
    UNKNOWN,
    png_of,
    read_maps,
)
from tintype.lab.data.samples import find_sources

Map = NDArray[np.uint8]
MIN_COMPONENT_PIXELS = 30
"""Smaller connected parts of a kind are unknown."""
PART_WORDS = {
    SKIN: "skin nose neck ear face arm leg hand foot",
    LIPS: "lip lips",
    EYES: "eye eyes",
    MOUTH: "mouth",
    HAIR: "hair brow brows",
    PERSON: "person",
    UNKNOWN: "eyeglasses glasses sunglasses accessories bracelet earring earrings necklace ring"
    " watch bag purse wallet",
}
PART_OF_WORD = {word: part for part, words in PART_WORDS.items() for word in words.split()}
MERGED_PARTS = (SKIN, LIPS, EYES)
"""Parts of which all pieces are one thing."""


@dataclass(frozen=True)
class Naming:
    """The names of a source's values; none for instances."""

    names: dict[int, str]

    @classmethod
    def read(cls, path: Path) -> "Naming":
        """Raises DataError if the file cannot be read."""
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}") from error
        pairs = re.findall(r"^(\d+)\s+(.+)$", text, re.MULTILINE)
        names = {int(value): name.lower() for value, name in pairs}
        return cls({value: name for value, name in names.items() if 0 < value < UNKNOWN})

    def part(self, value: int) -> int | None:
        """The part of people that the first known word of a name means; None: another thing."""
        words = re.findall(r"[a-z]+", self.names[value])
        return next((PART_OF_WORD[word] for word in words if word in PART_OF_WORD), None)

    @property
    def has_parts(self) -> bool:
        """Whether the parts of people are separated, as hair from the rest."""
        return any(self.part(value) == HAIR for value in self.names)


def label_maps(segments: Map, naming: Naming) -> dict[str, Map]:
    """The label maps that a segmentation gives, by kind. segments: H×W, 0 nothing, 255
    unknown."""
    if len(naming.names) < 2:
        maps = {"things": segments}
    elif naming.has_parts:
        pieces = merged(segments, naming)
        maps = {"things": pieces, "kinds": pieces}
    else:
        maps = {"things": components(segments), "kinds": segments}
    people = people_of(segments, naming)
    return maps if people is None else {**maps, "people": people}


def merged(segments: Map, naming: Naming) -> Map:
    """All skin, both lips, both eyes and pieces of one name (left and right shoe) as one thing."""
    table, first = np.arange(256, dtype=np.uint8), dict[object, int]()
    for value, name in naming.names.items():
        part = naming.part(value)
        table[value] = first.setdefault(
            part if part in MERGED_PARTS else re.findall(r"\w+", name)[-1], value
        )
    return table[segments]


def components(segments: Map) -> Map:
    """Each connected part of a value as a thing of its own; small ones are unknown."""
    result = np.where(segments == UNKNOWN, UNKNOWN, 0).astype(np.uint8)
    count = 0
    for value in np.unique(segments[(segments > 0) & (segments < UNKNOWN)]):
        labels_count, labels, stats, _ = cv2.connectedComponentsWithStats(
            (segments == value).astype(np.uint8)
        )
        for label in range(1, labels_count):
            fits = stats[label, cv2.CC_STAT_AREA] >= MIN_COMPONENT_PIXELS and count < UNKNOWN - 1
            count += fits
            result[labels == label] = count if fits else UNKNOWN
    return result


def people_of(segments: Map, naming: Naming) -> Map | None:
    """The map of people; None where a source has none. Clothes are all that has
    another name than a part, where parts are separated; where no clothes are, 0 may be some."""
    parts = {value: naming.part(value) for value in naming.names}
    if not {HAIR, PERSON} & set(parts.values()):
        return None
    other = CLOTHES if naming.has_parts else NOBODY
    table = np.full(256, UNKNOWN, np.uint8)
    for value, part in parts.items():
        table[value] = other if part is None else part
    table[0] = UNKNOWN if naming.has_parts and CLOTHES not in table else NOBODY
    return table[segments]


def convert(folders: Iterable[Path]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Key and encoded label maps of each segmentation in some folders. Raises DataError for a
    folder without segmentations, a source without names, or a file that cannot be read."""
    for folder in folders:
        namings: dict[str, Naming] = {}
        for path in find_sources([folder]):
            for key, kinds in read_maps(path, ("parts",)).items():
                source = re.split(r"-\d", key)[0]
                if source not in namings:
                    own = folder / f"labels-{source}.txt"
                    namings[source] = Naming.read(own if own.exists() else folder / "labels.txt")
                segments = cv2.imdecode(
                    np.frombuffer(kinds["parts"], np.uint8), cv2.IMREAD_UNCHANGED
                )
                if segments is None or segments.ndim != 2:
                    raise DataError(f"the segmentation {key!r} is not a readable gray PNG")
                maps = label_maps(np.asarray(segments, np.uint8), namings[source])
                yield key, {kind: png_of(values) for kind, values in maps.items()}
