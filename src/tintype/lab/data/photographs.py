"""Training photographs, decoded once into one buffer; batches of random crops out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from tintype.arrays import Array
from tintype.errors import DataError
from tintype.lab.data.hue_sectors import hue_rarity
from tintype.lab.data.label_maps import Labels, cut_labels, label_key
from tintype.lab.data.samples import (
    MASK_SIDE,
    SALIENCY_SIDE,
    Bytes,
    Encoded,
    Sample,
    decode,
    find_sources,
    read_samples,
    resize_channels,
)
from tintype.lab.data.settings import Data, plain_data


@dataclass
class Crops:
    """A batch. rgb: N×3×S×S float32, 0..1 sRGB. seen: N×C×S×S, 0..1, channels to see instead of a
    gray of rgb, or None.

    saliency, mask: N×1×S×S float32, 0..1, meaningful where has_saliency and has_mask (N bool) are
    true.
    label: N int64, -1 where unknown. maps: N×3×S/4×S/4 uint8, label maps of things, kinds and
    people (`label_maps.py`). keys: N names.
    """

    rgb: Tensor
    seen: Tensor | None
    saliency: Tensor
    has_saliency: Tensor
    mask: Tensor
    has_mask: Tensor
    label: Tensor
    maps: Tensor
    keys: list[str]

    def to(self, device: torch.device) -> "Crops":
        tensors = {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if isinstance(getattr(self, f.name), Tensor)
        }
        return replace(self, **{name: tensor.to(device) for name, tensor in tensors.items()})


@dataclass(frozen=True)
class Cuts:
    """Where crops are taken. boxes: N×4 (top, left, height, width in pixels). mirrored: N."""

    boxes: NDArray[np.float64]
    mirrored: NDArray[np.bool_]

    @classmethod
    def draw(
        cls, shapes: NDArray[np.int64], scale: tuple[float, float], rng: np.random.Generator
    ) -> "Cuts":
        """Squares of a random share of the short side, a tenth of them a little squashed, half of
        them mirrored."""
        h, w = shapes.T.astype(np.float64)
        n = len(shapes)
        side = np.minimum(h, w) * rng.uniform(*scale, n)
        squash = np.where(rng.random(n) < 0.1, rng.uniform(0.8, 1.0, n), 1.0)
        high, wide = side * squash, side
        boxes = np.stack([rng.random(n) * (h - high), rng.random(n) * (w - wide), high, wide], 1)
        return cls(boxes, rng.random(n) < 0.5)

    def __getitem__(self, share: slice) -> "Cuts":
        return Cuts(self.boxes[share], self.mirrored[share])


@dataclass
class PhotoStore:
    """All photographs as uint8 in one flat buffer (on the CPU, or on the GPU after `to`), cut into
    crops at random.

    weights: how often each is drawn. maps: encoded label maps of each, by kind. skipped: the keys
    of what could not be read, with the reason.
    """

    keys: list[str]
    pixels: Tensor
    offsets: Tensor
    shapes: Tensor
    saliency: Tensor
    has_saliency: Tensor
    mask: Tensor
    has_mask: Tensor
    label: Tensor
    weights: NDArray[np.float64]
    maps: list[Mapping[str, bytes]]
    skipped: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.keys)

    def to(self, device: str | torch.device) -> "PhotoStore":
        names = (
            "pixels",
            "offsets",
            "shapes",
            "saliency",
            "has_saliency",
            "mask",
            "has_mask",
            "label",
        )
        return replace(self, **{name: getattr(self, name).to(device) for name in names})

    def draw(
        self,
        rng: np.random.Generator,
        n: int,
        size: int,
        scale: tuple[float, float],
        share: slice,
        of: float = 1.0,
    ) -> Crops:
        """This process's share of n random crops: all draw the same from the same rng, and each
        cuts its own.

        size: side of the crops. scale: the share of the short side that they cover. of: the share
        of the photographs to draw from, the first ones.
        """
        weights = self.weights[: max(1, round(len(self) * of))]
        indices = rng.choice(len(weights), n, p=weights / weights.sum())
        cuts = Cuts.draw(self.shapes[indices].cpu().numpy(), scale, rng)
        return self.crops(indices[share], cuts[share], size)

    def picture(self, index: int) -> Bytes:
        """One whole photograph, H×W×3 uint8 sRGB."""
        return self._pixels(index)[:, :, :3]

    def square(self, index: int, side: int) -> Array:
        """One whole photograph, brought to a square: S×S×3 float32 sRGB, 0..1."""
        size = (side, side)
        return cv2.resize(self.picture(index), size, interpolation=cv2.INTER_AREA) / np.float32(255)

    def seen(self, index: int) -> Array | None:
        """What the network sees of one photograph where that is not the photograph itself: the mean
        channel, H×W float32, 0..1."""
        channels = self._pixels(index)[:, :, 3:]
        return np.asarray(channels.mean(2) / 255, np.float32) if channels.shape[2] else None

    def _pixels(self, index: int) -> Bytes:
        h, w = (int(v) for v in self.shapes[index])
        start = int(self.offsets[index])
        return self.pixels[start : start + h * w].reshape(h, w, -1).cpu().numpy()

    def _sample(self, index: int) -> Sample:
        saliency, mask = self.saliency[index].numpy(), self.mask[index].numpy()
        return Sample(
            self.keys[index],
            self._pixels(index),
            saliency if self.has_saliency[index] else None,
            mask if self.has_mask[index] else None,
            int(self.label[index]),
            self.maps[index],
        )

    def crops(self, indices: Sequence[int] | NDArray[np.int64], cuts: Cuts, size: int) -> Crops:
        """The crops of the photographs named by their indices, size×size."""
        if not self.pixels.is_cuda:
            return cut([self._sample(i) for i in indices], cuts, size)
        index = torch.as_tensor(np.asarray(indices), device=self.pixels.device)
        pixels, saliency, mask = self._cut_on_device(index, cuts, size)
        return Crops(
            pixels[:, :3],
            pixels[:, 3:] if pixels.shape[1] > 3 else None,
            saliency,
            self.has_saliency[index],
            mask,
            self.has_mask[index],
            self.label[index],
            cut_maps([self.maps[i] for i in indices], self.shapes[index].tolist(), cuts, size),
            [self.keys[i] for i in indices],
        )

    def _cut_on_device(self, index: Tensor, cuts: Cuts, size: int) -> tuple[Tensor, Tensor, Tensor]:
        """Bilinear samples at twice the size, then 2×2 means: no alias as long as a crop shrinks by
        less than 4."""
        device = self.pixels.device
        box = torch.as_tensor(cuts.boxes, device=device, dtype=torch.float32)
        steps = (torch.arange(2 * size, device=device) + 0.5) / (2 * size)
        y = box[:, :1] + steps * box[:, 2:3]
        across = torch.where(
            torch.as_tensor(cuts.mirrored, device=device)[:, None], 1 - steps, steps
        )
        x = box[:, 1:2] + across * box[:, 3:4]
        shape = self.shapes[index]
        cut_maps = [_look_up(self.pixels, self.offsets[index], shape, y, x)]
        for maps, side in ((self.saliency, SALIENCY_SIDE), (self.mask, MASK_SIDE)):
            square = torch.full_like(shape, side)
            ratio = side / shape.float()
            cut_maps.append(
                _look_up(
                    maps.reshape(-1, 1), index * side**2, square, y * ratio[:, :1], x * ratio[:, 1:]
                )
            )
        pixels, saliency, mask = (F.avg_pool2d(f, 2) / 255 for f in cut_maps)
        return pixels, saliency, mask


def _look_up(pixels: Tensor, offsets: Tensor, shapes: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Bilinear samples of N pictures in one flat buffer at rows y (N×R) and columns x (N×C):
    N×channels×R×C float32."""
    high, wide = shapes[:, :1], shapes[:, 1:]
    y, x = y - 0.5, x - 0.5
    y0, x0 = y.floor(), x.floor()
    fy, fx = (y - y0)[:, :, None, None], (x - x0)[:, None, :, None]
    rows = [torch.minimum((y0.long() + d).clamp_min(0), high - 1) for d in (0, 1)]
    columns = [torch.minimum((x0.long() + d).clamp_min(0), wide - 1) for d in (0, 1)]
    taps = [
        [
            pixels[
                offsets[:, None, None] + r[:, :, None] * wide[:, :, None] + c[:, None, :]
            ].float()
            for c in columns
        ]
        for r in rows
    ]
    top, bottom = (a + (b - a) * fx for a, b in taps)
    return (top + (bottom - top) * fy).permute(0, 3, 1, 2)


def cut(samples: Sequence[Sample], cuts: Cuts, size: int) -> Crops:
    """Crops of decoded samples, on the CPU."""
    n, channels = len(samples), samples[0].pixels.shape[2]
    pixels = np.empty((n, size, size, channels), np.uint8)
    maps = {name: np.zeros((n, size, size, 1), np.uint8) for name in ("saliency", "mask")}
    for i, (sample, box) in enumerate(zip(samples, cuts.boxes, strict=True)):
        h, w = sample.pixels.shape[:2]
        _cut(sample.pixels, box, size, pixels[i])
        for name, picture in (("saliency", sample.saliency), ("mask", sample.mask)):
            if picture is not None:
                _cut(
                    picture[:, :, None],
                    box * len(picture) / np.array([h, w, h, w]),
                    size,
                    maps[name][i],
                )
        if cuts.mirrored[i]:
            for array in (pixels, *maps.values()):
                array[i] = array[i, :, ::-1].copy()
    cropped, saliency, mask = (
        torch.from_numpy(a).permute(0, 3, 1, 2).float() / 255 for a in (pixels, *maps.values())
    )
    return Crops(
        cropped[:, :3],
        cropped[:, 3:] if channels > 3 else None,
        saliency,
        torch.tensor([sample.saliency is not None for sample in samples]),
        mask,
        torch.tensor([sample.mask is not None for sample in samples]),
        torch.tensor([sample.label for sample in samples]),
        cut_maps([s.maps for s in samples], [s.pixels.shape[:2] for s in samples], cuts, size),
        [sample.key for sample in samples],
    )


def cut_maps(
    maps: Sequence[Mapping[str, bytes]], shapes: Sequence[tuple[int, ...]], cuts: Cuts, size: int
) -> Tensor:
    """Label maps of crops, as in `Crops`."""
    crops = zip(maps, shapes, cuts.boxes, cuts.mirrored, strict=True)
    return torch.from_numpy(np.stack([cut_labels(*crop, size) for crop in crops]))


def _cut(picture: Bytes, box: NDArray[np.float64], size: int, out: Bytes) -> None:
    top, left, high, wide = box
    y0, x0 = int(top), int(left)
    y1 = min(picture.shape[0], max(y0 + 1, round(top + high)))
    x1 = min(picture.shape[1], max(x0 + 1, round(left + wide)))
    how = cv2.INTER_AREA if y1 - y0 > size else cv2.INTER_LINEAR
    out[...] = resize_channels(picture[y0:y1, x0:x1], (size, size), how)


def load_photographs(
    paths: Iterable[str | Path], data: Data | None = None, labels: Labels | None = None
) -> PhotoStore:
    """Decode everything under `paths` into one store, as `data` says (short_side, limit, pairs,
    oversample). labels: label maps beside those that lie with the photographs.

    Raises DataError if nothing can be read. What cannot be decoded is left out and named in
    `skipped`.
    """
    data = data or plain_data()
    samples: list[Sample] = []
    skipped: dict[str, str] = {}
    sources = find_sources(paths)
    for source in sources:
        for encoded in read_samples(source, data.pairs):
            if data.limit is not None and len(samples) >= data.limit:
                break
            if data.factor(encoded.key) == 0:
                continue
            try:
                samples.append(decode(labeled(encoded, labels), data.short_side, data.pairs))
            except ValueError as error:
                skipped[encoded.key] = str(error)
    if not samples:
        raise DataError(f"no readable {data.contents} in {', '.join(map(str, sources))}")
    counted = samples[0].pixels.shape[2]
    for sample in samples:
        if sample.pixels.shape[2] != counted:
            difference = (
                f"{sample.pixels.shape[2] - 3} channels are seen of {sample.key!r}, and"
                f" {counted - 3} of {samples[0].key!r}"
            )
            raise DataError(f"the pairs differ: {difference}")
    shapes = torch.tensor([sample.pixels.shape[:2] for sample in samples])
    counts = shapes.prod(1)
    pixels = torch.empty(int(counts.sum()), counted, dtype=torch.uint8)
    offsets = counts.cumsum(0) - counts
    for start, count, sample in zip(offsets.tolist(), counts.tolist(), samples, strict=True):
        pixels[start : start + count] = torch.from_numpy(sample.pixels.reshape(count, -1))
    return PhotoStore(
        [sample.key for sample in samples],
        pixels,
        offsets,
        shapes,
        *_stack([sample.saliency for sample in samples], SALIENCY_SIDE),
        *_stack([sample.mask for sample in samples], MASK_SIDE),
        torch.tensor([sample.label for sample in samples]),
        np.array([data.factor(sample.key) for sample in samples])
        * hue_rarity([sample.pixels for sample in samples], data.rare_hues),
        [sample.maps for sample in samples],
        skipped,
    )


def labeled(encoded: Encoded, labels: Labels | None) -> Encoded:
    """A photograph with the label maps of its key, which go before those that lie beside it."""
    maps = (labels or {}).get(label_key(encoded.key))
    return encoded if maps is None else replace(encoded, maps={**encoded.maps, **maps})


def _stack(maps: list[Bytes | None], side: int) -> tuple[Tensor, Tensor]:
    """All maps as one tensor, N×side×side, and which there are; one row for all where there is none
    at all."""
    there = torch.tensor([m is not None for m in maps])
    if not bool(there.any()):
        return torch.zeros(1, side, side, dtype=torch.uint8).expand(len(maps), -1, -1), there
    blank = np.zeros((side, side), np.uint8)
    return torch.from_numpy(np.stack([blank if m is None else m for m in maps])), there
