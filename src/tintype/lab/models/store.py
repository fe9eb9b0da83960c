"""The user's own networks: ONNX files in the user's data folder, each whole, each with its license,
source and hash inside."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from tintype import files
from tintype.engine.core.network import VARIANTS, models_folder, networks_in, user_models_folder
from tintype.errors import ModelError, UsageError
from tintype.files import whole_path, write_text

NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
MEMORY_FILE = "known.json"
"""Beside the networks: what is remembered of known ones."""


def installed() -> dict[str, Path]:
    """The user's networks by name."""
    return networks_in(user_models_folder())


def check_name(name: str, replace: bool) -> None:
    """Raises UsageError if a network cannot be installed under this name, or is, and not to be
    replaced."""
    if not NAME_PATTERN.fullmatch(name) or name.endswith(".onnx"):
        raise UsageError(
            f"a network's name is lower-case letters, digits, dots and dashes, not {name!r}"
        )
    if _is_shipped(name):
        raise UsageError(
            f"{name!r} is the name of a network that comes with Tintype; choose another"
        )
    if name in installed() and not replace:
        raise UsageError(f"there is already a network {name!r}; --replace installs over it")


@contextmanager
def installing(name: str) -> Iterator[Path]:
    """A path to write the network's file to; it is installed when the block ends without an
    exception, else nothing is."""
    make_folder()
    with whole_path(user_models_folder() / f"{name}.onnx", ModelError) as path:
        yield path


def remove(name: str) -> Path:
    """Delete one of the user's networks. Returns where it was. Raises UsageError if there is none
    of that name."""
    if _is_shipped(name):
        raise UsageError(f"{name!r} comes with Tintype and cannot be removed")
    path = installed().get(name)
    if path is None:
        there = ", ".join(installed()) or "none"
        raise UsageError(f"there is no installed network {name!r}; installed are: {there}")
    try:
        path.unlink()
    except OSError as error:
        raise ModelError(f"{path} cannot be removed: {error.strerror}") from error
    return path


@dataclass(frozen=True)
class Remembered:
    """What is remembered of a known network, also after it was removed. license: the one that the
    user accepted. sha256: of its file when it was first downloaded."""

    license: str = ""
    sha256: str = ""


def recall(name: str) -> Remembered:
    """Raises ModelError if what is remembered is damaged."""
    return _memory().get(name, Remembered())


def remember(name: str, facts: Remembered) -> None:
    """Raises ModelError if it cannot be written."""
    entries = {known: asdict(kept) for known, kept in (_memory() | {name: facts}).items()}
    write_text(make_folder() / MEMORY_FILE, json.dumps(entries, indent=1) + "\n", ModelError)


def _memory() -> dict[str, Remembered]:
    path = user_models_folder() / MEMORY_FILE
    try:
        entries = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return {name: Remembered(**facts) for name, facts in entries.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path} is damaged; delete it, and you will be asked to accept licenses again"
        ) from error


def _is_shipped(name: str) -> bool:
    return name in networks_in(models_folder()) or name in VARIANTS


def downloads_folder() -> Path:
    """Where transfers are kept until they are complete and installed. Raises ModelError if it
    cannot be made."""
    return _made(platformdirs.user_cache_path("tintype", appauthor=False) / "downloads")


def make_folder() -> Path:
    """The user's folder of networks, which is made if it is not there. Raises ModelError if it
    cannot be made."""
    return _made(user_models_folder())


def sha256_of(path: Path) -> str:
    """64 hexadecimal digits. Raises ModelError if the file cannot be read."""
    try:
        return files.sha256_of(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(f"the folder {folder} cannot be made: {error.strerror}") from error
    return folder
