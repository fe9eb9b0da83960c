"""Which folder may import which: the plan of CONTRIBUTING.md, held arrow by arrow."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import tintype

SOURCES = Path(tintype.__file__).parent
ROOMS = {"engine", "engine.core", "engine.assist"} | {
    f"lab.{room}" for room in ("nets", "data", "training", "evaluation", "models")
}
"""Rooms that lie in a folder of others; every other folder or file of the package is one room."""
BASE = {"notices", "arrays", "allocator", "cache", "threads", "errors", "files", "contract"}
FRONT = {"color", "photo", "guidance", "engine", "engine.core", "engine.assist"}
PLAN = {
    "arrays": set(),
    "allocator": set(),
    "cache": set(),
    "notices": set(),
    "threads": set(),
    "errors": set(),
    "contract": {"errors"},
    "files": {"errors"},
    "sheet": set(),
    "color": BASE,
    "photo": {"color", *BASE},
    "guidance": {"color", *BASE},
    "engine.core": {"guidance", "photo", "color", *BASE},
    "engine.assist": {"engine.core", "guidance", "photo", "color", *BASE},
    "engine": FRONT - {"engine"} | BASE,
    "jobs": FRONT | {"sheet"} | BASE,
    "film": FRONT | {"sheet"} | BASE,
    "pack": FRONT | BASE,
    "archive": FRONT | {"pack", "jobs"} | BASE,
    "web": FRONT | {"film", "archive", "pack", "jobs"} | BASE,
    "lab.nets": {"color", *BASE},
    "lab.data": {"lab.nets", "photo", "color", "engine.core", *BASE},
    "lab.training": {"lab.data", "lab.nets", "color", "sheet", *BASE},
    "lab.models": {"lab.training", "lab.nets", "engine.core", "color", *BASE},
    "lab.evaluation": {"lab.training", "lab.data", "lab.nets", "film", "pack", "sheet"}
    | FRONT
    | BASE,
}
PLAN["cli"] = set(PLAN)
PLAN["__init__"] = {"engine", "errors", "guidance", "photo", "jobs"}
PLAN["__main__"] = {"cli"}
MAX_COMMAND_FILE_LINES = 200
MAX_COMMAND_FUNCTION_LINES = 60
"""A command parses, calls and prints; what is longer does the work of another room."""
TORCH = {room for room in PLAN if room.startswith("lab.")}
"""Rooms that may import PyTorch and what comes with it."""
TORCH_PACKAGES = {"torch", "lightning", "safetensors", "lpips", "torchvision", "tensorboard"} | {
    "skimage"
}


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, anywhere in it; `from tintype import x` as tintype.x."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
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


def test_every_import_follows_the_plan():
    wrong = {
        f"{folder} imports {target}: {', '.join(sorted(files))}"
        for (folder, target), files in arrows().items()
        if target in PLAN and target not in PLAN[folder]
    }
    assert not wrong


def test_every_folder_has_its_place_in_the_plan():
    modules = [[*path.relative_to(SOURCES).with_suffix("").parts] for path in SOURCES.rglob("*.py")]
    assert {room_of(names) for names in modules} - {"lab"} <= set(PLAN)


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
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tintype.lab")
    ]
    assert not early


def test_commands_are_short():
    long = []
    for path in (SOURCES / "cli").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        if (lines := len(text.splitlines())) > MAX_COMMAND_FILE_LINES:
            long.append(f"{path.name}: {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MAX_COMMAND_FUNCTION_LINES:
                    long.append(f"{path.name}, {node.name}: {lines} lines")
    assert not long
