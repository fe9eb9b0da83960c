"""A known network by name: downloaded from where its authors publish it, and installed."""

from pathlib import Path

from tintype.errors import ModelError, UsageError
from tintype.models.catalog import HUB, KNOWN, Known
from tintype.models.convert import Added, Origin, add
from tintype.models.fetch import Advance, fetch_hub, fetch_url
from tintype.models.store import check_name, downloads_folder


def find_known(name: str) -> Known:
    """Raises UsageError if no network of this name is known."""
    if name not in KNOWN:
        raise UsageError(f"there is no known network {name!r}; known are {', '.join(KNOWN)}")
    return KNOWN[name]


def get(name: str, advance: Advance = lambda done, total: None, replace: bool = False, endpoint: str = HUB) -> Added:
    """Download and install a known network; a download that broke off is gone on with. The download is deleted when it is installed.

    Raises UsageError for an unknown or taken name, ModelError, with what to do by hand, if it cannot be had or converted.
    """
    known = find_known(name)
    check_name(name, replace)
    file = _download(name, known, advance, endpoint)
    added = add(name, file, Origin(known.by_hand, known.license), replace=replace)
    file.unlink(missing_ok=True)
    return added


def _download(name: str, known: Known, advance: Advance, endpoint: str) -> Path:
    folder = downloads_folder()
    try:
        if known.source.startswith("hub:"):
            return fetch_hub(known.source.removeprefix("hub:"), folder, advance, endpoint)
        return fetch_url(known.source, folder, known.sha256, advance)
    except ModelError as error:
        raise ModelError(
            f"{error}; try again, or download {known.by_hand} elsewhere and run: tintype models add {name} FILE"
        ) from error
