"""From what stands on the command line to jobs: which file becomes which."""

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tintype.errors import UsageError
from tintype.photo import SUFFIXES

MARK = ".color"
"""Stands before the ending of what is written beside its source, and marks what is not a source."""


@dataclass(frozen=True)
class Job:
    source: Path
    target: Path


def plan_jobs(inputs: Sequence[str], output: Path | None, suffix: str | None) -> list[Job]:
    """Which file becomes which.

    inputs: files, folders (walked whole, their structure kept under the output) and glob patterns. output: a file (for a
    single input), a folder, or None for NAME.color.EXT beside each. suffix: an ending such as ".png" for all, or None to keep.
    Raises UsageError for an input that matches nothing, a target that is its own source, and targets that collide.
    """
    found: list[tuple[Path, Path]] = []  # a file, and where it stands under what was named
    walked = False
    for text in inputs:
        path = Path(text)
        if path.is_dir():
            walked = True
            found += [(file, file.relative_to(path)) for file in _photos_in(path, output)]
        elif path.exists():
            found.append((path, Path(path.name)))
        elif glob.has_magic(text):
            matches = sorted(Path(match) for match in glob.glob(text, recursive=True))  # noqa: PTH207
            files = [match for match in matches if match.is_file() and not _is_result(match)]
            if not files:
                raise UsageError(f"nothing matches {text}")
            found += [(file, Path(file.name)) for file in files]
        else:
            raise UsageError(f"{text} does not exist")
    single = len(found) == 1 and not walked
    as_file = output is not None and single and not output.is_dir() and output.suffix != ""
    jobs = []
    for source, relative in dict(found).items():
        ending = suffix or source.suffix
        if output is None:
            target = source.with_name(f"{source.stem}{MARK}{ending}")
        elif as_file:
            target = output
        else:
            target = (output / relative).with_suffix(ending)
        if target.resolve() == source.resolve():
            raise UsageError(f"{source} would be written over itself; choose another output")
        jobs.append(Job(source, target))
    _refuse_collisions(jobs)
    return jobs


def _photos_in(folder: Path, output: Path | None) -> list[Path]:
    inside = output.resolve() if output is not None else None
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not _is_result(path)
        and not path.name.startswith(".")
        and (inside is None or inside == folder.resolve() or inside not in path.resolve().parents)
    )


def _is_result(path: Path) -> bool:
    return path.stem.endswith((MARK, ".compare"))


def _refuse_collisions(jobs: list[Job]) -> None:
    taken: dict[Path, Path] = {}
    for job in jobs:
        if job.target in taken:
            raise UsageError(f"{taken[job.target]} and {job.source} would both be written to {job.target}")
        taken[job.target] = job.source
