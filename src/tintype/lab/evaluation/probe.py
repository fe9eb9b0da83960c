"""Linear probes: the accuracy of a linear classifier on an encoder's frozen features of gray
pictures (Zhang et al. 2016; Larsson et al. 2017); and a sheet of predicted saliency."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.arrays import Array
from tintype.color import lightness
from tintype.engine.core.network import Network
from tintype.errors import DataError, ModelError, RecipeError
from tintype.lab.data.samples import decode, find_sources, middle_square, read_samples
from tintype.lab.nets.classifiers import CLASSIFIERS, load_classifier
from tintype.lab.nets.decision import automatic_inputs
from tintype.lab.training.artifact import read_weights
from tintype.lab.training.checkpoint import load_state
from tintype.lab.training.recipe import checked_recipe, read_recipe
from tintype.lab.training.systems import build_network, encoder_of, restore_network
from tintype.lab.training.validation import saliency_picture
from tintype.sheet import contact_sheet

BATCH_SIZE = 32
HELD_OUT_SHARE = 0.25
"""Share of each label's pictures on which accuracy is measured."""
MIN_PICTURES = 8
"""A label of fewer pictures is left out."""
MAX_SHEET_ROWS = 10
WEIGHT_DECAY = 1e-3
"""Of the linear classifier, on features of mean 0 and deviation 1."""
Show = Callable[[Tensor], Any]
"""Shows L*, N×1×S×S, to a network, so that its encoder's modules run."""


@dataclass(frozen=True)
class LabeledPictures:
    """lightness: N×1×S×S float32, L* 0..100. label: N, indices of names. held_out: N bool, which
    are measured on."""

    lightness: Array
    label: NDArray[np.int64]
    names: tuple[str, ...]
    held_out: NDArray[np.bool_]


@dataclass(frozen=True)
class ProbeRow:
    """accuracy: share of the held-out pictures that a linear classifier on the features at this
    stride, averaged over the picture, classifies correctly. error: its standard error."""

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
    paths: Iterable[Path], size: int = 128, per_label: int = 100, seed: int = 0
) -> LabeledPictures:
    """Squares from the middle of at most so many photographs a label, in gray; a part of each
    label's is held out.

    Raises DataError for data without at least two labels, or that cannot be read.
    """
    collected: dict[str, list[Array]] = defaultdict(list)
    for source in find_sources(paths):
        for encoded in read_samples(source):
            name = label_of(encoded.key) or (
                label_of(f"{source.name}/{encoded.key}") if source.is_dir() else None
            )
            if name is None or len(collected[name]) >= per_label:
                continue
            try:
                square = middle_square(decode(encoded).pixels, size)
                collected[name].append(lightness(np.asarray(square, np.float32) / 255))
            except ValueError:  # a picture that cannot be read has no features
                continue
    names = tuple(
        sorted(name for name, pictures in collected.items() if len(pictures) >= MIN_PICTURES)
    )
    if len(names) < 2:
        raise DataError(
            f"a probe needs at least two labels of {MIN_PICTURES} photographs or more: "
            "folders (LABEL/NAME.jpg), or names as LABEL-NAME.jpg"
        )
    rng = np.random.default_rng(seed)
    label = np.concatenate([np.full(len(collected[name]), i) for i, name in enumerate(names)])
    held_out = np.concatenate(
        [
            rng.permutation(len(collected[n])) < max(1, round(HELD_OUT_SHARE * len(collected[n])))
            for n in names
        ]
    )
    return LabeledPictures(
        np.stack([picture for name in names for picture in collected[name]])[:, None],
        label,
        names,
        held_out,
    )


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
    return encoder_of(network), lambda gray: network(**automatic_inputs(network, gray))


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
def features(encoder: nn.Module, show: Show, pictures: LabeledPictures) -> dict[int, Array]:
    """The output of the encoder's last module at each stride, averaged over the picture: N×C
    float32."""
    size = pictures.lightness.shape[-1]
    last: dict[int, Tensor] = {}

    def remember(module: nn.Module, given: Any, output: Any) -> None:
        if isinstance(output, Tensor) and output.ndim == 4 and 1 < output.shape[-1] <= size:
            last[size // output.shape[-1]] = output.mean((2, 3))

    hooks = [module.register_forward_hook(remember) for module in encoder.modules()]
    collected: dict[int, list[Tensor]] = defaultdict(list)
    try:
        for start in range(0, len(pictures.lightness), BATCH_SIZE):
            show(torch.from_numpy(pictures.lightness[start : start + BATCH_SIZE]))
            for stride, output in last.items():
                collected[stride].append(output)
            last.clear()
    finally:
        for hook in hooks:
            hook.remove()
    return {stride: torch.cat(output).numpy() for stride, output in sorted(collected.items())}


def accuracy(seen: Array, pictures: LabeledPictures) -> float:
    """Share of the held-out pictures that a linear classifier (multinomial logistic regression),
    fitted on the others,
    classifies correctly.

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
            F.cross_entropy(linear(x[learned]), y[learned])
            + WEIGHT_DECAY * linear.weight.square().sum()
        )
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[arg-type]
    with torch.no_grad():
        named = linear(x[~learned]).argmax(1)
    return float((named == y[~learned]).double().mean())


def probe(name: str, encoder: nn.Module, show: Show, pictures: LabeledPictures) -> list[ProbeRow]:
    """The rows of one encoder, one a stride."""
    count = int(pictures.held_out.sum())
    rows = []
    for stride, seen in features(encoder, show, pictures).items():
        share = accuracy(seen, pictures)
        rows.append(
            ProbeRow(name, stride, seen.shape[1], share, (share * (1 - share) / count) ** 0.5)
        )
    return rows


@torch.no_grad()
def saliency_sheet(
    networks: Sequence[tuple[str, nn.Module, Show]], pictures: LabeledPictures
) -> Image.Image:
    """Held-out pictures, one a label, beside the saliency that each network predicts for them
    (black 0, white 1).

    networks: name, encoder and show, as `open_encoder` gives them. Raises ModelError for a network
    that predicts no saliency.
    """
    chosen = [
        int(np.flatnonzero(pictures.held_out & (pictures.label == label))[0])
        for label in range(len(pictures.names))
    ][:MAX_SHEET_ROWS]
    gray = torch.from_numpy(pictures.lightness[chosen])
    rows = [[Image.fromarray((picture * 2.55).astype(np.uint8))] for picture in gray[:, 0].numpy()]
    for name, _, show in networks:
        out = show(gray)
        if not isinstance(out, dict) or "saliency" not in out:
            raise ModelError(f"{name} predicts no saliency")
        for row, saliency in zip(rows, out["saliency"], strict=True):
            row.append(saliency_picture(saliency[0], row[0].width))
    return contact_sheet(rows, ["gray", *(name for name, _, _ in networks)])
