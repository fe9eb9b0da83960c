"""The source's listing and the ledger in; which items are due, and why, out."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from tintype.archive import receipts
from tintype.archive.ledger import Ledger, Output
from tintype.archive.ledger.due import mark_due
from tintype.archive.scratch import scratch_name
from tintype.archive.settings import ArchiveSettings
from tintype.archive.stores import Stat, Store, open_store
from tintype.archive.work import discard
from tintype.files import sha256_of
from tintype.jobs.policy import written_suffix


def target_name(name: str, settings: ArchiveSettings) -> str:
    """An item's output, relative to the target: the item's own name, with another ending if a
    format is asked for or its own is only read."""
    path = PurePosixPath(name)
    if settings.policy.format:
        return str(path.with_suffix(f".{settings.policy.format.lower().lstrip('.')}"))
    return str(path.with_suffix(written_suffix(path.suffix)))


def recover(ledger: Ledger, target: Store, scratch: Path) -> None:
    """Complete what a dead run left: finished outputs are put in place and those that they replace
    are deleted, items in work become due; nothing is done twice."""
    _adopt_receipts(ledger, target)
    for item in ledger.items("ready"):
        outputs = ledger.outputs(item.name)
        complete = all(_in_place(output, target, scratch) for output in outputs if not output.stale)
        if complete:
            discard(target, (output for output in outputs if output.stale))
        ledger.settle(item.name, complete)
    ledger.bury()
    for left in scratch.iterdir():
        left.unlink()


def _adopt_receipts(ledger: Ledger, target: Store) -> None:
    """Take what the actors of a cluster finished, and its driver did not live to enter, as
    promised."""
    store = open_store(f"{target.uri}/{receipts.FOLDER}")
    for name, _ in list(_listing(store)):
        receipt = receipts.read_receipt(store, name)
        if receipt is not None and ledger.holds(receipt[0].name):
            ledger.promise(*receipt)
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
    settings: ArchiveSettings,
    target: Store,
    resume: bool = True,
    retry: bool = False,
) -> None:
    """Bring the ledger up to date with the source, the settings and the target, see `mark_due`.
    entries: of the source."""
    source = (
        (name, target_name(name, settings), stat.size, stat.version) for name, stat in entries
    )
    mark_due(ledger, source, _listing(target), settings, resume, retry)


def _listing(target: Store) -> Iterator[tuple[str, int]]:
    try:
        yield from ((name, stat.size) for name, stat in target.walk())
    except FileNotFoundError:
        return
