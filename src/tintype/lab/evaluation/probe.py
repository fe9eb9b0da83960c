"""What encoders know of gray pictures: frozen features, a linear classifier on them, its accuracy
(Zhang et al. 2016; Larsson et al. 2017)."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.arrays import Array
from tintype.color import lightness
from tintype.contract import input_shape
from tintype.engine.core.network import Network
from tintype.errors import DataError, ModelError, RecipeError
from tintype.lab.data.samples import decode, find_sources, read_samples
from tintype.lab.nets.classifiers import CLASSIFIERS, load_classifier
from tintype.lab.training.artifact import read_weights
from tintype.lab.training.checkpoint import load_state
from tintype.lab.training.recipe import checked_recipe, read_recipe
from tintype.lab.training.systems import build_network, encoder_of, restore_network

BATCH = 32
HELD_OUT = 0.25
"""Share of each label's pictures that is measured on."""
LEAST = 8
"""A label of fewer pictures is left out."""
DECAY = 1e-3
"""Weight of the squared weights of the linear classifier, whose features have a mean of 0 and a
deviation of 1."""
Show = Callable[[Tensor], Any]
"""Shows L*, N×1×S×S, to a network, so that its encoder's modules run."""


@dataclass(frozen=True)
class Pictures:
    """lightness: N×1×S×S float32, L* 0..100. label: N, indices of names. held_out: N bool, which
    are measured on."""

    lightness: Array
    label: NDArray[np.int64]
    names: tuple[str, ...]
    held_out: NDArray[np.bool_]


@dataclass(frozen=True)
class Row:
    """accuracy: share of the held-out pictures that a linear classifier on the features at this
    stride, averaged over the picture, names right. error: its standard error."""

    encoder: str
    stride: int
    channels: int
    accuracy: float
    error: float


def label_of(key: str) -> str | None:
    """The folder that a picture lies in (`dogs` of `train/dogs/1.jpg`), else what its name has
    before the first `-`; None for neither."""
    folder, _, name = key.rpartition("/")
    source, dash, _ = name.partition("-")
    return folder.rpartition("/")[2] or (source if dash else None)


def load_pictures(
    paths: Iterable[Path], size: int = 128, most: int = 100, seed: int = 0
) -> Pictures:
    """Squares from the middle of at most so many photographs a label, in gray; a part of each
    label's is held out.

    Raises DataError for data without at least two labels, or that cannot be read.
    """
    found: dict[str, list[Array]] = defaultdict(list)
    for source in find_sources(paths):
        for encoded in read_samples(source):
            name = label_of(encoded.key) or (
                label_of(f"{source.name}/{encoded.key}") if source.is_dir() else None
            )
            if name is None or len(found[name]) >= most:
                continue
            try:
                found[name].append(_square(decode(encoded).pixels, size))
            except ValueError:  # a picture that cannot be read has no features
                continue
    names = tuple(sorted(name for name, pictures in found.items() if len(pictures) >= LEAST))
    if len(names) < 2:
        raise DataError(
            f"a probe needs at least two labels of {LEAST} photographs or more: "
            "folders (LABEL/NAME.jpg), or names as LABEL-NAME.jpg"
        )
    rng = np.random.default_rng(seed)
    label = np.concatenate([np.full(len(found[name]), i) for i, name in enumerate(names)])
    held_out = np.concatenate(
        [rng.permutation(len(found[n])) < max(1, round(HELD_OUT * len(found[n]))) for n in names]
    )
    return Pictures(
        np.stack([picture for name in names for picture in found[name]])[:, None],
        label,
        names,
        held_out,
    )


def _square(pixels: NDArray[np.uint8], size: int) -> Array:
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    how = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    square = cv2.resize(
        pixels[top : top + side, left : left + side], (size, size), interpolation=how
    )
    return lightness(np.asarray(square, np.float32) / 255)


def open_encoder(name: str, random: bool = False, trusted: bool = False) -> tuple[nn.Module, Show]:
    """An encoder and how to show it gray pictures. random: the same network with weights as before
    training. trusted: whether a system of its own may be imported.

    name: the folder of a run, or a network whose .safetensors lies beside its .onnx (as `tintype
    export` writes them, and as the default network has it). Raises ModelError or RecipeError for
    what is neither, or has no encoder.
    """
    torch.manual_seed(0)
    folder = Path(name)
    if folder.is_dir():
        recipe = read_recipe(folder, trusted=trusted)
        state = {} if random else load_state(folder)["average"]
    else:
        shipped = Network.load(name)
        weights = shipped.path.with_suffix(".safetensors")
        if not shipped.metadata.recipe or not weights.exists():
            raise ModelError(
                f"{name} was not exported with its recipe and a .safetensors file beside it: probe"
                " its run's folder"
            )
        recipe = checked_recipe(shipped.metadata.recipe, trusted=trusted)
        state = {} if random else read_weights(weights).state
    network = (
        build_network(recipe, fresh=False).eval()
        if random
        else restore_network(recipe, state, name)
    )
    return encoder_of(network), _shows(network)


def _shows(network: nn.Module) -> Show:
    names: tuple[str, ...] = tuple(network.inputs)  # type: ignore[arg-type]

    def show(gray: Tensor) -> Any:
        n, _, height, width = gray.shape
        blank = {name: torch.zeros(input_shape(name, n, height, width)) for name in names}
        return network(
            **blank
            | ({"region": torch.ones_like(gray)} if "region" in blank else {})
            | {"lightness": gray}
        )

    return show


def open_teacher(given: str) -> tuple[nn.Module, Show]:
    """As `open_encoder`, of a classifier as KIND:FILE, which is shown gray pictures. Raises
    RecipeError or ModelError."""
    kind, _, path = given.partition(":")
    if kind not in CLASSIFIERS or not path:
        raise RecipeError(
            f"a teacher is {' or '.join(f'{known}:FILE' for known in CLASSIFIERS)}, not {given!r}"
        )
    teacher = load_classifier(kind, path, channels=1).eval()
    return teacher, lambda gray: teacher(gray / 50 - 1)


@torch.no_grad()
def features(encoder: nn.Module, show: Show, pictures: Pictures) -> dict[int, Array]:
    """By stride, the means over the picture of what the encoder's last module at this stride says:
    N×C float32."""
    size = pictures.lightness.shape[-1]
    last: dict[int, Tensor] = {}

    def remember(module: nn.Module, given: Any, told: Any) -> None:
        if isinstance(told, Tensor) and told.ndim == 4 and 1 < told.shape[-1] <= size:
            last[size // told.shape[-1]] = told.mean((2, 3))

    hooks = [module.register_forward_hook(remember) for module in encoder.modules()]
    found: dict[int, list[Tensor]] = defaultdict(list)
    try:
        for start in range(0, len(pictures.lightness), BATCH):
            show(torch.from_numpy(pictures.lightness[start : start + BATCH]))
            for stride, told in last.items():
                found[stride].append(told)
            last.clear()
    finally:
        for hook in hooks:
            hook.remove()
    return {stride: torch.cat(told).numpy() for stride, told in sorted(found.items())}


def accuracy(seen: Array, pictures: Pictures) -> float:
    """Share of the held-out pictures that a linear classifier (multinomial logistic regression),
    fitted on the others, names right.

    seen: N×C features. They are brought to a mean of 0 and a deviation of 1 by what the others
    have.
    """
    learned = torch.from_numpy(~pictures.held_out)
    x = torch.from_numpy(seen).double()
    x = (x - x[learned].mean(0)) / (x[learned].std(0) + 1e-6)
    y = torch.from_numpy(pictures.label)
    linear = nn.Linear(x.shape[1], len(pictures.names)).double()
    nn.init.zeros_(linear.weight)
    optimizer = torch.optim.LBFGS(linear.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = (
            F.cross_entropy(linear(x[learned]), y[learned]) + DECAY * linear.weight.square().sum()
        )
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[arg-type]
    with torch.no_grad():
        named = linear(x[~learned]).argmax(1)
    return float((named == y[~learned]).double().mean())


def probe(name: str, encoder: nn.Module, show: Show, pictures: Pictures) -> list[Row]:
    """The rows of one encoder, one a stride."""
    count = int(pictures.held_out.sum())
    rows = []
    for stride, seen in features(encoder, show, pictures).items():
        share = accuracy(seen, pictures)
        rows.append(Row(name, stride, seen.shape[1], share, (share * (1 - share) / count) ** 0.5))
    return rows
