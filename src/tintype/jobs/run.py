"""Files in, what became of each out: several at once, finished ones skipped, one bad file a failed
outcome like any other."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tintype.engine import Colorizer
from tintype.errors import PhotoError, TintypeError
from tintype.files import copy_times
from tintype.guidance import Guidance
from tintype.jobs.color import ColoredPage, PhotoColorizer, State, color_file
from tintype.jobs.extras import Extras
from tintype.jobs.label import is_current, label_for
from tintype.jobs.plan import FilePlan, PlannedFile, plan_files
from tintype.jobs.policy import Policy
from tintype.notices import Notice
from tintype.photo import peek
from tintype.threads import in_threads

GuidanceFor = Callable[[Path, tuple[int, int]], Guidance]
"""The guidance of a file's first page, by its path and upright size (width, height) in pixels."""


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    output: what was written or is current; None where there is nothing. state: "colored"; "left" (a
    color photograph, copied to another folder and not written beside itself); "skipped" (colored
    before with the same settings); "failed". seconds: of work. notices: about the pictures.
    guidance: that the first page of a colored file was colored by. variations: where they were
    written. error: one sentence about a failed file. raised: the exception behind it.
    """

    source: Path
    output: Path | None
    state: State
    seconds: float = 0.0
    notices: tuple[Notice, ...] = ()
    guidance: Guidance | None = None
    variations: tuple[Path, ...] = ()
    error: str | None = None
    raised: Exception | None = None


@dataclass(frozen=True)
class FileJob:
    """What is done with each file of a plan; threads may share it.

    guidance: for all files alike, or by file. overwrite: current outputs are made again. extras:
    what else is made of each file.
    """

    colorizer: PhotoColorizer
    policy: Policy = field(default_factory=Policy)
    guidance: GuidanceFor | Guidance = field(default_factory=Guidance)
    overwrite: bool = False
    extras: Extras = field(default_factory=Extras)

    def __call__(self, file: PlannedFile) -> Outcome:
        """Color one file. What it raises is its outcome: only KeyboardInterrupt and SystemExit
        pass."""
        started = time.perf_counter()
        try:
            if not self.overwrite and self.is_current(file):
                return Outcome(file.source, file.target, "skipped")
            return self._color(file)
        except Exception as error:
            seconds = time.perf_counter() - started
            output = file.target if file.target.exists() else None
            reason = _reason(file, error)
            return Outcome(file.source, output, "failed", seconds, error=reason, raised=error)

    def is_current(self, file: PlannedFile) -> bool:
        """Whether all outputs of a file are there, and made with these settings."""
        if not file.target.exists():
            return False
        label = None
        if self.policy.label:
            label = label_for([self.colorizer], [self._guidance(file.source)], self.policy)
        return is_current(file.source, file.target, label) and all(
            is_current(file.source, path, None) for path in self.extras.paths(file)
        )

    def _guidance(self, source: Path) -> Guidance:
        if isinstance(self.guidance, Guidance):
            return self.guidance
        return self.guidance(source, peek(source).size)

    def _color(self, file: PlannedFile) -> Outcome:
        is_shown = False

        def watch(page: ColoredPage) -> None:
            nonlocal is_shown
            if not is_shown and not page.is_left:
                self.extras.make(file, page, self.colorizer, self.policy)
                is_shown = True

        beside = file.target.parent.resolve() == file.source.parent.resolve()
        if not beside:
            file.target.parent.mkdir(parents=True, exist_ok=True)
        result = color_file(
            file.source,
            file.target,
            [self._guidance(file.source)],
            self.policy,
            [self.colorizer],
            write_left=not beside,
            watch=watch,
        )
        is_colored = result.state == "colored"
        if self.policy.keep_dates:
            for path in filter(Path.exists, (file.target, *self.extras.paths(file))):
                copy_times(file.source, path)
        return Outcome(
            file.source,
            file.target if file.target.exists() else None,
            result.state,
            result.seconds,
            result.notices,
            result.guidance if is_colored else None,
            tuple(self.extras.paths(file)) if is_colored else (),
        )


def color_files(
    paths: Sequence[str | Path],
    output: str | Path | None = None,
    guidance: Guidance | GuidanceFor | None = None,
    *,
    colorizer: PhotoColorizer | None = None,
    policy: Policy | None = None,
    extras: Extras | None = None,
    overwrite: bool = False,
    workers: int = 2,
    planned: Callable[[FilePlan], None] = lambda _: None,
) -> Iterator[Outcome]:
    """Color files and folders of photographs, as `tintype colorize` does with this function.

    >>> for outcome in tintype.color_files(["album/"], "album-in-color/"):  # doctest: +SKIP
    ...     print(outcome.source, outcome.state, outcome.error or "")

    paths: files, folders (searched recursively) and glob patterns. output: a file, or a folder (no
    ending, or a string that ends in /); None: NAME.color.EXT beside each. guidance: for all files,
    or a function of a file's path and its upright size (width, height) in pixels; it is that of the
    first page, and later pages take it without hints, strokes and drawn regions. colorizer: None: a
    `Colorizer` with the default network. policy: what is left, inverted, kept of damaged files, and
    how outputs are written, see `Policy`. extras: comparisons, variations and contact sheets.
    overwrite: make outputs again that were made with the same settings. workers: files at once,
    whose pixels are in memory. planned: is called with all sources and targets before the first
    file is colored.

    The call plans names and loads the network; iterating does the work. Yields one `Outcome` a
    file, in the order in which they are finished. A file that cannot be read, colored or written
    is a failed outcome. The call raises UsageError for paths that match nothing and outputs that
    collide, ModelError for a network that cannot be used. After KeyboardInterrupt the same call
    continues with the rest.
    """
    policy = policy or Policy()
    plan = plan_files(
        [str(path) for path in paths], None if output is None else str(output), policy.format
    )
    planned(plan)
    job = FileJob(
        colorizer or Colorizer(),
        policy,
        guidance or Guidance(),
        overwrite,
        extras or Extras(),
    )
    return _outcomes(plan, job, workers)


def _outcomes(plan: FilePlan, job: FileJob, workers: int) -> Iterator[Outcome]:
    try:
        yield from in_threads(job, plan.files, workers, ahead=workers, ordered=False)
    finally:
        job.extras.write_sheet()


def _reason(file: PlannedFile, error: Exception) -> str:
    """One sentence that names the file."""
    if isinstance(error, MemoryError):
        return f"{file.source} is too large for this machine's memory"
    if isinstance(error, OSError) and not isinstance(error, PhotoError):
        return f"{file.target} cannot be written: {error.strerror or error}"
    if not isinstance(error, TintypeError):
        return f"{file.source} met an unexpected error ({type(error).__name__}: {error})"
    return str(error) if str(file.source) in str(error) else f"{file.source}: {error}"
