"""A published file from the network to this machine: resumed where it broke off, its hash
checked."""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tintype.errors import ModelError, UsageError, how_to_install
from tintype.lab.models.catalog import HUB, HUB_FILES
from tintype.lab.models.store import sha256_of

MAX_TRIES = 3
TIMEOUT_SECONDS = 30.0
"""Seconds without a byte."""

Advance = Callable[[int, int | None], None]
"""Called with how many bytes are there, and of how many (None if unknown)."""


def fetch_url(
    url: str, folder: Path, sha256: str = "", advance: Advance = lambda done, total: None
) -> Path:
    """Download a URL into a folder, going on with what an earlier try left there.

    sha256: how the file's hash begins, in hexadecimal digits. Proxies are taken from the
    environment (HTTPS_PROXY).
    Returns the file. Raises ModelError, in one sentence, if it cannot be had or has another hash.
    """
    httpx = _library("httpx")
    target = folder / (Path(httpx.URL(url).path).name or "download")
    part, tag = folder / f"{target.name}.part", folder / f"{target.name}.etag"
    for attempt in range(MAX_TRIES):
        try:
            with httpx.Client(follow_redirects=True, timeout=TIMEOUT_SECONDS) as client:
                _transfer(client, url, part, tag, advance)
            break
        except httpx.HTTPStatusError as error:
            raise ModelError(
                f"{url} answers with {error.response.status_code} {error.response.reason_phrase}"
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if attempt == MAX_TRIES - 1 or not part.exists():
                raise ModelError(f"{url} cannot be downloaded ({error})") from error
        except OSError as error:
            raise ModelError(f"{part} cannot be written: {error.strerror}") from error
    check_hash(part, sha256, url)
    part.replace(target)
    tag.unlink(missing_ok=True)
    return target


def _transfer(client: Any, url: str, part: Path, tag: Path, advance: Advance) -> None:
    """Append what is missing, where the server still has the same file; else begin anew."""
    there = part.stat().st_size if part.exists() and tag.exists() else 0
    headers = (
        {"Range": f"bytes={there}-", "If-Range": tag.read_text(encoding="utf-8")} if there else {}
    )
    with client.stream("GET", url, headers={"Accept-Encoding": "identity", **headers}) as response:
        if response.status_code == 416:  # all of it is there, or more than there is
            part.unlink()
            return _transfer(client, url, part, tag, advance)
        response.raise_for_status()
        resumed = response.status_code == 206
        done = there if resumed else 0
        length = response.headers.get("content-length")
        total = done + int(length) if length else None
        if total is not None and shutil.disk_usage(part.parent).free < total - done:
            raise OSError(errno.ENOSPC, f"no space for {total / 1e6:.0f} MB")
        # without a strong tag the server cannot say later whether its file is still the same
        strong = response.headers.get("etag", "")
        if strong and not strong.startswith("W/"):
            tag.write_text(strong, encoding="utf-8")
        else:
            tag.unlink(missing_ok=True)
        with part.open("ab" if resumed else "wb") as file:
            for chunk in response.iter_raw():
                file.write(chunk)
                done += len(chunk)
                advance(done, total)


def fetch_hub(
    repository: str, folder: Path, advance: Advance = lambda done, total: None, endpoint: str = HUB
) -> Path:
    """Download the weights of a repository OWNER/NAME of the Hugging Face hub; what was begun is
    gone on with.

    Returns the file, whose hash was compared with the one that the hub states. Raises ModelError,
    in one sentence.
    """
    hub = _library("huggingface_hub")
    missing = _library("huggingface_hub.errors").EntryNotFoundError

    progress_bar: Any = _library("huggingface_hub.utils").tqdm

    class Bar(progress_bar):  # type: ignore[misc]
        def __init__(self, *args: Any, **settings: Any) -> None:
            super().__init__(*args, **{**settings, "disable": True})
            self.reached, self.whole = int(settings.get("initial") or 0), settings.get("total")

        def update(self, n: float | None = 1) -> bool | None:
            self.reached += int(n or 0)
            advance(self.reached, int(self.whole) if self.whole else None)
            return None

    for name in HUB_FILES:
        try:
            remote = hub.get_hf_file_metadata(
                hub.hf_hub_url(repository, name, endpoint=endpoint), timeout=TIMEOUT_SECONDS
            )
            file = Path(
                hub.hf_hub_download(
                    repository, name, local_dir=folder, endpoint=endpoint, tqdm_class=Bar
                )
            )
        except missing:
            continue
        except Exception as error:  # they are those of the HTTP library that its version uses
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                raise ModelError(f"there is no space for the download in {folder}") from error
            raise ModelError(
                f"{endpoint}/{repository} cannot be downloaded ({_first_line(error)})"
            ) from error
        if remote.etag and len(remote.etag) == 64:  # of large files the tag is their SHA-256
            check_hash(file, remote.etag, f"{endpoint}/{repository}")
        return file
    raise ModelError(
        f"{endpoint}/{repository} holds no weights under the names {', '.join(HUB_FILES)}"
    )


def check_hash(path: Path, sha256: str, source: str) -> None:
    """Delete a file whose SHA-256 does not begin with these digits, and raise ModelError."""
    file = sha256_of(path)
    if not file.startswith(sha256):
        path.unlink()
        raise ModelError(
            f"what {source} sent has the SHA-256 {file[:16]}…, but should begin with"
            f" {sha256[:16]}: it is damaged or another file, and was deleted"
        )


def _library(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(
            f"downloads need {name.partition('.')[0]}; {how_to_install('hub')}"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
