"""Files, folders and patterns in; photographs, with their names under the output, out."""

import glob
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from tintype.errors import UsageError
from tintype.guidance import GUIDANCE_SUFFIX
from tintype.jobs.names import is_output
from tintype.jobs.walk import walk
from tintype.photo import SUFFIXES


def named_photographs(
    inputs: Sequence[str], output: str | None, passed_over: list[Path]
) -> dict[Path, Path]:
    """Each photograph of inputs, and its name relative to the output.

    inputs: paths, as `local_path` gives them, and glob patterns. output: a folder that is not
    searched, or None. passed_over: takes the files of folders that are no photographs. Raises
    UsageError for an input that matches nothing.
    """
    folders = [Path(text) for text in inputs if is_folder(text)]
    files = [file for text in inputs if not is_folder(text) for file in _matches(text)]
    return _names_in(folders, output, passed_over) | _relative_names(files)


def is_folder(text: str) -> bool:
    """Whether an input is a folder."""
    return os.path.isdir(text)  # noqa: PTH112


def local_path(text: str) -> str:
    """An input as a path; file:// URLs are paths. Raises UsageError for other URLs."""
    scheme, separator, rest = text.partition(":/")
    if not separator or not scheme.isalnum() or os.path.exists(text):  # noqa: PTH110
        return text
    if scheme.lower() == "file":  # also with one slash (RFC 8089)
        return url2pathname(urlsplit(text).path)
    if rest.startswith("/"):
        raise UsageError(f"{text} is not on this machine; download it first")
    return text


def _matches(text: str) -> list[Path]:
    """The files that an input names. Raises UsageError for none."""
    if os.path.exists(text):  # noqa: PTH110
        return [Path(text)]
    if not glob.has_magic(text):
        raise UsageError(f"{text} does not exist")
    files = [Path(match) for match in _glob(text) if os.path.isfile(match)]  # noqa: PTH113
    files = [file for file in files if not is_output(file)]
    if not files:
        raise UsageError(f"nothing matches {text}")
    return sorted(files)


def _glob(pattern: str) -> list[str]:
    """What a pattern matches. Brackets in folders that exist under that very name are letters."""
    parts = Path(pattern).parts
    literal = ""
    while parts and os.path.exists(os.path.join(literal, parts[0])):  # noqa: PTH110, PTH118
        literal, parts = os.path.join(literal, parts[0]), parts[1:]  # noqa: PTH118
    rest = os.path.join(glob.escape(literal), *parts)  # noqa: PTH118
    return glob.glob(rest, recursive=True)  # noqa: PTH207


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
            elif not file.name.endswith(GUIDANCE_SUFFIX):
                passed_over.append(file)
    return names


def _files_in(folder: Path, output: str | None, passed_over: list[Path]) -> list[Path]:
    inside = Path(output).resolve() if output is not None else None
    return sorted(
        path
        for path, _ in walk(folder, passed_over.append)
        if not is_output(path)
        and (inside is None or inside == folder.resolve() or inside not in path.resolve().parents)
    )


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
