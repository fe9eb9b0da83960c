"""How well a thing is found from one point on it; and the fit of what
`tintype.engine.assist.things` has learned.

python benchmarks/things.py SEGMENTS PHOTOS [--write]

SEGMENTS: label pictures (PNG), one value a segment; PHOTOS: the photographs of the same names. From
the innermost place of each segment of 3 to 25 % of the picture its membership is asked for:
`inside` is its mean over the segment, `spill` the share of all membership that lies outside, `iou`
that of membership above a half with the segment. Fitted on half of the photographs, measured on
the other half, and the other way around. --write: fit on all and store the result. Needs PyTorch.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

import tintype.engine.assist.things as engine
from tintype import Colorizer
from tintype.engine.assist.things import Things, things_of

SMALLEST, LARGEST = 0.03, 0.25
STEPS, BATCH, RATE = 1500, 8192, 5e-3
HIDDEN = 24, 12
BALANCE = 0.35
"""Weight of the part of the loss in which segment and surroundings count the same, whatever their
sizes."""


@dataclass
class Photo:
    """overlap: n×segments, the share of each patch that lies in each segment. segments: their
    names. shown: the labels at the patches' size."""

    things: Things
    shown: np.ndarray
    segments: np.ndarray
    overlap: np.ndarray

    def seeds(self) -> list[tuple[int, int]]:
        """Segments (as column of `overlap`) and the patch at the innermost place of each."""
        found = []
        for column, segment in enumerate(self.segments):
            inside = (self.shown == segment).astype(np.uint8)
            if SMALLEST <= inside.mean() <= LARGEST:
                depth = cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
                found.append((column, int(self.things.labels.flat[int(depth.argmax())])))
        return found


def load_photo(colorizer: Colorizer, labels: Path, photo: Path) -> Photo:
    things = things_of(colorizer.prepare(cv2.imread(str(photo), cv2.IMREAD_GRAYSCALE)))
    segments = cv2.imread(str(labels), cv2.IMREAD_UNCHANGED)
    shown = cv2.resize(segments, things.labels.shape[::-1], interpolation=cv2.INTER_NEAREST)
    names = np.unique(shown)
    overlap = np.stack(
        [
            engine.patch_means(things.labels, things.count, (shown == name).astype(np.float32))
            for name in names
        ],
        1,
    )
    return Photo(things, shown, names, overlap)


def load(segments: Path, photos: Path) -> list[Photo]:
    colorizer = Colorizer(device="cpu")
    return [
        load_photo(colorizer, path, next(photos.glob(f"{path.stem}.*")))
        for path in sorted(segments.glob("*.png"))
    ]


def fit_edges(photos: Sequence[Photo]) -> np.ndarray:
    """Logistic regression, by Newton's method: do the two sides of an edge lie in one segment?"""
    x = np.concatenate([photo.things.edge_inputs() for photo in photos])
    owners = [photo.overlap.argmax(1) for photo in photos]
    same = np.concatenate(
        [
            own[p.things.edges[:, 0]] == own[p.things.edges[:, 1]]
            for own, p in zip(owners, photos, strict=True)
        ]
    )
    mean, deviation = x.mean(0), x.std(0) + 1e-6
    z = np.column_stack([(x - mean) / deviation, np.ones(len(x))])
    w = np.zeros(z.shape[1])
    ridge = np.diag([*[2e-3 * len(z)] * (len(w) - 1), 0])
    for _ in range(12):
        p = engine.logistic(z @ w)
        w -= np.linalg.solve(
            (z * (p * (1 - p))[:, None]).T @ z + ridge, z.T @ (p - same) + ridge @ w
        )
    return np.append(w[:-1] / deviation, w[-1] - (w[:-1] * mean / deviation).sum())


def fit(photos: Sequence[Photo]) -> dict[str, np.ndarray]:
    learned = {"edge": fit_edges(photos)}
    inputs, truth, weights = [], [], []
    for photo in photos:
        sameness, areas = photo.things.sameness(learned), photo.things.areas
        for column, seed in photo.seeds():
            share = photo.overlap[:, column]
            inputs.append(photo.things.patch_inputs(seed, sameness))
            truth.append(share)
            balanced = np.where(
                share > 0.5,
                0.5 / max(areas[share > 0.5].sum(), 1e-6),
                0.5 / max(areas[share <= 0.5].sum(), 1e-6),
            )
            weights.append(areas * (BALANCE * balanced + (1 - BALANCE) * 4))
    torch.manual_seed(0)
    x, y, w = (
        torch.tensor(np.concatenate(part), dtype=torch.float32) for part in (inputs, truth, weights)
    )
    mean, deviation = x.mean(0), x.std(0) + 1e-6
    z = (x - mean) / deviation
    sizes = [z.shape[1], *HIDDEN, 1]
    layers = [nn.Linear(a, b) for a, b in pairwise(sizes)]
    network = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.05)
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
        drawn = torch.randint(len(z), (BATCH,))
        odds = network(z[drawn] + 0.05 * torch.randn(BATCH, z.shape[1]))[:, 0]
        loss = (
            nn.functional.binary_cross_entropy_with_logits(odds, y[drawn], weight=w[drawn])
            / w[drawn].mean()
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    learned |= {"mean": mean.numpy(), "deviation": deviation.numpy()}
    for k, layer in enumerate(layers):
        learned |= {
            f"weight{k}": layer.weight.detach().numpy().T,
            f"bias{k}": layer.bias.detach().numpy(),
        }
    return learned


def measure(photos: Sequence[Photo], learned: dict[str, np.ndarray]) -> np.ndarray:
    """inside, spill and iou, a row a segment."""
    engine.learned_things = lambda: learned
    rows = []
    for photo in photos:
        for column, seed in photo.seeds():
            y, x = (photo.things.labels == seed).nonzero()
            height, width = photo.things.labels.shape
            place = (x[0] + 0.5) / width, (y[0] + 0.5) / height
            member = photo.things.membership(place)[photo.things.labels]
            inside, chosen = photo.shown == photo.segments[column], member > 0.5
            rows.append(
                (
                    member[inside].mean(),
                    member[~inside].sum() / member.sum(),
                    (chosen & inside).sum() / (chosen | inside).sum(),
                )
            )
    return np.array(rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("segments", type=Path)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    photos = load(args.segments, args.photos)
    halves = photos[::2], photos[1::2]
    rows = np.concatenate([measure(halves[1 - k], fit(halves[k])) for k in (0, 1)])
    print(
        f"{len(rows)} segments of {len(photos)} photographs, each measured by what was fitted on"
        " the others"
    )
    print("inside {:.3f}  spill {:.3f}  iou {:.3f}".format(*rows.mean(0)))
    if args.write:
        target = Path(engine.__file__).with_suffix(".npz")
        np.savez_compressed(
            target, **{name: value.astype(np.float32) for name, value in fit(photos).items()}
        )
        print(target)


if __name__ == "__main__":
    main()
