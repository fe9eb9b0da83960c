"""A network file run through ONNX Runtime, on arrays of the contract; and the networks that are
installed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from importlib import resources
from pathlib import Path

import numpy as np
import onnxruntime as ort
import platformdirs

from tintype.arrays import Array
from tintype.contract import COLOR_OUTPUTS, SEGMENT_OUTPUTS, STRIDE, input_shape
from tintype.engine.core.header import Header
from tintype.engine.core.onnx_bytes import without_outputs
from tintype.errors import ModelError, UsageError

# ONNX Runtime's providers by device, in order of preference.
PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
# Networks that are another one at another working size: (its name, size).
VARIANTS: dict[str, tuple[str, int | None]] = {"fast": ("default", 128)}
# Between the names of networks whose colors are mixed.
BLEND_SIGN = "+"


@dataclass(frozen=True)
class Outputs:
    """A network's outputs for a batch. ab: N×2×h×w, CIELAB units. Where the system has them,
    saliency: N×1×h×w, 0..1; ab_logits: N×Q×h×w; features: N×C×h×w; affinity: N×C×h×w; parts:
    N×P×h×w, 0..1."""

    ab: Array
    saliency: Array | None = None
    ab_logits: Array | None = None
    features: Array | None = None
    affinity: Array | None = None
    parts: Array | None = None


class Network:
    """A network file, loaded once and then shared; threads may call it at once.

    size: the only working size, in place of the file's own. threads: 0 leaves it to ONNX Runtime.
    partners: networks with whose automatic colors its own are mixed; hints, regions and palettes
    are its own alone. Raises ModelError if the file is no Tintype network, UsageError for an
    unknown device.
    """

    def __init__(
        self,
        path: Path,
        device: str = "auto",
        threads: int = 0,
        size: int | None = None,
        partners: Sequence["Network"] = (),
    ) -> None:
        self.path, self.partners = path, tuple(partners)
        header = Header.read(path, size)
        self._open = partial(_open, path, choose_providers(device), threads)
        self.session = self._open(SEGMENT_OUTPUTS if header.metadata.affinity_dims else ())
        self.metadata, self.inputs, self.outputs, self.sizes = (
            header.metadata,
            header.inputs,
            header.outputs,
            header.sizes,
        )

    @classmethod
    def load(
        cls, name_or_path: str | Path = "default", device: str = "auto", threads: int = 0
    ) -> "Network":
        """By the name of what comes with the package, or a file, or several of them as `a+b`: the
        first and its partners. Raises ModelError if there is no such network; else as above."""
        (path, size), *others = network_files(name_or_path)
        partners = [cls(other, device, threads, own) for other, own in others]
        return cls(path, device, threads, size, partners)

    def __repr__(self) -> str:
        return f"<Network {self.path.stem}>"

    @property
    def size(self) -> int:
        """The working size: it sees about size×size pixels."""
        return self.sizes[0]

    @cached_property
    def _complete(self) -> ort.InferenceSession:
        """With all outputs: ONNX Runtime computes all that a session has, fetched or not, so that
        `session` leaves out what coloring does not need."""
        return self.session if not self.metadata.affinity_dims else self._open()

    def predict(
        self,
        lightness: Array,
        hint: Array | None = None,
        region: Array | None = None,
        palette: Array | None = None,
        wanted: Sequence[str] = COLOR_OUTPUTS,
    ) -> Outputs:
        """Inputs as in `tintype.contract`; None: not given. An input that the network does not
        accept is left out.

        wanted: outputs to bring back, `ab` among them; copying all of them takes time. Raises
        UsageError for wrong shapes.
        """
        if (
            lightness.ndim != 4
            or lightness.shape[1] != 1
            or lightness.shape[2] % STRIDE
            or lightness.shape[3] % STRIDE
        ):
            raise UsageError(
                f"lightness must be N×1×H×W with H and W multiples of {STRIDE}, but is"
                f" {lightness.shape}"
            )
        n, _, height, width = lightness.shape
        feed = {"lightness": np.ascontiguousarray(lightness, np.float32)}
        for name, value in (("hint", hint), ("region", region), ("palette", palette)):
            shape = input_shape(name, n, height, width)
            if value is not None and value.shape != shape:
                raise UsageError(f"{name} must have shape {shape}, but has {value.shape}")
            if name in self.inputs:
                none = (
                    np.ones(shape, np.float32) if name == "region" else np.zeros(shape, np.float32)
                )
                feed[name] = none if value is None else np.ascontiguousarray(value, np.float32)
        outputs = [name for name in self.outputs if name in wanted]
        session = self._complete if set(outputs) & set(SEGMENT_OUTPUTS) else self.session
        values = session.run(outputs, feed)
        return Outputs(**dict(zip(outputs, values, strict=True)))


@cache
def default_network() -> Network:
    """The shipped network, which assists networks that lack some of its outputs."""
    return Network.load("default", "cpu")


def _open(
    path: Path, providers: list[str], threads: int, unwanted: Sequence[str] = ()
) -> ort.InferenceSession:
    """unwanted: outputs that the session does not compute."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # the C library's memory instead, which the sessions share with all else and give back
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry(
        "session.intra_op.allow_spinning", "0"
    )  # waiting threads would take cores from decoding and rendering
    try:
        model = without_outputs(path.read_bytes(), unwanted) if unwanted else str(path)
        return ort.InferenceSession(model, options, providers=providers)
    except Exception as error:  # ONNX Runtime's errors share no other base
        raise ModelError(f"{path} is not a network file that ONNX Runtime can load") from error


def choose_providers(device: str) -> list[str]:
    """ONNX Runtime's providers for "auto" or a device's name, the CPU last. Raises UsageError if it
    is not there."""
    installed = ort.get_available_providers()
    there = [name for name, provider in PROVIDERS.items() if provider in installed]
    if device == "auto":
        return [PROVIDERS[name] for name in there]
    if device not in there:
        raise UsageError(
            f"there is no device {device!r} here; the installed ONNX Runtime has {', '.join(there)}"
        )
    return list(dict.fromkeys([PROVIDERS[device], PROVIDERS["cpu"]]))


def models_folder() -> Path:
    """Where the networks that come with the package lie."""
    return Path(str(resources.files("tintype"))) / "weights"


def user_models_folder() -> Path:
    """Where `tintype models add` and `get` install networks: the user's data folder, which need not
    exist."""
    return platformdirs.user_data_path("tintype", appauthor=False) / "models"


def networks_in(folder: Path) -> dict[str, Path]:
    """The network files of a folder by name, without hidden ones, which are not complete."""
    return {path.stem: path for path in sorted(folder.glob("[!.]*.onnx"))}


def list_models() -> dict[str, Path]:
    """The networks that come with the package, then those that the user installed, by name.

    A variant lies in the file of the network that it is one of.
    """
    shipped = networks_in(models_folder())
    shipped |= {
        name: shipped[origin] for name, (origin, _) in VARIANTS.items() if origin in shipped
    }
    return shipped | networks_in(user_models_folder()) | shipped


def describe_models() -> dict[str, Header | ModelError]:
    """What each network of `list_models` says of itself, without loading it; the error where its
    file is damaged."""
    headers: dict[str, Header | ModelError] = {}
    for name, path in list_models().items():
        try:
            headers[name] = Header.read(path, VARIANTS.get(name, (name, None))[1])
        except ModelError as error:
            headers[name] = error
    return headers


def blended_names(name_or_path: str | Path) -> list[str]:
    """The networks that `a+b` names; a single one for a file whose name has the sign."""
    name = str(name_or_path)
    return [name] if Path(name).is_file() else name.split(BLEND_SIGN)


def network_title(name_or_path: str | Path) -> str:
    """What people are shown of a network or of blended ones: files without folder and ending."""
    return BLEND_SIGN.join(Path(name).stem for name in blended_names(name_or_path))


def network_files(name_or_path: str | Path) -> list[tuple[Path, int | None]]:
    """File and working size (None: the file's own) of a network and of those that it is blended
    with. Raises ModelError if one is missing."""
    chosen = [VARIANTS.get(name, (name, None)) for name in blended_names(name_or_path)]
    return [(find_model(name), size) for name, size in chosen]


def find_model(name_or_path: str | Path) -> Path:
    """A name of `list_models`, or an existing file. Raises ModelError if it is neither."""
    models = list_models()
    if str(name_or_path) in models:
        return models[str(name_or_path)]
    path = Path(name_or_path)
    if path.is_file():
        return path
    raise ModelError(
        f"there is no network {str(name_or_path)!r}; available: {', '.join(models)}, or the path of"
        " an .onnx file"
    )
