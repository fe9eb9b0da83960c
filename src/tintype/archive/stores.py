"""Where an archive's files lie: a folder of this machine, or an object store behind fsspec. Names
in, bytes out, and back."""

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from tintype.errors import UsageError, how_to_install
from tintype.files import sha256_of
from tintype.jobs.walk import is_service_folder, walk

CHUNK_BYTES = 2**20
TO_PRIVATE = {0xDC00 + byte: 0xF700 + byte for byte in range(0x80, 0x100)}
FROM_PRIVATE = {private: escaped for escaped, private in TO_PRIVATE.items()}
"""Bytes of file names that are no UTF-8: Python's surrogates, which no database takes, and the
private characters that stand for them in an archive's names."""
HIDDEN = "hidden file"
"""What is left out though nobody said so."""


@dataclass(frozen=True)
class Stat:
    """size: bytes. version: changes whenever the file does (time of change in nanoseconds; an
    object's ETag)."""

    size: int
    version: str


LeftOut = Callable[[str], None]


class Store(Protocol):
    """Files by relative names with forward slashes. Errors of the operating system and of the
    network are left as they are."""

    uri: str

    def walk(self, left_out: LeftOut = ...) -> Iterator[tuple[str, Stat]]: ...
    def stat(self, name: str) -> Stat | None: ...
    def read(self, name: str) -> bytes: ...
    def sha256(self, name: str) -> str: ...
    def put(self, made: Path, name: str) -> None: ...
    def delete(self, name: str) -> None: ...


class Folder:
    """A folder of this machine."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.uri = str(self.path)

    def walk(self, left_out: LeftOut = lambda _: None) -> Iterator[tuple[str, Stat]]:
        """Every file under the folder, in order, see `tintype.jobs.walk`. left_out: is
        called with what kind of file or which folder is left out."""

        def pass_over(path: Path) -> None:
            is_file = path.is_file()
            left_out(HIDDEN if is_file else f"folder or broken link {path.name}")

        for path, status in walk(self.path, pass_over):
            name = path.relative_to(self.path).as_posix().translate(TO_PRIVATE)
            yield name, Stat(status.st_size, str(status.st_mtime_ns))

    def path_of(self, name: str) -> Path:
        """Where a file lies."""
        return self.path / name.translate(FROM_PRIVATE)

    def stat(self, name: str) -> Stat | None:
        """Size and version, or None where there is no such file."""
        path = self.path_of(name)
        return _stat(path) if path.is_file() else None

    def read(self, name: str) -> bytes:
        """The whole file, opened for reading only. Pipes and the like, which could keep a reader
        waiting, count as missing."""
        path = self.path_of(name)
        if path.exists() and not path.is_file():
            raise FileNotFoundError(errno.ENOENT, "it is no file")
        return path.read_bytes()

    def sha256(self, name: str) -> str:
        """The file's SHA-256, read in pieces."""
        return sha256_of(self.path_of(name))

    def put(self, made: Path, name: str) -> None:
        """Move a finished file to its name at once. From another file system it is first copied
        beside its place."""
        target = self.path_of(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            made.replace(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            beside = target.with_name(f".tintype-{made.name}")
            try:
                shutil.copy2(made, beside)
                beside.replace(target)
                made.unlink()
            finally:
                beside.unlink(missing_ok=True)

    def delete(self, name: str) -> None:
        """Remove a file, if it is there."""
        self.path_of(name).unlink(missing_ok=True)


class Bucket:
    """A folder of an object store, or of anything else that fsspec reaches: s3://bucket/folder,
    gs://…, memory://…"""

    def __init__(self, uri: str) -> None:
        self.uri = uri.rstrip("/")
        try:
            import fsspec

            self.files, self.root = fsspec.core.url_to_fs(self.uri)
        except ImportError as error:
            raise UsageError(f"{uri} needs a library ({error}); {how_to_install('ray')}") from error
        except ValueError as error:
            raise UsageError(f"{uri} is not an address that fsspec knows ({error})") from error

    def __reduce__(self) -> tuple[Any, ...]:
        return Bucket, (self.uri,)  # workers open their own connections

    def walk(self, left_out: LeftOut = lambda _: None) -> Iterator[tuple[str, Stat]]:
        """Every object under the folder, in order; hidden ones are left out."""
        self.files.invalidate_cache()
        for folder, _, objects in self.files.walk(self.root, detail=True, on_error="raise"):
            for name, info in sorted(objects.items()):
                key = f"{folder}/{name}".removeprefix(f"{self.root}/")
                if name and not any(map(is_service_folder, key.split("/"))):
                    yield key, _object_stat(info)
                elif name:
                    left_out(HIDDEN)

    def stat(self, name: str) -> Stat | None:
        """Size and version, or None where there is no such object."""
        try:
            return _object_stat(self.files.info(f"{self.root}/{name}"))
        except FileNotFoundError:
            return None

    def read(self, name: str) -> bytes:
        """The whole object."""
        return bytes(self.files.cat_file(f"{self.root}/{name}"))

    def sha256(self, name: str) -> str:
        """The object's SHA-256, read in pieces."""
        with self.files.open(f"{self.root}/{name}", "rb") as file:
            digest = hashlib.sha256()
            while piece := file.read(CHUNK_BYTES):
                digest.update(piece)
            return digest.hexdigest()

    def put(self, made: Path, name: str) -> None:
        """Upload a finished file; object stores show an object whole or not at all."""
        self.files.put_file(str(made), f"{self.root}/{name}")
        made.unlink()
        self.files.invalidate_cache()

    def delete(self, name: str) -> None:
        """Remove an object, if it is there."""
        if self.stat(name) is not None:
            self.files.rm_file(f"{self.root}/{name}")
            self.files.invalidate_cache()


def open_store(place: str) -> Store:
    """A folder's path, or an address with a scheme. Raises UsageError for a scheme that is not
    known."""
    return Bucket(place) if "://" in place else Folder(Path(place))


def refuse_overlap(source: str, target: str, is_walked: bool) -> None:
    """Raises UsageError where the source lies inside the target, or, if it is walked, the target
    inside the source: originals and colorings stay apart."""
    if _lies_inside(source, target):
        raise UsageError(
            f"the source {source} lies inside the target {target}; choose another target"
        )
    if is_walked and _lies_inside(target, source):
        raise UsageError(
            f"the target {target} lies inside the source {source}; choose a target outside of it"
        )


def _lies_inside(place: str, folder: str) -> bool:
    """Whether a place is, or lies in, a folder, by its name or where links lead."""
    if "://" in place or "://" in folder:
        return f"{place.rstrip('/')}/".startswith(f"{folder.rstrip('/')}/")
    return any(
        Path(real(place)).is_relative_to(real(folder))
        for real in (os.path.abspath, os.path.realpath)
    )


def public_name(uri: str) -> str:
    """The last part of a place, which says nothing about this machine."""
    return PurePosixPath(uri).name or uri


def _stat(path: Path) -> Stat:
    status = path.stat()
    return Stat(status.st_size, str(status.st_mtime_ns))


def _object_stat(info: dict[str, Any]) -> Stat:
    version = next(
        (info[k] for k in ("ETag", "etag", "mtime", "LastModified", "created") if info.get(k)), ""
    )
    return Stat(int(info.get("size") or 0), str(version))
