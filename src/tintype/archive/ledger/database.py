"""The ledger's file: its tables and its transactions."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tintype.errors import ArchiveError

VERSION = 2
"""Of the tables; it is kept in the file's user_version."""

# an item is due, then running, then ready (outputs finished, hashes known, not yet in place), then
# done; or failed (tried again by the next run), quarantined (tried again only when source or
# settings change) or gone (no longer in the source).
# stale outputs are replaced by outputs of other names, and not yet deleted
TABLES = """
CREATE TABLE settings (fingerprint TEXT PRIMARY KEY, json TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE runs (
  id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, engine TEXT NOT NULL, started REAL NOT NULL,
  ended REAL);
CREATE TABLE items (
  name TEXT PRIMARY KEY, target TEXT NOT NULL, size INTEGER NOT NULL, version TEXT NOT NULL,
  state TEXT NOT NULL, why TEXT NOT NULL, run INTEGER, source_hash TEXT,
  fingerprint TEXT, pages INTEGER, pixels INTEGER, seconds REAL, finished REAL, kind TEXT,
  error TEXT, notices TEXT, deaths INTEGER NOT NULL DEFAULT 0);
CREATE INDEX by_state ON items (state, name);
CREATE INDEX by_target ON items (target);
CREATE TABLE outputs (
  name TEXT PRIMARY KEY, item TEXT NOT NULL, hash TEXT NOT NULL, size INTEGER NOT NULL,
  stale INTEGER NOT NULL DEFAULT 0);
CREATE INDEX by_item ON outputs (item);
"""


class Database:
    """A SQLite file with the ledger's tables; threads may share it. Raises ArchiveError where the
    file cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=30
            )
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, VERSION):
                raise ArchiveError(
                    f"{path} was written by another version of Tintype (ledger version {version},"
                    f" this one reads {VERSION}); nothing was changed"
                )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            if version == 0:
                script = f"BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;"
                self._db.executescript(script)
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
