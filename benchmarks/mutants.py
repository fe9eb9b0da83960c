"""Whether the tests catch small faults: one fault at a time in a copy of the source, then tests.

python benchmarks/mutants.py [--number 60] [--seed 0] [--jobs 2] [--room lab.nets …] [--list]
    [--start 0] [--stop 60] [--coverage .coverage]

The faults are drawn by the seed, spread over rooms and kinds; --start and --stop judge a part of
them. The tests that reach the line run first, as `make coverage` has recorded them; then whole
files: the one that mirrors the file, those that name its module, those of its folder. A run that
takes far longer than without the fault counts as caught. The working tree is never touched. A
fault without any effect cannot be caught: read the survivors before writing tests for them.
"""

import argparse
import ast
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from queue import Queue

from coverage import CoverageData

ROOT = Path(__file__).parents[1]
SOURCE = Path("src/tintype")
MAX_SECONDS = 90
"""Time for one set of tests; what it has not failed by then it does not catch, unless it hangs."""
MAX_FAULT_SECONDS = 180
"""Time for one fault after which no further set of tests is begun."""
PATIENCE = 3
"""A run this many times slower than without the fault hangs."""
COMPARISONS = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
ARITHMETIC = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "/"}
LIMITS = {"clip", "clamp", "clamp_min", "clamp_max", "min", "max", "minimum", "maximum"}
ELSEWHERE = re.compile(
    r"^TYPE_CHECKING$|os\.name == 'nt'|sys\.platform (!= 'linux'|== '(win32|darwin)')"
)
"""Conditions of what does not run here."""
OTHER_PYTHON = SOURCE / "vapoursynth.py"
"""Its tests need another version of Python (`make vapoursynth`)."""
MIN_CONSTANT = 1e-5
"""Floats up to this keep a division from 0; a larger one does as well."""
DEFAULTS = {"bool": "not ({})", "str": '""', "int": "0", "float": "0.0", "Array": "0 * ({})"}
"""What a function of this annotation returns instead; None for any other."""


@dataclass(frozen=True)
class Fault:
    """lines: first and last. start, end: offsets in the file's UTF-8 bytes. old, new: the text
    there, and in its place. imported: it is run when the module is imported, not by a call."""

    file: Path
    lines: tuple[int, int]
    imported: bool
    kind: str
    start: int
    end: int
    old: str
    new: str

    @property
    def room(self) -> str:
        folders = self.file.relative_to(SOURCE).parent.parts
        return ".".join(folders[: 2 if folders[:1] in (("lab",), ("engine",)) else 1]) or "base"

    def apply(self, source: bytes) -> bytes:
        return source[: self.start] + self.new.encode() + source[self.end :]


def faults(file: Path, source: str) -> Iterator[Fault]:
    """Every small fault that this program can make in a file."""
    encoded = source.encode()
    starts = [0]
    for line in encoded.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def span(node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        first = starts[node.lineno - 1] + node.col_offset
        return first, starts[node.end_lineno - 1] + node.end_col_offset

    def text(node: ast.expr) -> str:
        return encoded[slice(*span(node))].decode()

    tree = ast.parse(source)
    for node, function in executed(tree, None):
        returns = function.returns if function else None
        for kind, new in replacements(node, text, returns):
            start, end = span(node)
            old = encoded[start:end].decode()
            if new != old:
                lines = node.lineno, node.end_lineno
                yield Fault(file, lines, function is None, kind, start, end, old, new)


def executed(node: ast.AST, function: ast.FunctionDef | None) -> Iterator[tuple]:
    """Expressions and statements that do something, with their function: no annotations, types,
    decorators, imports, f-strings, exceptions or what is raised, no choice in any order, no
    `strict` of zip, which asserts what holds anyway."""
    skipped = ast.JoinedStr, ast.Raise, ast.Import, ast.ImportFrom, ast.arguments
    if isinstance(node, skipped) or is_type(node):
        return
    if isinstance(node, ast.keyword) and node.arg == "strict":
        return
    if isinstance(node, ast.FunctionDef):
        function = node
        children: list[ast.AST] = [*node.body]
    elif isinstance(node, ast.ClassDef | ast.ExceptHandler):
        children = [*node.body]
    elif isinstance(node, ast.AnnAssign):
        children = [node.value] if node.value is not None else []
    elif isinstance(node, ast.If) and ELSEWHERE.search(ast.unparse(node.test)):
        children = [*node.orelse]
    elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
        listed = node.comparators[0]
        children = [node.left, *(listed.elts if isinstance(listed, ast.Tuple) else [listed])]
    else:
        children = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.expr | ast.stmt):
        yield node, function
    for child in children:
        yield from executed(child, function)


def is_type(node: ast.AST) -> bool:
    """Whether a node only says something to the type checker, such as `tuple[int, int]`."""
    match node:
        case ast.Subscript(ast.Name("tuple" | "dict" | "list" | "type" | "Callable" | "Literal")):
            return True
        case ast.Call(ast.Name("cast" | "NewType" | "TypeVar")):
            return True
    return False


def replacements(node, text, returns) -> Iterator[tuple[str, str]]:  # type: ignore[no-untyped-def]
    """Kind of fault and new text for one node."""
    match node:
        case ast.Compare(left, [operator], [right]) if type(operator) in COMPARISONS:
            yield "comparison", f"{text(left)} {COMPARISONS[type(operator)]} {text(right)}"
        case ast.BoolOp(operator, values):
            word = " or " if isinstance(operator, ast.And) else " and "
            yield "and/or", f"({word.join(f'({text(value)})' for value in values)})"
        case ast.UnaryOp(ast.Not(), operand):
            yield "not", f"bool({text(operand)})"
        case ast.UnaryOp(ast.USub(), operand):
            yield "sign", f"({text(operand)})"
        case ast.BinOp(left, operator, right) if type(operator) in ARITHMETIC:
            kind = "sign" if isinstance(operator, ast.Add | ast.Sub) else "factor"
            yield kind, f"(({text(left)}) {ARITHMETIC[type(operator)]} ({text(right)}))"
        case ast.Constant(bool() as value):
            yield "constant", str(not value)
        case ast.Constant(int() as value):
            yield "off by one", str(value + 1)
        case ast.Constant(float() as value) if not 0 < value <= MIN_CONSTANT:
            yield "constant", repr(value * 1.5 if value else 0.5)
        case ast.Tuple([first, second], ast.Load()) if simple(first) and simple(second):
            yield "sides swapped", f"({text(second)}, {text(first)})"
        case ast.Subscript(value, ast.Slice(None, None, ast.UnaryOp(ast.USub(), _))):
            yield "order", f"{text(value)}[:]"
        case ast.Call(ast.Name("sorted"), [_, *_]):
            yield "order", f"{text(node)}[::-1]"
        case ast.Call(ast.Name("reversed"), [items]):
            yield "order", f"iter({text(items)})"
        case ast.Call(ast.Name("min" | "max" as name), [_, *_]):
            yield "limit", f"{'max' if name == 'min' else 'min'}{text(node)[3:]}"
        case ast.Call(ast.Attribute(value, name), arguments) if name in LIMITS:
            of_module = isinstance(value, ast.Name) and value.id in ("np", "torch")
            if arguments or not of_module:
                yield "limit", f"({text(arguments[0]) if of_module else text(value)})"
        case ast.Break():
            yield "break", "continue"
        case ast.Continue():
            yield "break", "break"
        case ast.Return(ast.expr() as value):
            name = ast.unparse(returns) if returns is not None else ""
            yield "return", f"return {DEFAULTS.get(name, 'None').format(text(value))}"
        case ast.Expr(ast.Call()):
            yield "call dropped", "pass"


def simple(node: ast.expr) -> bool:
    """A name or an attribute of one, such as `height` or `size.width`."""
    return isinstance(node, ast.Name | ast.Attribute)


def choose(candidates: list[Fault], number: int, seed: int) -> list[Fault]:
    """So many faults, spread evenly over rooms, and in each room over kinds."""
    draw = random.Random(seed)
    rooms: dict[str, dict[str, list[Fault]]] = defaultdict(lambda: defaultdict(list))
    for fault in candidates:
        rooms[fault.room][fault.kind].append(fault)
    chosen: list[Fault] = []
    while rooms and len(chosen) < number:
        for room in draw.sample(sorted(rooms), len(rooms)):
            kind = draw.choice(sorted(rooms[room]))
            of_kind = rooms[room][kind]
            chosen.append(of_kind.pop(draw.randrange(len(of_kind))))
            if not of_kind:
                del rooms[room][kind]
            if not rooms[room]:
                del rooms[room]
    return chosen[:number]


def sets_of_files(file: Path, tests: Path) -> Iterator[tuple[str, list[str]]]:
    """The files to run for a fault in a file, narrow ones first: those that mirror it, those that
    name its module, then the folder's others, each alone. Paths are relative to the repository."""
    place = file.relative_to(SOURCE)
    module = ".".join(["tintype", *place.with_suffix("").parts])
    folder = tests / place.parent
    while not any(folder.glob("test_*.py")) and folder != tests:
        folder = folder.parent
    near = sorted(folder.glob("test_*.py") if folder == tests else folder.rglob("test_*.py"))
    if place.parts[0] == "cli":
        near += sorted((tests / "e2e").glob("test_*.py"))
    mirrored = [path for path in near if path.name == f"test_{place.stem}.py"]
    others = [path for path in near if path not in mirrored]
    naming = [path for path in others if module in path.read_text(encoding="utf-8")]
    sets = [("mirror", mirrored), ("named", naming)]
    sets += [("folder", [path]) for path in others if path not in naming]
    for name, paths in sets:
        if paths:
            yield name, [str(path.relative_to(tests.parent)) for path in paths]


@dataclass
class Reach:
    """Which tests reach which lines, by the file that `make coverage` leaves."""

    recorded: Path

    @cached_property
    def _data(self) -> CoverageData:
        data = CoverageData(str(self.recorded))
        data.read()
        return data

    def tests(self, fault: Fault) -> tuple[list[str], list[str]]:
        """Ids of tests, those that mirror the fault's file first, then its folder's; and the files
        of those whose fixtures reach it, since a fixture that tests share is recorded for the first
        of them. Empty where none is known, as for what runs when a module is imported, or in a
        process of its own."""
        if fault.imported or not self.recorded.exists():
            return [], []
        files = [name for name in self._data.measured_files() if name.endswith(str(fault.file))]
        lines = range(fault.lines[0], fault.lines[1] + 1)
        contexts = {
            context
            for name in files
            for line, contexts in self._data.contexts_by_lineno(name).items()
            if line in lines
            for context in contexts
            if context
        }
        fixtures = [context for context in contexts if context.endswith("|setup")]
        place = fault.file.relative_to(SOURCE)
        folder = f"tests/{place.parent.as_posix()}/"

        def farness(test: str) -> tuple[bool, bool, str]:
            return f"/test_{place.stem}.py" not in test, not test.startswith(folder), test

        return (
            sorted({context.partition("|")[0] for context in contexts}, key=farness),
            sorted({context.partition("::")[0] for context in fixtures}, key=farness),
        )


@dataclass
class Bench:
    """Copies of the repository, in each of which one fault at a time is tried."""

    folder: Path
    jobs: int
    reach: Reach
    copies: "Queue[Path]" = field(default_factory=Queue)

    def __post_init__(self) -> None:
        listed = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"]
        names = subprocess.run(listed, check=True, capture_output=True).stdout.decode().split("\0")
        for job in range(self.jobs):
            copy = self.folder / str(job)
            for name in filter(None, names):
                if (ROOT / name).is_file():
                    (copy / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(ROOT / name, copy / name)
            self.copies.put(copy)

    def run(self, copy: Path, tests: list[str], limit: float) -> tuple[bool | None, list[str]]:
        """Whether the tests pass, None if they take longer than the limit; and the one that does
        not."""
        words = [sys.executable, "-m", "pytest", "-q", "-x", "-rfE", "-p", "no:cacheprovider"]
        words += ["-m", "not browser and not cluster", *tests]
        paths = {"PYTHONPATH": str(copy / "src"), "TMPDIR": str(self.folder)}
        settings = {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "PYTEST_ADDOPTS": ""}
        process = subprocess.Popen(
            words,
            cwd=copy,
            env={**os.environ, **paths, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        try:
            shown, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return None, []
        # 5: no test is left after the selection by markers
        failed = re.findall(r"^(?:FAILED|ERROR) (tests/.*?)(?: - .*)?$", shown, re.MULTILINE)
        return process.returncode in (0, 5), failed

    def judge(self, fault: Fault) -> tuple[Fault, str, float]:
        """What catches a fault: reach, fixture, mirror, named, folder, hang; or nothing:
        survived."""
        copy = self.copies.get()
        started = time.monotonic()
        target = copy / fault.file
        source = target.read_bytes()
        reached, fixtures = self.reach.tests(fault)
        sets = [("reach", reached), ("fixture", fixtures)]
        files = list(sets_of_files(fault.file, copy / "tests"))
        sets += [each for each in files if each[0] == "mirror" or not reached]
        try:
            for name, tests in filter(itemgetter(1), sets):
                if time.monotonic() - started > MAX_FAULT_SECONDS:
                    break
                begun = time.monotonic()
                target.write_bytes(fault.apply(source))
                passed, failed = self.run(copy, tests, MAX_SECONDS)
                target.write_bytes(source)
                if passed:
                    continue
                # the same without the fault
                limit = (time.monotonic() - begun) / (PATIENCE if passed is None else 1 / PATIENCE)
                if self.run(copy, failed or tests, max(10, limit))[0]:
                    return fault, "hang" if passed is None else name, time.monotonic() - started
            return fault, "survived", time.monotonic() - started
        finally:
            target.write_bytes(source)
            self.copies.put(copy)


def shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}..."


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--number", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--room", nargs="*", help="only these, such as photo or lab.nets")
    parser.add_argument("--list", action="store_true", help="name the faults and run nothing")
    parser.add_argument("--start", type=int, default=0, help="number of the first to be judged")
    parser.add_argument("--stop", type=int, help="number behind the last to be judged")
    parser.add_argument("--coverage", type=Path, default=ROOT / ".coverage")
    args = parser.parse_args()
    candidates = [
        fault
        for path in sorted((ROOT / SOURCE).rglob("*.py"))
        for fault in faults(path.relative_to(ROOT), path.read_text(encoding="utf-8"))
        if fault.file != OTHER_PYTHON and (not args.room or fault.room in args.room)
    ]
    chosen = choose(candidates, args.number, args.seed)
    print(f"{len(chosen)} of {len(candidates)} possible faults, seed {args.seed}", flush=True)
    chosen = chosen[args.start : args.stop]
    rooms: dict[str, Counter[bool]] = defaultdict(Counter)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(args.jobs) as pool:
        bench = None if args.list else Bench(Path(folder), args.jobs, Reach(args.coverage))
        results = pool.map(bench.judge, chosen) if bench else ((f, "", 0.0) for f in chosen)
        for number, (fault, verdict, seconds) in enumerate(results, args.start):
            rooms[fault.room][verdict != "survived"] += 1
            place = f"{fault.file.relative_to(SOURCE)}:{fault.lines[0]}"
            print(f"{number:3} {verdict:8} {seconds:4.0f} s  {place:34} {fault.kind}", flush=True)
            print(f"{'':21}{shown(fault.old)}  ->  {shown(fault.new)}", flush=True)
    if args.list:
        return
    print("\n| room | caught | survived |\n|---|---|---|")
    for room, counts in sorted(rooms.items()):
        print(f"| {room} | {counts[True]} | {counts[False]} |")
    caught = sum(counts[True] for counts in rooms.values())
    print(
        f"\ncaught: {caught} of {len(chosen)}"
        + (f" ({caught / len(chosen):.0%})" if chosen else "")
    )


if __name__ == "__main__":
    main()
