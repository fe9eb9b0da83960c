"""What holds for all documents: links, width, fenced blocks, names. tests/documents runs them."""

import re
import subprocess
import sys
import tomllib

import pytest

from tests.documents.blocks import DOCUMENTS, ROOT, blocks
from tintype.errors import DISTRIBUTION, how_to_install

LINK = re.compile(r"\]\(([^)\s]+)\)")
COLUMNS = 100
README_WORDS = 700
LANGUAGES = {"bash", "cpp", "javascript", "json", "nginx", "python", "text", "yaml"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TEXTS = [
    path
    for folder in (".ci", ".github", "benchmarks", "docs", "examples", "scripts", "src")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".cff", ".html", ".js", ".json", ".md", ".py", ".yaml", ".yml", "")
    and path.is_file()
] + [path for path in ROOT.glob("*") if path.is_file() and path.suffix != ".lock"]
"""Every file in which the distribution could be named."""


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_files_and_headings_are_alive(document):
    for link in LINK.findall(document.read_text(encoding="utf-8")):
        if re.match(r"\w+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        assert target.exists(), f"{document.name} links to {link}"
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_lines_are_at_most_100_columns_wide(document):
    lines = document.read_text(encoding="utf-8").splitlines()
    assert [i for i, line in enumerate(lines, 1) if len(line) > COLUMNS] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_fenced_block_names_its_language(document):
    assert {block.language for block in blocks(document)} <= LANGUAGES


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_of_the_source_that_are_named_exist(document):
    named = re.findall(
        r"`((?:src/tintype|tests|benchmarks|examples|scripts|docs)/[\w./-]+)`",
        document.read_text(encoding="utf-8"),
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= README_WORDS


def test_the_distribution_has_one_name():
    assert PROJECT["name"] == DISTRIBUTION
    wrong = re.compile(r"\btintype\[|(install|uvx|pipx run)( --?[\w-]+)* ['\"]?tintype\b(?!-color)")
    texts = {path: path.read_text(encoding="utf-8") for path in TEXTS}
    assert [str(path) for path, text in texts.items() if wrong.search(text)] == []


def test_messages_name_the_distribution_by_its_constant():
    sources = (ROOT / "src").rglob("*.py")
    spelled = [path.name for path in sources if DISTRIBUTION in path.read_text(encoding="utf-8")]
    assert spelled == ["errors.py"]


def test_every_extra_that_is_named_exists():
    texts = [path.read_text(encoding="utf-8") for path in TEXTS if path.suffix in (".md", ".py")]
    extras = {
        extra.strip()
        for text in texts
        for named in re.findall(
            r"(?:tintype-color|pip install '?\.)\[([\w, ]+)\]|how_to_install\(['\"](\w+)", text
        )
        for extra in "".join(named).split(",")
    }
    assert extras <= set(PROJECT["optional-dependencies"])
    assert {"film", "train", "ray"} <= extras


def test_a_missing_extra_is_told_with_both_ways_to_install_it():
    assert how_to_install("film") == (
        "install it with: pip install 'tintype-color[film]'"
        " (from a copy of the sources: pip install '.[film]')"
    )


def test_the_page_of_options_is_what_the_command_says():
    command = [sys.executable, str(ROOT / "scripts" / "options.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_citation_has_the_version_of_the_package():
    from tintype import __version__

    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {__version__}\n" in text
