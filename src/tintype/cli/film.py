"""`tintype film`: films in, the same films in color out."""

import signal
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from tintype.cli import film_options, options
from tintype.cli.consoles import errors, notes, progress_bar
from tintype.cli.film_previews import list_shots, preview_film, with_cast
from tintype.cli.film_progress import FilmLog
from tintype.errors import FilmError, TintypeError, UsageError, how_to_install

if TYPE_CHECKING:
    from tintype.film import FilmProgress, FilmSettings


def film(
    inputs: film_options.Inputs,
    output: film_options.Output = None,
    start: film_options.Start = None,
    stop: film_options.Stop = None,
    guidance: film_options.Guidance = None,
    guidance_dir: film_options.GuidanceDir = None,
    reference: film_options.Reference = None,
    cast: film_options.Cast = None,
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
    as color/%06d.png makes images. A repeated command goes on where it stopped: finished segments
    are kept in NAME.parts.
    """
    _refuse_impossible(inputs, output, preview, shots)
    from tintype.engine import Colorizer
    from tintype.film import FilmSettings
    from tintype.film.settings import film_guidance, parse_rate, parse_time, read_timed_guidance

    settings = FilmSettings(
        None if start is None else parse_time(start),
        None if stop is None else parse_time(stop),
        codec,
        quality,
        "telecine" if telecine else deinterlace,
        hdr,
        sound,
        None if rate is None else parse_rate(rate),
        recolor,
        film_guidance(saturation, reference or []),
        tuple(read_timed_guidance(guidance or [], reference or [], guidance_dir)),
    )
    console, colorizer = notes(), Colorizer(model, device, threads=1)
    if shots is not None:
        return list_shots(inputs[0], shots, settings, cast, colorizer, console)

    def color(path: Path) -> bool:
        guided = with_cast(path, settings, cast, colorizer, guidance_dir, console)
        if preview is not None:
            return preview_film(path, output, preview, colorizer, guided, overwrite, console)
        return _color(path, output, colorizer, guided, restart, overwrite, console)

    color_each(inputs, color)


def _refuse_impossible(
    inputs: list[Path], output: Path | None, preview: float | None, shots: Path | None
) -> None:
    if find_spec("av") is None:
        raise FilmError(f"films need PyAV; {how_to_install('film')}")
    if output is not None and len(inputs) > 1 and not output.is_dir():
        raise UsageError(
            f"{len(inputs)} films cannot share one output file; give a folder as output"
        )
    if preview is not None and shots is not None:
        raise UsageError("--preview and --shots cannot be combined; choose one")
    if shots is not None and len(inputs) > 1:
        raise UsageError("--shots takes one film")


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
            log = FilmLog(path.name, console)

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
