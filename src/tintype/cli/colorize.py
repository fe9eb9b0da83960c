"""`tintype colorize`: files, folders, patterns or a pipe in, the same in color out."""

import io
import signal
import sys
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from tintype.cli.jobs import MARK, Job, plan_jobs
from tintype.errors import PhotoError, TintypeError, UsageError

EPILOG = """Examples:\n
  tintype colorize grandmother.jpg\n
  tintype colorize album/ -o album-in-color/\n
  tintype colorize 'scans/*.tif' --saturation 1.2 --compare\n
  cat photo.jpg | tintype colorize - > photo.color.jpg"""


def colorize(
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT…", help="Files, folders, patterns, or - for a pipe.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A file or folder; else NAME.color.EXT beside.")] = None,
    model: Annotated[str, typer.Option(help="A network of `tintype models`, or an ONNX file.")] = "default",
    size: Annotated[
        int | None, typer.Option(min=64, max=2048, help="How large the network sees the picture, pixels; else its own size.")
    ] = None,
    saturation: Annotated[float, typer.Option(min=0, max=4, help="More (above 1) or less color.")] = 1.0,
    format: Annotated[str | None, typer.Option(help="jpg, png, tif, webp …; else as the source.")] = None,
    quality: Annotated[int | None, typer.Option(min=1, max=100, help="JPEG and WebP; else at least the source's.")] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Also write NAME.compare.jpg: before and after.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Write again what is already there.")] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Photographs at once.")] = 2,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, coreml, directml or openvino.")] = "auto",
) -> None:
    """Color black-and-white photographs.

    A folder is walked whole; what is already colored is skipped, what cannot be read is named at the end.
    """
    from tintype.photo import format_named

    suffix = None
    if format is not None:
        format_named(format)
        suffix = f".{format.lower().lstrip('.')}"
    piped = inputs == ["-"]
    if "-" in inputs and not piped:
        raise UsageError("- (a pipe) stands alone, without other inputs")
    jobs = [] if piped else plan_jobs(inputs, output, suffix)
    if not piped and not jobs:
        raise UsageError(f"there are no photographs in {', '.join(inputs)}")

    from tintype.engine import Colorizer
    from tintype.guidance import Guidance

    work = Work(Colorizer(model, device, size), Guidance(saturation=saturation), suffix, quality, compare)
    if piped:
        _through_pipe(work, output, format)
        return
    waiting = [job for job in jobs if overwrite or not job.target.exists()]
    _run(work, waiting, len(jobs) - len(waiting), workers)


@dataclass
class Work:
    """What is done with each photograph."""

    colorizer: "Colorizer"  # type: ignore[name-defined]  # noqa: F821
    guidance: "Guidance"  # type: ignore[name-defined]  # noqa: F821
    suffix: str | None
    quality: int | None
    compare: bool
    done: Counter[str] = field(default_factory=Counter)

    def __call__(self, job: Job) -> None:
        """Color all pages of one file. Raises PhotoError."""
        from tintype.photo import count_pages, read_photo, write_photos

        photos = [read_photo(job.source, page) for page in range(count_pages(job.source))]
        colored = [self.colorizer.colorize_photo(photo, self.guidance) for photo in photos]
        kind = self.suffix or (job.target.suffix if job.target.suffix.lower() != job.source.suffix.lower() else None)
        if kind is not None and kind.lower() not in (".tif", ".tiff"):
            colored = colored[:1]
        job.target.parent.mkdir(parents=True, exist_ok=True)
        write_photos(colored, job.target, self.quality, kind)
        if self.compare:
            self._sheet(photos[0].pixels, colored[0].pixels, job.target)

    def _sheet(self, before: object, after: object, target: Path) -> None:
        import numpy as np
        from PIL import Image

        from tintype.photo import Photo, write_photo
        from tintype.photo.photo import to_uint8
        from tintype.sheet import contact_sheet

        pair = [Image.fromarray(to_uint8(pixels)) for pixels in (before, after)]  # type: ignore[arg-type]
        cell = min(1600, max(pair[0].size))
        sheet = contact_sheet([pair], ["before", "after"], cell)
        stem = target.stem.removesuffix(MARK)
        write_photo(Photo(np.asarray(sheet)), target.with_name(f"{stem}.compare.jpg"), format="jpg")


def _through_pipe(work: Work, output: Path | None, format: str | None) -> None:
    from tintype.photo import read_photo, write_photo

    if output is None and sys.stdout.isatty():
        raise UsageError("a picture is not written to a terminal; send it to a file: tintype colorize - > photo.jpg")
    photo = read_photo(sys.stdin.buffer.read())
    colored = work.colorizer.colorize_photo(photo, work.guidance)
    if output is not None:
        write_photo(colored, output, work.quality, format)
        return
    whole = io.BytesIO()
    write_photo(colored, whole, work.quality, format)
    sys.stdout.buffer.write(whole.getbuffer())
    sys.stdout.buffer.flush()


class RateColumn(ProgressColumn):
    """Photographs a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:.1f}/s", style="progress.data.speed")


def _run(work: Work, jobs: list[Job], skipped: int, workers: int) -> None:
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
                        colored += 1
                        if len(jobs) == 1:
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
    _sum_up(console, colored, skipped, failed)
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


def _sum_up(console: Console, colored: int, skipped: int, failed: list[str]) -> None:
    for reason in failed:
        console.print(f"tintype: {reason}", markup=False)
    if colored + skipped + len(failed) > 1 or skipped:
        parts = [f"{colored} colored"]
        if skipped:
            parts.append(f"{skipped} already there (--overwrite does them again)")
        if failed:
            parts.append(f"{len(failed)} failed")
        console.print(", ".join(parts), markup=False)


colorize.__doc__ = f"{colorize.__doc__}\n\n{EPILOG}"
