"""Which items are due: the ledger compared with the source, the settings and the target."""

import sqlite3
from collections.abc import Iterable
from pathlib import PurePosixPath

from tintype.archive.ledger.ledger import Ledger
from tintype.archive.settings import ArchiveSettings
from tintype.errors import UsageError
from tintype.jobs.names import has_other_ending

DUE = "UPDATE items SET state = 'due', why = ?"
TRIED_AGAIN = "it failed before"
"""Why an item is due whose failure is no news."""
DUE_AGAIN = f"UPDATE items SET state = 'due', why = iif(state = 'done', ?, '{TRIED_AGAIN}')"
"""For items that were finished or failed with the same source."""
SHARED_TARGETS = (
    "SELECT name, target, row_number() OVER (PARTITION BY target ORDER BY name) > 1 FROM seen"
    " WHERE target IN (SELECT target FROM seen GROUP BY target HAVING count(*) > 1)"
)
"""Name and target of sources that share one, and whether another comes before by name."""
SourceRow = tuple[str, str, int, str]
"""Name, target, size and version of a file of the source."""


def mark_due(
    ledger: Ledger,
    source: Iterable[SourceRow],
    outputs: Iterable[tuple[str, int]],
    settings: ArchiveSettings,
    resume: bool = True,
    retry: bool = False,
) -> None:
    """Mark the items that are to be colored.

    Due are: new items; those whose source, settings or output changed since; those that failed.
    Quarantined ones only if their source or the settings changed, or with `retry`. Without `resume`
    everything is due. outputs: names and sizes of the files in the target.
    Raises UsageError where two items would be written to one file; then nothing is changed.
    """
    differences = {
        row[0]: settings.differences(row[1])
        for row in ledger.read("SELECT fingerprint, json FROM settings")
    }
    with ledger.write() as db:
        _load(db, "seen", "name TEXT PRIMARY KEY, target TEXT, size INTEGER, version TEXT", source)
        _separate_targets(db)
        _refuse_collisions(db)
        _enter_sources(db)
        for fingerprint, difference in differences.items():
            if fingerprint != settings.fingerprint:
                db.execute(
                    f"{DUE_AGAIN} WHERE state IN ('done', 'quarantined') AND fingerprint = ?",
                    (f"other settings: {difference}", fingerprint),
                )
        db.execute(f"{DUE} WHERE state = 'failed'", (TRIED_AGAIN,))
        if not resume:
            db.execute(
                f"{DUE_AGAIN}, source_hash = NULL WHERE state IN ('done', 'quarantined')",
                ("asked for again",),
            )
        if retry:
            db.execute(f"{DUE} WHERE state = 'quarantined'", (TRIED_AGAIN,))
        _load(db, "there", "name TEXT PRIMARY KEY, size INTEGER", outputs)
        db.execute(
            f"{DUE} WHERE state = 'done' AND name IN (SELECT item FROM outputs LEFT JOIN there ON"
            " outputs.name = there.name WHERE there.name IS NULL OR outputs.size != there.size)",
            ("its output is missing or was changed",),
        )


def _load(
    db: sqlite3.Connection, table: str, columns: str, rows: Iterable[tuple[object, ...]]
) -> None:
    """Fill a temporary table; of rows with one name, the first counts."""
    db.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} ({columns})")
    db.execute(f"DELETE FROM {table}")
    places = ", ".join("?" * (columns.count(",") + 1))
    db.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({places})", rows)


def _separate_targets(db: sqlite3.Connection) -> None:
    """Give sources that share a target the names that the command gives them; then those that still
    do, as p.jpg and p.JPG under one format, their whole names."""
    for by_ending in (True, False):
        renamed = [
            (f"{name}{PurePosixPath(target).suffix}", name)
            for name, target, is_later in db.execute(SHARED_TARGETS).fetchall()
            if (
                has_other_ending(PurePosixPath(name), PurePosixPath(target))
                if by_ending
                else is_later
            )
        ]
        db.executemany("UPDATE seen SET target = ? WHERE name = ?", renamed)


def _refuse_collisions(db: sqlite3.Connection) -> None:
    collision = db.execute(
        "SELECT min(name), max(name), target FROM seen GROUP BY target HAVING count(*) > 1 LIMIT 1"
    ).fetchone()
    if collision:
        raise UsageError(
            f"{collision[0]} and {collision[1]} would both be written to {collision[2]}; leave out"
            " --format, or rename one"
        )


def _enter_sources(db: sqlite3.Connection) -> None:
    """New, lost, returned and changed files of the source."""
    db.execute(
        "INSERT INTO items (name, target, size, version, state, why) SELECT name, target, size,"
        " version, 'due', 'new' FROM seen WHERE name NOT IN (SELECT name FROM items)"
    )
    db.execute("UPDATE items SET state = 'gone' WHERE name NOT IN (SELECT name FROM seen)")
    db.execute(
        f"{DUE} WHERE state = 'gone' AND name IN (SELECT name FROM seen)", ("the source is back",)
    )
    db.execute(
        f"{DUE} FROM seen WHERE items.name = seen.name AND state IN ('done', 'quarantined')"
        " AND (items.size != seen.size OR items.version != seen.version)",
        ("the source changed",),
    )
    db.execute(
        "UPDATE items SET size = seen.size, version = seen.version, target = seen.target FROM seen"
        " WHERE items.name = seen.name AND (items.size != seen.size OR items.version !="
        " seen.version OR items.target != seen.target)"
    )
