"""Work in the background: a large picture, many pages or a film is handed in, asked about, fetched,
and forgotten after a while."""

import contextlib
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tintype.errors import UsageError
from tintype.web.desk import Ticket
from tintype.web.forms import JobForm
from tintype.web.limits import Limits
from tintype.web.pool import FairPool
from tintype.web.problems import (
    BusyError,
    Failure,
    NoJobError,
    NoRoomError,
    NotReadyError,
)


@dataclass
class Job:
    """client: who handed it in. source, result: files in the service's private folder. kind: the
    media type of the result; name: to save it under."""

    id: str
    client: str
    source: Path
    result: Path
    kind: str
    name: str
    form: JobForm
    ticket: Ticket = field(default_factory=Ticket)
    ended: float | None = None

    @property
    def is_film(self) -> bool:
        """Whether its result is one."""
        return self.kind.startswith("video/")

    def progress(self, share: float) -> None:
        """Report how far it is. Raises GoneError if nobody waits for it any more."""
        self.ticket.progress()
        self.form.progress = min(1.0, max(0.0, share))


@dataclass(frozen=True)
class JobKey:
    """name: the client's own. fingerprint: of the request that it came with."""

    name: str
    fingerprint: str


GONE = "there is no such job, or it has expired"
Work = Callable[[Job], None]
"""Reads job.source, writes job.result, and sets job.progress."""


class Jobs:
    """One job runs at a time, so that those who wait before a page are not kept waiting, and each
    client's in turn. One client may have half of the jobs and of their room.

    A client may name a job by a key of its own, so that a request that is sent again makes no
    second one.
    """

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder, self.limits = folder, limits
        self._jobs: dict[str, Job] = {}
        self._by_key: dict[str, tuple[str, str]] = {}
        self._lock = threading.Lock()
        self._pool = FairPool(1, "tintype-job")

    def add(
        self,
        data: bytes,
        file: str,
        kind: str,
        name: str,
        work: Work,
        key: JobKey | None = None,
        client: str = "",
    ) -> JobForm:
        """Take a file in; file: its name. The job that has the key already, if one has.

        Raises BusyError if too many jobs wait or their files take too much room, NoRoomError if the
        disk is full, UsageError for a key that came with another request.
        """
        self.sweep()
        with self._lock:
            if key is not None and (same := self._of_key(key)) is not None:
                return same.form
            self._check_room(client, len(data))
            id = secrets.token_urlsafe(18)
            form = JobForm(id=id, name=file, status="waiting", progress=0)
            job = Job(
                id,
                client,
                self.folder / f"{id}.source",
                self.folder / f"{id}.result",
                kind,
                name,
                form,
            )
            try:
                job.source.write_bytes(data)
            except OSError as error:
                job.source.unlink(missing_ok=True)
                raise NoRoomError(f"the file cannot be kept ({error.strerror})") from error
            self._jobs[id] = job
            if key is not None:
                self._by_key[key.name] = key.fingerprint, id
        self._pool.submit(client, partial(self._run, job, work))
        return form

    def _check_room(self, client: str, size: int) -> None:
        """Raises BusyError where a client or all together have too many jobs or bytes."""
        unfinished = [job.client for job in self._jobs.values() if job.ended is None]
        own = {job.id for job in self._jobs.values() if job.client == client}
        held = self._held()
        if (
            len(unfinished) >= self.limits.jobs
            or 2 * unfinished.count(client) >= self.limits.jobs
            or sum(held.values()) + size > self.limits.job_bytes
            or 2 * (sum(held[id] for id in own & held.keys()) + size) > self.limits.job_bytes
        ):
            raise BusyError(30)

    def _of_key(self, key: JobKey) -> Job | None:
        fingerprint, id = self._by_key.get(key.name, (key.fingerprint, ""))
        if id in self._jobs and fingerprint != key.fingerprint:
            raise UsageError("this Idempotency-Key came with another request")
        return self._jobs.get(id)

    def forms(self) -> list[JobForm]:
        """All jobs that are not forgotten, the oldest first."""
        self.sweep()
        return [self._current(job).form for job in tuple(self._jobs.values())]

    def _current(self, job: Job) -> Job:
        if job.ended is not None:
            job.form.expires = max(0, round(job.ended + self.limits.job_seconds - time.monotonic()))
        return job

    def _held(self) -> Counter[str]:
        """Bytes that the files of each job take, by its id."""
        held = Counter[str]()
        for path in self.folder.iterdir():
            with contextlib.suppress(
                FileNotFoundError
            ):  # a job that ends meanwhile takes its files along
                held[path.stem] += path.stat().st_size
        return held

    def get(self, id: str) -> Job:
        """Raises NoJobError."""
        self.sweep()
        job = self._jobs.get(id)
        if job is None:
            raise NoJobError(GONE)
        return self._current(job)

    def result(self, id: str) -> Job:
        """A job that is done. Raises NoJobError, and NotReadyError if it waits, runs or has
        failed."""
        job = self.get(id)
        if job.form.status != "done":
            raise NotReadyError(job.form.problem or f"the job is {job.form.status}")
        return job

    def read(self, job: Job) -> bytes:
        """What a job that is done has made. Raises NoJobError if it was canceled meanwhile."""
        try:
            return job.result.read_bytes()
        except FileNotFoundError as error:
            raise NoJobError(GONE) from error

    def cancel(self, id: str) -> None:
        """Stop a job and forget it and its files. Raises NoJobError."""
        job = self.get(id)
        job.ticket.void()
        with self._lock:
            self._jobs.pop(id, None)
        if job.ended is not None or job.form.status == "waiting":
            self._remove(job)

    def forget(self, forms: Iterable[JobForm]) -> None:
        """As `cancel`, of jobs that may be gone already."""
        for form in forms:
            with contextlib.suppress(NoJobError):
                self.cancel(form.id)

    def sweep(self) -> None:
        """Forget what was finished long ago."""
        now = time.monotonic()
        with self._lock:
            old = [
                job
                for job in self._jobs.values()
                if job.ended is not None and now - job.ended > self.limits.job_seconds
            ]
            for job in old:
                del self._jobs[job.id]
            self._by_key = {
                name: entry for name, entry in self._by_key.items() if entry[1] in self._jobs
            }
        for job in old:
            self._remove(job)

    def close(self) -> None:
        """Stop everything."""
        for job in list(self._jobs.values()):
            job.ticket.void()
        self._pool.close(wait=True)

    def _run(self, job: Job, work: Work) -> None:
        try:
            job.ticket.progress()
            job.form.status = "running"
            with job.ticket.current():
                work(job)
            job.progress(1)
            job.form.status = "done"
        except BaseException as error:
            job.result.unlink(missing_ok=True)
            if job.ticket.is_void:
                job.form.status = "canceled"
            else:
                job.form.status, job.form.problem = "failed", Failure.of(error).detail
        finally:
            job.source.unlink(missing_ok=True)
            job.ended = time.monotonic()

    def _remove(self, job: Job) -> None:
        job.source.unlink(missing_ok=True)
        job.result.unlink(missing_ok=True)
