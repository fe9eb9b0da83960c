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
from pathlib import Path
from typing import TypeVar

from tintype.archive.credentials import sign
from tintype.archive.ledger import Item, Outcome, Output
from tintype.archive.pages import open_pages, outputs_of, write_pages
from tintype.archive.scratch import scratch_name, sha256_of
from tintype.archive.settings import Settings
from tintype.archive.stores import Store
from tintype.archive.waiting import Waiting
from tintype.engine import Colorizer
from tintype.errors import ArchiveError, PhotoError, TintypeError
from tintype.guidance import Guidance
from tintype.photo import FORMATS, LABELED, Label, Photo, invert, is_color, looks_negative

WAITS = (0.5, 2.0, 8.0)
"""Seconds before a second, third and fourth try of what may pass: a network that is away, a disk
that is busy."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
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
class Job:
    """What all workers of a run share.

    scratch: a folder for outputs on their way, on the target's file system if that is local. sign:
    certificate and key, or None.
    """

    source: Store
    target: Store
    scratch: Path
    settings: Settings
    sign: tuple[Path, Path] | None = None
    waits: tuple[float, ...] = WAITS


Promise = Callable[[Outcome], None]
"""Is called once all outputs are finished, before the first is put in place."""
T = TypeVar("T")


class _InTheWay(TintypeError):
    """An output's name that is taken."""


def discard(target: Store, outputs: Iterable[Output]) -> None:
    """Delete outputs that newer ones replace, except for those that somebody changed."""
    for output in outputs:
        if target.stat(output.name) is not None and target.sha256(output.name) == output.hash:
            target.delete(output.name)


@dataclass
class Worker:
    """Colors items. budget: shared by the workers of one machine. Threads may share a worker."""

    job: Job
    colorizer: Colorizer
    budget: Budget = field(default_factory=Budget)

    def __call__(
        self, item: Item, before: tuple[Output, ...], owners: dict[str, str], promise: Promise
    ) -> Outcome:
        """Color one item. before: its outputs so far. owners: names that are taken, as
        `Ledger.owners` tells.

        Raises ArchiveError for what would stop every other item too.
        """
        started = time.monotonic()
        try:
            outcome = self._work(item, before, owners, promise)
        except _InTheWay as error:
            outcome = Outcome(item.name, "failed", kind="in the way", error=str(error))
        except TintypeError as error:
            if isinstance(error, ArchiveError):
                raise
            outcome = Outcome(item.name, "quarantined", kind="not readable", error=str(error))
        except MemoryError:
            outcome = Outcome(
                item.name,
                "failed",
                kind="memory",
                error=f"{item.name} is too large for this machine's memory",
            )
        except OSError as error:
            sentence = f"{item.name} cannot be read or written: {error.strerror or error}"
            kind = "missing" if isinstance(error, FileNotFoundError) else "storage"
            outcome = Outcome(item.name, "failed", kind=kind, error=sentence)
        except (
            Exception
        ) as error:  # a defect of ours or of a library must not end a run of millions
            sentence = f"{item.name} met an unexpected error ({type(error).__name__}: {error})"
            outcome = Outcome(item.name, "quarantined", kind="unexpected", error=sentence)
        return replace(outcome, seconds=time.monotonic() - started)

    def _work(
        self, item: Item, before: tuple[Output, ...], owners: dict[str, str], promise: Promise
    ) -> Outcome:
        job = self.job
        data = self.persist(lambda: job.source.read(item.name))
        digest = hashlib.sha256(data).hexdigest()
        if (
            item.fingerprint == job.settings.fingerprint
            and item.source_hash == digest
            and self._intact(before)
        ):
            return Outcome(item.name, "done", digest, before, unchanged=True)
        tally = _Tally()
        names: list[str] = []
        try:
            for name, photos in outputs_of(open_pages(data, item.name), item.target, job.settings):
                names.append(name)
                self._write(name, photos, tally)
                if tally.pages > tally.kept and (
                    job.settings.sidecar or (job.settings.label and not holds_label(name))
                ):
                    names.append(self._sidecar(name))
            if tally.kept == tally.pages and len(names) == 1 and job.settings.format is None:
                with _full_disk_stops(job.target.uri):
                    (job.scratch / scratch_name(names[0])).write_bytes(data)
            outputs = tuple(self._finished(name) for name in names)
            notes = tuple(dict.fromkeys(tally.notes))
            outcome = Outcome(
                item.name, "done", digest, outputs, tally.pages, tally.pixels, notes=notes
            )
            for name in names:
                self._refuse_taken(name, item, before, owners)
            promise(outcome)
            for name in names:
                with _full_disk_stops(job.target.uri):
                    self.persist(partial(job.target.put, job.scratch / scratch_name(name), name))
        except BaseException:
            for name in names:
                (job.scratch / scratch_name(name)).unlink(missing_ok=True)
            raise
        discard(job.target, (output for output in before if output.name not in names))
        return outcome

    def _refuse_taken(
        self, name: str, item: Item, before: tuple[Output, ...], owners: dict[str, str]
    ) -> None:
        """Raises _InTheWay where an output would be written over that of another item, or over a
        file of somebody else."""
        owner = owners.get(name, item.name)
        if owner != item.name:
            raise _InTheWay(
                f"{item.name} would be written to {name}, which belongs to {owner}; rename one of"
                " them in the source"
            )
        known = name in owners or any(output.name == name for output in before)
        if not known and self.persist(lambda: self.job.target.stat(name)) is not None:
            raise _InTheWay(
                f"{name} is already there and was not written by this archive; move it away"
            )

    def _write(self, name: str, photos: list[Waiting], tally: "_Tally") -> None:
        path = self.job.scratch / scratch_name(name)
        with (
            _full_disk_stops(self.job.target.uri),
            closing(self._colored(photos, tally)) as colored,
        ):
            write_pages(colored, path, self.job.settings, len(photos))
        if self.job.sign is not None and tally.pages > tally.kept:
            sign(path, label_for(self.job.settings), *self.job.sign)

    def _colored(self, photos: list[Waiting], tally: "_Tally") -> Generator[Photo]:
        """The pages of one output, decoded and colored one at a time within the budget of
        pixels."""
        settings = self.job.settings
        for waiting in photos:
            with self.budget.hold(waiting.pixels):
                photo = waiting.load()
                tally.pages += 1
                tally.pixels += photo.pixels.shape[0] * photo.pixels.shape[1]
                tally.notes += map(str, photo.notices)
                if settings.negative:
                    photo = invert(photo)
                elif looks_negative(photo):
                    tally.notes.append("it looks like a negative; --negative inverts it first")
                elif not settings.recolor and is_color(photo):
                    tally.kept += 1
                    tally.notes.append(
                        "it is in color already and was left as it is; --recolor colors it again"
                    )
                    yield photo
                    continue
                guidance = Guidance(saturation=settings.saturation)
                colored = self.colorizer.colorize_photo(photo, guidance)
                tally.notes += map(str, colored.notices[len(photo.notices) :])
                yield self._labeled(colored)

    def _labeled(self, photo: Photo) -> Photo:
        settings = self.job.settings
        if not settings.label:
            return photo
        return replace(
            photo,
            metadata=replace(photo.metadata, xmp=label_for(settings).into(photo.metadata.xmp)),
        )

    def _sidecar(self, name: str) -> str:
        """NAME.xmp with the label alone, for programs that do not look into files."""
        with _full_disk_stops(self.job.target.uri):
            (self.job.scratch / scratch_name(f"{name}.xmp")).write_bytes(
                label_for(self.job.settings).into(None)
            )
        return f"{name}.xmp"

    def _finished(self, name: str) -> Output:
        path = self.job.scratch / scratch_name(name)
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
                if error.errno in FULL:
                    raise
            except Exception:  # an object store's client has errors of its own: a connection lost, too many requests
                pass
            time.sleep(wait * random.uniform(0.5, 1.5))
        try:
            return action()
        except OSError:
            raise
        except Exception as error:
            raise OSError(f"{type(error).__name__}: {error}") from error


@dataclass
class _Tally:
    """kept: pages that were left as they are."""

    pages: int = 0
    pixels: int = 0
    kept: int = 0
    notes: list[str] = field(default_factory=list)


def holds_label(name: str) -> bool:
    """Whether an output's format holds XMP, and with it the label."""
    return FORMATS.get(Path(name).suffix.lower().lstrip(".")) in LABELED


def label_for(settings: Settings) -> Label:
    """What the outputs say of themselves."""
    from tintype import __version__

    return Label(settings.network, __version__, settings.fingerprint)


@contextmanager
def _full_disk_stops(place: str) -> Iterator[None]:
    """Turns a full or read-only disk, which every other item would meet too, into the error that
    ends the run."""
    try:
        yield
    except (OSError, PhotoError) as error:
        if _errno(error) in FULL:
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
