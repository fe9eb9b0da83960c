"""What was done to a folder, in a README beside the pictures, for whoever finds them later."""

import json
import time
from collections import Counter

from tintype.archive.ledger import Ledger, queries
from tintype.archive.settings import ArchiveSettings
from tintype.archive.stores import Store, public_name
from tintype.archive.work import ArchiveJob
from tintype.errors import ArchiveError
from tintype.files import write_text

NAME = "README.md"


def write_readme(ledger: Ledger, job: ArchiveJob, passed_over: Counter[str]) -> None:
    """Write README.md in the target; one that somebody else wrote is left alone. Raises
    ArchiveError."""
    text = readme(ledger, job.settings, job.source.uri, passed_over)
    if is_of_somebody_else(job.target, NAME, text.split("\n", 1)[0]):
        return
    made = job.scratch / NAME
    write_text(made, text, ArchiveError)
    job.target.put(made, NAME)


def is_of_somebody_else(target: Store, name: str, first: str) -> bool:
    """Whether there is a file that does not begin with the first line of the one that is written
    under this name."""
    return target.stat(name) is not None and not target.read(name).startswith(first.encode())


def readme(
    ledger: Ledger, settings: ArchiveSettings, source: str, passed_over: Counter[str]
) -> str:
    """The text: where the pictures come from, what made their color, how many there are, what was
    left out. Of the source's address only the last part is public."""
    from tintype import __version__

    states = ledger.states()
    hidden = ("network", "network_hash")
    chosen = {
        k: v
        for k, v in json.loads(settings.to_json()).items()
        if v not in (None, False) and k not in hidden
    }
    lines = [
        "# Photographs colored by Tintype",
        "",
        (
            "The colors in these pictures were computed by a neural network: plausible colors, not"
            " a record of the true ones."
        ),
        "The lightness is that of the originals, which were not changed.",
        "",
        f"- Source: `{public_name(source)}`",
        (
            f"- Program: Tintype {__version__}; network: {settings.network} (SHA-256"
            f" `{settings.network_hash[:16]}…`)"
        ),
        f"- Options: {', '.join(f'{name} {value}' for name, value in chosen.items())}",
        f"- Colored: {states.get('done', 0)} files{_between(*queries.finished_between(ledger))}",
    ]
    lines += [
        f"- Not colored: {count} ({kind}), listed in `quarantine.csv` with the reason"
        for kind, _, count in queries.failure_kinds(ledger)
    ]
    if states.get("gone"):
        lines.append(f"- No longer in the source: {states['gone']} files")
    if passed_over:
        lines.append(
            "- Skipped:"
            f" {', '.join(f'{n} × {ending}' for ending, n in passed_over.most_common(12))}"
        )
    return "\n".join(lines) + "\n"


def _between(first: float | None, last: float | None) -> str:
    if first is None or last is None:
        return ""
    days = [time.strftime("%Y-%m-%d", time.localtime(at)) for at in (first, last)]
    return f", {days[0]}" if days[0] == days[1] else f", {days[0]} to {days[1]}"
