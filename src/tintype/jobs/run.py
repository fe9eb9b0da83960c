"""Files in, what became of each out: several at once, finished ones skipped, one bad file a failed
outcome like any other."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from tintype.engine import Colorizer
from tintype.errors import PhotoError, TintypeError
from tintype.guidance import Guidance
from tintype.jobs.color import ColoredPage, FileResult, PhotoColorizer, State, color_file
from tintype.jobs.label import is_current, label_for
from tintype.jobs.plan import FilePlan, PlannedFile, plan_files
from tintype.jobs.policy import Policy, written_format
from tintype.notices import Notice
from tintype.photo.metadata import Header
from tintype.photo.read import Damaged
from tintype.threads import in_threads

GuidanceFor = Callable[[Path, tuple[int, int]], Guidance]
"""The guidance of a file's first page, by its path and upright size (width, height) in pixels."""


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    output: what was written or is current; None where there is nothing. state: "colored"; "left" (a
    color photograph, copied to another folder and not written beside itself); "skipped" (colored
    before with the same settings); "failed". seconds: of work. notices: what is worth knowing. guidance:
    that the first page of a colored file was colored by. error: one sentence, for a failed file;
    raised: the exception behind it.
    """

    source: Path
    output: Path | None
    state: State
    seconds: float = 0.0
    notices: tuple[Notice, ...] = ()
    guidance: Guidance | None = None
    error: str | None = None
    raised: Exception | None = None


def _nothing(file: PlannedFile, page: ColoredPage) -> None:
    """No more is made of a page."""


@dataclass(frozen=True)
class FileJob:
    """What is done with each file of a plan; threads may share it.

    guidance: for all files alike, or by file. overwrite: current outputs are made again.
    first_page: is called with each colored file's first page. extras: the paths that it writes.
    """

    colorizer: PhotoColorizer
    policy: Policy = field(default_factory=Policy)
    guidance: GuidanceFor | Guidance = field(default_factory=Guidance)
    overwrite: bool = False
    first_page: Callable[[PlannedFile, ColoredPage], None] = _nothing
    extras: Callable[[PlannedFile], Sequence[Path]] = lambda _: ()

    def __call__(self, file: PlannedFile) -> Outcome:
        """Color one file. What it raises is its outcome: only KeyboardInterrupt and SystemExit
        pass."""
        started = time.perf_counter()
        try:
            if not self.overwrite and self.is_current(file):
                return Outcome(file.source, file.target, "skipped")
            result = self._color(file)
        except Exception as error:
            seconds = time.perf_counter() - started
            output = file.target if file.target.exists() else None
            reason = _reason(file, error)
            return Outcome(file.source, output, "failed", seconds, error=reason, raised=error)
        output = file.target if file.target.exists() else None
        guidance = result.guidance if result.state == "colored" else None
        return Outcome(file.source, output, result.state, result.seconds, result.notices, guidance)

    def is_current(self, file: PlannedFile) -> bool:
        """Whether all outputs of a file are there, and made with these settings."""
        targets = (file.target, *self.extras(file))
        if not all(target.exists() for target in targets):
            return False
        label = None
        if self.policy.label and isinstance(self.colorizer, Colorizer):
            kind = written_format(file.source, self.policy.format, file.target)
            label = label_for([self.colorizer], [self._guidance(file.source)], self.policy, kind)
        return all(is_current(file.source, target, label) for target in targets)

    def _guidance(self, source: Path) -> Guidance:
        if isinstance(self.guidance, Guidance):
            return self.guidance
        return self.guidance(source, upright_size(source))

    def _color(self, file: PlannedFile) -> FileResult:
        is_first = True

        def watch(page: ColoredPage) -> None:
            nonlocal is_first
            if is_first and not page.is_left:
                self.first_page(file, page)
            is_first = False

        beside = file.target.parent.resolve() == file.source.parent.resolve()
        if not beside:
            file.target.parent.mkdir(parents=True, exist_ok=True)
        return color_file(
            file.source,
            file.target,
            [self._guidance(file.source)],
            self.policy,
            [self.colorizer],
            write_left=not beside,
            watch=watch,
        )


def color_files(
    paths: Sequence[str | Path],
    output: str | Path | None = None,
    guidance: Guidance | GuidanceFor | None = None,
    *,
    model: str | Path = "default",
    device: str = "auto",
    size: int | None = None,
    recolor: bool = False,
    negative: bool = False,
    damaged: Damaged = "refuse",
    format: str | None = None,
    quality: int | None = None,
    label: bool = True,
    overwrite: bool = False,
    workers: int = 2,
) -> Iterator[Outcome]:
    """Color files and folders of photographs as `tintype colorize` does; an outcome a file, as it is
    finished.

    >>> for outcome in tintype.color_files(["album/"], "album-in-color/"):  # doctest: +SKIP
    ...     print(outcome.source, outcome.state, outcome.error or "")

    paths: files, folders (walked whole) and glob patterns. output: a file, or a folder (a string that
    ends in /, or without an ending); None: NAME.color.EXT beside each. guidance: for all alike, or a
    function of a file's path and its upright size (width, height) in pixels; it is for the first
    page, later ones take it without hints, strokes and drawn regions. model, device, size: as
    `Colorizer` takes them. recolor: color photographs are colored anew; else they are left as they
    are unless hints, a region or keep_color are asked for. negative: the pictures are negatives.
    damaged: "refuse" truncated files, or "keep" the part that is there. format: of all outputs, such
    as "png". quality: of lossy formats, 1..100; None: at least the source's. label: state in the
    metadata that a network made the color. overwrite: outputs that were made with the same settings
    are made again instead of skipped. workers: files at once; memory for so many is used.

    Calling it plans all names and loads the network; iterating does the work. A file that cannot be
    read, colored or written is a failed outcome and stops nothing. Raises UsageError for paths that
    match nothing, outputs that would collide and values out of range, ModelError for an unknown
    network.
    """
    policy = Policy(recolor, negative, damaged, format, quality, label)
    plan = plan_files(
        [str(path) for path in paths], None if output is None else str(output), format
    )
    job = FileJob(Colorizer(model, device, size), policy, guidance or Guidance(), overwrite)
    return run_plan(plan, job, workers)


def run_plan(plan: FilePlan, job: FileJob, workers: int = 2) -> Iterator[Outcome]:
    """The outcomes of a plan's files as they are finished, `workers` at once."""
    return in_threads(job, plan.files, workers, ahead=workers, ordered=False)


def upright_size(source: Path) -> tuple[int, int]:
    """Width and height of a file's first page as people see it, pixels. Raises PhotoError."""
    try:
        with Image.open(source) as image:
            width, height = image.size
            turned = Header.of(image).orientation in (5, 6, 7, 8)
    except Exception:
        from tintype.photo import read_photo

        height, width = read_photo(source).pixels.shape[:2]
        turned = False
    return (height, width) if turned else (width, height)


def _reason(file: PlannedFile, error: Exception) -> str:
    """One sentence that names the file."""
    if isinstance(error, MemoryError):
        return f"{file.source} is too large for this machine's memory"
    if isinstance(error, OSError) and not isinstance(error, PhotoError):
        return f"{file.target} cannot be written: {error.strerror or error}"
    if not isinstance(error, TintypeError):
        return f"{file.source} met an unexpected error ({type(error).__name__}: {error})"
    return str(error) if str(file.source) in str(error) else f"{file.source}: {error}"
