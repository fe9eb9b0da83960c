"""What an archive's run starts from: a folder, an address of an object store, or a manifest; names
and sizes come out."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from tintype.archive.stores import Stat, Store, open_store
from tintype.errors import ArchiveError, UsageError, how_to_install
from tintype.photo import SUFFIXES

PDF = ".pdf"
MANIFESTS = (".csv", ".tsv", ".txt", ".parquet")
COLUMN = "path"

csv.field_size_limit(2**31 - 1)  # of transcriptions in a column beside the names


class SourceListing:
    """Photographs by name, found by walking or named by a manifest.

    passed_over: how many files there were of other endings, hidden and excluded ones, and folders
    that are left out.

    place: a folder, an address such as s3://bucket/scans, or a manifest (.csv, .tsv, .txt,
    .parquet) whose `column` names files, relative to the manifest's own folder or to `root`.
    exclude: patterns such as "private/*" or "*.gif" of names, and of folders and files in them,
    that are left out.
    Raises UsageError where the place does not exist or the manifest lacks its column.
    """

    def __init__(
        self,
        place: str,
        column: str = COLUMN,
        root: str | None = None,
        exclude: Sequence[str] = (),
    ) -> None:
        self.place = place
        self.column = column
        self.manifest = place if PurePosixPath(place).suffix.lower() in MANIFESTS else None
        self.passed_over: Counter[str] = Counter()
        self.exclude = [pattern.rstrip("/") for pattern in exclude]
        if self.manifest is None:
            self.store: Store = open_store(place)
            if "://" not in place and not Path(place).is_dir():
                raise UsageError(
                    f"{place} is not a folder, a manifest ({', '.join(MANIFESTS)}) or an address"
                    " such as s3://bucket/scans"
                )
        else:
            if "://" not in place and not Path(place).is_file():
                raise UsageError(f"{place} does not exist")
            self.store = open_store(root or place.rpartition("/")[0] or ".")

    def __iter__(self) -> Iterator[tuple[str, Stat]]:
        """Names and stats of the photographs. Raises ArchiveError where the store cannot be reached
        or a listed file is missing."""
        try:
            if self.manifest is not None:
                yield from self._listed()
                return
            for name, stat in self.store.walk(self._leave_out):
                if self._is_excluded(name):
                    continue
                ending = PurePosixPath(name).suffix.lower()
                if ending in SUFFIXES or ending == PDF:
                    yield name, stat
                else:
                    self.passed_over[ending or "no ending"] += 1
        except (OSError, ImportError) as error:
            raise ArchiveError(
                f"{self.place} cannot be listed: {error}; nothing was changed"
            ) from error
        except (
            Exception
        ) as error:  # each object store's client has errors of its own, without a common base
            if isinstance(error, ArchiveError | UsageError):
                raise
            raise ArchiveError(
                f"{self.place} cannot be reached: {error}; nothing was changed"
            ) from error

    def _leave_out(self, what: str) -> None:
        self.passed_over[what] += 1

    def _is_excluded(self, name: str) -> bool:
        """Whether a pattern fits a name or a part of it. Counts it."""
        path = PurePosixPath(name)
        names = [name, *path.parts, *map(str, path.parents)]
        for pattern in self.exclude:
            if any(fnmatchcase(each, pattern) for each in names):
                self.passed_over[f"excluded by {pattern}"] += 1
                return True
        return False

    def _listed(self) -> Iterator[tuple[str, Stat]]:
        for name in self._names():
            inside = _relative(name, self.store.uri)
            if self._is_excluded(inside):
                continue
            stat = self.store.stat(inside)
            yield inside, stat or Stat(0, "missing")

    def _names(self) -> Iterator[str]:
        assert self.manifest is not None
        folder, _, file = self.manifest.rpartition("/")
        data = open_store(folder or ".").read(file)
        if not self.manifest.lower().endswith(".parquet"):
            lines, separator = table_of(data)
            rows = csv.DictReader(lines, delimiter=separator)
            columns = rows.fieldnames or ()
            is_text = self.manifest.lower().endswith(".txt")
            if self.column == COLUMN not in columns and _is_plain_list(lines, columns, is_text):
                yield from (_with_slashes(line.strip().strip('"')) for line in lines)
                return
            self._require(columns)
            yield from (_with_slashes(row[self.column]) for row in rows if row[self.column])
            return
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError as error:
            raise UsageError(
                f"a Parquet manifest needs PyArrow, or give a CSV file; {how_to_install('ray')}"
            ) from error
        try:
            table = pq.ParquetFile(pa.BufferReader(data))
        except pa.ArrowInvalid as error:
            raise UsageError(f"{self.manifest} is not a Parquet file ({error})") from error
        self._require(table.schema_arrow.names)
        for batch in table.iter_batches(columns=[self.column]):
            yield from (name for name in batch.column(0).to_pylist() if name)

    def _require(self, columns: object) -> None:
        names = list(columns)  # type: ignore[call-overload]
        if self.column not in names:
            raise UsageError(
                f"{self.manifest} has no column {self.column!r}; it has"
                f" {', '.join(map(str, names)) or 'none'} (--column)"
            )


def table_lines(data: bytes) -> list[str]:
    """The lines of a text table: UTF-8, UTF-16 as spreadsheets write it, or else Windows' Latin."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16").splitlines()
    try:
        return data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace").splitlines()


def table_of(data: bytes) -> tuple[list[str], str]:
    """The lines of a table without empty ones, and the separator of its columns: the one that a
    line "sep=;" before the header gives to spreadsheets, else the most frequent of tab, semicolon
    and comma in the header."""
    lines = [line for line in table_lines(data) if line.strip()]
    first = lines[0] if lines else ""
    given = re.fullmatch(r'"?sep=(.)"?', first, re.IGNORECASE)
    return (lines[1:], given[1]) if given else (lines, max("\t;,", key=first.count))


def _is_plain_list(lines: Sequence[str], columns: Sequence[str], is_text: bool) -> bool:
    """Whether a table's first line is no header but the first photograph's name, and alone.
    is_text: commas and semicolons in it are letters."""
    first = lines[0].strip().strip('"') if lines else ""
    is_name = PurePosixPath(first).suffix.lower() in (*SUFFIXES, PDF)
    return is_name and (len(columns) == 1 or (is_text and "\t" not in first))


def _with_slashes(name: str) -> str:
    """A name with the separators of Windows replaced; it stays if it has forward slashes."""
    return name if "/" in name else name.replace("\\", "/")


def _relative(name: str, root: str) -> str:
    """A manifest's entry as a name under the root. Raises UsageError for one that lies
    elsewhere."""
    if name.startswith(f"{root}/"):
        name = name.removeprefix(f"{root}/")
    inside = PurePosixPath(name)
    if inside.is_absolute() or "://" in name or ".." in inside.parts:
        raise UsageError(f"{name} does not lie under {root}; name the common folder with --root")
    return str(inside)
