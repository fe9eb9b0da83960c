"""An archive's run from beginning to end: lock, ledger, plan, work, and what is written about
it."""

import csv
import io
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tintype.archive.ledger import ItemOutcome, Ledger, queries
from tintype.archive.local import run_local
from tintype.archive.plan import plan, recover
from tintype.archive.readme import is_of_somebody_else, write_readme
from tintype.archive.report import write_report
from tintype.archive.settings import ArchiveSettings
from tintype.archive.sources import SourceListing
from tintype.archive.stores import Folder, Store, open_store, refuse_overlap
from tintype.archive.work import ArchiveJob
from tintype.engine.colorizer import Colorizer
from tintype.engine.core.network import network_files, network_title
from tintype.errors import ArchiveError, TintypeError, UsageError
from tintype.files import locked, sha256_of, write_text
from tintype.jobs import Policy

LEDGER = "ledger.sqlite"
BOOKS = ".tintype"
"""The folder in the target that holds ledger, lock and unfinished outputs."""
REPORT_SECONDS = 60.0
"""Seconds between two reports of one run."""
QUARANTINE = "quarantine.csv"
QUARANTINE_COLUMNS = ("path", "state", "kind", "reason")


@dataclass(frozen=True)
class Archive:
    """Where an archive's run reads, writes and keeps its books.

    books: a local folder; by default TARGET/.tintype. Raises UsageError where source and target
    overlap, where the target is an object store and no `books` are given, and for a source that
    does not exist.
    """

    source: SourceListing
    target: str
    books: Path

    @classmethod
    def of(cls, source: SourceListing, target: str, books: Path | None = None) -> "Archive":
        """Check the places before anything is written."""
        refuse_overlap(source.store.uri, target, is_walked=source.manifest is None)
        if books is None and "://" in target:
            raise UsageError(f"the ledger of {target} needs a local folder: --books FOLDER")
        return cls(source, target, books or Path(target) / BOOKS)

    @property
    def scratch(self) -> Path:
        """Unfinished outputs."""
        return self.books / "scratch"

    @contextmanager
    def opened(self) -> Iterator[Ledger]:
        """The ledger, while no other run can open it. Raises ArchiveError."""
        try:
            self.scratch.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveError(f"{self.books} cannot be made: {error.strerror}") from error
        with locked(self.books / "lock", self.target, ArchiveError):
            ledger = Ledger(self.books / LEDGER)
            try:
                yield ledger
            finally:
                ledger.close()


Run = Callable[[Ledger, int, ArchiveJob], None]
"""An engine: works on all due items of a ledger."""


def local_engine(
    model: str,
    device: str,
    size: int | None,
    workers: int | None,
    watch: Callable[[ItemOutcome], None] = lambda _: None,
) -> Run:
    """The cores of this machine, by default one worker a core."""
    return partial(
        run_local,
        make_colors=partial(Colorizer, model, device, size),
        workers=workers or os.cpu_count() or 1,
        watch=watch,
    )


def make_settings(
    model: str,
    policy: Policy | None = None,
    *,
    size: int | None = None,
    saturation: float = 1.0,
    split: bool = False,
    sidecar: bool = False,
    sign: tuple[Path, Path] | None = None,
    keep_color: bool = False,
    tone: str | None = None,
) -> ArchiveSettings:
    """Settings with the network's hash and the certificate's. Raises ModelError for an unknown
    network, UsageError for a certificate or a key that does not exist."""
    for file in sign or ():
        if not file.is_file():
            raise UsageError(f"{file} does not exist")
    return ArchiveSettings(
        network=network_title(model),
        network_hash="+".join(sha256_of(path) for path, _ in network_files(model)),
        policy=policy or Policy(),
        size=size,
        saturation=saturation,
        split=split,
        sidecar=sidecar,
        signed_by=None if sign is None else sha256_of(sign[0])[:16],
        keep_color=keep_color,
        tone=str(tone or "keep"),
    )


@dataclass(frozen=True)
class RunResult:
    """states: how many items are in each state. new_failures: of those that are not colored, how
    many did not fail in the run before."""

    states: dict[str, int]
    new_failures: int = 0


def run_archive(
    archive: Archive,
    settings: ArchiveSettings,
    engine: Run,
    name: str = "local",
    resume: bool = True,
    retry: bool = False,
    sign: tuple[Path, Path] | None = None,
    report: Path | None = None,
    planned: Callable[[int], None] = lambda _: None,
) -> RunResult:
    """Bring the target up to date with the source; what a run that died left is completed first.

    engine: works on what is due. resume: False makes everything again. retry: quarantined items
    too. planned: is called with the number of due items. Raises ArchiveError and UsageError.
    """
    _check_report(report)
    target = open_store(archive.target)
    _check_dates(settings, archive.source.store, target)
    with archive.opened() as ledger:
        recover(ledger, target, archive.scratch)
        run = ledger.begin(settings, name)
        plan(ledger, archive.source, settings, target, resume, retry)
        job = ArchiveJob(archive.source.store, target, archive.scratch, settings, sign)
        planned(ledger.count("due"))
        passed_over = archive.source.passed_over
        renew = (
            _nothing if report is None else partial(write_report, ledger, job, report, passed_over)
        )
        with _reports(renew):
            try:
                engine(ledger, run, job)
            finally:
                ledger.end(run)
            write_readme(ledger, job, passed_over)
            _write_quarantine(ledger, job)
        return RunResult(ledger.states(), queries.new_failures(ledger))


def plan_archive(
    archive: Archive,
    settings: ArchiveSettings,
    resume: bool = True,
    retry: bool = False,
    report: Path | None = None,
) -> RunResult:
    """What `run_archive` would find to do, by a copy of the ledger: nothing is written but the
    report. Raises ArchiveError and UsageError."""
    _check_report(report)
    target = open_store(archive.target)
    _check_dates(settings, archive.source.store, target)
    with tempfile.TemporaryDirectory(prefix="tintype-") as place:
        for file in archive.books.glob(f"{LEDGER}*"):
            shutil.copy(file, place)
        ledger = Ledger(Path(place) / LEDGER)
        try:
            for item in ledger.items("ready"):
                ledger.settle(item.name, complete=True)
            ledger.bury()
            plan(ledger, archive.source, settings, target, resume, retry)
            if report is not None:
                job = ArchiveJob(archive.source.store, target, Path(place), settings)
                write_report(ledger, job, report, archive.source.passed_over)
            return RunResult(ledger.states())
        finally:
            ledger.close()


def _check_report(report: Path | None) -> None:
    """Raises UsageError where the report's folder does not exist."""
    if report is not None and not report.parent.is_dir():
        raise UsageError(
            f"the report cannot be written to {report}: there is no folder {report.parent};"
            " nothing was changed"
        )


def _check_dates(settings: ArchiveSettings, source: Store, target: Store) -> None:
    """Raises UsageError where the times of files shall be kept and a place has none to set."""
    if settings.policy.keep_dates and not (
        isinstance(source, Folder) and isinstance(target, Folder)
    ):
        raise UsageError("--keep-dates needs folders of this machine as source and target")


def _nothing() -> None:
    """Write no report."""


@contextmanager
def _reports(write: Callable[[], None]) -> Iterator[None]:
    """Write the report every minute while the block runs, and once more when it ends, however it
    ends."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(REPORT_SECONDS):
            with suppress(TintypeError):
                write()

    thread = threading.Thread(target=renew, name="report", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        write()


def verify(archive: Archive) -> list[str]:
    """Compare every finished source and output with the hash in the ledger; a sentence for each
    that differs.

    Items whose output differs become due. Raises ArchiveError.
    """
    target = open_store(archive.target)
    source = archive.source.store
    differences: list[str] = []
    with archive.opened() as ledger:
        recover(ledger, target, archive.scratch)
        for item in ledger.items("done"):
            if source.stat(item.name) is None:
                differences.append(f"{item.name} is no longer in the source")
            elif source.sha256(item.name) != item.source_hash:
                differences.append(
                    f"{item.name} is not the file that was colored: the source was changed"
                )
            for output in ledger.outputs(item.name):
                there = target.stat(output.name) is not None
                if not there or target.sha256(output.name) != output.hash:
                    differences.append(
                        f"{output.name} {'was changed' if there else 'is missing'}; the next run"
                        " makes it again"
                    )
                    ledger.lose(item.name)
    return differences


def _write_quarantine(ledger: Ledger, job: ArchiveJob) -> None:
    """quarantine.csv in the target: each item that was not colored, and why; no such file where
    there is none.

    One that somebody else wrote is left alone.
    """
    if is_of_somebody_else(job.target, QUARANTINE, ",".join(QUARANTINE_COLUMNS)):
        return
    rows = queries.failures(ledger)
    if not rows:
        job.target.delete(QUARANTINE)
        return
    text = io.StringIO(newline="")
    csv.writer(text).writerows([QUARANTINE_COLUMNS, *rows])
    made = job.scratch / QUARANTINE
    write_text(made, text.getvalue(), ArchiveError)
    job.target.put(made, QUARANTINE)
