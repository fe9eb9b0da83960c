"""`tintype film`: films in, the same films in color out."""

import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from tintype.cli import film_options, options
from tintype.cli.consoles import errors, notes, progress_bar
from tintype.errors import FilmError, TintypeError, UsageError, how_to_install

if TYPE_CHECKING:
    from tintype.film import FilmProgress, FilmSettings

LOG_SECONDS = 60.0


def film(
    inputs: film_options.Inputs,
    output: film_options.Output = None,
    start: film_options.Start = None,
    stop: film_options.Stop = None,
    guidance: film_options.Guidance = None,
    guidance_dir: film_options.GuidanceDir = None,
    reference: film_options.Reference = None,
    saturation: options.Saturation = 1.0,
    quality: film_options.Quality = 80,
    codec: film_options.Codec = None,
    preview: film_options.Preview = None,
    shots: film_options.Shots = None,
    restart: film_options.Restart = False,
    sound: film_options.Sound = "auto",
    rate: film_options.Rate = None,
    deinterlace: film_options.Deinterlace = "auto",
    telecine: film_options.Telecine = False,
    recolor: film_options.Recolor = False,
    hdr: film_options.Hdr = "refuse",
    overwrite: film_options.Overwrite = False,
    model: options.Model = "default",
    device: options.Device = "auto",
) -> None:
    """Color films: steady colors, sound and time stamps kept.

    INPUT is a film, a folder of numbered images or a pattern such as scan-%06d.dpx; an output such
    as color/%06d.png makes images. Finished segments are kept in NAME.parts until the film is
    complete: the same command goes on from them.
    """
    if find_spec("av") is None:
        raise FilmError(f"films need PyAV; {how_to_install('film')}")
    from tintype.engine import Colorizer
    from tintype.film import FilmSettings
    from tintype.film.settings import film_guidance, parse_rate, parse_time, read_timed_guidance

    if output is not None and len(inputs) > 1 and not output.is_dir():
        raise UsageError(
            f"{len(inputs)} films cannot share one output file; give a folder as output"
        )
    if preview is not None and shots is not None:
        raise UsageError("--preview and --shots cannot be combined; choose one")
    if shots is not None and len(inputs) > 1:
        raise UsageError("--shots takes one film")
    base = film_guidance(saturation, reference or [])
    timed = read_timed_guidance(guidance or [], reference or [], guidance_dir)
    begin, end = (None if text is None else parse_time(text) for text in (start, stop))
    settings = FilmSettings(
        begin,
        end,
        codec,
        quality,
        "telecine" if telecine else deinterlace,
        hdr,
        sound,
        None if rate is None else parse_rate(rate),
        recolor,
        base,
        tuple(timed),
    )
    console = notes()
    if shots is not None:
        _list_shots(inputs[0], shots, settings, console)
        return
    colorizer = Colorizer(model, device, threads=1)

    def color(path: Path) -> bool:
        if preview is None:
            return _color(path, output, colorizer, settings, restart, overwrite, console)
        _preview(path, output, preview, colorizer, settings, overwrite, console)
        return True

    color_each(inputs, color)


def color_each(inputs: list[Path], color: Callable[[Path], bool]) -> None:
    """Color one film after the other, and go on past one that fails if there are several. Raises
    typer.Exit(1) if one did not come out whole."""
    failed = False
    for path in inputs:
        try:
            failed |= not color(path)
        except TintypeError as error:
            if len(inputs) == 1:
                raise
            errors().print(f"tintype: {error}", markup=False)
            failed = True
    if failed:
        raise typer.Exit(1)


def _color(
    path: Path,
    output: Path | None,
    colorizer: Any,
    settings: "FilmSettings",
    restart: bool,
    overwrite: bool,
    console: Console,
) -> bool:
    """Whether the film came out whole."""
    from tintype.film import color_film

    stopped = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: stopped.set())
    try:
        with progress_bar(console, transient=True) as bar:
            task = bar.add_task(path.name, total=None)
            log = _Log(path.name, console)

            def show(now: "FilmProgress") -> None:
                bar.update(task, completed=now.frames, total=now.total)
                log(now)

            report = color_film(
                path,
                output,
                colorizer=colorizer,
                settings=settings,
                restart=restart,
                overwrite=overwrite,
                progress=show,
                stop=stopped.is_set,
            )
    finally:
        signal.signal(signal.SIGINT, before)
    for notice in report.notices:
        console.print(f"tintype: {notice}", markup=False)
    if report.output is None:
        console.print(
            f"stopped; {report.frames} frames are kept in {report.parts}, and the same command goes"
            " on from there",
            markup=False,
        )
        raise typer.Exit(128 + signal.SIGINT)
    console.print(str(report.output), markup=False)
    return report.whole


def _preview(
    path: Path,
    output: Path | None,
    seconds: float,
    colorizer: Any,
    settings: "FilmSettings",
    overwrite: bool,
    console: Console,
) -> None:
    from tintype.film.preview import preview_film

    with progress_bar(console, transient=True) as progress:
        task = progress.add_task(f"preview of {path.name}", total=None)
        made = preview_film(
            path,
            output,
            seconds,
            colorizer,
            settings,
            lambda frames: progress.update(task, completed=frames),
            overwrite,
        )
    for each in made:
        console.print(str(each), markup=False)


def _list_shots(path: Path, folder: Path, settings: "FilmSettings", console: Console) -> None:
    from tintype.film.shotlist import list_shots

    with progress_bar(console, transient=True) as progress:
        task = progress.add_task(f"shots of {path.name}", total=None)
        listed = list_shots(
            path,
            folder,
            settings.deinterlace,
            settings.hdr,
            lambda frames: progress.update(task, completed=frames),
        )
    for shot in listed:
        again = f"  shows shot {shot.returns} again" if shot.returns else ""
        typer.echo(
            f"{shot.number:4}  {shot.start:9.3f} to {shot.stop:9.3f} s  {shot.picture.name}{again}"
        )


class _Log:
    """Prints a line a minute where no terminal shows a bar."""

    def __init__(self, name: str, console: Console) -> None:
        self.name, self.console = name, console
        self.next = time.monotonic() + LOG_SECONDS

    def __call__(self, now: "FilmProgress") -> None:
        if self.console.is_terminal or time.monotonic() < self.next:
            return
        self.next = time.monotonic() + LOG_SECONDS
        of = "" if now.total is None else f" of {now.total}"
        left = "" if now.left is None else f", {timedelta(seconds=round(now.left))} left"
        self.console.print(
            f"{self.name}: {now.frames}{of} frames, {now.rate:.1f} a second{left}", markup=False
        )
