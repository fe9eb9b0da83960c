"""What `tintype colorize` prints: a line of JSON a photograph, notices, failures and a summary."""

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from tintype.cli.consoles import errors
from tintype.jobs import OPTIONS, FilePlan, Outcome
from tintype.notices import Notice, NoticeCode

MAX_NAMES = 10
"""Color photographs, or kinds of other files, that are named one by one."""


@dataclass
class Summary:
    """Counts outcomes and prints them. network: its name, or the method. as_json: print a line of
    JSON for each outcome to standard output."""

    console: Console
    network: str
    plan: FilePlan
    as_json: bool
    _counts: Counter[str] = field(default_factory=Counter)
    _notes: list[str] = field(default_factory=list)
    _failed: list[str] = field(default_factory=list)
    _left: list[Path] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Take in what became of one file."""
        self._counts[outcome.state] += 1
        if outcome.error is not None:
            self._failed.append(outcome.error)
        codes = {notice.code for notice in outcome.notices}
        if outcome.state == "left" and NoticeCode.IN_COLOR in codes:
            self._left.append(outcome.source)
        self._notes += [
            sentence_on(str(outcome.source), notice)
            for notice in outcome.notices
            if outcome.state != "left" or notice.code != NoticeCode.IN_COLOR
        ]
        if self.as_json:
            self._print_json(outcome)
        if outcome.state == "colored" and len(self.plan.files) == 1:
            self.console.print(str(outcome.output), markup=False)

    def print(self) -> None:
        """Print notices, failures and the counts."""
        for note in self._notes + self._left_notes():
            self.console.print(f"tintype: {note}", markup=False)
        for error in self._failed:
            errors().print(f"tintype: {error}", markup=False)
        others = self.plan.passed_over
        apart = [path for path in others if path.is_dir() or path.is_symlink()]
        if apart:
            names = ", ".join(map(str, apart[:MAX_NAMES])) + ", …" * (len(apart) > MAX_NAMES)
            self.console.print(
                f"tintype: folders of programs and broken links are left out: {names}", markup=False
            )
        kinds = Counter(
            "hidden" if path.name.startswith(".") else path.suffix.lower() or path.name
            for path in others
            if path not in apart
        )
        if kinds:
            parts = (f"{count} {kind}" for kind, count in kinds.most_common(MAX_NAMES))
            self.console.print(
                f"tintype: skipped (hidden, or of no supported format): {', '.join(parts)}",
                markup=False,
            )
        if self._counts.total() > 1 or self._counts["skipped"]:
            words = {
                "left": "left unchanged",
                "skipped": "already there (--overwrite colors them again)",
                "failed": "failed",
            }
            parts = (f"{self._counts[s]} {word}" for s, word in words.items() if self._counts[s])
            self.console.print(
                ", ".join([f"{self._counts['colored']} colored", *parts]), markup=False
            )

    @property
    def has_failures(self) -> bool:
        return bool(self._failed)

    def _left_notes(self) -> list[str]:
        option = OPTIONS[NoticeCode.IN_COLOR]
        named = [
            f"{path} is in color and is left as it is; {option}" for path in self._left[:MAX_NAMES]
        ]
        more = len(self._left) - MAX_NAMES
        return named + [f"{more} more are already in color and stay unchanged"] * (more > 0)

    def _print_json(self, outcome: Outcome) -> None:
        guidance = outcome.guidance
        line: dict[str, object] = {
            "input": str(outcome.source),
            "output": None if outcome.output is None else str(outcome.output),
            "state": outcome.state,
            "seconds": round(outcome.seconds, 3),
            "network": self.network,
            "guidance": None if guidance is None else json.loads(guidance.to_json()),
            "notices": [{"code": note.code, "text": note.text} for note in outcome.notices],
        }
        if outcome.error is not None:
            line["error"] = outcome.error
        if outcome.variations:
            line["variations"] = [str(path) for path in outcome.variations]
        # ASCII alone: standard output may have any encoding, and names may be no UTF-8
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def sentence_on(name: str, notice: Notice) -> str:
    """A notice about a file, with the option that it calls for."""
    option = OPTIONS.get(notice.code)
    text = notice.text if notice.text.startswith(name) else f"{name}: {notice.text}"
    return f"{text} ({option})" if option else text
