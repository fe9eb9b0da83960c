"""Training photographs, decoded once into one buffer: folders or WebDataset shards in, batches of random crops out."""

import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from tintype.errors import DataError

SUFFIXES = {".webp", ".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"}
SALIENCY_SIDE = 48
"""Side in pixels of the square to which every saliency map is brought."""


@dataclass
class Crops:
    """A batch. rgb: N×3×S×S float32, 0..1 sRGB. saliency: N×1×S×S float32, 0..1. has_saliency: N bool. keys: N names."""

    rgb: Tensor
    saliency: Tensor
    has_saliency: Tensor
    keys: list[str]


@dataclass
class PhotoStore:
    """All photographs as uint8 in one flat buffer (on the CPU, or on the GPU after `to`), cut into crops at random.

    skipped: the keys of what could not be read, with the reason.
    """

    keys: list[str]
    pixels: Tensor
    offsets: Tensor
    shapes: Tensor
    saliency: Tensor
    has_saliency: Tensor
    skipped: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.keys)

    def to(self, device: str | torch.device) -> "PhotoStore":
        names = ("pixels", "offsets", "shapes", "saliency", "has_saliency")
        return replace(self, **{name: getattr(self, name).to(device) for name in names})

    def picture(self, index: int) -> NDArray[np.uint8]:
        """One whole photograph, H×W×3 uint8 sRGB."""
        h, w = (int(v) for v in self.shapes[index])
        start = int(self.offsets[index])
        return self.pixels[start : start + h * w].reshape(h, w, 3).cpu().numpy()

    def crops(
        self, indices: Sequence[int] | NDArray[np.int64], size: int, rng: np.random.Generator, scale: tuple[float, float]
    ) -> Crops:
        """Square crops of a random share of the short side, mirrored half of the time, brought to size×size."""
        h, w = self.shapes[indices].cpu().numpy().T.astype(np.float64)
        n = len(indices)
        side = np.minimum(h, w) * rng.uniform(*scale, n)
        squash = np.where(rng.random(n) < 0.1, rng.uniform(0.8, 1.0, n), 1.0)
        high, wide = side * squash, side
        boxes = np.stack([rng.random(n) * (h - high), rng.random(n) * (w - wide), high, wide], 1)
        mirrored = rng.random(n) < 0.5
        cut = self._cut_on_device if self.pixels.is_cuda else self._cut_on_cpu
        rgb, saliency = cut(indices, boxes, mirrored, size)
        return Crops(rgb, saliency, self.has_saliency[indices], [self.keys[i] for i in indices])

    def _cut_on_cpu(
        self, indices: Sequence[int] | NDArray[np.int64], boxes: NDArray[np.float64], mirrored: NDArray[np.bool_], size: int
    ) -> tuple[Tensor, Tensor]:
        rgb = np.empty((len(indices), size, size, 3), np.uint8)
        saliency = np.empty((len(indices), size, size, 1), np.uint8)
        for n, (index, (top, left, high, wide)) in enumerate(zip(indices, boxes, strict=True)):
            picture = self.picture(index)
            h, w = picture.shape[:2]
            _cut(picture, (top, left, high, wide), size, rgb[n])
            on_map = SALIENCY_SIDE * np.array([top / h, left / w, high / h, wide / w])
            _cut(self.saliency[index].numpy(), tuple(on_map), size, saliency[n, :, :, 0])
            if mirrored[n]:
                rgb[n], saliency[n] = rgb[n, :, ::-1].copy(), saliency[n, :, ::-1].copy()
        return (
            torch.from_numpy(rgb).permute(0, 3, 1, 2).float() / 255,
            torch.from_numpy(saliency).permute(0, 3, 1, 2).float() / 255,
        )

    def _cut_on_device(
        self, indices: Sequence[int] | NDArray[np.int64], boxes: NDArray[np.float64], mirrored: NDArray[np.bool_], size: int
    ) -> tuple[Tensor, Tensor]:
        """Bilinear samples at twice the size, then 2×2 means: no alias as long as a crop shrinks by less than 4."""
        device = self.pixels.device
        index = torch.as_tensor(np.asarray(indices), device=device)
        box = torch.as_tensor(boxes, device=device, dtype=torch.float32)
        steps = (torch.arange(2 * size, device=device) + 0.5) / (2 * size)
        y = box[:, :1] + steps * box[:, 2:3]
        across = torch.where(torch.as_tensor(mirrored, device=device)[:, None], 1 - steps, steps)
        x = box[:, 1:2] + across * box[:, 3:4]
        shape = self.shapes[index]
        flat = self.offsets[index]
        rgb = _sample(self.pixels, flat, shape, y, x)
        maps = self.saliency.reshape(-1, 1)
        square = torch.full_like(shape, SALIENCY_SIDE)
        ratio = SALIENCY_SIDE / shape.float()
        saliency = _sample(maps, index * SALIENCY_SIDE**2, square, y * ratio[:, :1], x * ratio[:, 1:])
        return F.avg_pool2d(rgb, 2) / 255, F.avg_pool2d(saliency, 2) / 255


def _sample(pixels: Tensor, offsets: Tensor, shapes: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Bilinear samples of N pictures in one flat buffer at rows y (N×R) and columns x (N×C): N×channels×R×C float32."""
    high, wide = shapes[:, :1], shapes[:, 1:]
    y, x = y - 0.5, x - 0.5
    y0, x0 = y.floor(), x.floor()
    fy, fx = (y - y0)[:, :, None, None], (x - x0)[:, None, :, None]
    rows = [torch.minimum((y0.long() + d).clamp_min(0), high - 1) for d in (0, 1)]
    columns = [torch.minimum((x0.long() + d).clamp_min(0), wide - 1) for d in (0, 1)]
    taps = [
        [pixels[offsets[:, None, None] + r[:, :, None] * wide[:, :, None] + c[:, None, :]].float() for c in columns] for r in rows
    ]
    top, bottom = (a + (b - a) * fx for a, b in taps)
    return (top + (bottom - top) * fy).permute(0, 3, 1, 2)


def _cut(picture: NDArray[np.uint8], box: tuple[float, ...], size: int, out: NDArray[np.uint8]) -> None:
    top, left, high, wide = box
    y0, x0 = int(top), int(left)
    y1 = min(picture.shape[0], max(y0 + 1, round(top + high)))
    x1 = min(picture.shape[1], max(x0 + 1, round(left + wide)))
    shrinks = y1 - y0 > size
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    out[...] = cv2.resize(picture[y0:y1, x0:x1], (size, size), interpolation=how)


def find_sources(paths: Iterable[str | Path]) -> list[Path]:
    """The tar shards and folders to read. Raises DataError for a path that is neither or does not exist."""
    found = []
    for path in map(Path, paths):
        if path.is_dir():
            shards = sorted(p for p in path.iterdir() if p.name.endswith((".tar", ".tar.gz", ".tgz")))
            found += shards or [path]
        elif path.name.endswith((".tar", ".tar.gz", ".tgz")) and path.is_file():
            found.append(path)
        else:
            raise DataError(f"{path} is neither a folder of photographs nor a tar shard")
    return found


def read_samples(source: Path) -> Iterator[tuple[str, bytes, bytes | None]]:
    """Key, encoded photograph and encoded saliency map (or None) of each sample of a shard or folder."""
    if source.is_dir():
        for path in sorted(p for p in source.rglob("*") if p.suffix.lower() in SUFFIXES):
            if not path.stem.endswith(".saliency"):
                beside = path.with_name(f"{path.stem}.saliency.webp")
                yield str(path.relative_to(source)), path.read_bytes(), beside.read_bytes() if beside.exists() else None
        return
    waiting: dict[str, dict[str, bytes]] = {}
    last = None
    with tarfile.open(source, "r|*") as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is None:
                continue
            key, _, kind = member.name.partition(".")
            if last is not None and key != last:
                yield from _complete(waiting)
            waiting.setdefault(key, {})[kind] = file.read()
            last = key
        yield from _complete(waiting)


def _complete(waiting: dict[str, dict[str, bytes]]) -> Iterator[tuple[str, bytes, bytes | None]]:
    for key, parts in waiting.items():
        saliency = next((data for kind, data in parts.items() if kind.startswith("saliency")), None)
        photo = next((data for kind, data in parts.items() if f".{kind}".lower() in SUFFIXES), None)
        if photo is not None:
            yield key, photo, saliency
    waiting.clear()


def load_photographs(paths: Iterable[str | Path], short_side: int | None = None, limit: int | None = None) -> PhotoStore:
    """Decode everything under `paths` into one store, each shrunk to `short_side` if given.

    Raises DataError if nothing can be read. What cannot be decoded is left out and named in `skipped`.
    """
    keys: list[str] = []
    pictures: list[NDArray[np.uint8]] = []
    maps: list[NDArray[np.uint8] | None] = []
    skipped: dict[str, str] = {}
    sources = find_sources(paths)
    for source in sources:
        for key, photo, saliency in read_samples(source):
            if limit is not None and len(keys) >= limit:
                break
            picture = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR_RGB)
            if picture is None:
                skipped[key] = "not a readable picture"
                continue
            h, w = picture.shape[:2]
            if short_side is not None and min(h, w) > short_side:
                ratio = short_side / min(h, w)
                picture = cv2.resize(picture, (round(w * ratio), round(h * ratio)), interpolation=cv2.INTER_AREA)
            keys.append(key)
            pictures.append(np.asarray(picture, np.uint8))
            maps.append(_read_map(saliency))
    if not keys:
        raise DataError(f"no readable photographs in {', '.join(map(str, sources))}")
    shapes = torch.tensor([p.shape[:2] for p in pictures])
    counts = shapes.prod(1)
    pixels = torch.empty(int(counts.sum()), 3, dtype=torch.uint8)
    offsets = counts.cumsum(0) - counts
    for start, count, picture in zip(offsets.tolist(), counts.tolist(), pictures, strict=True):
        pixels[start : start + count] = torch.from_numpy(picture.reshape(-1, 3))
    blank = np.zeros((SALIENCY_SIDE, SALIENCY_SIDE), np.uint8)
    saliency_maps = torch.from_numpy(np.stack([blank if m is None else m for m in maps]))
    return PhotoStore(keys, pixels, offsets, shapes, saliency_maps, torch.tensor([m is not None for m in maps]), skipped)


def _read_map(encoded: bytes | None) -> NDArray[np.uint8] | None:
    if encoded is None:
        return None
    decoded = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_GRAYSCALE)
    if decoded is None:
        return None
    return np.asarray(cv2.resize(decoded, (SALIENCY_SIDE, SALIENCY_SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def sampling_weights(keys: Sequence[str], oversample: dict[str, float]) -> NDArray[np.float64]:
    """How often each photograph is drawn: the factor of the source that its key names before the `-`, 1 if not listed."""
    weight = np.array([oversample.get(key.split("-")[0], 1.0) for key in keys])
    return weight / weight.sum()
