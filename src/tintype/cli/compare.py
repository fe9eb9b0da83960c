"""`tintype compare`: photographs and systems in; one sheet of all of them side by side out."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from tintype.cli.consoles import notes
from tintype.errors import UsageError
from tintype.files import whole_path, write_text

Models = Annotated[
    list[str], typer.Argument(help="Networks, ONNX files, reinhard, exemplar or folder:DIR.")
]
Photos = Annotated[
    list[Path], typer.Option(help="Photographs and folders of them; may be repeated.")
]
Objectives = Annotated[
    str,
    typer.Option(
        help=(
            "Only networks trained with these adversarial objectives, such as"
            " vanilla,wasserstein; none: without one."
        )
    ),
]
Output = Annotated[Path, typer.Option("-o", "--output", help="sheet.png, sheet.jpg or sheet.html.")]
Cell = Annotated[
    int, typer.Option(min=32, max=1024, help="Side of a picture on the sheet, pixels.")
]
Details = Annotated[bool, typer.Option("--details", help="Show an enlarged detail under each row.")]


def compare(
    models: Models,
    photos: Photos,
    objectives: Objectives = "",
    output: Output = Path("sheet.png"),
    cell: Cell = 256,
    details: Details = False,
) -> None:
    """Draw one sheet that compares several systems on the same photographs.

    Example: tintype compare default runs/a/a.onnx --photos legacy/ -o sheet.png --details
    Example: tintype compare runs/*/*.onnx --photos legacy/ --objectives vanilla,wasserstein -o
    sheet.html
    """
    from tintype.lab.evaluation.compare import (
        add_details,
        draw_html,
        draw_png,
        find_photos,
        objectives_of,
        paint_rows,
    )

    suffix = output.suffix.lower()
    if suffix not in (".png", ".jpg", ".jpeg", ".html"):
        raise UsageError(f"a sheet is a .png, .jpg or .html file, not {output.name}")
    names = list(dict.fromkeys(models))
    played = {name: objectives_of(name) or ["none"] for name in names}
    if objectives:
        wanted = set(objectives.split(","))
        names = [name for name in names if wanted & set(played[name])]
        if not names:
            there = sorted({objective for each in played.values() for objective in each})
            raise UsageError(
                f"none of the networks was trained against {objectives}; available:"
                f" {', '.join(there)}"
            )
    paths = find_photos(photos)
    with Progress(console=notes()) as progress:
        task = progress.add_task(
            "coloring", total=len(paths) * len([n for n in names if n not in ("gray", "truth")])
        )
        columns, rows = paint_rows(
            names, paths, lambda what: progress.update(task, advance=1, description=what)
        )
    rows = add_details(rows) if details else rows
    output.parent.mkdir(parents=True, exist_ok=True)
    labels = [Path(name).stem if name.endswith(".onnx") else name for name in columns]
    if objectives:
        named = zip(columns, labels, strict=True)
        labels = [
            f"{label} ({', '.join(played[name])})" if name in played else label
            for name, label in named
        ]
    if suffix == ".html":
        write_text(output, draw_html(labels, rows, cell))
    else:
        with whole_path(output) as beside:
            draw_png(labels, rows, cell).save(beside)
    typer.echo(output)
