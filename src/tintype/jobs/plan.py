"""Files, folders and patterns in; which file is written where out."""

import glob
import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from tintype.errors import PhotoError, UsageError
from tintype.jobs.policy import written_suffix
from tintype.jobs.walk import walk
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
    inputs = [_local(text) for text in inputs]
    suffix = None if format is None else f".{format.lower().lstrip('.')}"
    folders = [Path(text) for text in inputs if os.path.isdir(text)]  # noqa: PTH112
    passed_over: list[Path] = []
    relative_to_output = _names_in(folders, output, passed_over)
    relative_to_output |= _relative_names(
        [file for text in inputs if not os.path.isdir(text) for file in _matches(text)]  # noqa: PTH112
    )
    target_file = _output_file(output, single=len(relative_to_output) == 1 and not folders)
    is_picture = _is_file_name(output) and Path(output or "").suffix[1:].lower() in FORMATS
    if target_file is None and is_picture and len(inputs) > 1:
        raise UsageError(
            f"{output} is one file, but there are {len(inputs)} inputs; for a folder of that name"
            f" write {output}/"
        )
    targets = {
        source: target_file or _target(source, relative, output, suffix or _ending(source))
        for source, relative in relative_to_output.items()
    }
    planned = [
        PlannedFile(
            source,
            target,
            target.with_name(_fitting(target.stem.removesuffix(MARK), f"{SHEET}.jpg")),
        )
        for source, target in _apart(targets).items()
    ]
    for file in planned:
        if file.target.resolve() == file.source.resolve():
            raise UsageError(f"{file.source} would be written over itself; choose another output")
    _refuse_collisions(planned)
    return FilePlan(_own_sheets(planned), passed_over)


def _local(text: str) -> str:
    """An input as a path; file:// URLs are paths. Raises UsageError for other URLs."""
    scheme, separator, _ = text.partition("://")
    if not separator or not scheme.isalnum() or os.path.exists(text):  # noqa: PTH110
        return text
    if scheme.lower() != "file":
        raise UsageError(f"{text} is not on this machine; download it first")
    return url2pathname(urlsplit(text).path)


def _matches(text: str) -> list[Path]:
    """The files that an input names. Raises UsageError for none."""
    if os.path.exists(text):  # noqa: PTH110
        return [Path(text)]
    if not glob.has_magic(text):
        raise UsageError(f"{text} does not exist")
    files = [Path(match) for match in _glob(text) if os.path.isfile(match)]  # noqa: PTH113
    files = [file for file in files if not _is_result(file)]
    if not files:
        raise UsageError(f"nothing matches {text}")
    return sorted(files)


def _glob(pattern: str) -> list[str]:
    """What a pattern matches. Brackets in folders that exist under that very name are letters."""
    parts = Path(pattern).parts
    literal = ""
    while parts and os.path.exists(os.path.join(literal, parts[0])):  # noqa: PTH110, PTH118
        literal, parts = os.path.join(literal, parts[0]), parts[1:]  # noqa: PTH118
    return glob.glob(os.path.join(glob.escape(literal), *parts), recursive=True)  # noqa: PTH118, PTH207


def _names_in(
    folders: Sequence[Path], output: str | None, passed_over: list[Path]
) -> dict[Path, Path]:
    """Photographs in folders, with their names under the output. passed_over: takes the rest."""
    together = Path(os.path.commonpath([each.resolve() for each in folders])) if folders else Path()
    names = {}
    for folder in folders:
        under = folder.resolve().relative_to(together) if len(folders) > 1 else Path()
        for file in _files_in(folder, output, passed_over):
            if file.suffix.lower() in SUFFIXES:
                names[file] = under / file.relative_to(folder)
            elif not file.name.endswith(SIDECAR):
                passed_over.append(file)
    return names


def _files_in(folder: Path, output: str | None, passed_over: list[Path]) -> list[Path]:
    inside = Path(output).resolve() if output is not None else None
    return sorted(
        path
        for path, _ in walk(folder, passed_over.append)
        if not _is_result(path)
        and (inside is None or inside == folder.resolve() or inside not in path.resolve().parents)
    )


def _target(source: Path, relative: Path, output: str | None, ending: str) -> Path:
    if output is None:
        return source.with_name(_fitting(source.stem, f"{MARK}{ending}"))
    return Path(output) / relative.parent / _fitting(relative.stem, ending)


def _apart(targets: dict[Path, Path]) -> dict[Path, Path]:
    """Where files of one stem and different endings would share a target, those of another ending
    than the target's keep their own in its name: p.jpg and p.tif become p.jpg and p.tif.jpg."""
    count = Counter(targets.values())
    return {
        source: target.with_name(target.name.replace(source.stem, source.name, 1))
        if count[target] > 1 and source.suffix.lower() != target.suffix.lower()
        else target
        for source, target in targets.items()
    }


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
    if not _is_file_name(output):
        return None
    if path.suffix.lower().lstrip(".") not in FORMATS:
        try:
            format_named(path.suffix)
        except UsageError as error:
            raise UsageError(f"{error}; for a folder of that name write {output}/") from None
    return path


def _is_file_name(output: str | None) -> bool:
    """Whether an output is no folder: it has an ending, and no folder has its name."""
    if output is None or output.endswith(("/", os.sep)):
        return False
    return Path(output).suffix != "" and not Path(output).is_dir()


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
