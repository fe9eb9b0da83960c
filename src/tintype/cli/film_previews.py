"""`tintype film --preview` and `--shots`: a look at a film before all of it is colored."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from tintype.cli.consoles import progress_bar

if TYPE_CHECKING:
    from tintype.film import FilmSettings


def preview_film(
    path: Path,
    output: Path | None,
    seconds: float,
    colorizer: Any,
    settings: "FilmSettings",
    overwrite: bool,
    console: Console,
) -> bool:
    from tintype.film import preview

    with progress_bar(console, transient=True) as progress:
        task = progress.add_task(f"preview of {path.name}", total=None)
        made = preview.preview_film(
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
    return True


def with_cast(
    path: Path,
    settings: "FilmSettings",
    cast: Path | None,
    colorizer: Any,
    folder: Path | None,
    console: Console,
) -> "FilmSettings":
    """The settings with the guidance of the shots that show the cast. folder: of listed shots."""
    if cast is None:
        return settings
    from tintype.film.cast import Cast
    from tintype.film.shotlist import cast_guidance

    with progress_bar(console, transient=True) as progress:
        task = progress.add_task(f"cast in {path.name}", total=None)
        timed_cast = cast_guidance(
            path,
            Cast(cast, colorizer),
            folder,
            settings.deinterlace,
            settings.hdr,
            lambda frames: progress.update(task, completed=frames),
        )
    timed = sorted([*settings.timed_guidance, *timed_cast], key=lambda each: each.time)
    return replace(settings, timed_guidance=tuple(timed))


def list_shots(
    path: Path,
    folder: Path,
    settings: "FilmSettings",
    cast: Path | None,
    colorizer: Any,
    console: Console,
) -> None:
    from tintype.film import shotlist
    from tintype.film.cast import Cast

    with progress_bar(console, transient=True) as progress:
        task = progress.add_task(f"shots of {path.name}", total=None)
        listed = shotlist.list_shots(
            path,
            folder,
            settings.deinterlace,
            settings.hdr,
            lambda frames: progress.update(task, completed=frames),
            None if cast is None else Cast(cast, colorizer),
        )
    for shot in listed:
        again = f"  shows shot {shot.returns} again" if shot.returns else ""
        names = "".join(f"  {each.name}" for each in shot.cast)
        typer.echo(
            f"{shot.number:4}  {shot.start:9.3f} to {shot.stop:9.3f} s  {shot.picture.name}"
            f"{again}{names}"
        )
