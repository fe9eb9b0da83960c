"""Which folder may import which: the plan of CONTRIBUTING.md, held arrow by arrow."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import tintype

SOURCES = Path(tintype.__file__).parent
ROOMS = {"engine", "engine.core", "engine.assist"} | {
    f"lab.{room}" for room in ("nets", "data", "training", "evaluation", "models")
}
"""Rooms that lie in a folder of others; every other folder or file of the package is one room."""
BASE = {"notices", "arrays", "allocator", "cache", "threads", "errors", "files"} | {
    *("contract", "isolation")
}
"""Every room may import these; of them, only `contract`, `files` and `isolation` import
one: `errors`."""
PLAN = {
    "sheet": set(),
    "color": set(),
    "photo": {"color"},
    "guidance": {"color"},
    "engine.core": {"photo", "color"},
    "engine.assist": {"engine.core", "guidance", "photo", "color"},
    "engine": {"engine.assist", "engine.core", "guidance", "photo", "color"},
    "jobs": {"engine", "engine.assist", "guidance", "photo", "sheet"},
    "film": {"engine", "engine.assist", "engine.core", "guidance", "photo", "color", "sheet"},
    "vapoursynth": {"film", "engine", "engine.core", "guidance"},
    "pack": {"engine.core", "photo", "color"},
    "archive": {"jobs", "engine", "engine.core", "guidance", "photo"},
    "web": {"film", "jobs", "engine", "engine.assist", "engine.core", "guidance", "photo"},
    "lab.nets": {"color"},
    "lab.data": {"lab.nets", "engine.core", "photo", "color"},
    "lab.training": {"lab.data", "lab.nets", "color", "sheet"},
    "lab.models": {"lab.training", "lab.nets", "engine.core", "color"},
    "lab.evaluation": {
        *("lab.training", "lab.data", "lab.nets", "film"),
        *("engine", "engine.assist", "engine.core", "photo", "color", "sheet"),
    },
    "cli": {
        *("web", "archive", "pack", "film", "jobs"),
        *("engine", "engine.assist", "engine.core", "guidance", "photo"),
        *("lab.evaluation", "lab.models", "lab.training", "lab.data"),
    },
    "__init__": {"jobs", "engine", "guidance", "photo"},
    "__main__": {"cli"},
}
"""The rooms that each room imports, besides those of BASE: no more, and no fewer."""
MAX_COMMAND_FILE_LINES = 200
MAX_COMMAND_FUNCTION_LINES = 60
"""A command parses, calls and prints; what is longer does the work of another room."""
TORCH = {room for room in PLAN if room.startswith("lab.")}
"""Rooms that may import PyTorch and what comes with it."""
TORCH_PACKAGES = {"torch", "lightning", "safetensors", "lpips", "torchvision", "tensorboard"} | {
    "skimage"
}


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, anywhere in it; `from tintype import x` as tintype.x."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{path} imports by a relative name"
            yield from (
                [f"tintype.{alias.name}" for alias in node.names]
                if node.module == "tintype"
                else [node.module]
            )


def room_of(names: list[str]) -> str:
    """The room of a module, given by the parts of its name below tintype."""
    return ".".join(names[:2]) if ".".join(names[:2]) in ROOMS else names[0]


def arrows() -> dict[tuple[str, str], set[str]]:
    """(room, imported room or package) to the files that import it."""
    result = defaultdict(set)
    for path in SOURCES.rglob("*.py"):
        names = [*path.relative_to(SOURCES).with_suffix("").parts]
        room = room_of(names)
        for name in imports(path):
            package, *rest = name.split(".")
            target = room_of(rest) if package == "tintype" and rest else package
            if target not in (room, "__version__"):
                result[room, target].add("/".join(names))
    return result


def test_every_import_follows_the_plan_and_every_arrow_of_it_is_drawn():
    drawn = {room: set() for room in PLAN}
    for room, target in arrows():
        if room in PLAN and target in PLAN:
            drawn[room].add(target)
    assert drawn == PLAN


def test_what_all_rooms_import_imports_nothing_but_the_errors():
    wrong = {
        (room, target): files
        for (room, target), files in arrows().items()
        if room in BASE and target in {*PLAN, *BASE} - {"errors"}
    }
    assert not wrong


def test_no_class_name_stands_in_two_rooms():
    rooms = defaultdict(set)
    for path in SOURCES.rglob("*.py"):
        names = [*path.relative_to(SOURCES).with_suffix("").parts]
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef):
                rooms[node.name].add(room_of(names))
    assert not {name: where for name, where in rooms.items() if len(where) > 1}


def test_every_folder_has_its_place_in_the_plan():
    modules = [[*path.relative_to(SOURCES).with_suffix("").parts] for path in SOURCES.rglob("*.py")]
    assert {room_of(names) for names in modules} - {"lab"} <= {*PLAN, *BASE}


def test_the_plan_has_no_circle():
    TopologicalSorter(PLAN).prepare()


def test_pytorch_stays_behind_its_wall():
    wrong = {
        folder: files
        for (folder, package), files in arrows().items()
        if package in TORCH_PACKAGES and folder not in TORCH
    }
    assert not wrong


def test_only_commands_import_the_laboratory_and_only_when_they_run():
    others = {
        (room, target): files
        for (room, target), files in arrows().items()
        if target.startswith("lab.") and not room.startswith("lab.") and room != "cli"
    }
    assert not others
    early = [
        f"{path.name}:{node.lineno}"
        for path in (SOURCES / "cli").glob("*.py")
        for node in parsed(path).body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tintype.lab")
    ]
    assert not early


def test_commands_are_short():
    long = []
    for path in (SOURCES / "cli").glob("*.py"):
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_COMMAND_FILE_LINES:
            long.append(f"{path.name}: {lines} lines")
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MAX_COMMAND_FUNCTION_LINES:
                    long.append(f"{path.name}, {node.name}: {lines} lines")
    assert not long
