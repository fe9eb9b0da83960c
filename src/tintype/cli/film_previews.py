"""`tintype film --preview` and `--shots`: a look at a film before all of it is colored."""

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
) -> None:
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


def list_shots(path: Path, folder: Path, settings: "FilmSettings", console: Console) -> None:
    from tintype.film import shotlist

    with progress_bar(console, transient=True) as progress:
        task = progress.add_task(f"shots of {path.name}", total=None)
        listed = shotlist.list_shots(
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
