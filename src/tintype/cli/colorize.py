"""`tintype colorize`: files, folders, patterns or a pipe in, the same in color out."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from tintype.cli.asking import (
    Asking,
    Mark,
    Place,
    color_pixels,
    read_guidance,
    read_palette,
    read_region,
)
from tintype.cli.running import run, through_pipe
from tintype.cli.work import Work
from tintype.errors import UsageError
from tintype.jobs.plan import plan_files

EPILOG = "\n\n".join(
    (
        "Examples:",
        "tintype colorize grandmother.jpg",
        "tintype colorize album/ -o album-in-color/ --json --contact-sheet album.jpg",
        "tintype colorize 'scans/*.tif' --saturation 1.2 --warmth 0.2 --compare",
        "cat photo.jpg | tintype colorize - > photo.color.jpg",
        (
            "tintype colorize photo.jpg --hint 410,220=crimson --hint '50%,80%=#2e4a2b:3%'"
            " --save-guidance photo.tintype.json"
        ),
        "tintype colorize photo.jpg --stroke '100,400 180,390 260,410=navy:12' --reach alike",
        "tintype colorize photo.jpg --guidance photo.tintype.json",
        "tintype colorize photo.jpg --mask dress.png --hint 300,500=#7a1f3d",
        "tintype colorize photo.jpg --region subject",
        "tintype colorize photo.jpg --select 300,500 --keep 320,700 --skip 300,120",
        "tintype colorize tinted.jpg --keep-color",
        "tintype colorize photo.jpg --reference sunset.jpg",
        (
            "tintype colorize photo.jpg --palette kodachrome-64 (or a picture, or"
            " '#a1b2c3,gold,#304050')"
        ),
        "tintype colorize photo.jpg --bold --seed 7",
        "tintype colorize photo.jpg --variations 8 --seed 7 --contact-sheet variations.jpg",
        "tintype colorize photo.jpg --method levin --hint 120,80=skyblue --hint 200,300=#5a7d3a",
        "tintype colorize page.png --line-art --hint 120,80=#f2c9a8",
    )
)

PLACES, LOOK, WHERE, FILES = "Colors at places", "Colors of the whole", "Where color goes", "Files"


class Damaged(StrEnum):
    refuse = "refuse"
    keep = "keep"


class Where(StrEnum):
    subject = "subject"
    background = "background"


class Method(StrEnum):
    levin = "levin"
    reinhard = "reinhard"
    exemplar = "exemplar"


class Reach(StrEnum):
    place = "place"
    thing = "thing"
    alike = "alike"


def colorize(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT…", help="Files, folders or patterns; - reads standard input."
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PATH",
            help="A file, or a folder ending in /; default: NAME.color.EXT beside each input.",
        ),
    ] = None,
    model: Annotated[
        str, typer.Option(help="A network of `tintype models`, or an ONNX file.")
    ] = "default",
    method: Annotated[
        Method | None,
        typer.Option(
            help=(
                "Color without a network: levin spreads hints; reinhard and exemplar use a"
                " reference."
            )
        ),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            min=64, max=2048, help="Inference resolution in pixels; default: the model's own."
        ),
    ] = None,
    hint: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X,Y=COLOR[:RADIUS]",
            rich_help_panel=PLACES,
            help=(
                "A dab of color, in pixels of the upright photograph or percent; may be repeated."
                " Example: 120,80=#b03060:12."
            ),
        ),
    ] = None,
    stroke: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'X,Y X,Y …=COLOR[:WIDTH]'",
            rich_help_panel=PLACES,
            help="A line of color; may be repeated. Example: '10,20 60,20=navy:8'.",
        ),
    ] = None,
    reach: Annotated[
        Reach,
        typer.Option(
            rich_help_panel=PLACES,
            help=(
                "How far hints and strokes spread: their place, their thing, or all that looks"
                " alike."
            ),
        ),
    ] = Reach.thing,
    line_art: Annotated[
        bool | None,
        typer.Option(
            "--line-art/--no-line-art",
            rich_help_panel=PLACES,
            help="Line art: hints fill the areas that lines enclose. Default: detected.",
        ),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            rich_help_panel=LOOK, help="Use the colors of this picture. Example: sunset.jpg."
        ),
    ] = None,
    palette: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=LOOK,
            help=(
                "Colors to use: '#a1b2c3,gold', a name (autochrome, kodachrome-64, …) or a picture."
            ),
        ),
    ] = None,
    saturation: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=4,
            rich_help_panel=LOOK,
            help="Multiplies chroma everywhere except at hints. Example: 1.2.",
        ),
    ] = None,
    warmth: Annotated[
        float | None,
        typer.Option(
            min=-1,
            max=1,
            rich_help_panel=LOOK,
            help="Warmer (above 0) or cooler colors. Example: 0.3.",
        ),
    ] = None,
    bold: Annotated[
        bool,
        typer.Option(
            "--bold",
            rich_help_panel=LOOK,
            help="Give uncertain things a likely color instead of a pale mean.",
        ),
    ] = False,
    variations: Annotated[
        int,
        typer.Option(
            min=0,
            max=64,
            rich_help_panel=LOOK,
            help="Also write this many other colorings: NAME.1.color.EXT, …",
        ),
    ] = 0,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, max=2**32 - 1, rich_help_panel=LOOK, help="Seed of random choices. Example: 7."
        ),
    ] = None,
    mask: Annotated[
        Path | None,
        typer.Option(
            rich_help_panel=WHERE,
            help="Color only where this picture (gray, alpha or palette) is not black.",
        ),
    ] = None,
    region: Annotated[
        Where | None,
        typer.Option(rich_help_panel=WHERE, help="Color only the subject, or only the background."),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X,Y",
            rich_help_panel=WHERE,
            help="Color only the object at this place; may be repeated. Example: 300,500.",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X,Y",
            rich_help_panel=WHERE,
            help="With --select: this place also belongs to the object.",
        ),
    ] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X,Y",
            rich_help_panel=WHERE,
            help="With --select: this place does not belong to the object.",
        ),
    ] = None,
    keep_color: Annotated[
        bool,
        typer.Option(
            "--keep-color",
            rich_help_panel=WHERE,
            help="Color only gray areas; keep existing color.",
        ),
    ] = False,
    guidance: Annotated[
        Path | None,
        typer.Option(
            rich_help_panel=FILES, help="Start from a guidance file. Example: photo.tintype.json."
        ),
    ] = None,
    save_guidance: Annotated[
        Path | None,
        typer.Option(
            rich_help_panel=FILES, help="Save the guidance to a file. Example: photo.tintype.json."
        ),
    ] = None,
    no_guidance: Annotated[
        bool,
        typer.Option(
            "--no-guidance",
            rich_help_panel=FILES,
            help="In folders, ignore each NAME.tintype.json beside NAME.jpg.",
        ),
    ] = False,
    format: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=FILES,
            help="Output format: jpg, png, tif, webp …; default: the source's.",
        ),
    ] = None,
    quality: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=100,
            rich_help_panel=FILES,
            help="JPEG or WebP quality; default: at least the source's.",
        ),
    ] = None,
    compare: Annotated[
        bool,
        typer.Option(
            "--compare",
            rich_help_panel=FILES,
            help="Also write NAME.compare.jpg: before and after.",
        ),
    ] = False,
    contact_sheet: Annotated[
        Path | None,
        typer.Option(
            rich_help_panel=FILES,
            help="Also write one sheet of all photographs. Example: album.jpg.",
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            rich_help_panel=FILES,
            help="Print one line of JSON per photograph to standard output.",
        ),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", rich_help_panel=FILES, help="Replace existing outputs.")
    ] = False,
    recolor: Annotated[
        bool, typer.Option("--recolor", help="Recolor photographs that are already in color.")
    ] = False,
    negative: Annotated[
        bool, typer.Option("--negative", help="The pictures are negatives: invert them first.")
    ] = False,
    damaged: Annotated[
        Damaged, typer.Option(help="Truncated files: refuse them, or color the part that is there.")
    ] = Damaged.refuse,
    label: Annotated[
        bool,
        typer.Option(
            "--label/--no-label", help="State in the metadata that the color was computed."
        ),
    ] = True,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Photographs colored at the same time.")
    ] = 2,
    device: Annotated[
        str,
        typer.Option(help="Where the network runs: auto, cpu, cuda, coreml, directml or openvino."),
    ] = "auto",
) -> None:
    """Color black-and-white photographs.

    Folders are searched recursively. Photographs already colored with the same settings are
    skipped; color photographs stay unchanged unless hints or a region are given; unreadable files
    are listed at the end.
    """
    from tintype.photo import format_named

    suffix = None
    if format is not None:
        format_named(format)
        suffix = f".{format.lower().lstrip('.')}"
    piped = inputs == ["-"]
    if "-" in inputs and not piped:
        raise UsageError("- (standard input) cannot be combined with other inputs")
    if piped and (as_json or contact_sheet or compare):
        raise UsageError("--json, --compare and --contact-sheet need files, not standard input")
    plan = None if piped else plan_files(inputs, output, format)
    if plan is not None and not plan.files:
        raise UsageError(f"there are no photographs in {', '.join(inputs)}")
    if save_guidance is not None and plan is not None and len(plan.files) > 1:
        raise UsageError(f"--save-guidance is for one photograph, but there are {len(plan.files)}")
    if contact_sheet is not None and contact_sheet.suffix:
        format_named(contact_sheet.suffix)
    if variations and (method is not None or piped):
        raise UsageError(
            "variations are drawn by a network, to files: leave out --method, and give a file"
            " instead of a pipe"
        )
    if (keep or skip) and not select:
        raise UsageError("--keep and --skip refine an object; give the object by --select")

    values = _values(reference, palette, saturation, warmth, seed)
    values |= {"bold": True} if bold else {}
    values |= {"keep_color": True} if keep_color else {}
    values |= {} if line_art is None else {"line_art": line_art}
    asking = Asking(
        _base(guidance),
        (
            *(Mark.read(text, stroke=True) for text in stroke or ()),
            *(Mark.read(text, stroke=False) for text in hint or ()),
        ),
        reach.value,
        read_region(mask, None if region is None else region.value, select or ()),
        tuple(Place.read(text, "--select") for text in (*(select or ()), *(keep or ()))),
        tuple(Place.read(text, "--skip") for text in skip or ()),
        values,
        (
            ()
            if no_guidance or guidance is not None
            else tuple(Path(text) for text in inputs if Path(text).is_dir())
        ),
    )
    work = Work(
        _colorizer(model, method, device, size),
        method.value if method else Path(model).stem,
        asking,
        {
            "size": size,
            "quality": quality,
            "recolor": recolor,
            "negative": negative,
            "damaged": damaged.value,
            "variations": variations,
        },
        suffix,
        quality,
        compare,
        recolor,
        negative,
        damaged.value,
        label and method is None,
        as_json,
        save_guidance,
        contact_sheet,
        variations,
    )
    if plan is None:
        through_pipe(work, output, format)
        return
    waiting = [
        job for job in plan.files if overwrite or not _is_current(work, job.source, job.target)
    ]
    taken = {job.source for job in waiting}
    run(
        work,
        waiting,
        [job for job in plan.files if job.source not in taken],
        workers,
        plan.passed_over,
    )


def _base(guidance: Path | None) -> Any:
    from tintype.guidance import Guidance

    return Guidance() if guidance is None else read_guidance(guidance)


def _values(
    reference: Path | None,
    palette: str | None,
    saturation: float | None,
    warmth: float | None,
    seed: int | None,
) -> dict[str, Any]:
    """Fields of the guidance that the command line sets. Raises UsageError for a reference or a
    palette without color."""
    from tintype.guidance import Guidance

    values: dict[str, Any] = {}
    if reference is not None:
        values["reference"] = (
            Guidance().with_reference(color_pixels(reference, "the reference")).reference
        )
    if palette is not None:
        values["palette"] = Guidance(palette=read_palette(palette)).palette
    given = {"saturation": saturation, "warmth": warmth, "seed": seed}
    return values | {name: value for name, value in given.items() if value is not None}


def _colorizer(model: str, method: Method | None, device: str, size: int | None) -> Any:
    if method is not None:
        from tintype.engine.assist.classical import ClassicalColorizer

        return ClassicalColorizer(method.value)
    from tintype.engine import Colorizer

    return Colorizer(model, device, size)


def _is_current(work: Work, source: Path, target: Path) -> bool:
    from tintype.photo import is_current

    return is_current(source, target, work.label_of(source))
