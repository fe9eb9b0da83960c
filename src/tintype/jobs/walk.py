"""A folder in, the files of people in it out: one walk for command and archive."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

SERVICE_FOLDERS = {
    *("@eadir", "#recycle", "@recycle", "#snapshot", "@recently-snapshot"),
    *("$recycle.bin", "system volume information", "lost+found", "__macosx"),
    *("captureone", "ipod photo cache"),
}
"""Folders that file servers, systems and programs keep for themselves, in lower case."""
SERVICE_SUFFIXES = (".lrdata",)
"""Of folders in which programs keep previews."""


def walk(
    folder: Path, passed_over: Callable[[Path], None] = lambda _: None
) -> Iterator[tuple[Path, os.stat_result]]:
    """Every file under a folder with its status, in order of names; linked folders come last.

    Hidden files, hidden folders and those of file servers and catalogs are left out. A folder is
    entered once, under its real path; a link to a folder around `folder` is not followed.
    passed_over: is called with folders and hidden files that are left out, and with links that lead
    nowhere.
    """
    root = os.path.realpath(folder)
    entered: set[str] = set()
    linked = [folder]
    while linked:
        start = linked.pop(0)
        if start is folder or not f"{root}{os.sep}".startswith(
            f"{os.path.realpath(start)}{os.sep}"
        ):
            yield from _tree(start, entered, linked, passed_over)


def is_service_folder(name: str) -> bool:
    """Whether a folder of this name holds no photographs of people: hidden, or a server's or
    catalog's own."""
    lower = name.lower()
    return lower.startswith(".") or lower in SERVICE_FOLDERS or lower.endswith(SERVICE_SUFFIXES)


def _tree(
    folder: Path, entered: set[str], linked: list[Path], passed_over: Callable[[Path], None]
) -> Iterator[tuple[Path, os.stat_result]]:
    """The files of a folder and its real subfolders. linked: takes the links to folders."""
    real = os.path.realpath(folder)
    if real in entered:
        return
    entered.add(real)
    with os.scandir(folder) as scanned:
        entries = sorted(scanned, key=lambda entry: entry.name)
    for entry in entries:
        path = Path(entry.path)
        if entry.is_dir():
            if is_service_folder(entry.name):
                passed_over(path)
            elif entry.is_symlink():
                linked.append(path)
            else:
                yield from _tree(path, entered, linked, passed_over)
        elif entry.is_file() and not entry.name.startswith("."):
            yield path, entry.stat()
        elif entry.is_file() or entry.is_symlink():
            passed_over(path)
