"""A public checkpoint in, an installed network out: its architecture told by its keys, its ONNX
file compared with PyTorch."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from tintype import __version__
from tintype.contract import NetworkMetadata
from tintype.errors import UsageError, how_to_install
from tintype.lab.models.catalog import SIGHTS
from tintype.lab.models.store import check_name, installed, installing, sha256_of
from tintype.lab.models.wrap import Values, wrap


@dataclass(frozen=True)
class Origin:
    """Where a network's file comes from, and under what license; empty where that is not known."""

    source: str = ""
    license: str = ""


@dataclass(frozen=True)
class Added:
    """What was installed. difference: of ab between ONNX Runtime and PyTorch, CIELAB units; None
    for a file that was ONNX."""

    path: Path
    architecture: str
    sha256: str
    difference: float | None


def add(
    name: str,
    file: Path,
    origin: Origin = Origin(),
    values: Values | None = None,
    replace: bool = False,
) -> Added:
    """Install a public checkpoint (.pth, .pt, .bin, .safetensors) or ONNX file under a name.

    values: how an ONNX file holds RGB, see `tintype.lab.models.wrap.wrap`. replace: over a network
    of that name.
    Raises UsageError for a name that cannot be, or if PyTorch is needed and missing; ModelError for
    a file that is damaged, or of no known system, or whose ONNX file does not answer as PyTorch
    does. Nothing is installed then.
    """
    check_name(name, replace)
    if not file.is_file():
        raise UsageError(f"there is no file {file}")
    digest = sha256_of(file)
    with installing(name) as path:
        if file.suffix.lower() == ".onnx":
            told = NetworkMetadata(
                name=name,
                source=origin.source or file.name,
                sha256=digest,
                license=origin.license,
                version=__version__,
            )
            architecture, difference = wrap(file, path, told, values), None
        else:
            architecture, difference = _convert(name, file, origin, path, digest)
    return Added(installed()[name], architecture, digest, difference)


def _convert(name: str, file: Path, origin: Origin, path: Path, digest: str) -> tuple[str, float]:
    require_torch(file.name)
    from tintype.lab.nets.published import PUBLISHED, identify, unwrap
    from tintype.lab.nets.reading import read_tensors
    from tintype.lab.training.export import export

    state = unwrap(read_tensors(file))
    architecture = identify(state)
    sight = SIGHTS[architecture]
    told = NetworkMetadata(
        system=sight.system,
        name=name,
        size=sight.size,
        shape=sight.shape,
        license=origin.license or sight.license,
        source=origin.source or file.name,
        sha256=digest,
        version=__version__,
    )
    return architecture, export(PUBLISHED[architecture].load(state), path, told)


def require_torch(what: str) -> None:
    """Raises UsageError if PyTorch is not installed."""
    if importlib.util.find_spec("torch") is None:
        raise UsageError(
            f"{what} is a PyTorch checkpoint, and converting it needs PyTorch;"
            f" {how_to_install('train')}"
        )
