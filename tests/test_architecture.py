"""Which folder may import which: the plan of CONTRIBUTING.md, held arrow by arrow."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import tintype

SOURCES = Path(tintype.__file__).parent
BASE = {"arrays", "allocator", "once", "threads", "errors", "files", "contract"}
RUNNING = {"color", "photo", "guidance", "classic", "engine", "sheet"}
PLAN = {
    "arrays": set(),
    "allocator": set(),
    "once": set(),
    "threads": set(),
    "errors": set(),
    "contract": {"errors"},
    "files": {"errors"},
    "sheet": set(),
    "color": BASE,
    "photo": {"color", *BASE},
    "guidance": {"color", *BASE},
    "classic": {"guidance", "photo", "color", *BASE},
    "engine": RUNNING - {"engine", "sheet"} | BASE,
    "film": RUNNING | BASE,
    "pack": RUNNING | BASE,
    "archive": RUNNING | {"pack"} | BASE,
    "web": RUNNING | {"film", "archive", "pack"} | BASE,
    "nets": {"color", *BASE},
    "data": {"nets", *RUNNING} | BASE,
    "training": {"data", "nets", "color", "sheet", *BASE},
    "models": {"training", "nets", "engine", "color", *BASE},
    "evaluation": {"training", "data", "nets", "film", "pack", *RUNNING} | BASE,
}
PLAN["cli"] = set(PLAN)
PLAN["__init__"] = {"engine", "errors", "guidance", "photo"}
PLAN["__main__"] = {"cli"}
TORCH = {"nets", "data", "training", "evaluation", "models"}
"""Folders that may import PyTorch and what comes with it."""
TORCH_PACKAGES = {"torch", "lightning", "safetensors", "lpips", "torchvision", "tensorboard"}


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, anywhere in it; `from tintype import x` as tintype.x."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{path} imports by a relative name"
            yield from [f"tintype.{alias.name}" for alias in node.names] if node.module == "tintype" else [node.module]


def arrows() -> dict[tuple[str, str], set[str]]:
    """(folder, imported folder or package) to the files that import it."""
    found = defaultdict(set)
    for path in SOURCES.rglob("*.py"):
        relative = path.relative_to(SOURCES)
        folder = relative.parts[0] if len(relative.parts) > 1 else relative.stem
        for name in imports(path):
            package, _, rest = name.partition(".")
            target = rest.partition(".")[0] if package == "tintype" else package
            if target not in (folder, "__version__"):
                found[folder, target].add(str(relative))
    return found


def test_every_import_follows_the_plan():
    wrong = {
        f"{folder} imports {target}: {', '.join(sorted(files))}"
        for (folder, target), files in arrows().items()
        if target in PLAN and target not in PLAN[folder]
    }
    assert not wrong


def test_every_folder_has_its_place_in_the_plan():
    assert {path.stem for path in SOURCES.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()} <= set(PLAN)


def test_the_plan_has_no_circle():
    TopologicalSorter(PLAN).prepare()


def test_pytorch_stays_behind_its_wall():
    wrong = {folder: files for (folder, package), files in arrows().items() if package in TORCH_PACKAGES and folder not in TORCH}
    assert not wrong
