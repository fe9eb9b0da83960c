"""Install networks of others: download a known one, or convert a checkpoint or ONNX file."""

import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

from tintype import __version__
from tintype.contract import NetworkMetadata
from tintype.errors import ModelError, UsageError, how_to_install
from tintype.lab.models.catalog import HUB, KNOWN, SIGHTS, KnownNetwork
from tintype.lab.models.fetch import Advance, fetch_hub, fetch_url
from tintype.lab.models.store import (
    Remembered,
    check_name,
    downloads_folder,
    installed,
    installing,
    recall,
    remember,
    sha256_of,
)
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
            metadata = NetworkMetadata(
                name=name,
                source=origin.source or file.name,
                sha256=digest,
                license=origin.license,
                version=__version__,
            )
            architecture, difference = wrap(file, path, metadata, values), None
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
    metadata = NetworkMetadata(
        system=sight.system,
        name=name,
        size=sight.size,
        shape=sight.shape,
        license=origin.license,
        source=origin.source or file.name,
        sha256=digest,
        version=__version__,
    )
    return architecture, export(PUBLISHED[architecture].load(state), path, metadata)


def require_torch(what: str) -> None:
    """Raises UsageError if PyTorch is not installed."""
    if importlib.util.find_spec("torch") is None:
        raise UsageError(
            f"{what} is a PyTorch checkpoint, and converting it needs PyTorch;"
            f" {how_to_install('train')}"
        )


def find_known(name: str) -> KnownNetwork:
    """Raises UsageError if no network of this name is known."""
    if name not in KNOWN:
        raise UsageError(f"there is no known network {name!r}; known are {', '.join(KNOWN)}")
    return KNOWN[name]


def get(
    name: str,
    advance: Advance = lambda done, total: None,
    replace: bool = False,
    endpoint: str = HUB,
) -> Added:
    """Download and install a known network; a download that broke off is gone on with. The download
    is deleted when it is installed.

    Raises UsageError for an unknown or taken name, or if PyTorch is needed and missing; ModelError,
    with what to do by hand, if it cannot be had or converted, or is another file than the one that
    was downloaded the first time.
    """
    known = find_known(name)
    check_name(name, replace)
    if not known.source.endswith(".onnx"):
        require_torch(name)
    folder = downloads_folder() / name
    by_hand = f"tintype models add {name} {'--replace ' if replace else ''}"
    try:
        file = _download(known, folder, advance, endpoint)
    except ModelError as error:
        raise ModelError(
            f"{error}; try again, or download {known.by_hand} elsewhere and run: {by_hand}FILE"
        ) from error
    before, now = recall(name), sha256_of(file)
    if before.sha256 not in ("", now):
        raise ModelError(
            f"{known.by_hand} sent another file than the first time (SHA-256 {before.sha256[:16]}…"
            f" then, {now[:16]}… now), which is kept as {file}; if you trust it, run:"
            f" {by_hand}{file}"
        )
    added = add(name, file, Origin(known.by_hand, known.license), replace=replace)
    remember(name, Remembered(before.license, now))
    shutil.rmtree(folder, ignore_errors=True)
    return added


def _download(known: KnownNetwork, folder: Path, advance: Advance, endpoint: str) -> Path:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ModelError(f"{folder} cannot be made: {error.strerror}") from error
    if known.source.startswith("hub:"):
        return fetch_hub(known.source.removeprefix("hub:"), folder, advance, endpoint)
    return fetch_url(known.source, folder, known.sha256, advance)
