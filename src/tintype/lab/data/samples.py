"""Folders, paired folders and WebDataset shards to decoded samples, one photograph at a time."""

import io
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray

from tintype.errors import DataError
from tintype.lab.data.label_maps import LABEL_KINDS
from tintype.lab.data.settings import Pairs
from tintype.photo import PLAIN_SUFFIXES

SALIENCY_SIDE, MASK_SIDE = 48, 128
"""Sides in pixels of the squares to which all saliency maps and masks are brought."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Encoded:
    """A photograph as it lies on disk, with what lies beside it: a saliency map, a mask, a label,
    pictures to be seen instead, label maps by kind (`label_maps.py`)."""

    key: str
    photo: bytes
    saliency: bytes | None = None
    mask: bytes | None = None
    seen: tuple[bytes, ...] = ()
    label: int = -1
    maps: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """pixels: H×W×3 uint8 sRGB; of pairs H×W×(3+C), the channels that the network sees last.
    saliency, mask: squares uint8, or None.

    label: -1 where unknown. maps: label maps as they lie on disk, by kind.
    """

    key: str
    pixels: Bytes
    saliency: Bytes | None
    mask: Bytes | None
    label: int
    maps: Mapping[str, bytes]


def find_sources(paths: Iterable[str | Path]) -> list[Path]:
    """The tar shards and folders to read. Raises DataError for a path that is neither or does not
    exist."""
    result = []
    for path in map(Path, paths):
        if path.is_dir():
            shards = sorted(
                p for p in path.iterdir() if p.name.endswith((".tar", ".tar.gz", ".tgz"))
            )
            result += shards or [path]
        elif path.name.endswith((".tar", ".tar.gz", ".tgz")) and path.is_file():
            result.append(path)
        else:
            raise DataError(f"{path} is neither a folder of photographs nor a tar shard")
    return result


def read_samples(source: Path, pairs: Pairs | None = None) -> Iterator[Encoded]:
    """Every sample of a shard or folder, in the order of the names.

    In a folder, NAME.saliency.webp, NAME.mask.png, NAME.cls and the label maps lie beside NAME.jpg;
    in a shard, they share its key.
    Raises DataError for a shard that is damaged, or pairs that do not match.
    """
    if pairs is not None:
        yield from _read_pairs(source, pairs)
    elif source.is_dir():
        yield from _read_folder(source)
    else:
        try:
            yield from _read_shard(source)
        except (tarfile.TarError, EOFError, OSError) as error:
            raise DataError(f"the shard {source} is damaged: {error}") from error


def _read_folder(folder: Path) -> Iterator[Encoded]:
    for path in filter(is_photograph, sorted(folder.rglob("*"))):
        saliency, mask, label = (
            _beside(path, kind) for kind in ("saliency.webp", "mask.png", "cls")
        )
        maps = {kind: _beside(path, f"{kind}.png") for kind in LABEL_KINDS}
        key = str(path.relative_to(folder))
        yield Encoded(
            key,
            path.read_bytes(),
            saliency,
            mask,
            label=_label(label, key),
            maps={kind: content for kind, content in maps.items() if content is not None},
        )


def is_photograph(path: Path) -> bool:
    """Whether a file's name is that of a photograph, and not of a map that lies beside one."""
    maps = tuple(f".{kind}" for kind in ("saliency", "mask", *LABEL_KINDS))
    return path.suffix.lower() in PLAIN_SUFFIXES and not path.stem.endswith(maps)


def _label(text: bytes | None, key: str) -> int:
    """The number in NAME.cls, or -1 where there is none. Raises DataError if it is no class."""
    if text is None:
        return -1
    try:
        label = int(text)
    except ValueError:
        label = -1
    if label < 0:
        raise DataError(
            f"the label of {key!r} must be the number of a class, 0 or more, not {text[:20]!r}"
        )
    return label


def _beside(path: Path, kind: str) -> bytes | None:
    other = path.with_name(f"{path.stem}.{kind}")
    return other.read_bytes() if other.exists() else None


def _read_shard(path: Path) -> Iterator[Encoded]:
    waiting: dict[str, bytes] = {}
    last = None
    with tarfile.open(path, "r|*") as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is None:
                continue
            key, _, kind = member.name.partition(".")
            if key != last and last is not None:
                yield from _complete(last, waiting)
                waiting = {}
            waiting[kind.lower()] = file.read()
            last = key
    if last is not None:
        yield from _complete(last, waiting)


def _complete(key: str, parts: dict[str, bytes]) -> Iterator[Encoded]:
    def starting(word: str) -> bytes | None:
        return next((data for kind, data in parts.items() if kind.startswith(word)), None)

    photo = next((data for kind, data in parts.items() if f".{kind}" in PLAIN_SUFFIXES), None)
    label = parts.get("cls")
    if photo is not None:
        maps = {kind: parts[f"{kind}.png"] for kind in LABEL_KINDS if f"{kind}.png" in parts}
        yield Encoded(
            key,
            photo,
            starting("saliency"),
            starting("mask"),
            label=_label(label, key),
            maps=maps,
        )


def _read_pairs(folder: Path, pairs: Pairs) -> Iterator[Encoded]:
    if not folder.is_dir():
        raise DataError(f"pairs are read from folders, and {folder} is not a folder")
    target, *sides = (_named(folder, pattern) for pattern in (pairs.target, *pairs.seen_patterns))
    for side, pattern in zip(sides, pairs.seen_patterns, strict=True):
        if alone := sorted(set(side) ^ set(target)):
            raise DataError(
                f"{len(alone)} pictures in {folder} have no partner, the first is {alone[0]!r}: "
                f"{pattern} and {pairs.target} must name the same pictures"
            )
    for name, path in target.items():
        seen = tuple(side[name].read_bytes() for side in sides)
        yield Encoded(name, path.read_bytes(), _beside(path, "saliency.webp"), seen=seen)


def _named(folder: Path, pattern: str) -> dict[str, Path]:
    """The files that a pattern finds, by what its `*` stands for, folders included (`country/0000`
    for `*_nir.tiff`), in order."""
    before, after = pattern.split("*")
    paths = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob(f"*{Path(after).name}"))
        if path.is_file() and not path.stem.endswith(".saliency")
    }
    return {
        name[len(before) : len(name) - len(after)]: path
        for name, path in paths.items()
        if name.startswith(before) and name.endswith(after) and len(name) > len(before) + len(after)
    }


def decode(encoded: Encoded, short_side: int | None = None, pairs: Pairs | None = None) -> Sample:
    """Raises ValueError with the reason if the photograph cannot be read, DataError if what lies
    beside it does not fit it."""
    if pairs is None:
        decoded = cv2.imdecode(np.frombuffer(encoded.photo, np.uint8), cv2.IMREAD_COLOR_RGB)
        if decoded is None:
            raise ValueError("not a readable picture")
        picture = np.asarray(decoded, np.uint8)
    else:
        picture = _channels(encoded.photo, pairs.target_channels)
        for file in encoded.seen:
            shown = _channels(file, pairs.seen_channels)
            if shown.shape[:2] != picture.shape[:2]:
                wrong = f"{_size(shown)} pixels are seen, and {_size(picture)} are the target"
                raise DataError(f"the pair {encoded.key!r} does not match: {wrong}")
            picture = np.dstack([picture, shown])
    mask = None
    if encoded.mask is not None:
        mask = cv2.imdecode(np.frombuffer(encoded.mask, np.uint8), cv2.IMREAD_GRAYSCALE)
        if mask is None or mask.shape != picture.shape[:2]:
            fault = "not readable" if mask is None else f"of {_size(mask)} pixels"
            raise DataError(
                f"the mask of {encoded.key!r} is {fault}, and its photograph of {_size(picture)}"
            )
    h, w = picture.shape[:2]
    if short_side is not None and min(h, w) > short_side:
        ratio = short_side / min(h, w)
        picture = resize_channels(picture, (round(h * ratio), round(w * ratio)), cv2.INTER_AREA)
    saliency = None
    if encoded.saliency is not None:
        saliency = cv2.imdecode(np.frombuffer(encoded.saliency, np.uint8), cv2.IMREAD_GRAYSCALE)
    return Sample(
        encoded.key,
        picture,
        _square(saliency, SALIENCY_SIDE),
        _square(mask, MASK_SIDE),
        encoded.label,
        encoded.maps,
    )


def resize_channels(picture: Bytes, size: tuple[int, int], how: int) -> Bytes:
    """H×W×C to another (H, W), as OpenCV does it, which takes at most 4 channels at once."""
    parts = [picture[:, :, at : at + 4] for at in range(0, picture.shape[2], 4)]
    return np.asarray(
        np.dstack([cv2.resize(part, size[::-1], interpolation=how) for part in parts]), np.uint8
    )


def middle_square(picture: Bytes, side: int | None = None) -> Bytes:
    """The middle square of a picture, brought to a side in pixels, or as it is."""
    length = min(picture.shape[:2])
    top, left = ((whole - length) // 2 for whole in picture.shape[:2])
    square = picture[top : top + length, left : left + length]
    if side is None:
        return square
    how = cv2.INTER_AREA if length > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(square, (side, side), interpolation=how), np.uint8)


def _channels(data: bytes, wanted: list[int] | None) -> Bytes:
    """H×W×C uint8 of a picture of any number of channels and 8 or 16 bits."""
    if data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        try:
            picture = np.asarray(tifffile.imread(io.BytesIO(data)))
        except Exception as error:  # tifffile's errors share no base
            raise ValueError("not a readable TIFF") from error
    else:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if decoded is None:
            raise ValueError("not a readable picture")
        picture = np.asarray(decoded)
        if picture.ndim == 3:
            picture = picture[:, :, [2, 1, 0, *range(3, picture.shape[2])]]
    picture = picture[:, :, None] if picture.ndim == 2 else picture
    if picture.dtype == np.uint16:
        picture = np.rint(picture / 257).astype(np.uint8)
    if picture.dtype != np.uint8:
        raise ValueError(f"of {picture.dtype} values; 8 and 16 bits are read")
    wanted = list(range(picture.shape[2])) if wanted is None else wanted
    if picture.shape[2] == 1 and len(wanted) == 3:
        wanted = [0, 0, 0]
    if max(wanted) >= picture.shape[2]:
        raise DataError(
            f"there is no channel {max(wanted)} in a picture of {picture.shape[2]} (the first is 0)"
        )
    return np.ascontiguousarray(picture[:, :, wanted])


def _size(picture: NDArray[np.generic]) -> str:
    return f"{picture.shape[1]}×{picture.shape[0]}"


def _square(picture: NDArray[np.generic] | None, side: int) -> Bytes | None:
    if picture is None:
        return None
    return np.asarray(
        cv2.resize(np.asarray(picture, np.uint8), (side, side), interpolation=cv2.INTER_AREA),
        np.uint8,
    )
