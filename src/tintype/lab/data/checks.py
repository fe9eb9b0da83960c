"""Photographs in; which of them a network should not learn colors from, and why, out."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.color import srgb_to_lab
from tintype.errors import DataError
from tintype.lab.data.samples import Bytes, Encoded, decode, find_sources, read_samples
from tintype.threads import in_threads

JUDGED_SIDE = 128
"""Short side in pixels at which colors are judged."""
MAX_GRAY_CHROMA = 2.0
"""Mean chroma in CIELAB units below which a picture holds no color."""
MAX_TINT_SPREAD = 3.0
"""A toned print's ab lie on one curve over L*; so near to it, in CIELAB units, are 90 % of its
pixels at least."""
MAX_HASH_BITS = 3
"""Bits of 64 in which the hashes of near-duplicates differ at most."""
MIN_LIKENESS = 0.97
"""Correlation of the thumbnails of near-duplicates at least."""
THUMBNAIL_SIDE = 16
# the stubs of OpenCV's contributed modules do not name it
PERCEPTUAL_HASH: Any = cv2.img_hash.pHash  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Drop:
    """One photograph that is unsuitable for training. kind: unreadable, small, gray, tinted or
    near-duplicate."""

    source: Path
    key: str
    kind: str
    reason: str


@dataclass(frozen=True)
class _Inspected:
    """What was seen of one photograph. drop: kind and reason, or None. hash: 64 bits. thumbnail:
    256 values, mean 0, length 1."""

    source: Path
    key: str
    pixels: int
    drop: tuple[str, str] | None
    hash: int = 0
    thumbnail: NDArray[np.float32] | None = None


def check(paths: Iterable[Path], smallest: int = 96) -> Iterator[tuple[str, Drop | None]]:
    """Look at every photograph of folders and shards. Yields each key, at once, with what is wrong
    with it alone, or None; and at the end the near-duplicates, of each family all but the largest.

    smallest: short side in pixels. Raises DataError for what is neither a folder nor a shard, or
    where there is no photograph.
    """
    named = list(paths)
    samples = (
        (source, encoded) for source in find_sources(named) for encoded in read_samples(source)
    )
    kept, any_at_all = [], False
    for view in in_threads(lambda given: _inspect(*given, smallest), samples):
        any_at_all = True
        if view.drop is not None:
            yield view.key, Drop(view.source, view.key, *view.drop)
        else:
            kept.append(view)
            yield view.key, None
    if not any_at_all:
        raise DataError(f"there are no photographs in {', '.join(map(str, named))}")
    for drop in near_duplicates(kept):
        yield drop.key, drop


def _inspect(source: Path, encoded: Encoded, smallest: int) -> _Inspected:
    try:
        picture = decode(encoded).pixels
    except ValueError as error:
        return _Inspected(source, encoded.key, 0, ("unreadable", str(error)))
    height, width = picture.shape[:2]
    fault = (
        ("small", f"{width}×{height} pixels, and {smallest} on the short side are asked for")
        if min(height, width) < smallest
        else judge_colors(picture)
    )
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    code = int.from_bytes(PERCEPTUAL_HASH(gray).tobytes(), "big")
    return _Inspected(source, encoded.key, height * width, fault, code, thumbnail(gray))


def thumbnail(gray: NDArray[Any]) -> NDArray[np.float32]:
    """H×W uint8 to 256 values of mean 0 and length 1: the product of two is the correlation of
    their pictures."""
    small = (
        cv2.resize(gray, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), interpolation=cv2.INTER_AREA)
        .astype(np.float32)
        .ravel()
    )
    small -= small.mean()
    return np.asarray(small / max(float(np.linalg.norm(small)), 1e-6), np.float32)


def judge_colors(picture: Bytes) -> tuple[str, str] | None:
    """Whether a picture, H×W×3 uint8 sRGB, is gray or a toned print: kind and reason, or None for a
    color photograph."""
    side = JUDGED_SIDE / min(picture.shape[:2])
    size = tuple(max(1, round(length * min(side, 1))) for length in picture.shape[1::-1])
    lab = srgb_to_lab(
        cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    ).reshape(-1, 3)
    chroma = float(np.hypot(lab[:, 1], lab[:, 2]).mean())
    if chroma < MAX_GRAY_CHROMA:
        return "gray", f"its mean chroma is {chroma:.1f}"
    light = lab[:, 0] / 50 - 1
    powers = np.stack([light**n for n in range(4)], 1)
    curve = powers @ np.linalg.lstsq(powers, lab[:, 1:], rcond=None)[0]
    spread = float(np.percentile(np.hypot(*(lab[:, 1:] - curve).T), 90))
    if spread < MAX_TINT_SPREAD:
        return (
            "tinted",
            f"its colors follow its lightness: 90 % of them lie within {spread:.1f} of one curve",
        )
    return None


def near_duplicates(views: list[_Inspected]) -> Iterator[Drop]:
    """All but the largest of each family of photographs that show the same."""
    bands: dict[tuple[int, int], list[int]] = {}
    # hashes that differ in three bits at most agree in one of four bands of sixteen at least
    keepers: list[_Inspected] = []
    for view in sorted(views, key=lambda one: -one.pixels):
        mine = [(band, view.hash >> 16 * band & 0xFFFF) for band in range(MAX_HASH_BITS + 1)]
        near = {index for band in mine for index in bands.get(band, [])}
        twin = next(
            (keepers[index] for index in sorted(near) if _alike(keepers[index], view)), None
        )
        if twin is not None:
            yield Drop(view.source, view.key, "near-duplicate", f"shows what {twin.key} shows")
            continue
        for band in mine:
            bands.setdefault(band, []).append(len(keepers))
        keepers.append(view)


def _alike(one: _Inspected, other: _Inspected) -> bool:
    if (
        (one.hash ^ other.hash).bit_count() > MAX_HASH_BITS
        or one.thumbnail is None
        or other.thumbnail is None
    ):
        return False
    return float(one.thumbnail @ other.thumbnail) >= MIN_LIKENESS


def move(drop: Drop, target: Path) -> None:
    """Move a photograph of a folder, and what lies beside it, to the same place below TARGET/KIND.

    Raises DataError for a photograph in a shard, or where something else lies there already.
    """
    if not drop.source.is_dir():
        raise DataError(
            f"{drop.key} is in the shard {drop.source}; only files of folders can be moved"
        )
    photograph = drop.source / drop.key
    beside = (
        photograph.with_name(f"{photograph.stem}.{kind}")
        for kind in ("saliency.webp", "mask.png", "cls")
    )
    moves = {
        path: target / drop.kind / path.relative_to(drop.source)
        for path in (photograph, *beside)
        if path.exists()
    }
    for path, there in moves.items():
        if there.exists():
            raise DataError(f"{there} exists already, so {path} stays where it is")
    for path, there in moves.items():
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, there)
