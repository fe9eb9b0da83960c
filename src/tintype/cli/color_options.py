"""The options of `tintype colorize` about colors."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

PLACES, WHOLE, AREA = "Colors at places", "Colors of the whole", "Where color goes"
"""Panels of the help."""


class AreaName(StrEnum):
    subject = "subject"
    background = "background"
    person = "person"
    hair = "hair"
    skin = "skin"
    lips = "lips"
    clothes = "clothes"
    sky = "sky"


class ToneName(StrEnum):
    keep = "keep"
    auto = "auto"


class MethodName(StrEnum):
    levin = "levin"
    reinhard = "reinhard"
    exemplar = "exemplar"


class ReachName(StrEnum):
    place = "place"
    thing = "thing"
    alike = "alike"


Method = Annotated[
    MethodName | None,
    typer.Option(
        help="Color without a network: levin spreads hints; reinhard and exemplar use a reference."
    ),
]
Hints = Annotated[
    list[str] | None,
    typer.Option(
        metavar="X,Y=COLOR[:RADIUS]|PART[@X,Y]=COLOR",
        rich_help_panel=PLACES,
        help=(
            "A dab of color, in pixels of the upright photograph or percent; or a color for the"
            " sky, or for hair, skin, lips or clothes of all people (@X,Y: of the nearest person);"
            " may be repeated. Examples: 120,80=#b03060:12, hair=auburn, sky=skyblue."
        ),
    ),
]
Strokes = Annotated[
    list[str] | None,
    typer.Option(
        metavar="'X,Y X,Y …=COLOR[:WIDTH]'",
        rich_help_panel=PLACES,
        help="A line of color; may be repeated. Example: '10,20 60,20=navy:8'.",
    ),
]
Reach = Annotated[
    ReachName,
    typer.Option(
        rich_help_panel=PLACES,
        help="How far hints and strokes spread: their place, their thing, or all that looks alike.",
    ),
]
LineArt = Annotated[
    bool | None,
    typer.Option(
        "--line-art/--no-line-art",
        rich_help_panel=PLACES,
        help="Line art: hints fill the areas that lines enclose. Default: detected.",
    ),
]
Reference = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=WHOLE, help="Use the colors of this picture. Example: sunset.jpg."
    ),
]
Palette = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=WHOLE,
        help=(
            "Colors to use: '#a1b2c3,gold', a name (autochrome, kodachrome-64, …), a palette file"
            " (.gpl, .ase, .aco, .pal) or a picture."
        ),
    ),
]
Saturation = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=4,
        rich_help_panel=WHOLE,
        help="Multiplies chroma everywhere except at hints. Example: 1.2.",
    ),
]
Warmth = Annotated[
    float | None,
    typer.Option(
        min=-1,
        max=1,
        rich_help_panel=WHOLE,
        help="Warmer (above 0) or cooler colors. Example: 0.3.",
    ),
]
Bold = Annotated[
    bool,
    typer.Option(
        "--bold",
        rich_help_panel=WHOLE,
        help="Give uncertain things a likely color instead of a pale mean.",
    ),
]
Variations = Annotated[
    int,
    typer.Option(
        min=0,
        max=64,
        rich_help_panel=WHOLE,
        help="Also write this many other colorings: NAME.1.color.EXT, …",
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        min=0, max=2**32 - 1, rich_help_panel=WHOLE, help="Seed of random choices. Example: 7."
    ),
]
Mask = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=AREA,
        help="Color only where this picture (gray, alpha or palette) is not black.",
    ),
]
RegionName = Annotated[
    AreaName | None,
    typer.Option(
        rich_help_panel=AREA,
        help="Color only the subject, the background, people, or this part of people.",
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option(
        metavar="X,Y",
        rich_help_panel=AREA,
        help="Color only the object at this place; may be repeated. Example: 300,500.",
    ),
]
Keep = Annotated[
    list[str] | None,
    typer.Option(
        metavar="X,Y",
        rich_help_panel=AREA,
        help="With --select: this place also belongs to the object.",
    ),
]
Skip = Annotated[
    list[str] | None,
    typer.Option(
        metavar="X,Y",
        rich_help_panel=AREA,
        help="With --select: this place does not belong to the object.",
    ),
]
KeepColor = Annotated[
    bool,
    typer.Option(
        "--keep-color", rich_help_panel=AREA, help="Color only gray areas; keep existing color."
    ),
]
Tone = Annotated[
    ToneName | None,
    typer.Option(
        rich_help_panel=WHOLE,
        help="Lightness of dark and faded scans: keep it (default), or stretch it.",
    ),
]
