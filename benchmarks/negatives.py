"""How many black-and-white negatives are recognized, and how many photographs are called one; and
the fit of what tells them apart.

python benchmarks/negatives.py PHOTOS... [--fit SHARD...] [--limit 5000] [--write]

PHOTOS: folders of photographs to measure on. --fit: folders or shards of other photographs, every
third of them worn, to fit a linear function of `tintype.engine.assist.negative.negative_traits` to;
--write stores it. Needs PyTorch to fit.
"""

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

import tintype.engine.assist.negative as engine
from tintype.engine.core.network import Network
from tintype.engine.core.predict import predict_view
from tintype.engine.core.prepare import prepare
from tintype.lab.data.samples import find_sources, read_samples
from tintype.photo import Photo

EPOCHS, BATCH, RATE, DECAY = 60, 128, 1e-3, 3.0
LOOKED_AT, FALSE_ALARMS = 0.2, 0.003
"""Shares of the photographs whose inverse is looked at, and that may be called negatives."""


def gray_pictures(paths: list[Path]) -> Iterator[np.ndarray]:
    for source in find_sources(paths):
        for sample in read_samples(source):
            if ".reference" not in sample.key:
                yield cv2.imdecode(np.frombuffer(sample.photo, np.uint8), cv2.IMREAD_GRAYSCALE)


def worn(gray: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Another gamma and range, blurred, with grain."""
    value = (gray / np.float32(255)) ** np.float32(np.exp(rng.uniform(-0.5, 0.5)))
    low, high = rng.uniform(0, 0.25), rng.uniform(0.7, 1)
    value = cv2.GaussianBlur(low + value * (high - low), (0, 0), rng.uniform(0.4, 1.5))
    return np.clip(
        255 * (value + rng.normal(0, rng.uniform(0, 0.05), value.shape)) + 0.5, 0, 255
    ).astype(np.uint8)


def both(network: Network, gray: np.ndarray) -> np.ndarray:
    """The traits of a photograph and of its negative: 2×C."""
    found = []
    for picture in (gray, 255 - gray):
        view = prepare(network, Photo(picture), [network.size]).views[0]
        prediction = predict_view(network, view, ("ab", "features"))
        found.append(engine.negative_traits(view.lightness, prediction))
    return np.stack(found)


def fit(traits: np.ndarray) -> dict[str, np.ndarray]:
    """Linear functions, by logistic regression: `alone` is larger for photographs than for
    negatives, `either` for the difference between a photograph and its negative than for the
    opposite. Their thresholds are taken on a fifth of the photographs that is
    left out of the fit.

    traits: N×2×C.
    """
    some, rest = traits[np.arange(len(traits)) % 5 > 0], traits[::5]
    deviation = some.std((0, 1)) + 1e-4
    scaled = some / deviation
    either = regress(scaled[:, 0] - scaled[:, 1]) / deviation
    alone = (
        regress(
            np.concatenate([scaled[:, 0] - scaled.mean((0, 1)), scaled.mean((0, 1)) - scaled[:, 1]])
        )
        / deviation
    )
    first, step = rest[:, 0] @ alone, (rest[:, 1] - rest[:, 0]) @ either
    suspicious = np.quantile(first, LOOKED_AT)
    margin = np.quantile(np.where(first <= suspicious, step, step.min()), 1 - FALSE_ALARMS)
    found = {"alone": alone, "either": either, "suspicious": suspicious, "margin": margin}
    return {name: np.asarray(value, np.float32) for name, value in found.items()}


def regress(positive: np.ndarray) -> np.ndarray:
    """The weights that make most of the rows positive: N×C to C."""
    import torch

    torch.manual_seed(0)
    rows = torch.tensor(positive)
    weight = torch.zeros(rows.shape[1], requires_grad=True)
    optimizer = torch.optim.AdamW([weight], lr=RATE, weight_decay=DECAY)
    for _ in range(EPOCHS):
        for some in torch.randperm(len(rows)).split(BATCH):
            loss = torch.nn.functional.softplus(-rows[some] @ weight).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return np.asarray(weight.detach())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--fit", type=Path, nargs="+", default=[])
    parser.add_argument("--limit", type=int, default=5000)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    network, rng = Network.load("default", "cpu", 1), np.random.default_rng(0)
    if given.fit:
        some = islice(gray_pictures(given.fit), given.limit)
        shown = [
            both(network, worn(gray, rng) if k % 3 == 0 else gray)
            for k, gray in enumerate(track(some, "looking"))
        ]
        learned = fit(np.stack(shown))
        engine.learned_negative = lambda: learned
        if given.write:
            np.savez_compressed(Path(engine.__file__).with_name("negative.npz"), **learned)
    photographs = false = found = 0
    for gray in track(list(gray_pictures(given.photos)), "measuring"):
        photographs += 1
        false += engine.is_negative(prepare(network, Photo(gray), [network.size]))
        found += engine.is_negative(prepare(network, Photo(255 - gray), [network.size]))
    print(
        f"{photographs} photographs: {found / photographs:.1%} of their negatives found,"
        f" {false / photographs:.2%} called negatives"
    )


if __name__ == "__main__":
    main()
