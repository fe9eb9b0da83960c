"""Fenced blocks of the documents, and the commands in them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FRONT = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
DOCUMENTS = [*FRONT, *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"Save this as `(\S+)`")


@dataclass(frozen=True)
class Block:
    """language: after the opening fence. file: the name under which the document says to save
    it."""

    language: str
    text: str
    file: str | None


def blocks(document: Path) -> list[Block]:
    text = document.read_text(encoding="utf-8")
    found = []
    end = 0
    for match in FENCE.finditer(text):
        names = FILE.findall(text[end : match.start()])
        end = match.end()
        found.append(Block(match[1], match[2], names[-1] if names else None))
    return found


def commands(block: Block) -> list[str]:
    """The commands of a block of shell: joined where they go on, without comments."""
    lines = re.sub(r"\\\n\s*", "", block.text).splitlines()
    return [line for each in lines if (line := re.sub(r"(^|\s)#(\s.*)?$", "", each).strip())]
