"""What a report, a README and a list of failures show of a ledger."""

import json
from dataclasses import dataclass
from typing import Any

from tintype.archive.ledger.due import TRIED_AGAIN
from tintype.archive.ledger.ledger import Ledger
from tintype.archive.ledger.records import notice_from
from tintype.notices import Notice

Rows = list[tuple[Any, ...]]
NOT_COLORED = "state IN ('quarantined', 'failed')"


@dataclass(frozen=True)
class LastRun:
    """started, ended: seconds since 1970, ended None while it runs. done: items that it finished,
    of so many pixels, in so many seconds of work."""

    started: float
    ended: float | None
    done: int
    pixels: int
    seconds: float


def last_run(ledger: Ledger) -> LastRun | None:
    """The last run; None before the first."""
    runs = ledger.read("SELECT id, started, ended FROM runs ORDER BY id DESC LIMIT 1")
    if not runs:
        return None
    number, started, ended = runs[0]
    sums = ledger.read(
        "SELECT count(*), coalesce(sum(pixels), 0), coalesce(sum(seconds), 0) FROM items"
        " WHERE run = ? AND state = 'done' AND finished >= ?",
        number,
        started,
    )[0]
    return LastRun(started, ended, *sums)


def finished_between(ledger: Ledger) -> tuple[float | None, float | None]:
    """When the first and the last item were finished, seconds since 1970."""
    query = "SELECT min(finished), max(finished) FROM items WHERE state = 'done'"
    first, last = ledger.read(query)[0]
    return first, last


def failures(ledger: Ledger, limit: int = -1) -> Rows:
    """Name, state, kind and reason of what was not colored, by name. limit: -1 for all."""
    return ledger.read(
        f"SELECT name, state, kind, error FROM items WHERE {NOT_COLORED} ORDER BY name LIMIT ?",
        limit,
    )


def new_failures(ledger: Ledger) -> int:
    """How many items failed in the last run that did not fail in the one before."""
    query = (
        f"SELECT count(*) FROM items WHERE {NOT_COLORED} AND run = (SELECT max(id) FROM runs)"
        " AND why != ?"
    )
    return int(ledger.read(query, TRIED_AGAIN)[0][0])


def failure_kinds(ledger: Ledger) -> Rows:
    """Kind, state and count of what was not colored, the most frequent first."""
    return ledger.read(
        f"SELECT kind, state, count(*) FROM items WHERE {NOT_COLORED} GROUP BY 1, 2 ORDER BY 3 DESC"
    )


def reasons(ledger: Ledger) -> Rows:
    """Why items were due in the last run, and how many, the most frequent first."""
    return ledger.read(
        "SELECT why, count(*) FROM items WHERE run = (SELECT max(id) FROM runs) GROUP BY 1"
        " ORDER BY 2 DESC"
    )


def notices(ledger: Ledger, limit: int) -> list[tuple[str, list[Notice]]]:
    """Names and notices of the items that have some, by name."""
    rows = ledger.read(
        "SELECT name, notices FROM items WHERE notices != '[]' ORDER BY name LIMIT ?", limit
    )
    return [(name, [notice_from(each) for each in json.loads(text)]) for name, text in rows]


def pairs(ledger: Ledger, count: int) -> Rows:
    """Names of so many done items, evenly spread over all, and of the first output of each."""
    return ledger.read(
        "SELECT name, output FROM (SELECT items.name, min(outputs.name) AS output,"
        " count(*) OVER () AS total, row_number() OVER (ORDER BY items.name) - 1 AS n"
        " FROM items JOIN outputs ON outputs.item = items.name"
        " WHERE state = 'done' AND outputs.name NOT LIKE '%.xmp'"
        " GROUP BY items.name) WHERE n * ?1 % total < ?1",
        count,
    )
