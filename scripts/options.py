"""Write docs/options.md from the command's own options; --check only says whether it is current.

python scripts/options.py [--check]
"""

import re
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from tintype.cli import app

TARGET = Path(__file__).parents[1] / "docs" / "options.md"
COLUMNS = 100
HEAD = """# Options

Every command and option, written by `scripts/options.py` from the command itself. The same text
is shown by `tintype COMMAND --help`.
"""
SHARED = {"--help", "--install-completion", "--show-completion"}
"""Options that every command has or that the shell needs."""


def text() -> str:
    root = typer.main.get_command(app)
    parts = [HEAD, *_section("tintype", root)]
    for words, command in commands(root, ("tintype",)):
        parts += _section(" ".join(words), command)
    return "\n".join(parts)


def commands(group: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each command below a group with the words that call it; groups come before what they hold."""
    for name, command in group.commands.items():
        yield (*words, name), command
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))


def _section(name: str, command: Any) -> list[str]:
    about, examples = _help(command)
    panels: dict[str, list[str]] = defaultdict(list)
    for parameter in command.params:
        if not getattr(parameter, "hidden", False) and not SHARED & set(parameter.opts):
            panels[getattr(parameter, "rich_help_panel", None) or ""].append(_item(parameter))
    lines = [f"## {name}\n", *(f"{textwrap.fill(each, COLUMNS)}\n" for each in about)]
    for panel, items in panels.items():
        lines += [*([f"{panel}:\n"] if panel else []), *items, ""]
    if examples:
        lines += ["```bash", *(_folded(example) for example in examples), "```", ""]
    return lines


def _help(command: Any) -> tuple[list[str], list[str]]:
    """The paragraphs that describe a command, and its examples."""
    whole = "\n\n".join(filter(None, (command.help, command.epilog)))
    parts = [
        " ".join(part.split())
        for part in re.split(r"\n\s*\n|\bExamples?:|\bA release:", whole)
        if part.strip()
    ]
    examples = [part for part in parts if re.match(r"(tintype|cat|curl) ", part)]
    return [part for part in parts if part not in examples], examples


def _item(parameter: Any) -> str:
    is_option = parameter.opts[0].startswith("-")
    names = [*parameter.opts, *parameter.secondary_opts] if is_option else []
    value = parameter.metavar or ("" if getattr(parameter, "is_flag", False) else "VALUE")
    if not is_option:
        names, value = [parameter.metavar or parameter.name.upper()], ""
    shown = ", ".join(f"`{name}`" for name in names)
    shown = shown[:-1] + f" {value}`" if value else shown
    about = (parameter.help or "").strip()
    if parameter.required and is_option:
        about += " Required."
    default = parameter.default
    if is_option and isinstance(default, str | int | float) and not isinstance(default, bool):
        shown_default = getattr(default, "value", default)
        about += f" Default: `{shown_default}`." if str(shown_default) else ""
    return textwrap.fill(
        f"- {shown}: {about}",
        COLUMNS,
        subsequent_indent="  ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def _folded(command: str) -> str:
    """A command on several lines where one is too long."""
    return " \\\n    ".join(
        textwrap.wrap(command, COLUMNS - 6, break_on_hyphens=False, break_long_words=False)
    )


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text():
            sys.exit(f"{TARGET.name} is out of date: run python scripts/options.py")
    else:
        TARGET.write_text(text(), encoding="utf-8")
