"""The due items of a ledger in, all of them worked on by the cores of this machine; what became of
each is in the ledger."""

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import cv2

from tintype.archive.ledger import Item, ItemOutcome, Ledger
from tintype.archive.work import ArchiveJob, Worker
from tintype.engine import Colorizer
from tintype.errors import ArchiveError
from tintype.threads import in_threads

SUSPECT_DEATHS = 2
"""An item at which the program died so often is worked on by a process of its own, whose death
harms nothing else."""

MakeColors = Callable[[int], Colorizer]
"""Makes the colorizer: the number of threads for its network in, the colorizer out."""


def run_local(
    ledger: Ledger,
    run: int,
    job: ArchiveJob,
    make_colors: MakeColors,
    workers: int,
    watch: Callable[[ItemOutcome], None] = lambda _: None,
) -> None:
    """Work on every due item, `workers` at once; each decodes, colors and writes, so that the three
    overlap.

    A worker keeps one core busy: the network and OpenCV take one thread a call, since the threads
    of several calls would wait for each other. watch: is called with each outcome. Raises
    ArchiveError for what stops every item; running items are finished first.
    """
    with _single_threaded():
        _run(ledger, run, job, make_colors, workers, watch)


@contextmanager
def _single_threaded() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _run(
    ledger: Ledger,
    run: int,
    job: ArchiveJob,
    make_colors: MakeColors,
    workers: int,
    watch: Callable[[ItemOutcome], None],
) -> None:
    worker = Worker(job, make_colors(1))

    def one(item: Item) -> ItemOutcome:
        ledger.start([item.name], run)
        if item.deaths >= SUSPECT_DEATHS:
            outcome = alone(item, partial(_with_own_ledger, item, ledger.path, job, make_colors))
            if outcome.kind == "fatal":
                ledger.finish(outcome, job.settings.fingerprint)
            return outcome
        return _recorded(ledger, worker, item)

    try:
        items = ledger.items("due")
        for outcome in in_threads(one, items, workers, ahead=workers + 1, ordered=False):
            watch(outcome)
    except BaseException:
        ledger.release()
        raise


def _recorded(ledger: Ledger, worker: Worker, item: Item) -> ItemOutcome:
    fingerprint = worker.job.settings.fingerprint
    promise = partial(ledger.promise, fingerprint=fingerprint)
    outcome = worker(item, ledger.outputs(item.name), ledger.owners(item), promise)
    ledger.finish(outcome, fingerprint)
    return outcome


def _with_own_ledger(
    item: Item, path: Path, job: ArchiveJob, make_colors: MakeColors
) -> ItemOutcome:
    return _recorded(Ledger(path), Worker(job, make_colors(0)), item)


def alone(item: Item, work: Callable[[], ItemOutcome]) -> ItemOutcome:
    """Work on an item in a process of its own; if that dies too, the item is the reason:
    quarantined, and of kind "fatal".

    work: goes to the process by pickle. Raises the ArchiveError that it raises.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_in_process, args=(theirs, item, work), daemon=True)
    process.start()
    theirs.close()
    try:
        outcome: ItemOutcome | ArchiveError = ours.recv()
    except EOFError:
        process.join()
        sentence = (
            f"the program dies while it works on {item.name} (exit status {process.exitcode})"
        )
        outcome = ItemOutcome(item.name, "quarantined", kind="fatal", error=sentence)
    process.join()
    if isinstance(outcome, ArchiveError):
        raise outcome
    return outcome


def _in_process(answer: Any, item: Item, work: Callable[[], ItemOutcome]) -> None:
    try:
        answer.send(work())
    except ArchiveError as error:
        answer.send(error)
