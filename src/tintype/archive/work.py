"""One item at work: its bytes read, its pages colored one after the other, its outputs finished,
promised, and put in place."""

import errno
import hashlib
import os
import random
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TypeVar

from tintype.archive.credentials import sign
from tintype.archive.ledger import Item, ItemOutcome, Output
from tintype.archive.pages import outputs_of
from tintype.archive.pending import PendingPage
from tintype.archive.scratch import scratch_name
from tintype.archive.settings import ArchiveSettings
from tintype.archive.stores import Folder, Store
from tintype.engine import Colorizer
from tintype.errors import ArchiveError, PhotoError, TintypeError
from tintype.files import copy_times, sha256_of
from tintype.jobs import ColoredPage, color_pages, label_for
from tintype.jobs.color import NO_PICTURES, write_pdf
from tintype.jobs.policy import written_format
from tintype.notices import Notice
from tintype.photo import FORMATS, LABELED, Label, Photo, ending_of, write_photos
from tintype.photo.isolated import IsolatedFile, isolated, isolated_label

RETRY_SECONDS = (0.5, 2.0, 8.0)
"""Seconds before a second, third and fourth try of what may pass: a network that is away, a disk
that is busy."""
FULL_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""Errors that every further item would meet too."""
PIXELS_IN_FLIGHT = 100_000_000
"""Pixels that are decoded and not yet written, of all workers together; a larger picture goes
alone."""


class Budget:
    """Pixels in flight: whoever wants more than is left waits."""

    def __init__(self, pixels: int = PIXELS_IN_FLIGHT) -> None:
        self.pixels = self._left = pixels
        self._freed = threading.Condition()

    @contextmanager
    def hold(self, pixels: int) -> Iterator[None]:
        """Hold so many pixels while the block runs; more than all of them means: alone."""
        wanted = min(pixels, self.pixels)
        with self._freed:
            self._freed.wait_for(lambda: self._left >= wanted)
            self._left -= wanted
        try:
            yield
        finally:
            with self._freed:
                self._left += wanted
                self._freed.notify_all()


@dataclass(frozen=True)
class ArchiveJob:
    """What all workers of a run share.

    scratch: a local folder for unfinished outputs. sign:
    certificate and key, or None.
    """

    source: Store
    target: Store
    scratch: Path
    settings: ArchiveSettings
    sign: tuple[Path, Path] | None = None
    waits: tuple[float, ...] = RETRY_SECONDS


Promise = Callable[[ItemOutcome], None]
"""Is called once all outputs are finished, before the first is put in place."""
T = TypeVar("T")


class _NameTakenError(TintypeError):
    """The name of an output is already in use."""


def discard(target: Store, outputs: Iterable[Output]) -> None:
    """Delete outputs that newer ones replace, except for those that somebody changed."""
    for output in outputs:
        if target.stat(output.name) is not None and target.sha256(output.name) == output.hash:
            target.delete(output.name)


@dataclass
class Worker:
    """Colors items. budget: shared by the workers of one machine. Threads may share a worker."""

    job: ArchiveJob
    colorizer: Colorizer
    budget: Budget = field(default_factory=Budget)

    def __call__(
        self, item: Item, before: tuple[Output, ...], owners: dict[str, str], promise: Promise
    ) -> ItemOutcome:
        """Color one item. before: its outputs so far. owners: the names in use, as
        `Ledger.owners` gives them.

        Raises ArchiveError for what would stop every other item too.
        """
        started = time.monotonic()
        try:
            outcome = self._work(item, before, owners, promise)
        except _NameTakenError as error:
            outcome = ItemOutcome(item.name, "failed", kind="in the way", error=str(error))
        except TintypeError as error:
            if isinstance(error, ArchiveError):
                raise
            outcome = ItemOutcome(item.name, "quarantined", kind="not readable", error=str(error))
        except MemoryError:
            outcome = ItemOutcome(
                item.name,
                "failed",
                kind="memory",
                error=f"{item.name} is too large for this machine's memory",
            )
        except OSError as error:
            sentence = f"{item.name} cannot be read or written: {error.strerror or error}"
            kind = "missing" if isinstance(error, FileNotFoundError) else "storage"
            outcome = ItemOutcome(item.name, "failed", kind=kind, error=sentence)
        except Exception as error:  # a defect must not end a run of millions
            sentence = f"{item.name} met an unexpected error ({type(error).__name__}: {error})"
            outcome = ItemOutcome(item.name, "quarantined", kind="unexpected", error=sentence)
        return replace(outcome, seconds=time.monotonic() - started)

    def _work(
        self, item: Item, before: tuple[Output, ...], owners: dict[str, str], promise: Promise
    ) -> ItemOutcome:
        job = self.job
        data = self.persist(lambda: job.source.read(item.name))
        digest = hashlib.sha256(data).hexdigest()
        if (
            item.fingerprint == job.settings.fingerprint
            and item.source_hash == digest
            and self._intact(before)
        ):
            return ItemOutcome(item.name, "done", digest, before, unchanged=True)
        with isolated(data, item.name) as file:
            adopted = self._adopt(item, data, before, owners)
            if adopted is not None:
                promise(adopted)
                return adopted
            made, names = _Made(), list[str]()
            try:
                self._make(item, data, file, before, owners, made, names)
                outcome = ItemOutcome(
                    item.name,
                    "done",
                    digest,
                    tuple(self._finished(item, name) for name in names),
                    made.pages,
                    made.pixels,
                    notices=tuple(dict.fromkeys(made.notices)),
                )
                promise(outcome)
                for name in names:
                    with _full_disk_stops(job.target.uri):
                        self.persist(
                            partial(job.target.put, job.scratch / scratch_name(name), name)
                        )
            except BaseException:
                for name in names:
                    (job.scratch / scratch_name(name)).unlink(missing_ok=True)
                raise
        discard(job.target, (output for output in before if output.name not in names))
        return outcome

    def _make(
        self,
        item: Item,
        data: bytes,
        file: IsolatedFile,
        before: tuple[Output, ...],
        owners: dict[str, str],
        made: "_Made",
        names: list[str],
    ) -> None:
        """Write all outputs of an item to the scratch folder. names: takes their names, each
        before its file is begun."""
        job = self.job
        for name, photos in outputs_of(file, item.target, job.settings):
            self._refuse_taken(name, item, before, owners)
            names.append(name)
            kind = written_format(
                file.header.format, item.name, job.settings.policy.format, PurePosixPath(name)
            )
            label = self._label()
            is_colored = self._write(name, photos, kind, label, made, file)
            if is_colored and (
                job.settings.sidecar or (job.settings.policy.label and not holds_label(name))
            ):
                self._refuse_taken(f"{name}.xmp", item, before, owners)
                names.append(f"{name}.xmp")
                self._write_sidecar(f"{name}.xmp", label)
        if not made.colored and names == [item.name] and not job.settings.policy.negative:
            with _full_disk_stops(job.target.uri):
                (job.scratch / scratch_name(names[0])).write_bytes(data)

    def _refuse_taken(
        self, name: str, item: Item, before: tuple[Output, ...], owners: dict[str, str]
    ) -> None:
        """Raises _NameTakenError where an output would be written over that of another item, or
        over a file of somebody else."""
        owner = owners.get(name, item.name)
        if owner != item.name:
            raise _NameTakenError(
                f"{item.name} would be written to {name}, which belongs to {owner}; rename one of"
                " them in the source"
            )
        known = name in owners or any(output.name == name for output in before)
        if not known and self.persist(lambda: self.job.target.stat(name)) is not None:
            raise _NameTakenError(
                f"{name} is already there and was not written by this archive; move it away"
            )

    def _adopt(
        self, item: Item, data: bytes, before: tuple[Output, ...], owners: dict[str, str]
    ) -> ItemOutcome | None:
        """Take over an output that another face made of the same source with the same settings;
        None where there is none."""
        settings, target, name = self.job.settings, self.job.target, item.target
        known = name in owners or any(output.name == name for output in before)
        if (
            known
            or not settings.policy.label
            or settings.sidecar
            or settings.split
            or settings.signed_by
        ):
            return None
        if self.persist(lambda: target.stat(name)) is None:
            return None
        there = self.persist(lambda: target.read(name))
        present = isolated_label(there)
        if present is None or present.request != self._label().request:
            return None
        digests = [hashlib.sha256(content).hexdigest() for content in (data, there)]
        return ItemOutcome(item.name, "done", digests[0], (Output(name, digests[1], len(there)),))

    def _label(self) -> Label:
        """What an output states about itself."""
        settings = self.job.settings
        return label_for([self.colorizer], [settings.guidance], settings.policy)

    def _write(
        self,
        name: str,
        photos: list[PendingPage],
        kind: str,
        label: Label,
        made: "_Made",
        file: IsolatedFile,
    ) -> bool:
        """Write one output to the scratch folder, its pages decoded and colored one at a time
        within the budget of pixels. Returns whether one of its pages was colored."""
        colored_before = made.colored
        settings = self.job.settings
        path = self.job.scratch / scratch_name(name)

        def decoded() -> Generator[Photo]:
            for pending in photos:
                with self.budget.hold(pending.pixels):
                    yield pending.load()

        with _full_disk_stops(self.job.target.uri), closing(decoded()) as opened:
            stated = label if settings.policy.label else None
            guidance, colorizers = [settings.guidance], [self.colorizer]
            colored = color_pages(opened, guidance, settings.policy, colorizers, stated)
            pages = (made.take(page) for page in colored)
            if kind == "PDF":
                path.write_bytes(write_pdf(pages, file, settings.policy, stated))
                made.notices += [] if photos else [NO_PICTURES]
            else:
                after = (page.after for page in pages)
                ending = ending_of(kind)
                write_photos(after, path, settings.policy.quality, ending, pages=len(photos))
        is_colored = made.colored > colored_before
        if self.job.sign is not None and is_colored:
            sign(path, label, *self.job.sign)
        return is_colored

    def _write_sidecar(self, name: str, label: Label) -> None:
        """Write the label alone, for programs that do not look into files."""
        with _full_disk_stops(self.job.target.uri):
            (self.job.scratch / scratch_name(name)).write_bytes(label.into(None))

    def _finished(self, item: Item, name: str) -> Output:
        path = self.job.scratch / scratch_name(name)
        if self.job.settings.policy.keep_dates and isinstance(self.job.source, Folder):
            copy_times(self.job.source.path_of(item.name), path)
        return Output(name, sha256_of(path), path.stat().st_size)

    def _intact(self, outputs: tuple[Output, ...]) -> bool:
        target = self.job.target
        return bool(outputs) and all(
            not o.stale and target.stat(o.name) is not None and target.sha256(o.name) == o.hash
            for o in outputs
        )

    def persist(self, action: Callable[[], T]) -> T:
        """Do something with a store, with waits and new tries where the reason may pass. Raises
        OSError."""
        for wait in self.job.waits:
            try:
                return action()
            except (FileNotFoundError, PermissionError):
                raise
            except OSError as error:
                if error.errno in FULL_DISK_ERRORS:
                    raise
            except Exception:  # an object store's client has errors of its own, such as a limit
                pass
            time.sleep(wait * random.uniform(0.5, 1.5))
        try:
            return action()
        except OSError:
            raise
        except Exception as error:
            raise OSError(f"{type(error).__name__}: {error}") from error


@dataclass
class _Made:
    """What was made of an item so far. colored: pages that were not left as they are."""

    pages: int = 0
    pixels: int = 0
    colored: int = 0
    notices: list[Notice] = field(default_factory=list)

    def take(self, page: ColoredPage) -> ColoredPage:
        """Count a page."""
        height, width = page.after.pixels.shape[:2]
        self.pages += 1
        self.pixels += height * width
        self.colored += not page.is_left
        self.notices += page.notices
        return page


def holds_label(name: str) -> bool:
    """Whether an output's format holds XMP, and with it the label."""
    return FORMATS.get(Path(name).suffix.lower().lstrip(".")) in LABELED


@contextmanager
def _full_disk_stops(place: str) -> Iterator[None]:
    """Turns a full or read-only disk, which every other item would meet too, into the error that
    ends the run."""
    try:
        yield
    except (OSError, PhotoError) as error:
        if _errno(error) in FULL_DISK_ERRORS:
            reason = os.strerror(_errno(error) or 0)
            raise ArchiveError(
                f"{place}: {reason}; what is finished is kept, and the same command goes on with"
                " the rest"
            ) from error
        raise


def _errno(error: BaseException | None) -> int | None:
    """The operating system's number behind an error or behind what it was raised from."""
    while error is not None:
        if isinstance(error, OSError) and error.errno is not None:
            return error.errno
        error = error.__cause__
    return None
