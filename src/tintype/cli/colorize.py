"""`tintype colorize`: files, folders, patterns or a pipe in, the same in color out."""

import io
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from tintype.cli.jobs import Job, plan_jobs
from tintype.errors import PhotoError, TintypeError, UsageError
from tintype.files import whole_file

if TYPE_CHECKING:
    from tintype.engine import Colorizer
    from tintype.guidance import Guidance
    from tintype.photo import Label, Photo
    from tintype.photo.file import Source
    from tintype.photo.read import Damaged as DamagedName

MOST_NAMED = 10
"""Files of one sort, or sorts of files, that are named one by one at the end."""

EPILOG = """Examples:\n
  tintype colorize grandmother.jpg\n
  tintype colorize album/ -o album-in-color/\n
  tintype colorize 'scans/*.tif' --saturation 1.2 --compare\n
  cat photo.jpg | tintype colorize - > photo.color.jpg"""


class Damaged(StrEnum):
    refuse = "refuse"
    keep = "keep"


def colorize(
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT…", help="Files, folders, patterns, or - for a pipe.")],
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="PATH", help="A file, or a folder/; default: NAME.color.EXT beside.")
    ] = None,
    model: Annotated[str, typer.Option(help="A network of `tintype models`, or an ONNX file.")] = "default",
    size: Annotated[
        int | None, typer.Option(min=64, max=2048, help="How large the network sees the picture, pixels; else its own size.")
    ] = None,
    saturation: Annotated[float, typer.Option(min=0, max=4, help="More (above 1) or less color.")] = 1.0,
    format: Annotated[str | None, typer.Option(help="jpg, png, tif, webp …; else as the source.")] = None,
    quality: Annotated[int | None, typer.Option(min=1, max=100, help="JPEG and WebP; else at least the source's.")] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Also write NAME.compare.jpg: before and after.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Write again what is already there.")] = False,
    recolor: Annotated[bool, typer.Option("--recolor", help="Color color photographs anew instead of leaving them.")] = False,
    negative: Annotated[bool, typer.Option("--negative", help="The pictures are negatives: invert them first.")] = False,
    damaged: Annotated[Damaged, typer.Option(help="Files that are cut off: refuse them, or keep what is there.")] = Damaged.refuse,
    label: Annotated[bool, typer.Option("--label/--no-label", help="Say in the metadata that a network made the colors.")] = True,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Photographs at once.")] = 2,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, coreml, directml or openvino.")] = "auto",
) -> None:
    """Color black-and-white photographs.

    Folders are walked with their subfolders. What is already colored with the same settings is skipped, color photographs are
    left as they are, and files that cannot be read are named at the end.
    """
    from tintype.photo import format_named

    suffix = None
    if format is not None:
        format_named(format)
        suffix = f".{format.lower().lstrip('.')}"
    piped = inputs == ["-"]
    if "-" in inputs and not piped:
        raise UsageError("- (a pipe) stands alone, without other inputs")
    plan = None if piped else plan_jobs(inputs, output, suffix)
    if plan is not None and not plan.jobs:
        raise UsageError(f"there are no photographs in {', '.join(inputs)}")

    from tintype import __version__
    from tintype.engine import Colorizer
    from tintype.guidance import Guidance
    from tintype.photo import Label, is_current, settings_hash

    settings = settings_hash(
        model=model, size=size, saturation=saturation, quality=quality, recolor=recolor, negative=negative, damaged=damaged.value
    )
    work = Work(
        Colorizer(model, device, size), Guidance(saturation=saturation), suffix, quality, compare, recolor, negative, damaged.value,
        Label(Path(model).stem, __version__, settings) if label else None,
    )  # fmt: skip
    if plan is None:
        _through_pipe(work, output, format)
        return
    waiting = [job for job in plan.jobs if overwrite or not is_current(job.source, job.target, work.label)]
    _run(work, waiting, len(plan.jobs) - len(waiting), workers, plan.passed_over)


@dataclass
class Work:
    """What is done with each photograph. notes: sentences for the end of the run. left: files that are in color already."""

    colorizer: "Colorizer"
    guidance: "Guidance"
    suffix: str | None
    quality: int | None
    compare: bool
    recolor: bool
    negative: bool
    damaged: "DamagedName"
    label: "Label | None"
    notes: list[str] = field(default_factory=list)
    left: list[Path] = field(default_factory=list)

    def __call__(self, job: Job) -> None:
        """Color all pages of one file. Raises PhotoError."""
        from tintype.photo import count_pages, format_named, format_of, left_out, write_photos

        kind = self.suffix or (job.target.suffix if job.target.suffix.lower() != job.source.suffix.lower() else None)
        pages = count_pages(job.source)
        sentence = left_out(pages, format_named(kind) if kind else format_of(job.source))
        if sentence is not None:
            self.notes.append(f"{job.source} {sentence}")
            pages = 1
        first: list[tuple[Photo, Photo]] = []
        colored = self.pages(job.source, str(job.source), pages, first)
        beginning = next(colored)
        if pages == 1 and beginning is first[0][0]:
            self._leave(job, beginning, kind)
            return
        job.target.parent.mkdir(parents=True, exist_ok=True)
        write_photos(chain([beginning], colored), job.target, self.quality, kind, self.label, pages)
        if self.compare:
            self._sheet(*first[0], job.sheet)

    def pages(self, source: "Source", name: str, pages: int, first: list["tuple[Photo, Photo]"]) -> "Iterator[Photo]":
        """The pages in color, one after the other; a page that is in color already comes as it is.

        first: takes the first page before and after.
        """
        from tintype.photo import invert, is_color, looks_negative, read_pages

        for number, photo in enumerate(islice(read_pages(source, self.damaged), pages)):
            self.notes += photo.warnings
            if self.negative:
                photo = invert(photo)
            elif looks_negative(photo):
                self.notes.append(f"{name} looks like a color negative; --negative inverts it")
            keep = not self.recolor and is_color(photo)
            colored = photo if keep else self.colorizer.colorize_photo(photo, self.guidance)
            if number == 0:
                first.append((photo, colored))
            yield colored

    def _leave(self, job: Job, photo: "Photo", kind: str | None) -> None:
        """A color photograph goes to an output folder unchanged; beside itself nothing is written."""
        from tintype.photo import write_photo

        self.left.append(job.source)
        if job.target.parent.resolve() == job.source.parent.resolve():
            return
        job.target.parent.mkdir(parents=True, exist_ok=True)
        if kind is None and not self.negative:
            with whole_file(job.target, PhotoError) as file, job.source.open("rb") as source:
                shutil.copyfileobj(source, file)
        else:
            write_photo(photo, job.target, self.quality, kind)

    def _sheet(self, before: "Photo", after: "Photo", target: Path) -> None:
        import numpy as np
        from PIL import Image

        from tintype.photo import Photo, write_photo
        from tintype.photo.photo import to_uint8
        from tintype.sheet import contact_sheet

        pair = [Image.fromarray(to_uint8(photo.pixels)) for photo in (before, after)]
        cell = min(1600, max(pair[0].size))
        sheet = contact_sheet([pair], ["before", "after"], cell)
        write_photo(Photo(np.asarray(sheet)), target, format="jpg")


def _through_pipe(work: Work, output: str | None, format: str | None) -> None:
    from tintype.photo import count_pages, format_named, format_of, left_out, write_photos

    if output is None and sys.stdout.isatty():
        raise UsageError("a picture is not written to a terminal; send it to a file: tintype colorize - > photo.jpg")
    data = sys.stdin.buffer.read()
    target: Path | io.BytesIO = io.BytesIO() if output is None else Path(output)
    pages = count_pages(data)
    if format is None and output is not None and Path(output).suffix:
        format = Path(output).suffix
    sentence = left_out(pages, format_named(format) if format else format_of(data))
    if sentence is not None:
        work.notes.append(f"the file {sentence}")
        pages = 1
    first: list[tuple[Photo, Photo]] = []
    colored = work.pages(data, "the file", pages, first)
    beginning = next(colored)
    if pages == 1 and beginning is first[0][0]:
        work.left.append(Path("the file"))
        write_photos([beginning], target, work.quality, format)
    else:
        write_photos(chain([beginning], colored), target, work.quality, format, work.label, pages)
    _tell(Console(stderr=True, highlight=False, soft_wrap=True), work)
    if isinstance(target, io.BytesIO):
        sys.stdout.buffer.write(target.getbuffer())
        sys.stdout.buffer.flush()


class RateColumn(ProgressColumn):
    """Photographs a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:.1f}/s", style="progress.data.speed")


def _run(work: Work, jobs: list[Job], skipped: int, workers: int, passed_over: Sequence[Path]) -> None:
    """Color all, go on past what fails, and sum up; raises typer.Exit(1) if anything failed."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    failed: list[str] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), RateColumn(), TimeRemainingColumn())
    colored = 0
    stopped = False
    pool = ThreadPoolExecutor(workers)
    with Progress(*columns, console=console, disable=len(jobs) < 2) as progress:
        task = progress.add_task("coloring", total=len(jobs))
        remaining = iter(jobs)
        running: dict[Future[None], Job] = {}
        try:
            while True:
                while len(running) < workers and (job := next(remaining, None)) is not None:
                    running[pool.submit(work, job)] = job
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    job = running.pop(future)
                    try:
                        future.result()
                        colored += job.source not in work.left
                        if len(jobs) == 1 and job.source not in work.left:
                            console.print(str(job.target), markup=False)
                    except (TintypeError, OSError, MemoryError) as error:
                        failed.append(_reason(job, error))
                    progress.advance(task)
        except KeyboardInterrupt:
            stopped = True
            for future in running:
                future.cancel()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    _tell(console, work)
    _sum_up(console, colored, skipped, len(work.left), failed, passed_over)
    if stopped:
        console.print("stopped; the same command goes on with the rest", markup=False)
        raise typer.Exit(128 + signal.SIGINT)
    if failed:
        raise typer.Exit(1)


def _reason(job: Job, error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return f"{job.source} is too large for this machine's memory"
    if isinstance(error, OSError) and not isinstance(error, PhotoError):
        return f"{job.target} cannot be written: {error.strerror or error}"
    return str(error)


def _tell(console: Console, work: Work) -> None:
    for note in work.notes:
        console.print(f"tintype: {note}", markup=False)
    for path in work.left[:MOST_NAMED]:
        console.print(f"tintype: {path} is in color and is left as it is; --recolor colors it anew", markup=False)
    if len(work.left) > MOST_NAMED:
        console.print(f"tintype: {len(work.left) - MOST_NAMED} more are in color and are left as they are", markup=False)


def _sum_up(console: Console, colored: int, skipped: int, left: int, failed: list[str], passed_over: Sequence[Path]) -> None:
    for reason in failed:
        console.print(f"tintype: {reason}", markup=False)
    if passed_over:
        kinds = Counter(path.suffix.lower() or path.name for path in passed_over)
        told = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(MOST_NAMED))
        console.print(f"tintype: passed over, for they are no pictures that are read: {told}", markup=False)
    if colored + skipped + left + len(failed) > 1 or skipped:
        parts = [f"{colored} colored"]
        if left:
            parts.append(f"{left} in color left as they are")
        if skipped:
            parts.append(f"{skipped} already there (--overwrite does them again)")
        if failed:
            parts.append(f"{len(failed)} failed")
        console.print(", ".join(parts), markup=False)


colorize.__doc__ = f"{colorize.__doc__}\n\n{EPILOG}"
