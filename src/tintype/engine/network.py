"""A network file at work: arrays of the contract in, arrays of the contract out, through ONNX Runtime."""

import json
import threading
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from tintype.color.bins import palette_vector
from tintype.errors import ModelError, UsageError

Array = NDArray[np.floating[Any]]

CONTRACT = "1"
STRIDE = 32
"""Height and width of what a network sees are multiples of this."""

PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
"""Devices, the most wanted first."""


WORKING_SIZE = 256
"""How large a network sees a picture, in pixels a side, where its file says nothing else as `size`."""
VARIANTS = {"fast": ("default", 128)}
"""Networks that are another one at another working size."""


@dataclass(frozen=True)
class Prediction:
    """ab: N×2×h×w, CIELAB units. saliency: N×1×h×w, 0..1, and ab_logits: N×Q×h×w, where the system predicts them."""

    ab: Array
    saliency: Array | None = None
    ab_logits: Array | None = None


class Network:
    """A network file, loaded when first used and then shared; threads may call it at once."""

    def __init__(self, path: Path, device: str = "auto", threads: int = 0, size: int | None = None) -> None:
        self.path = path
        self._size = size
        self.providers = choose_providers(device)
        self.threads = threads
        self._session: ort.InferenceSession | None = None
        self._lock = threading.Lock()

    @classmethod
    def load(cls, name_or_path: str | Path = "default", device: str = "auto", threads: int = 0) -> "Network":
        """By the name of what comes with the package, or a file. threads: 0 leaves it to ONNX Runtime.

        Raises ModelError if there is no such network or the file is no Tintype network; UsageError for an unknown device.
        """
        name, size = VARIANTS.get(str(name_or_path), (name_or_path, None))
        network = cls(find_model(name), device, threads, size)
        network.session()
        return network

    def session(self) -> ort.InferenceSession:
        """The ONNX Runtime session, made at the first call."""
        with self._lock:
            if self._session is None:
                options = ort.SessionOptions()
                options.intra_op_num_threads = self.threads
                options.log_severity_level = 3
                try:
                    session = ort.InferenceSession(str(self.path), options, providers=self.providers)
                except Exception as error:  # ONNX Runtime's errors share no other base
                    raise ModelError(f"{self.path} is not a network file that ONNX Runtime can load") from error
                if session.get_modelmeta().custom_metadata_map.get("tintype_contract") != CONTRACT:
                    raise ModelError(f"{self.path} is an ONNX file, but not a Tintype network (contract {CONTRACT})")
                self._session = session
            return self._session

    @property
    def metadata(self) -> dict[str, Any]:
        """system, recipe, data, measures, license … as the file tells them."""
        return parse_metadata(self.session().get_modelmeta().custom_metadata_map)

    @property
    def vividness(self) -> float:
        """What ab is to be multiplied by: a regression's colors are a mean of what is possible, and so too pale."""
        return float(self.metadata.get("vividness", 1))

    @property
    def size(self) -> int:
        """The working size that it was made for: it should see about size×size pixels."""
        return self._size or int(self.metadata.get("size", WORKING_SIZE))

    @property
    def near(self) -> int | None:
        """The larger working size at which it should see things again, of networks that tell where things are; else None."""
        return None if self._size else int(self.metadata.get("near", 0)) or None

    @property
    def looks(self) -> list[int]:
        """The working sizes at which it sees a photograph, the whole picture first."""
        return [self.size] if self.near is None else [self.size, self.near]

    @property
    def inputs(self) -> set[str]:
        """What the network listens to, of lightness, hint, region and palette."""
        return {entry.name for entry in self.session().get_inputs()}

    def predict(
        self, lightness: Array, hint: Array | None = None, region: Array | None = None, palette: Array | None = None
    ) -> Prediction:
        """lightness: N×1×H×W float32, L* 0..100. hint: N×3×H×W (a*, b*, sureness 0..1). region: N×1×H×W, 0..1.
        palette: N×K (see `tintype.color.bins.palette_vector`). None means no wish. H and W are multiples of 32.

        Raises UsageError for wrong shapes, ModelError if the network does not listen to a wish that is given.
        """
        if lightness.ndim != 4 or lightness.shape[1] != 1 or lightness.shape[2] % STRIDE or lightness.shape[3] % STRIDE:
            raise UsageError(f"lightness must be N×1×H×W with H and W multiples of {STRIDE}, but is {lightness.shape}")
        n, _, h, w = lightness.shape
        given = {"hint": hint, "region": region, "palette": palette}
        blank = {"hint": (n, 3, h, w), "region": (n, 1, h, w), "palette": (n, len(palette_vector()))}
        feed = {"lightness": np.ascontiguousarray(lightness, np.float32)}
        for name, shape in blank.items():
            value = given[name]
            if value is not None and value.shape != shape:
                raise UsageError(f"{name} must have shape {shape}, but has {value.shape}")
            if value is not None and name not in self.inputs:
                raise ModelError(f"the network {self.path.stem} does not listen to a {name}; use the default network for that")
            if name in self.inputs:
                none = np.ones(shape, np.float32) if name == "region" else np.zeros(shape, np.float32)
                feed[name] = none if value is None else np.ascontiguousarray(value, np.float32)
        session = self.session()
        names = [entry.name for entry in session.get_outputs() if entry.name in ("ab", "saliency", "ab_logits")]
        return Prediction(**dict(zip(names, session.run(names, feed), strict=True)))


def choose_providers(device: str) -> list[str]:
    """ONNX Runtime's providers for "auto" or a device's name, the CPU last. Raises UsageError if it is not there."""
    installed = ort.get_available_providers()
    there = [name for name, provider in PROVIDERS.items() if provider in installed]
    if device == "auto":
        return [PROVIDERS[name] for name in there]
    if device not in there:
        raise UsageError(f"there is no device {device!r} here; the installed ONNX Runtime has {', '.join(there)}")
    return list(dict.fromkeys([PROVIDERS[device], PROVIDERS["cpu"]]))


def parse_metadata(properties: dict[str, str]) -> dict[str, Any]:
    """Texts stay texts; what is written as JSON is read."""
    return {k: json.loads(v) if v[:1] in "{[" else v for k, v in properties.items()}


def models_folder() -> Path:
    """Where the networks that come with the package lie."""
    return Path(str(resources.files("tintype"))) / "weights"


def list_models() -> dict[str, Path]:
    """The networks that come with the package, by name; a variant lies in the file of the network that it is one of."""
    files = {path.stem: path for path in sorted(models_folder().glob("*.onnx"))}
    return files | {name: files[origin] for name, (origin, _) in VARIANTS.items() if origin in files}


def find_model(name_or_path: str | Path) -> Path:
    """A name of `list_models`, or an existing file. Raises ModelError if it is neither."""
    models = list_models()
    if str(name_or_path) in models:
        return models[str(name_or_path)]
    path = Path(name_or_path)
    if path.is_file():
        return path
    raise ModelError(f"there is no network {str(name_or_path)!r}; there are {', '.join(models)}, or give an .onnx file")
