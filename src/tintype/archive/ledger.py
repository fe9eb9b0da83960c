"""The ledger: what became of each item, in one SQLite file that survives the death of the program at any moment."""

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tintype.archive.settings import Settings
from tintype.errors import ArchiveError

VERSION = 1
"""Of the ledger's tables; kept in the file's user_version."""
BATCH = 1000

# due → running → ready (outputs finished, hashes known, not yet in place) → done; or failed (tried again by the next run),
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


@dataclass(frozen=True)
class Item:
    """name, target: relative to source and target. source_hash, fingerprint: of the outputs that exist, or None.
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
    """A file in the target: its name there, the SHA-256 of its bytes, its size in bytes."""

    name: str
    hash: str
    size: int


@dataclass(frozen=True)
class Outcome:
    """What became of an item. state: "done", "failed" or "quarantined"; kind and error: why not done, one word and one sentence.
    notes: sentences about what was noticed. unchanged: the source's bytes are those that were colored before; nothing was done.
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
    """Opened for a run, or read by a report; threads may share it. Raises ArchiveError where the file cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise ArchiveError(
                    f"{path} was written by a newer version of Tintype (ledger version {version}, this one reads {VERSION}); "
                    "update Tintype; nothing was changed"
                )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            if version == 0:
                self._db.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
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
                    self._db.execute("ROLLBACK")
                    raise
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                raise ArchiveError(f"the ledger {self.path} cannot be written: {error}; run the same command again") from error

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
            db.execute("INSERT OR IGNORE INTO settings VALUES (?, ?, ?)", (settings.fingerprint, settings.to_json(), time.time()))
            values = (settings.fingerprint, engine, time.time())
            return int(db.execute("INSERT INTO runs (fingerprint, engine, started) VALUES (?, ?, ?)", values).lastrowid or 0)

    def end(self, run: int) -> None:
        """Note that a run came to its end."""
        with self.write() as db:
            db.execute("UPDATE runs SET ended = ? WHERE id = ?", (time.time(), run))

    def items(self, state: str) -> Iterator[Item]:
        """The items in a state, in the order of their names; read in batches, so that the state may change meanwhile."""
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
        """The files that belong to an item."""
        return tuple(Output(*row) for row in self.read("SELECT name, hash, size FROM outputs WHERE item = ? ORDER BY name", name))

    def start(self, names: Iterable[str], run: int) -> None:
        """Work on these items begins."""
        with self.write() as db:
            db.executemany("UPDATE items SET state = 'running', run = ? WHERE name = ?", ((run, name) for name in names))

    def promise(self, outcome: Outcome, fingerprint: str) -> tuple[Output, ...]:
        """The outputs are finished and about to be put in place. Returns older outputs whose names are no longer among them.

        From here on a run that died is completed by moving files: the work is not repeated.
        """
        names = {output.name for output in outcome.outputs}
        stale = tuple(output for output in self.outputs(outcome.name) if output.name not in names)
        with self.write() as db:
            self._describe(db, outcome, "ready", fingerprint)
            db.execute("DELETE FROM outputs WHERE item = ?", (outcome.name,))
            db.executemany(
                "INSERT INTO outputs VALUES (?, ?, ?, ?)", ((o.name, outcome.name, o.hash, o.size) for o in outcome.outputs)
            )
        return stale

    def finish(self, outcome: Outcome, fingerprint: str) -> None:
        """The item is done, has failed, or is quarantined. Outputs of an earlier success stay in the ledger."""
        with self.write() as db:
            if outcome.state == "done" and not outcome.unchanged:
                query = "UPDATE items SET state = 'done', deaths = 0, seconds = ?, finished = ? WHERE name = ?"
                db.execute(query, (outcome.seconds, time.time(), outcome.name))
            elif outcome.unchanged:
                db.execute("UPDATE items SET state = 'done', deaths = 0, why = 'unchanged' WHERE name = ?", (outcome.name,))
            else:
                self._describe(db, outcome, outcome.state, fingerprint)

    def _describe(self, db: sqlite3.Connection, outcome: Outcome, state: str, fingerprint: str) -> None:
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
