"""Label maps that lie beside photographs, or in folders and shards of their own: read, and cut with
the crops.

Three maps, 8-bit PNG, of the size of the photograph or smaller. NAME.things.png: a value for each
thing, 0 for what belongs to none. NAME.kinds.png: a value for each kind of thing, so that things of
one value look alike. NAME.people.png: the index in PARTS, `PERSON` for people without parts, or
`NOBODY` for what may be background or sky. 255 is unknown in all of them.
"""

import io
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.contract import PARTS
from tintype.errors import DataError
from tintype.files import whole_path

LABEL_KINDS = ("things", "kinds", "people")
THINGS, KINDS, PEOPLE = range(3)
BACKGROUND, SKIN, LIPS, EYES, MOUTH, HAIR, CLOTHES, SKY = range(len(PARTS))
PERSON, NOBODY, UNKNOWN = len(PARTS), len(PARTS) + 1, 255
LABEL_STRIDE = 4
"""Pixels of a crop for each value of its label maps: that of the outputs they teach."""
Labels = Mapping[str, Mapping[str, bytes]]
"""Encoded maps by the key of the photograph and by kind."""


def label_key(name: str) -> str:
    """The key under which a photograph's maps are found: its name without its ending."""
    return str(PurePath(name).with_suffix(""))


def read_labels(paths: Iterable[Path]) -> Labels:
    """All label maps in folders and tar shards. Raises DataError if a path holds none, or is
    damaged."""
    labels: dict[str, dict[str, bytes]] = {}
    for path in paths:
        for key, maps in read_maps(path, LABEL_KINDS).items():
            labels.setdefault(key, {}).update(maps)
    return labels


def read_maps(path: Path, kinds: Sequence[str]) -> Labels:
    """The files KEY.KIND.png of a folder or tar shard, encoded, by key and kind. Raises DataError
    if there are none, or it is damaged."""
    maps: dict[str, dict[str, bytes]] = {}
    for name, content in _files(path):
        key, _, kind = name.removesuffix(".png").rpartition(".")
        if kind in kinds and name.endswith(".png"):
            maps.setdefault(key, {})[kind] = content
    if not maps:
        raise DataError(f"{path} holds no {' or '.join(f'NAME.{kind}.png' for kind in kinds)}")
    return maps


def png_of(values: NDArray[np.uint8]) -> bytes:
    """A map, H×W, as a PNG file."""
    return bytes(cv2.imencode(".png", values)[1])


def write_labels(maps: Iterable[tuple[str, Mapping[str, bytes]]], path: Path) -> Iterator[str]:
    """Write a shard of encoded maps by key and kind, whole or not at all. Yields each key once it
    is written. Raises DataError if it cannot be written."""
    with whole_path(path, DataError) as beside, tarfile.open(beside, "w") as tar:
        for key, kinds in maps:
            for kind, content in kinds.items():
                member = tarfile.TarInfo(f"{key}.{kind}.png")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            yield key


def _files(path: Path) -> Iterable[tuple[str, bytes]]:
    if path.is_dir():
        for file in sorted(path.rglob("*.png")):
            yield file.relative_to(path).as_posix(), file.read_bytes()
        return
    try:
        with tarfile.open(path, "r|*") as tar:
            for member in tar:
                if (content := tar.extractfile(member)) is not None:
                    yield member.name, content.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DataError(f"{path} cannot be read as a folder or shard: {error}") from error


def cut_labels(
    labels: Mapping[str, bytes],
    shape: tuple[int, ...],
    box: NDArray[np.float64],
    mirrored: bool,
    size: int,
) -> NDArray[np.uint8]:
    """One crop of a photograph's label maps: 3×s×s uint8, s = size / 4; `UNKNOWN` where there is
    none. shape: (H, W) of the photograph. box: top, left, height and width of the crop in its
    pixels. Raises DataError for a map that cannot be read."""
    side = size // LABEL_STRIDE
    result = np.full((len(LABEL_KINDS), side, side), UNKNOWN, np.uint8)
    steps = (np.arange(side) + 0.5) / side
    for plane, kind in enumerate(LABEL_KINDS):
        if kind in labels:
            values = cv2.imdecode(np.frombuffer(labels[kind], np.uint8), cv2.IMREAD_UNCHANGED)
            if values is None or values.ndim != 2 or values.dtype != np.uint8:
                raise DataError(f"a map of {kind} is not a readable 8-bit gray PNG")
            rows, columns = (
                ((box[axis] + box[axis + 2] * steps) * values.shape[axis] / shape[axis]).astype(int)
                for axis in (0, 1)
            )
            result[plane] = values[
                np.minimum(rows, values.shape[0] - 1)[:, None],
                np.minimum(columns, values.shape[1] - 1),
            ]
    return result[:, :, ::-1].copy() if mirrored else result
