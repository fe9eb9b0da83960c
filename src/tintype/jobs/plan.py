"""Photographs in; which file is written where out."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tintype.errors import UsageError
from tintype.files import COLOR_MARK
from tintype.jobs.inputs import is_folder, local_path, named_photographs
from tintype.jobs.names import SHEET, fitting_name, has_other_ending, output_ending
from tintype.photo import FORMATS, format_named


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
    inputs = [local_path(text) for text in inputs]
    passed_over: list[Path] = []
    names = named_photographs(inputs, output, passed_over)
    is_single = len(names) == 1 and not any(map(is_folder, inputs))
    target_file = output_file(output) if is_single else None
    is_picture = _is_file_name(output) and Path(output or "").suffix[1:].lower() in FORMATS
    if target_file is None and is_picture and len(inputs) > 1:
        raise UsageError(
            f"{output} is one file, but there are {len(inputs)} inputs; for a folder of that name"
            f" write {output}/"
        )
    suffix = None if format is None else f".{format.lower().lstrip('.')}"
    targets = {
        source: target_file or _target(source, name, output, suffix or output_ending(source))
        for source, name in names.items()
    }
    planned = [
        PlannedFile(source, target, _sheet(target, target.stem.removesuffix(COLOR_MARK)))
        for source, target in _apart(_apart(targets)).items()
    ]
    for file in planned:
        if file.target.resolve() == file.source.resolve():
            raise UsageError(f"{file.source} would be written over itself; choose another output")
    _refuse_collisions(planned)
    return FilePlan(_own_sheets(planned), passed_over)


def _target(source: Path, relative: Path, output: str | None, ending: str) -> Path:
    if output is None:
        return source.with_name(fitting_name(source.stem, f"{COLOR_MARK}{ending}"))
    return Path(output) / relative.parent / fitting_name(relative.stem, ending)


def _apart(targets: dict[Path, Path]) -> dict[Path, Path]:
    """The targets, none shared by files of one stem and several endings, see `has_other_ending`."""
    count = Counter(targets.values())
    return {
        source: target.with_name(target.name.replace(source.stem, source.name, 1))
        if count[target] > 1 and has_other_ending(source, target)
        else target
        for source, target in targets.items()
    }


def output_file(output: str | None) -> Path | None:
    """The output where it is a file; None for a folder, as a name without an ending means. Raises
    UsageError for an unknown format."""
    if output is None or not _is_file_name(output):
        return None
    path = Path(output)
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


def _refuse_collisions(planned: Sequence[PlannedFile]) -> None:
    taken: dict[Path, Path] = {}
    for file in planned:
        if file.target in taken:
            raise UsageError(
                f"{taken[file.target]} and {file.source} would both be written to {file.target}"
            )
        taken[file.target] = file.source


def _sheet(target: Path, stem: str) -> Path:
    """Where the comparison of a target goes."""
    return target.with_name(fitting_name(stem, f"{SHEET}.jpg"))


def _own_sheets(planned: Sequence[PlannedFile]) -> list[PlannedFile]:
    """Where two sheets would have one name, the source's ending separates them."""
    count = Counter(file.sheet for file in planned)
    return [
        file
        if count[file.sheet] == 1
        else replace(file, sheet=_sheet(file.target, file.source.name))
        for file in planned
    ]
