"""A known network by name: downloaded from where its authors publish it, and installed."""

import shutil
from pathlib import Path

from tintype.errors import ModelError, UsageError
from tintype.lab.models.catalog import HUB, KNOWN, Known
from tintype.lab.models.convert import Added, Origin, add, require_torch
from tintype.lab.models.fetch import Advance, fetch_hub, fetch_url
from tintype.lab.models.store import (
    Remembered,
    check_name,
    downloads_folder,
    recall,
    remember,
    sha256_of,
)


def find_known(name: str) -> Known:
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


def _download(known: Known, folder: Path, advance: Advance, endpoint: str) -> Path:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ModelError(f"{folder} cannot be made: {error.strerror}") from error
    if known.source.startswith("hub:"):
        return fetch_hub(known.source.removeprefix("hub:"), folder, advance, endpoint)
    return fetch_url(known.source, folder, known.sha256, advance)
