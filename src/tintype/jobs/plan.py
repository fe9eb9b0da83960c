"""Files, folders and patterns in; which file is written where out."""

import glob
import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tintype.errors import PhotoError, UsageError
from tintype.jobs.policy import written_suffix
from tintype.photo import FORMATS, SUFFIXES, ending_of, format_named, format_of

MARK = ".color"
"""Stands before the ending of what is written beside its source, and marks what is not a source."""
SHEET = ".compare"
SIDECAR = ".tintype.json"
"""Ends the name of a guidance that lies beside its photograph."""
MAX_NAME_BYTES = 255
"""Of one name on common file systems."""


@dataclass(frozen=True)
class PlannedFile:
    """source becomes target. sheet: where the comparison of before and after goes."""

    source: Path
    target: Path
    sheet: Path


@dataclass(frozen=True)
class FilePlan:
    """passed_over: files of the folders that are no photographs by their endings."""

    files: list[PlannedFile]
    passed_over: list[Path]


def plan_files(
    inputs: Sequence[str], output: str | None = None, format: str | None = None
) -> FilePlan:
    """Plan where each photograph's coloring is written.

    inputs: files, folders (walked whole, their structure kept under the output; several folders are
    kept apart by their names) and glob patterns. output: a file (for a single input), a folder
    (always with a / at its end), or None for NAME.color.EXT beside each. format: such as "png", for
    all; None: each file's own, or PNG where that is only read.
    Raises UsageError for an input that matches nothing, a target that is its own source, and
    targets that collide.
    """
    suffix = None if format is None else f".{format.lower().lstrip('.')}"
    relative_to_output: dict[Path, Path] = {}
    passed_over: list[Path] = []
    folders = [Path(text) for text in inputs if Path(text).is_dir()]
    together = (
        Path(os.path.commonpath([folder.resolve() for folder in folders]))
        if len(folders) > 1
        else None
    )
    alone: list[Path] = []
    for text in inputs:
        path = Path(text)
        if path.is_dir():
            under = path.resolve().relative_to(together) if together is not None else Path()
            for file in _files_in(path, output):
                if file.suffix.lower() in SUFFIXES:
                    relative_to_output[file] = under / file.relative_to(path)
                elif not file.name.endswith(SIDECAR):
                    passed_over.append(file)
        elif path.exists():
            alone.append(path)
        elif glob.has_magic(text):
            matches = sorted(Path(match) for match in glob.glob(text, recursive=True))  # noqa: PTH207
            files = [match for match in matches if match.is_file() and not _is_result(match)]
            if not files:
                raise UsageError(f"nothing matches {text}")
            alone += files
        else:
            raise UsageError(f"{text} does not exist")
    relative_to_output |= _relative_names(alone)
    target_file = _output_file(output, single=len(relative_to_output) == 1 and not folders)
    planned = []
    for source, relative in relative_to_output.items():
        ending = suffix or _ending(source)
        if output is None:
            target = source.with_name(_fitting(source.stem, f"{MARK}{ending}"))
        elif target_file is not None:
            target = target_file
        else:
            target = Path(output) / relative.parent / _fitting(relative.stem, ending)
        if target.resolve() == source.resolve():
            raise UsageError(f"{source} would be written over itself; choose another output")
        planned.append(
            PlannedFile(
                source,
                target,
                target.with_name(_fitting(target.stem.removesuffix(MARK), f"{SHEET}.jpg")),
            )
        )
    _refuse_collisions(planned)
    return FilePlan(_own_sheets(planned), passed_over)


def _files_in(folder: Path, output: str | None) -> list[Path]:
    inside = Path(output).resolve() if output is not None else None
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not _is_result(path)
        and not path.name.startswith(".")
        and (inside is None or inside == folder.resolve() or inside not in path.resolve().parents)
    )


def _is_result(path: Path) -> bool:
    return path.stem.endswith((MARK, SHEET))


def _relative_names(files: Sequence[Path]) -> dict[Path, Path]:
    """Files by their names alone; files of one name in several folders by those folders, too."""
    files = list(dict.fromkeys(files))
    often = Counter(file.name for file in files)
    equal = [file.resolve().parent for file in files if often[file.name] > 1]
    together = Path(os.path.commonpath(equal)) if equal else Path()
    return {
        file: Path(file.name) if often[file.name] == 1 else file.resolve().relative_to(together)
        for file in files
    }


def _output_file(output: str | None, single: bool) -> Path | None:
    """The output where it is a file; None for a folder."""
    if output is None or output.endswith(("/", os.sep)) or not single:
        return None
    path = Path(output)
    if path.is_dir() or path.suffix == "":
        return None
    if path.suffix.lower().lstrip(".") not in FORMATS:
        try:
            format_named(path.suffix)
        except UsageError as error:
            raise UsageError(f"{error}; for a folder of that name write {output}/") from None
    return path


def _ending(source: Path) -> str:
    """The ending of a source's coloring: by its own, or by its content if it has none."""
    if source.suffix:
        return written_suffix(source.suffix)
    try:
        return ending_of(format_of(source))
    except PhotoError:
        return ".png"  # coloring it raises what is wrong with it


def _fitting(stem: str, tail: str) -> str:
    """A name that file systems take: a long stem is cut, and told apart by a hash of the whole."""
    name = stem + tail
    if len(os.fsencode(name)) <= MAX_NAME_BYTES:
        return name
    mark = "~" + hashlib.sha256(os.fsencode(stem)).hexdigest()[:8]
    kept = os.fsencode(stem)[: MAX_NAME_BYTES - len(os.fsencode(mark + tail))]
    return kept.decode("utf-8", "ignore") + mark + tail


def _refuse_collisions(planned: Sequence[PlannedFile]) -> None:
    taken: dict[Path, Path] = {}
    for file in planned:
        if file.target in taken:
            raise UsageError(
                f"{taken[file.target]} and {file.source} would both be written to {file.target}"
            )
        taken[file.target] = file.source


def _own_sheets(planned: Sequence[PlannedFile]) -> list[PlannedFile]:
    """Where two sheets would have one name, the source's ending tells them apart."""
    count = Counter(file.sheet for file in planned)
    return [
        file
        if count[file.sheet] == 1
        else replace(file, sheet=file.target.with_name(_fitting(file.source.name, f"{SHEET}.jpg")))
        for file in planned
    ]
