"""`tintype colorize` at work: on files and folders, or from standard input to standard output."""

import io
import os
import signal
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

import typer

from tintype.cli.consoles import notes, progress_bar
from tintype.cli.guidance import GuidanceOptions
from tintype.cli.outcomes import Summary, sentence_on
from tintype.engine import Colorizer
from tintype.engine.assist.classical import ClassicalColorizer
from tintype.engine.published import PublishedColorizer
from tintype.errors import PhotoError, UsageError
from tintype.files import write_text
from tintype.guidance import Guidance
from tintype.jobs import Extras, FilePlan, Policy, color_file, color_files
from tintype.jobs.inputs import local_path
from tintype.jobs.plan import output_file
from tintype.photo import peek

PIPE_NAME = "the file"
"""The name of standard input in messages."""


@dataclass(frozen=True)
class AlbumJob:
    """What the command line asks for besides inputs and outputs. save_guidance: a file for the
    guidance of the only photograph. as_json: print a line of JSON for each photograph."""

    colorizer: Colorizer | ClassicalColorizer
    guidance: GuidanceOptions
    policy: Policy
    extras: Extras
    save_guidance: Path | None
    as_json: bool

    def save(self, guidance: Guidance | None) -> None:
        """Write the guidance where --save-guidance says."""
        if self.save_guidance is not None and guidance is not None:
            write_text(self.save_guidance, guidance.to_json() + "\n", PhotoError)

    def check(self, plan: FilePlan, inputs: list[str]) -> None:
        """Raises UsageError for a plan without photographs, or with too many to save a guidance."""
        if not plan.files:
            raise UsageError(f"there are no photographs in {', '.join(inputs)}")
        if self.save_guidance is not None and len(plan.files) > 1:
            raise UsageError(
                f"--save-guidance is for one photograph, but there are {len(plan.files)}"
            )


def make_colorizer(
    model: str, method: str | None, device: str, size: int | None, as_published: bool = False
) -> Colorizer | ClassicalColorizer:
    """The network's colorizer, or that of a method without a network. Raises UsageError for both
    a method and as_published."""
    if method is None:
        return (PublishedColorizer if as_published else Colorizer)(model, device, size)
    if as_published:
        raise UsageError("--as-published is for networks; leave out --method")
    return ClassicalColorizer(method)


def run(
    job: AlbumJob, inputs: list[str], output: str | None, workers: int, overwrite: bool
) -> None:
    """Color files, or standard input for the input "-"."""
    pipes = [each for each in inputs if each == "-" or is_pipe(each)]
    if output == "-" and (len(inputs) > 1 or Path(inputs[0]).is_dir()):
        raise UsageError("-o - (standard output) takes one photograph")
    if pipes and len(inputs) > 1:
        raise UsageError(
            "a pipe, - (standard input) too, has no name for its output: color it by itself"
        )
    piped = bool(pipes) or output == "-"
    if piped and (job.as_json or job.extras.sheet or job.extras.compare):
        raise UsageError("--json, --compare and --contact-sheet need files, not a pipe")
    if job.extras.variations and (piped or isinstance(job.colorizer, ClassicalColorizer)):
        raise UsageError(
            "variations are drawn by a network, to files: leave out --method, and give a file"
            " instead of a pipe"
        )
    if piped:
        color_pipe(job, None if output == "-" else output, read_input(local_path(inputs[0])))
    else:
        color_album(job, inputs, output, workers, overwrite)


def color_album(
    job: AlbumJob, inputs: list[str], output: str | None, workers: int, overwrite: bool
) -> None:
    """Color all, print what became of each, and sum up. Raises typer.Exit(1) if anything failed.

    A single photograph of which something impossible is asked raises its UsageError instead.
    """
    console = notes()
    stopped = False
    plans: list[FilePlan] = []

    def planned(plan: FilePlan) -> None:
        job.check(plan, inputs)
        plans.append(plan)

    outcomes = color_files(
        inputs,
        output,
        job.guidance,
        colorizer=job.colorizer,
        policy=job.policy,
        extras=job.extras,
        overwrite=overwrite,
        workers=workers,
        planned=planned,
    )
    summary = Summary(console, job.colorizer.name, plans[0], job.as_json)
    total = len(plans[0].files)
    with progress_bar(console, disable=total < 2) as progress:
        task = progress.add_task("coloring", total=total)
        try:
            for outcome in outcomes:
                if isinstance(outcome.raised, UsageError) and total == 1:
                    raise outcome.raised
                summary.add(outcome)
                job.save(outcome.guidance)
                progress.advance(task)
        except KeyboardInterrupt:
            stopped = True
    summary.print()
    if stopped:
        console.print("stopped; the same command goes on with the rest", markup=False)
        raise typer.Exit(128 + signal.SIGINT)
    if summary.has_failures:
        raise typer.Exit(1)


def is_pipe(path: str) -> bool:
    """Whether a path is a named pipe, or what a shell makes of <(…): it can be read only once."""
    return os.path.exists(path) and stat.S_ISFIFO(os.stat(path).st_mode)  # noqa: PTH110, PTH116


def read_input(path: str) -> bytes:
    """The bytes of a file or a pipe, of standard input for "-". Raises PhotoError."""
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise PhotoError(f"{path} cannot be read: {error.strerror or error}") from error


def color_pipe(job: AlbumJob, output: str | None, data: bytes) -> None:
    """Color the bytes of one picture, to standard output or to a file. Raises PhotoError and
    UsageError."""
    if output is None and sys.stdout.isatty():
        raise UsageError(
            "a picture is not written to a terminal; send it to a file: tintype colorize - >"
            " photo.jpg"
        )
    target: Path | io.BytesIO | None = io.BytesIO() if output is None else output_file(output)
    if target is None:
        raise UsageError(
            f"{output} is no file name with an ending, which the output of a pipe needs"
        )
    guidance = job.guidance.for_photo(peek(data).size, PIPE_NAME)
    if isinstance(target, Path):
        target.parent.mkdir(parents=True, exist_ok=True)
    result = color_file(data, target, [guidance], job.policy, [job.colorizer])
    for notice in result.notices:
        notes().print(f"tintype: {sentence_on(PIPE_NAME, notice)}", markup=False)
    if result.state == "colored":
        job.save(result.guidance)
    if isinstance(target, io.BytesIO):
        sys.stdout.buffer.write(target.getbuffer())
        sys.stdout.buffer.flush()
