"""A trained network to one ONNX file that holds graph, weights (fp16) and metadata, and back from
that file to PyTorch."""

import logging
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized, remove_parametrizations

from tintype import __version__
from tintype.color.lab import lightness
from tintype.contract import (
    AFFINITY_DIMS,
    OUTPUTS,
    PALETTE_SIZE,
    PARTS,
    STRIDE,
    NetworkMetadata,
)
from tintype.errors import ModelError, UsageError
from tintype.files import whole_path
from tintype.lab.data.photographs import PhotoStore, load_photographs
from tintype.lab.training.artifact import MIN_HALVED_VALUES, save_weights
from tintype.lab.training.checkpoint import load_state
from tintype.lab.training.neutral import store_neutral_inputs
from tintype.lab.training.recipe import Deciding, Recipe, read_recipe
from tintype.lab.training.systems import decided, restore_network

NO_LICENSE = "not stated"
MAX_AB_DIFFERENCE = 2.0
"""Of ab, CIELAB units, between a trained network and its artifact, whose weights are halved."""


class Exported(nn.Module):
    """The contract as positional arguments and a tuple of outputs, which is what ONNX speaks."""

    def __init__(
        self, network: nn.Module, inputs: tuple[str, ...], outputs: tuple[str, ...]
    ) -> None:
        super().__init__()
        self.network, self.inputs, self.outputs = network, inputs, outputs

    def forward(self, *args: Tensor) -> tuple[Tensor, ...]:
        out = self.network(**dict(zip(self.inputs, args, strict=True)))
        return tuple(out[name] for name in self.outputs)


def example_inputs(inputs: tuple[str, ...], n: int = 2, side: int = 64) -> tuple[Tensor, ...]:
    """Plausible inputs of the contract, for tracing and for comparing."""
    generator = torch.Generator().manual_seed(0)
    made = {
        "lightness": torch.rand(n, 1, side, side, generator=generator) * 100,
        "hint": torch.zeros(n, 3, side, side),
        "region": torch.ones(n, 1, side, side),
        "palette": torch.zeros(n, PALETTE_SIZE),
    }
    made["hint"][:, :, 8:16, 8:16] = torch.tensor([30.0, -20.0, 1.0])[:, None, None]
    return tuple(made[name] for name in inputs)


@torch.no_grad()
def outputs_of(network: nn.Module) -> tuple[str, ...]:
    """The outputs of the contract that a network predicts."""
    inputs: tuple[str, ...] = tuple(network.inputs)  # type: ignore[arg-type]
    predicted = network.eval()(**dict(zip(inputs, example_inputs(inputs), strict=True)))
    return tuple(name for name in OUTPUTS if name in predicted)


def photograph_inputs(
    inputs: tuple[str, ...], store: PhotoStore, count: int = 4, side: int = 256
) -> list[tuple[Tensor, ...]]:
    """What a network is shown of real photographs, one at a time, with a hint in each."""
    examples = []
    for index in range(min(count, len(store))):
        picture = store.square(index, side)
        made = dict(zip(inputs, example_inputs(inputs, 1, side), strict=True))
        made["lightness"] = torch.from_numpy(lightness(picture))[None, None]
        examples.append(tuple(made[name] for name in inputs))
    return examples


def export(
    network: nn.Module,
    target: str | Path,
    metadata: NetworkMetadata,
    photographs: PhotoStore | None = None,
) -> float:
    """Write the artifact and compare it with PyTorch.

    network: follows the contract; its `inputs` names what it takes. photographs: to compare on;
    None: random pictures. Weights under a spectral or weight norm become plain ones. Returns the
    largest difference of ab, in CIELAB units, between the network and the artifact run by ONNX
    Runtime (fp16 storage included). Raises ModelError if they do not agree, or if the network
    predicts no ab.
    """
    target = Path(target)
    network = network.eval().cpu()
    fold_norms(network)
    inputs: tuple[str, ...] = tuple(network.inputs)  # type: ignore[arg-type]
    example, outputs = example_inputs(inputs), outputs_of(network)
    if "ab" not in outputs:
        raise ModelError(
            f"{type(network).__name__} predicts no colors, so there is nothing to export"
        )
    wrapped = Exported(network, inputs, outputs).eval()
    batch = torch.export.Dim("batch", min=1)
    high, wide = (
        STRIDE * torch.export.Dim(f"{side}_{STRIDE}", min=1, max=512)
        for side in ("height", "width")
    )
    shapes = tuple(
        {0: batch} if name == "palette" else {0: batch, 2: high, 3: wide} for name in inputs
    )
    with quiet_exporter():
        program = torch.onnx.export(
            wrapped,
            example,
            dynamo=True,
            opset_version=18,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=(shapes,),
            optimize=True,
            verbose=False,
        )
    assert program is not None
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        program.save(str(plain))
        model = onnx.load(str(plain))
    forget_where(model)
    store_neutral_inputs(model)
    halve_weights(model)
    helper.set_model_props(model, metadata.properties())
    shown = (
        photograph_inputs(inputs, photographs)
        if photographs is not None
        else [example_inputs(inputs, 1, 96)]
    )
    with whole_path(target, ModelError) as beside:
        onnx.save(model, str(beside))
        difference = max(compare(network, beside, given) for given in shown)
        if not difference < MAX_AB_DIFFERENCE:
            raise ModelError(
                f"the exported network differs from the trained one by {difference:.3g} CIELAB"
                " units; not written"
            )
    return difference


def export_run(
    folder: Path,
    target: Path,
    overrides: Sequence[str] = (),
    licensed: bool = False,
    trusted: bool = False,
) -> float | None:
    """Export the averaged weights of a run to `target`, an .onnx file; beside it, as .safetensors,
    what training can start from. A target .safetensors is written alone.

    overrides: of the recipe's keys that need no training (`recipe.EXPORT_KEYS`). licensed: whether
    a license must be stated. trusted: whether the run's own system may be imported. The artifact is
    compared with the network on the first photographs that the run learned from, where they are
    still there.
    Returns the largest difference in CIELAB units; None if only weights were written, because that
    was asked for or because the network predicts no colors. Raises UsageError for another suffix or
    a missing license, RecipeError if the folder holds no run, ModelError if its weights are of
    another network than its recipe's.
    """
    if target.suffix not in (".onnx", ".safetensors"):
        raise UsageError(
            f"{target} should be called NAME.onnx, or NAME.safetensors for the weights alone"
        )
    state = load_state(folder)
    recipe = read_recipe(folder, overrides, trusted)
    network = restore_network(recipe, state["average"], folder)
    about = describe(recipe, state["inherited"], trained=state["step"] > 0)
    if licensed and about["license"] == NO_LICENSE:
        raise UsageError("a release must state its license: --set license=NAME")
    deciding = Deciding.model_validate(about["decision"]) if about["decision"] is not None else None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(f"{target} cannot be written: {error.strerror}") from error
    save_weights(
        target.with_suffix(".safetensors"),
        network,
        state["bin_share"] if deciding is not None else None,
        about,
    )
    outputs = outputs_of(network)
    if target.suffix == ".safetensors" or "ab" not in outputs:
        return None
    photographs = None
    if state["data"] and all(Path(path).exists() for path in state["data"]):
        photographs = load_photographs(state["data"], recipe.data.model_copy(update={"limit": 4}))
    metadata = NetworkMetadata(
        system=recipe.system,
        recipe=recipe.model_dump(mode="json"),
        version=__version__,
        feature_channels=getattr(network, "feature_channels", ()),
        affinity_dims=AFFINITY_DIMS if "affinity" in outputs else None,
        parts=PARTS if "parts" in outputs else (),
        **{name: value for name, value in about.items() if value is not None},
    )
    return export(decided(network, deciding, state["bin_share"]), target, metadata, photographs)


def describe(recipe: Recipe, inherited: Mapping[str, Any], trained: bool = True) -> dict[str, Any]:
    """How a network is to be used: decision, size, detail_size, vividness, license.

    What the recipe leaves open is as in `inherited`, the description of the weights that the run
    started from. If the run has not trained since, everything else that describes these weights
    (data, measures) is true of it as well.
    """
    about = dict(inherited) if not trained else {}
    size = (
        recipe.size
        or inherited.get("size")
        or max(stage.size or recipe.data.size for stage in recipe.stages)
    )
    detail = (
        round(size * recipe.detail) if recipe.detail is not None else inherited.get("detail_size")
    )
    decision = (
        recipe.decision.model_dump() if recipe.decision is not None else inherited.get("decision")
    )
    vividness = (
        recipe.vividness if recipe.vividness is not None else inherited.get("vividness", 1.0)
    )
    about |= {"decision": decision, "size": size, "detail_size": detail, "vividness": vividness}
    return about | {"license": recipe.license or inherited.get("license", NO_LICENSE)}


def compare(network: nn.Module, artifact: Path, example: tuple[Tensor, ...]) -> float:
    """The largest difference of ab, in CIELAB units, between the network in PyTorch and the
    artifact."""
    inputs: tuple[str, ...] = tuple(network.inputs)  # type: ignore[arg-type]
    named = dict(zip(inputs, example, strict=True))
    options = ort.SessionOptions()
    options.log_severity_level = 3  # it warns of every neutral value
    session = ort.InferenceSession(str(artifact), options, providers=["CPUExecutionProvider"])
    (ab,) = session.run(["ab"], {name: value.numpy() for name, value in named.items()})
    with torch.no_grad():
        return float(np.abs(ab - network(**named)["ab"].numpy()).max())


@contextmanager
def quiet_exporter() -> Iterator[None]:
    """Without the exporter's notes on other packages and on its own passes, which are of
    no use to a user."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def fold_norms(network: nn.Module) -> None:
    """Replace each weight that is computed under a norm by its value."""
    for module in network.modules():
        if is_parametrized(module, "weight"):
            remove_parametrizations(module, "weight")


def forget_where(model: onnx.ModelProto) -> None:
    """Leave out what the exporter notes of the code and of the folders that it ran in, which are
    nobody else's business."""
    for part in (model.graph, *model.functions):
        for noted in (part, *part.node, *part.value_info):
            noted.ClearField("metadata_props")
            noted.ClearField("doc_string")
    for noted in (*model.graph.input, *model.graph.output, *model.graph.initializer):
        noted.ClearField("metadata_props")
        noted.ClearField("doc_string")


def halve_weights(model: onnx.ModelProto) -> None:
    """Store the large float32 weights as float16, each followed by a Cast: half the file, the same
    arithmetic."""
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < MIN_HALVED_VALUES:
            continue
        values = numpy_helper.to_array(tensor)
        if not np.isfinite(values.astype(np.float16)).all():
            continue
        stored = f"{tensor.name}.fp16"
        casts.append(helper.make_node("Cast", [stored], [tensor.name], to=TensorProto.FLOAT))
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), stored))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
