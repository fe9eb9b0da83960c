"""`tintype suggest`: one photograph in; the places where a hint helps most, or the likeliest colors
of places, out."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from tintype.cli import options
from tintype.cli.marks import Place

Photo = Annotated[Path, typer.Argument(metavar="PHOTO", help="A photograph.")]
At = Annotated[
    list[str] | None,
    typer.Option(
        metavar="X,Y",
        help=(
            "List the likely colors of this place instead; may be repeated. Example: 410,220 or"
            " 50%,80%."
        ),
    ),
]
Count = Annotated[
    int,
    typer.Option(min=1, max=50, help="Number of places, and the most colors listed for each."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one line of JSON instead.")]
EPILOG = "\n\n".join(
    (
        "Examples:",
        "tintype suggest photo.jpg",
        "tintype suggest photo.jpg --at 410,220 --at 50%,80%",
        "tintype suggest photo.jpg --count 3 --json",
    )
)


def suggest(
    photo: Photo,
    at: At = None,
    count: Count = 5,
    model: options.Model = "default",
    as_json: AsJson = False,
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
    places: list[dict[str, Any]] = []
    for x, y in wanted or suggest_places(prepared, count):
        colors = [
            {"color": each.color, "share": round(each.share, 3)}
            for each in suggest_colors(prepared, x, y, count)
        ]
        places.append(
            {
                "x": min(int(x * width), width - 1),
                "y": min(int(y * height), height - 1),
                "colors": colors,
            }
        )
    if as_json:
        typer.echo(
            json.dumps(
                {"input": str(photo), "width": width, "height": height, "places": places},
                ensure_ascii=False,
            )
        )
        return
    console = Console(highlight=False, soft_wrap=True)
    for place in places:
        shown = "  ".join(
            f"[on {entry['color']}]   [/] {entry['color']} {entry['share']:.0%}"
            for entry in place["colors"]
        )
        console.print(f"{place['x']},{place['y']}  {shown}")
    if not places:
        console.print(
            "there is no place where a hint would help: the photograph is black or white everywhere"
        )
