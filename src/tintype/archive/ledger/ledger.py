"""What became of each item, and what is to be done with it."""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import PurePosixPath

from tintype.archive.ledger.database import Database
from tintype.archive.ledger.records import Item, ItemOutcome, Output
from tintype.archive.settings import ArchiveSettings

BATCH = 1000
"""Items that are read at once."""


class Ledger(Database):
    """Opened for a run, or read by a report."""

    def begin(self, settings: ArchiveSettings, engine: str) -> int:
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

    def promise(self, outcome: ItemOutcome, fingerprint: str) -> None:
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

    def finish(self, outcome: ItemOutcome, fingerprint: str) -> None:
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
        self, db: sqlite3.Connection, outcome: ItemOutcome, state: str, fingerprint: str
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
            "notices": json.dumps([asdict(notice) for notice in outcome.notices]),
        }
        columns = ", ".join(f"{column} = ?" for column in values)
        db.execute(f"UPDATE items SET {columns} WHERE name = ?", (*values.values(), outcome.name))

    def holds(self, name: str) -> bool:
        """Whether an item is known."""
        return bool(self.read("SELECT 1 FROM items WHERE name = ?", name))

    def release(self) -> None:
        """Items in work become due again."""
        with self.write() as db:
            db.execute("UPDATE items SET state = 'due' WHERE state = 'running'")

    def bury(self) -> None:
        """Items in work when the program died become due; those of this machine count a death (a
        cluster's round of items is not all in work)."""
        with self.write() as db:
            db.execute(
                "UPDATE items SET deaths = deaths + 1 WHERE state = 'running' AND run IN"
                " (SELECT id FROM runs WHERE engine = 'local')"
            )
            db.execute("UPDATE items SET state = 'due' WHERE state = 'running'")

    def settle(self, name: str, complete: bool) -> None:
        """A ready item is done, and its stale outputs are deleted; or it is due again."""
        with self.write() as db:
            state = "done" if complete else "due"
            db.execute("UPDATE items SET state = ? WHERE name = ?", (state, name))
            if complete:
                db.execute("DELETE FROM outputs WHERE item = ? AND stale", (name,))

    def lose(self, name: str) -> None:
        """An output of an item is missing or was changed: the item is due."""
        why = "its output is missing or was changed"
        with self.write() as db:
            db.execute("UPDATE items SET state = 'due', why = ? WHERE name = ?", (why, name))

    def states(self) -> dict[str, int]:
        """How many items are in each state."""
        return dict(self.read("SELECT state, count(*) FROM items GROUP BY state"))
