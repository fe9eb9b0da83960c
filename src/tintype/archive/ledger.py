"""The ledger: what became of each item, in one SQLite file that survives the death of the program
at any moment."""

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tintype.archive.settings import Settings
from tintype.errors import ArchiveError

BATCH = 1000

# due → running → ready (outputs finished, hashes known, not yet in place) → done; or failed (tried
# again by the next run),
# quarantined (tried again only when source or settings change), gone (no longer in the source)
TABLES = """
CREATE TABLE settings (fingerprint TEXT PRIMARY KEY, json TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE runs (id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, engine TEXT NOT NULL, started REAL NOT NULL, ended REAL);
CREATE TABLE items (
  name TEXT PRIMARY KEY, target TEXT NOT NULL, size INTEGER NOT NULL, version TEXT NOT NULL, state TEXT NOT NULL,
  why TEXT NOT NULL, run INTEGER, planned_hash TEXT, source_hash TEXT, fingerprint TEXT, pages INTEGER, pixels INTEGER,
  seconds REAL, finished REAL, kind TEXT, error TEXT, notes TEXT, deaths INTEGER NOT NULL DEFAULT 0);
CREATE INDEX by_state ON items (state, name);
CREATE TABLE outputs (name TEXT PRIMARY KEY, item TEXT NOT NULL, hash TEXT NOT NULL, size INTEGER NOT NULL);
CREATE INDEX by_item ON outputs (item);
"""
# stale: replaced by outputs of other names, and not yet deleted
STALE = """
ALTER TABLE outputs ADD COLUMN stale INTEGER NOT NULL DEFAULT 0;
CREATE INDEX by_target ON items (target);
"""
VERSIONS = (TABLES, STALE)
"""What each version of the ledger added to the one before; the version is kept in the file's
user_version."""
VERSION = len(VERSIONS)


@dataclass(frozen=True)
class Item:
    """name, target: relative to source and target. source_hash, fingerprint: of the outputs that
    exist, or None.
    deaths: how often the program died while it worked on this item.
    """

    name: str
    target: str
    size: int
    version: str
    source_hash: str | None = None
    fingerprint: str | None = None
    deaths: int = 0


@dataclass(frozen=True)
class Output:
    """A file in the target: its name there, the SHA-256 of its bytes, its size in bytes.

    stale: newer outputs of other names replace it, and it is still to be deleted. An item that is
    done has none of these.
    """

    name: str
    hash: str
    size: int
    stale: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of an item. state: "done", "failed" or "quarantined"; kind and error: why not
    done, one word and one sentence.
    notes: sentences about what was noticed. unchanged: the source's bytes are those that were
    colored before; nothing was done.
    """

    name: str
    state: str
    source_hash: str | None = None
    outputs: tuple[Output, ...] = ()
    pages: int = 0
    pixels: int = 0
    seconds: float = 0.0
    kind: str | None = None
    error: str | None = None
    notes: tuple[str, ...] = field(default=())
    unchanged: bool = False


class Ledger:
    """Opened for a run, or read by a report; threads may share it. Raises ArchiveError where the
    file cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=30
            )
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise ArchiveError(
                    f"{path} was written by a newer version of Tintype (ledger version {version},"
                    f" this one reads {VERSION}); update Tintype; nothing was changed"
                )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            if version < VERSION:
                self._db.executescript(
                    f"BEGIN; {''.join(VERSIONS[version:])} PRAGMA user_version = {VERSION}; COMMIT;"
                )
        except sqlite3.Error as error:
            raise ArchiveError(f"{path} cannot be used as a ledger: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is kept, or nothing."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                except BaseException:
                    if self._db.in_transaction:  # a full disk has rolled it back already
                        self._db.execute("ROLLBACK")
                    raise
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
                advice = "make room on its disk, then run" if full else "run"
                raise ArchiveError(
                    f"the ledger {self.path} cannot be written: {error}; {advice} the same command"
                    " again"
                ) from error

    def read(self, query: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]
        """The rows of a query."""
        with self._lock:
            try:
                return self._db.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise ArchiveError(f"the ledger {self.path} cannot be read: {error}") from error

    def begin(self, settings: Settings, engine: str) -> int:
        """Start a run; returns its number."""
        with self.write() as db:
            db.execute(
                "INSERT OR IGNORE INTO settings VALUES (?, ?, ?)",
                (settings.fingerprint, settings.to_json(), time.time()),
            )
            values = (settings.fingerprint, engine, time.time())
            return int(
                db.execute(
                    "INSERT INTO runs (fingerprint, engine, started) VALUES (?, ?, ?)", values
                ).lastrowid
                or 0
            )

    def end(self, run: int) -> None:
        """Note that a run came to its end."""
        with self.write() as db:
            db.execute("UPDATE runs SET ended = ? WHERE id = ?", (time.time(), run))

    def items(self, state: str) -> Iterator[Item]:
        """The items in a state, in the order of their names; read in batches, so that the state may
        change meanwhile."""
        query = (
            "SELECT name, target, size, version, source_hash, fingerprint, deaths FROM items"
            f" WHERE state = ? AND name > ? ORDER BY name LIMIT {BATCH}"
        )
        last = ""
        while rows := self.read(query, state, last):
            yield from (Item(*row) for row in rows)
            last = rows[-1][0]

    def count(self, state: str) -> int:
        """How many items are in a state."""
        return int(self.read("SELECT count(*) FROM items WHERE state = ?", state)[0][0])

    def outputs(self, name: str) -> tuple[Output, ...]:
        """The files that belong to an item, stale ones too."""
        rows = self.read(
            "SELECT name, hash, size, stale FROM outputs WHERE item = ? ORDER BY name", name
        )
        return tuple(Output(file, digest, size, bool(stale)) for file, digest, size, stale in rows)

    def owners(self, item: Item) -> dict[str, str]:
        """The names that begin like those of this item's outputs and are taken, with the item that
        each belongs to.

        A name belongs to the item that has an output there, else to the one whose target it is.
        What an item that is gone from the source left behind belongs to this item, which may
        replace it.
        """
        stem = str(PurePosixPath(item.target).with_suffix(""))
        bounds = (
            stem,
            f"{stem}/",
        )  # "/" comes after "." : page.png, page.1.png and page.1.png.xmp are between them
        targets = self.read(
            "SELECT target, name FROM items WHERE state != 'gone' AND name != ? AND target >= ? AND"
            " target < ?",
            item.name,
            *bounds,
        )
        outputs = self.read(
            "SELECT outputs.name, item, state = 'gone' FROM outputs JOIN items ON items.name = item"
            " WHERE outputs.name >= ? AND outputs.name < ?",
            *bounds,
        )
        left = {name: item.name for name, _, gone in outputs if gone}
        return left | dict(targets) | {name: owner for name, owner, gone in outputs if not gone}

    def start(self, names: Iterable[str], run: int) -> None:
        """Work on these items begins."""
        with self.write() as db:
            db.executemany(
                "UPDATE items SET state = 'running', run = ? WHERE name = ?",
                ((run, name) for name in names),
            )

    def promise(self, outcome: Outcome, fingerprint: str) -> None:
        """The outputs are finished and about to be put in place; older ones of other names become
        stale.

        From here on a run that died is completed by moving and deleting files: the work is not
        repeated.
        """
        with self.write() as db:
            self._describe(db, outcome, "ready", fingerprint)
            db.execute("UPDATE outputs SET stale = 1 WHERE item = ?", (outcome.name,))
            rows = (
                (output.name, outcome.name, output.hash, output.size) for output in outcome.outputs
            )
            db.executemany("INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?, 0)", rows)

    def finish(self, outcome: Outcome, fingerprint: str) -> None:
        """The item is done and its stale outputs are deleted; or it has failed or is quarantined,
        and all outputs stay known."""
        with self.write() as db:
            if outcome.state == "done" and not outcome.unchanged:
                query = (
                    "UPDATE items SET state = 'done', deaths = 0, seconds = ?, finished = ? WHERE"
                    " name = ?"
                )
                db.execute(query, (outcome.seconds, time.time(), outcome.name))
                db.execute("DELETE FROM outputs WHERE item = ? AND stale", (outcome.name,))
            elif outcome.unchanged:
                db.execute(
                    "UPDATE items SET state = 'done', deaths = 0, why = 'unchanged' WHERE name = ?",
                    (outcome.name,),
                )
            else:
                self._describe(db, outcome, outcome.state, fingerprint)

    def _describe(
        self, db: sqlite3.Connection, outcome: Outcome, state: str, fingerprint: str
    ) -> None:
        values = {
            "state": state,
            "source_hash": outcome.source_hash if state == "ready" else None,
            "fingerprint": fingerprint,
            "pages": outcome.pages,
            "pixels": outcome.pixels,
            "seconds": outcome.seconds,
            "finished": time.time(),
            "kind": outcome.kind,
            "error": outcome.error,
            "notes": "\n".join(outcome.notes) or None,
        }
        columns = ", ".join(f"{column} = ?" for column in values)
        db.execute(f"UPDATE items SET {columns} WHERE name = ?", (*values.values(), outcome.name))
