"""The source's listing and the ledger in; which items are due, and why, out."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from tintype.archive import receipts
from tintype.archive.ledger import Ledger, Output
from tintype.archive.scratch import scratch_name, sha256_of
from tintype.archive.settings import Settings
from tintype.archive.stores import Stat, Store, open_store
from tintype.archive.work import discard
from tintype.errors import UsageError

DUE = "UPDATE items SET state = 'due', why = ?"


def target_name(name: str, settings: Settings) -> str:
    """Where an item's output lies in the target: the same place, with another ending if a format
    was asked for."""
    path = PurePosixPath(name)
    return (
        str(path.with_suffix(f".{settings.format.lower().lstrip('.')}"))
        if settings.format
        else str(path)
    )


def recover(ledger: Ledger, target: Store, scratch: Path) -> None:
    """Complete what a dead run left: finished outputs are put in place and those that they replace
    are deleted, items in work become due; nothing is done twice.
    """
    _adopt_receipts(ledger, target)
    for item in ledger.items("ready"):
        outputs = ledger.outputs(item.name)
        complete = all(_in_place(output, target, scratch) for output in outputs if not output.stale)
        if complete:
            discard(target, (output for output in outputs if output.stale))
        with ledger.write() as db:
            db.execute(
                "UPDATE items SET state = ? WHERE name = ?",
                ("done" if complete else "due", item.name),
            )
            if complete:
                db.execute("DELETE FROM outputs WHERE item = ? AND stale", (item.name,))
    with ledger.write() as db:
        here = (  # a cluster's round of items is not all in work
            "(SELECT id FROM runs WHERE engine = 'local')"
        )
        db.execute(
            f"UPDATE items SET deaths = deaths + 1 WHERE state = 'running' AND run IN {here}"
        )
        db.execute("UPDATE items SET state = 'due' WHERE state = 'running'")
    for left in scratch.iterdir():
        left.unlink()


def _adopt_receipts(ledger: Ledger, target: Store) -> None:
    """Take what the actors of a cluster finished, and its driver did not live to enter, as
    promised."""
    store = open_store(f"{target.uri}/{receipts.FOLDER}")
    for name, _ in list(_listing(store)):
        found = receipts.read_receipt(store, name)
        if found is not None and ledger.read("SELECT 1 FROM items WHERE name = ?", found[0].name):
            ledger.promise(*found)
        store.delete(name)


def _in_place(output: Output, target: Store, scratch: Path) -> bool:
    if target.stat(output.name) is not None and target.sha256(output.name) == output.hash:
        return True
    made = scratch / scratch_name(output.name)
    if made.is_file() and sha256_of(made) == output.hash:
        target.put(made, output.name)
        return True
    return False


def plan(
    ledger: Ledger,
    entries: Iterable[tuple[str, Stat]],
    settings: Settings,
    target: Store,
    resume: bool = True,
    retry: bool = False,
) -> None:
    """Bring the ledger up to date with the source, the settings and the target.

    Due are: new items; those whose source, settings or output changed since; those that failed.
    Quarantined ones only if their source or the settings changed, or with `retry`. Without `resume`
    everything is due.
    Raises UsageError where two items would be written to one file, and before anything is changed.
    """
    before = {
        row[0]: settings.differences(row[1])
        for row in ledger.read("SELECT fingerprint, json FROM settings")
    }
    with ledger.write() as db:
        db.execute(
            "CREATE TEMP TABLE IF NOT EXISTS seen (name TEXT PRIMARY KEY, target TEXT, size"
            " INTEGER, version TEXT)"
        )
        db.execute("DELETE FROM seen")
        rows = (
            (name, target_name(name, settings), stat.size, stat.version) for name, stat in entries
        )
        db.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?)", rows)
        _refuse_collisions(db)
        db.execute(
            "INSERT INTO items (name, target, size, version, state, why) SELECT name, target, size,"
            " version, 'due', 'new' FROM seen WHERE name NOT IN (SELECT name FROM items)"
        )
        db.execute("UPDATE items SET state = 'gone' WHERE name NOT IN (SELECT name FROM seen)")
        db.execute(
            f"{DUE} WHERE state = 'gone' AND name IN (SELECT name FROM seen)",
            ("the source is back",),
        )
        for fingerprint, difference in before.items():
            if fingerprint != settings.fingerprint:
                why = f"other settings: {difference}"
                db.execute(
                    f"{DUE} WHERE state IN ('done', 'quarantined') AND fingerprint = ?",
                    (why, fingerprint),
                )
        db.execute(
            f"{DUE} FROM seen WHERE items.name = seen.name AND state IN ('done', 'quarantined')"
            " AND (items.size != seen.size OR items.version != seen.version)",
            ("the source changed",),
        )
        db.execute(
            "UPDATE items SET size = seen.size, version = seen.version, target = seen.target FROM"
            " seen WHERE items.name = seen.name AND (items.size != seen.size OR items.version !="
            " seen.version OR items.target != seen.target)"
        )
        db.execute(f"{DUE} WHERE state = 'failed'", ("it failed before",))
        if not resume:
            db.execute(
                f"{DUE}, source_hash = NULL WHERE state IN ('done', 'quarantined')",
                ("asked for again",),
            )
        if retry:
            db.execute(f"{DUE} WHERE state = 'quarantined'", ("asked for again",))
        _compare_with_target(db, target)


def _refuse_collisions(db: sqlite3.Connection) -> None:
    found = db.execute(
        "SELECT min(name), max(name), target FROM seen GROUP BY target HAVING count(*) > 1 LIMIT 1"
    ).fetchone()
    if found:
        raise UsageError(
            f"{found[0]} and {found[1]} would both be written to {found[2]}; leave out --format, or"
            " rename one"
        )


def _compare_with_target(db: sqlite3.Connection, target: Store) -> None:
    """Outputs that are missing or of another size make their items due; files of somebody else are
    not written over."""
    db.execute("CREATE TEMP TABLE IF NOT EXISTS there (name TEXT PRIMARY KEY, size INTEGER)")
    db.execute("DELETE FROM there")
    db.executemany("INSERT INTO there VALUES (?, ?)", _listing(target))
    lost = (
        "SELECT item FROM outputs LEFT JOIN there ON outputs.name = there.name"
        " WHERE there.name IS NULL OR outputs.size != there.size"
    )
    db.execute(
        f"{DUE} WHERE state = 'done' AND name IN ({lost})",
        ("its output is missing or was changed",),
    )
    db.execute(
        "UPDATE items SET state = 'failed', kind = 'in the way', error = target || ' is already"
        " there and was not written by this archive; move it away' WHERE state = 'due' AND target"
        " IN (SELECT name FROM there) AND target NOT IN (SELECT name FROM outputs)"
    )


def _listing(target: Store) -> Iterator[tuple[str, int]]:
    try:
        yield from ((name, stat.size) for name, stat in target.walk())
    except FileNotFoundError:
        return
