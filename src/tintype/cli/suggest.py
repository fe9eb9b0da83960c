"""`tintype suggest`: one photograph in; the places where a hint helps most, or the likeliest colors
of places, out."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from tintype.cli.marks import Place

EPILOG = "\n\n".join(
    (
        "Examples:",
        "tintype suggest photo.jpg",
        "tintype suggest photo.jpg --at 410,220 --at 50%,80%",
        "tintype suggest photo.jpg --count 3 --json",
    )
)


def suggest(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="A photograph.")],
    at: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X,Y",
            help=(
                "List the likely colors of this place instead; may be repeated. Example: 410,220 or"
                " 50%,80%."
            ),
        ),
    ] = None,
    count: Annotated[
        int,
        typer.Option(min=1, max=50, help="Number of places, and the most colors listed for each."),
    ] = 5,
    model: Annotated[
        str, typer.Option(help="A network of `tintype models`, or an ONNX file.")
    ] = "default",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON instead.")
    ] = False,
) -> None:
    """Suggest where a hint helps most, and which colors are likely there.

    Places are in pixels of the upright photograph, the most helpful first; each color with its
    probability.
    """
    from tintype.engine import Colorizer
    from tintype.engine.assist.suggest import suggest_colors, suggest_places
    from tintype.photo import read_photo

    prepared = Colorizer(model).prepare(read_photo(photo))
    height, width = prepared.photo.pixels.shape[:2]
    wanted = [
        Place.read(text, f"--at {text!r}").shares((width, height), f"--at {text!r}", str(photo))
        for text in at or ()
    ]
    told: list[dict[str, Any]] = []
    for x, y in wanted or suggest_places(prepared, count):
        colors = [
            {"color": found.color, "share": round(found.share, 3)}
            for found in suggest_colors(prepared, x, y, count)
        ]
        told.append(
            {
                "x": min(int(x * width), width - 1),
                "y": min(int(y * height), height - 1),
                "colors": colors,
            }
        )
    if as_json:
        typer.echo(
            json.dumps(
                {"input": str(photo), "width": width, "height": height, "places": told},
                ensure_ascii=False,
            )
        )
        return
    console = Console(highlight=False, soft_wrap=True)
    for place in told:
        shown = "  ".join(
            f"[on {entry['color']}]   [/] {entry['color']} {entry['share']:.0%}"
            for entry in place["colors"]
        )
        console.print(f"{place['x']},{place['y']}  {shown}")
    if not told:
        console.print(
            "there is no place where a hint would help: the photograph is black or white everywhere"
        )
