"""Folders of photographs in; beside each photograph a saliency map, made once and kept, out."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.engine.core.network import Network, choose_providers, list_models
from tintype.engine.core.render import lightness_of
from tintype.engine.core.sizes import InputView, resize, view_size
from tintype.errors import DataError, ModelError
from tintype.files import whole_file
from tintype.lab.data.samples import SALIENCY_SIDE, Bytes, Encoded, decode, is_photograph
from tintype.threads import in_threads

Detector = Callable[[Bytes], Array]
"""H×W×3 uint8 sRGB in; how much each place draws the eye, h×w float32 of 0..1 and any size, out."""

SEEN_SIDE = 256
"""Short side in pixels of what a detector without a network sees at most: more shows it grain, and
takes longer."""
DETECTOR_SIDE = 320
"""Side at which a salient-object detector sees a picture where its file leaves that open."""
IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
IMAGENET_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
MAP_QUALITY = 90

DETECTORS: Any = cv2.saliency  # the stubs of OpenCV's contributed modules do not name them
CLASSIC: dict[str, Callable[[], Any]] = {
    "spectral-residual": DETECTORS.StaticSaliencySpectralResidual_create,
    "fine-grained": DETECTORS.StaticSaliencyFineGrained_create,
}
"""Detectors that need no network: Hou and Zhang 2007; Montabone and Soto 2010."""


@dataclass
class MapPlan:
    """todo: photographs that need a map. kept: how many have theirs. failed: the reason by
    photograph."""

    todo: list[Path] = field(default_factory=list)
    kept: int = 0
    failed: dict[Path, str] = field(default_factory=dict)


def photographs_in(folder: Path) -> list[Path]:
    """The photographs of a folder and all folders in it, as `read_samples` finds them. Raises
    DataError if it is no folder."""
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder of photographs")
    return sorted(path for path in folder.rglob("*") if is_photograph(path) and path.is_file())


def map_of(photograph: Path) -> Path:
    """Where the saliency map of a photograph lies."""
    return photograph.with_name(f"{photograph.stem}.saliency.webp")


def plan_maps(folders: Iterable[Path], overwrite: bool = False) -> MapPlan:
    """Which photographs need a map: those without one, or all with `overwrite`.

    Of photographs that differ in their ending alone, only the first can have a map: the others are
    reported as failed.
    Raises DataError for what is no folder, and if there is no photograph at all.
    """
    named = list(folders)
    plan = MapPlan()
    owners: dict[Path, Path] = {}
    for photograph in (path for folder in named for path in photographs_in(folder)):
        target = map_of(photograph).resolve()
        if target not in owners:
            owners[target] = photograph
            if overwrite or not target.exists():
                plan.todo.append(photograph)
            else:
                plan.kept += 1
        elif owners[target].name != photograph.name:
            plan.failed[photograph] = (
                f"its map would be that of {owners[target].name}; give them different names"
            )
    if not owners:
        raise DataError(f"there are no photographs in {', '.join(map(str, named))}")
    return plan


def make_maps(photographs: Iterable[Path], detect: Detector) -> Iterator[tuple[Path, str | None]]:
    """Write the map of each photograph beside it: gray WebP of 0..255, short side 48. Yields each
    with what went wrong, or None.

    Maps are written whole or not at all, so that a run which is stopped goes on where it stood.
    """

    def make(photograph: Path) -> tuple[Path, str | None]:
        try:
            picture = decode(Encoded(photograph.name, photograph.read_bytes())).pixels
            _write(map_of(photograph), saliency_map(picture, detect))
        except (ValueError, cv2.error) as error:
            return photograph, (
                "not a readable picture" if isinstance(error, cv2.error) else str(error)
            )
        except (OSError, DataError) as error:
            return photograph, getattr(error, "strerror", None) or str(error)
        return photograph, None

    return in_threads(make, photographs)


def saliency_map(picture: Bytes, detect: Detector) -> Bytes:
    """The map of one picture, H×W×3 uint8 sRGB in its own shape: uint8 of 0..255 whose short side
    is 48 pixels."""
    saliency = detect(picture)
    size = _sides(picture, SALIENCY_SIDE)
    how = cv2.INTER_AREA if saliency.shape[0] > size[1] else cv2.INTER_LINEAR
    small = cv2.resize(np.asarray(saliency, np.float32), size, interpolation=how)
    return np.rint(np.clip(small, 0, 1) * 255).astype(np.uint8)


def open_detector(name: str) -> Detector:
    """A detector by name: `spectral-residual`, `fine-grained`, a network of Tintype's that predicts
    saliency, or FILE.onnx.

    A file is any salient-object detector: one image input, N×3×H×W float32 (320×320 where it leaves
    H and W open), which gets RGB of 0..1 normalized by the mean and deviation of ImageNet; of its
    outputs the first counts, brought to 0..1.
    Raises ModelError if there is no such detector, or the file is none.
    """
    if name in CLASSIC:
        return lambda picture: _stretch(_classic(name, picture))
    if name in list_models():
        return _own_network(name)
    if not Path(name).is_file():
        names = ", ".join([*CLASSIC, *list_models()])
        raise ModelError(
            f"there is no saliency detector {name!r}; available: {names}, or the path of an .onnx"
            " file"
        )
    return _network_file(Path(name))


def _classic(name: str, picture: Bytes) -> Array:
    seen = cv2.cvtColor(_shrink(picture, SEEN_SIDE), cv2.COLOR_RGB2BGR)
    done, saliency = CLASSIC[name]().computeSaliency(seen)
    if not done:
        raise ValueError(f"{name} finds no saliency in it")
    return np.asarray(saliency, np.float32)


def _own_network(name: str) -> Detector:
    network = Network.load(name)

    def detect(picture: Bytes) -> Array:
        lightness = lightness_of(_shrink(picture, network.size))
        view = InputView(resize(lightness, view_size(picture.shape, network.size)))
        saliency = network.predict(view.pad(view.lightness)).saliency
        if saliency is None:
            raise ModelError(f"the network {name!r} does not predict saliency; use default")
        return view.crop(saliency)[:, :, 0]

    return detect


def _network_file(path: Path) -> Detector:
    try:
        session = ort.InferenceSession(str(path), providers=choose_providers("auto"))
    except Exception as error:  # ONNX Runtime's errors share no other base
        raise ModelError(f"{path} is not a network file that ONNX Runtime can load") from error
    inputs = session.get_inputs()
    shape = inputs[0].shape
    if (
        len(inputs) != 1
        or inputs[0].type != "tensor(float)"
        or len(shape) != 4
        or (isinstance(shape[1], int) and shape[1] != 3)
    ):
        signature = ", ".join(f"{entry.name} {entry.type} {entry.shape}" for entry in inputs)
        raise ModelError(
            f"{path} is not a saliency detector: it must take one picture, N×3×H×W float32, but"
            f" takes {signature}"
        )
    height, width = (side if isinstance(side, int) else DETECTOR_SIDE for side in shape[2:])

    def detect(picture: Bytes) -> Array:
        how = cv2.INTER_AREA if min(picture.shape[:2]) > min(height, width) else cv2.INTER_LINEAR
        seen = cv2.resize(picture, (width, height), interpolation=how).astype(np.float32) / 255
        normal = ((seen - IMAGENET_MEAN) / IMAGENET_DEVIATION).transpose(2, 0, 1)[None]
        try:
            saliency = np.squeeze(
                session.run(None, {inputs[0].name: np.ascontiguousarray(normal, np.float32)})[0]
            )
        except Exception as error:  # ONNX Runtime's errors share no other base
            raise ModelError(
                f"{path} fails on a picture of {width}×{height} pixels: {error}"
            ) from error
        if saliency.ndim != 2:
            raise ModelError(
                f"{path} is not a saliency detector: its first output is no map, but has shape"
                f" {saliency.shape}"
            )
        return _stretch(np.asarray(saliency, np.float32))

    return detect


def _stretch(saliency: Array) -> Array:
    """The least to 0 and the most to 1; nothing is salient where all is alike."""
    least, most = float(saliency.min()), float(saliency.max())
    return (saliency - least) / (most - least) if most > least else np.zeros_like(saliency)


def _sides(picture: NDArray[Any], short_side: int) -> tuple[int, int]:
    """Width and height of a picture whose short side is to have so many pixels."""
    h, w = picture.shape[:2]
    return max(1, round(w * short_side / min(h, w))), max(1, round(h * short_side / min(h, w)))


def _shrink(picture: Bytes, short_side: int) -> Bytes:
    if min(picture.shape[:2]) <= short_side:
        return picture
    return np.asarray(
        cv2.resize(picture, _sides(picture, short_side), interpolation=cv2.INTER_AREA), np.uint8
    )


def _write(path: Path, saliency: Bytes) -> None:
    with whole_file(path, DataError) as file:
        file.write(
            cv2.imencode(".webp", saliency, [cv2.IMWRITE_WEBP_QUALITY, MAP_QUALITY])[1].tobytes()
        )
