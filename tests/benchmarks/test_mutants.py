import ast
from pathlib import Path

import pytest
from benchmarks.mutants import ROOT, SOURCE, Reach, choose, faults, sets_of_files
from coverage import CoverageData

FILE = SOURCE / "photo" / "made_up.py"


def mutants(code: str, kind: str) -> list[str]:
    """The line of code under each fault of a kind."""
    return [
        fault.apply(code.encode()).decode() for fault in faults(FILE, code) if fault.kind == kind
    ]


@pytest.mark.parametrize(
    ("code", "kind", "expected"),
    [
        ("a < b", "comparison", "a <= b"),
        ("ä == b", "comparison", "ä != b"),
        ("a in b", "comparison", "a not in b"),
        ("x = a and b", "and/or", "x = ((a) or (b))"),
        ("x = not a", "not", "x = bool(a)"),
        ("x = -a", "sign", "x = (a)"),
        ("x = a + b", "sign", "x = ((a) - (b))"),
        ("x = a[7]", "off by one", "x = a[8]"),
        ("x = 0.5", "constant", "x = 0.75"),
        ("x = True", "constant", "x = False"),
        ("x = (h, w)", "sides swapped", "x = (w, h)"),
        ("x = a[::-1]", "order", "x = a[:]"),
        ("x = sorted(a, key=f)", "order", "x = sorted(a, key=f)[::-1]"),
        ("x = np.clip(a, b, c)", "limit", "x = (a)"),
        ("x = t.clamp(b, c)", "limit", "x = (t)"),
        ("x = min(a, b)", "limit", "x = max(a, b)"),
        ("def f() -> bool:\n    return a", "return", "def f() -> bool:\n    return not (a)"),
        ("def f() -> T:\n    return a", "return", "def f() -> T:\n    return None"),
        ("while a:\n    break", "break", "while a:\n    continue"),
        ("a.sort()", "call dropped", "pass"),
    ],
)
def test_a_fault_changes_what_it_names(code, kind, expected):
    assert mutants(code, kind) == [expected]


def test_annotations_imports_and_messages_stay():
    code = "import a\nx: int = y\ndef f(n: int = 3):\n    raise E(f'{n + 1}', 4)\n"
    assert not list(faults(FILE, code))


def test_types_and_choices_in_any_order_stay():
    code = "A = tuple[a, b]\nB = cast(a, (b, c))\n"
    assert not list(faults(FILE, code))
    assert mutants("x = a in (b, c)", "sides swapped") == []
    assert not list(faults(FILE, "x = zip(a, b, strict=True)"))


def test_the_tests_that_reach_a_line_are_run_the_nearest_first(tmp_path):
    code = "LIMIT = 7\ndef f(a):\n    return (a +\n        1)\n"
    recorded = tmp_path / ".coverage"
    data = CoverageData(str(recorded))
    tests = ("tests/web/test_a.py::x", "tests/photo/test_b.py::y", "tests/photo/test_made_up.py::z")
    phases = ("run", "setup", "run")
    for test, line, phase in zip(tests, (3, 4, 3), phases, strict=True):
        data.set_context(f"{test}|{phase}")
        data.add_lines({f"/elsewhere/{FILE}": [line]})
    data.set_context("")
    data.add_lines({f"/elsewhere/{FILE}": [1, 2]})
    data.write()
    limit, *others = faults(FILE, code)
    assert limit.imported and Reach(recorded).tests(limit) == ([], [])
    assert Reach(tmp_path / "none").tests(others[0]) == ([], [])
    (added,) = (fault for fault in others if fault.kind == "sign")
    reached, fixtures = Reach(recorded).tests(added)
    assert reached == [tests[2], tests[1], tests[0]]
    assert fixtures == ["tests/photo/test_b.py"], "whose fixture may serve others of the file"


def test_every_fault_of_the_package_can_be_parsed():
    path = SOURCE / "photo" / "read.py"
    source = (ROOT / path).read_bytes()
    found = list(faults(path, source.decode()))
    assert len(found) > 50
    for fault in found:
        ast.parse(fault.apply(source))


def test_faults_are_drawn_alike_and_spread_over_rooms():
    code = "x = a < b\ny = a + b\nz = a + c\n"
    files = [SOURCE / room / "a.py" for room in ("color", "photo", "lab/nets", "lab/data")]
    candidates = [fault for file in files for fault in faults(file, code)]
    chosen = choose(candidates, 4, 1)
    assert {fault.room for fault in chosen} == {"color", "photo", "lab.nets", "lab.data"}
    assert chosen == choose(candidates, 4, 1) != choose(candidates, 4, 2)
    assert len(choose(candidates, 99, 1)) == len(candidates)


def test_the_tests_that_mirror_a_file_come_first():
    place = Path("src/tintype/lab/training/terms.py")
    (name, first), *others = sets_of_files(place, ROOT / "tests")
    assert (name, first) == ("mirror", ["tests/lab/training/test_terms.py"])
    assert all(first[0] not in tests for _, tests in others)
    assert {name for name, _ in others} == {"named", "folder"}
