"""`tintype colorize`: files, folders, patterns or a pipe in, the same in color out."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from tintype.cli.asking import Asking, Mark, Place, color_pixels, read_guidance, read_palette, read_region
from tintype.cli.jobs import plan_jobs
from tintype.cli.running import run, through_pipe
from tintype.cli.work import Work
from tintype.errors import UsageError

EPILOG = "\n\n".join(
    (
        "Examples:",
        "tintype colorize grandmother.jpg",
        "tintype colorize album/ -o album-in-color/ --json --contact-sheet album.jpg",
        "tintype colorize 'scans/*.tif' --saturation 1.2 --warmth 0.2 --compare",
        "cat photo.jpg | tintype colorize - > photo.color.jpg",
        "tintype colorize photo.jpg --hint 410,220=crimson --hint '50%,80%=#2e4a2b:3%' --save-guidance photo.tintype.json",
        "tintype colorize photo.jpg --stroke '100,400 180,390 260,410=navy:12' --reach alike",
        "tintype colorize photo.jpg --guidance photo.tintype.json",
        "tintype colorize photo.jpg --mask dress.png --hint 300,500=#7a1f3d",
        "tintype colorize photo.jpg --region subject",
        "tintype colorize photo.jpg --select 300,500 --keep 320,700 --skip 300,120",
        "tintype colorize tinted.jpg --keep-color",
        "tintype colorize photo.jpg --reference sunset.jpg",
        "tintype colorize photo.jpg --palette kodachrome-64 (or a picture, or '#a1b2c3,gold,#304050')",
        "tintype colorize photo.jpg --bold --seed 7",
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
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT…", help="Files, folders, patterns, or - for a pipe.")],
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="PATH", help="A file, or a folder/; default: NAME.color.EXT beside.")
    ] = None,
    model: Annotated[str, typer.Option(help="A network of `tintype models`, or an ONNX file.")] = "default",
    method: Annotated[
        Method | None, typer.Option(help="Use no network: levin spreads hints; reinhard and exemplar use a reference.")
    ] = None,
    size: Annotated[
        int | None, typer.Option(min=64, max=2048, help="Inference resolution in pixels; default: the model's own.")
    ] = None,
    hint: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X,Y=COLOR[:RADIUS]",
            rich_help_panel=PLACES,
            help="A dab of color, in pixels of the upright photograph or percent; may be repeated. As 120,80=#b03060:12.",
        ),
    ] = None,
    stroke: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'X,Y X,Y …=COLOR[:WIDTH]'",
            rich_help_panel=PLACES,
            help="A line of color; may be repeated. As '10,20 60,20=navy:8'.",
        ),
    ] = None,
    reach: Annotated[
        Reach,
        typer.Option(rich_help_panel=PLACES, help="Hints and strokes color their place, their thing, or all that looks alike."),
    ] = Reach.thing,
    line_art: Annotated[
        bool | None,
        typer.Option(
            "--line-art/--no-line-art",
            rich_help_panel=PLACES,
            help="A drawing: hints fill what lines bound. Default: where the page is line art.",
        ),
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(rich_help_panel=LOOK, help="A color picture whose colors are used. As sunset.jpg.")
    ] = None,
    palette: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=LOOK, help="Colors to use: '#a1b2c3,gold', a name (autochrome, kodachrome-64, …) or a picture."
        ),
    ] = None,
    saturation: Annotated[
        float | None, typer.Option(min=0, max=4, rich_help_panel=LOOK, help="More (above 1) or less color. As 1.2.")
    ] = None,
    warmth: Annotated[
        float | None, typer.Option(min=-1, max=1, rich_help_panel=LOOK, help="Warmer (above 0) or cooler colors. As 0.3.")
    ] = None,
    bold: Annotated[
        bool, typer.Option("--bold", rich_help_panel=LOOK, help="Give uncertain things a likely color instead of a pale mean.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**32 - 1, rich_help_panel=LOOK, help="Of what is drawn at random. As 7.")
    ] = None,
    mask: Annotated[
        Path | None,
        typer.Option(rich_help_panel=WHERE, help="Color only where this picture (gray, alpha or palette) is not black."),
    ] = None,
    region: Annotated[
        Where | None, typer.Option(rich_help_panel=WHERE, help="Color only the subject, or only the background.")
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X,Y", rich_help_panel=WHERE, help="Color only the object at this place; may be repeated. As 300,500."
        ),
    ] = None,
    keep: Annotated[
        list[str] | None, typer.Option(metavar="X,Y", rich_help_panel=WHERE, help="With --select: this place belongs to it, too.")
    ] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option(metavar="X,Y", rich_help_panel=WHERE, help="With --select: this place does not belong to it."),
    ] = None,
    keep_color: Annotated[
        bool, typer.Option("--keep-color", rich_help_panel=WHERE, help="Color only what is gray; color that is there stays.")
    ] = False,
    guidance: Annotated[
        Path | None, typer.Option(rich_help_panel=FILES, help="Start from a saved guidance. As photo.tintype.json.")
    ] = None,
    save_guidance: Annotated[
        Path | None, typer.Option(rich_help_panel=FILES, help="Save what was asked of a photograph. As photo.tintype.json.")
    ] = None,
    no_guidance: Annotated[
        bool,
        typer.Option("--no-guidance", rich_help_panel=FILES, help="In folders, ignore each NAME.tintype.json beside NAME.jpg."),
    ] = False,
    format: Annotated[str | None, typer.Option(rich_help_panel=FILES, help="jpg, png, tif, webp …; else as the source.")] = None,
    quality: Annotated[
        int | None, typer.Option(min=1, max=100, rich_help_panel=FILES, help="JPEG and WebP; else at least the source's.")
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", rich_help_panel=FILES, help="Also write NAME.compare.jpg: before and after.")
    ] = False,
    contact_sheet: Annotated[
        Path | None, typer.Option(rich_help_panel=FILES, help="Also write one sheet of all photographs. As album.jpg.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", rich_help_panel=FILES, help="Print one line of JSON a photograph to standard output.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", rich_help_panel=FILES, help="Write again what is already there.")
    ] = False,
    recolor: Annotated[bool, typer.Option("--recolor", help="Color color photographs anew instead of leaving them.")] = False,
    negative: Annotated[bool, typer.Option("--negative", help="The pictures are negatives: invert them first.")] = False,
    damaged: Annotated[Damaged, typer.Option(help="Files that are cut off: refuse them, or keep what is there.")] = Damaged.refuse,
    label: Annotated[bool, typer.Option("--label/--no-label", help="Say in the metadata that a network made the colors.")] = True,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Photographs at once.")] = 2,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, coreml, directml or openvino.")] = "auto",
) -> None:
    """Color black-and-white photographs.

    Folders are walked with their subfolders. What is already colored with the same settings is skipped, color photographs are
    left as they are unless something is asked of places in them, and files that cannot be read are named at the end.
    """
    from tintype.photo import format_named

    suffix = None
    if format is not None:
        format_named(format)
        suffix = f".{format.lower().lstrip('.')}"
    piped = inputs == ["-"]
    if "-" in inputs and not piped:
        raise UsageError("- (a pipe) stands alone, without other inputs")
    if piped and (as_json or contact_sheet or compare):
        raise UsageError("a pipe gives a picture alone; --json, --compare and --contact-sheet need files")
    plan = None if piped else plan_jobs(inputs, output, suffix)
    if plan is not None and not plan.jobs:
        raise UsageError(f"there are no photographs in {', '.join(inputs)}")
    if save_guidance is not None and plan is not None and len(plan.jobs) > 1:
        raise UsageError(f"--save-guidance is for one photograph, but there are {len(plan.jobs)}")
    if contact_sheet is not None and contact_sheet.suffix:
        format_named(contact_sheet.suffix)
    if (keep or skip) and not select:
        raise UsageError("--keep and --skip say what belongs to an object; give the object by --select")

    values = _values(reference, palette, saturation, warmth, seed)
    values |= {"bold": True} if bold else {}
    values |= {"keep_color": True} if keep_color else {}
    values |= {} if line_art is None else {"line_art": line_art}
    asking = Asking(
        _base(guidance),
        (*(Mark.read(text, stroke=True) for text in stroke or ()), *(Mark.read(text, stroke=False) for text in hint or ())),
        reach.value,
        read_region(mask, None if region is None else region.value, select or ()),
        tuple(Place.read(text, "--select") for text in (*(select or ()), *(keep or ()))),
        tuple(Place.read(text, "--skip") for text in skip or ()),
        values,
        () if no_guidance or guidance is not None else tuple(Path(text) for text in inputs if Path(text).is_dir()),
    )
    work = Work(
        _colorizer(model, method, device, size), method.value if method else Path(model).stem, asking,
        {"size": size, "quality": quality, "recolor": recolor, "negative": negative, "damaged": damaged.value},
        suffix, quality, compare, recolor, negative, damaged.value, label and method is None, as_json, save_guidance, contact_sheet,
    )  # fmt: skip
    if plan is None:
        through_pipe(work, output, format)
        return
    waiting = [job for job in plan.jobs if overwrite or not _is_current(work, job.source, job.target)]
    taken = {job.source for job in waiting}
    run(work, waiting, [job for job in plan.jobs if job.source not in taken], workers, plan.passed_over)


def _base(guidance: Path | None) -> Any:
    from tintype.guidance import Guidance

    return Guidance() if guidance is None else read_guidance(guidance)


def _values(
    reference: Path | None, palette: str | None, saturation: float | None, warmth: float | None, seed: int | None
) -> dict[str, Any]:
    """Fields of the guidance that the command line sets. Raises UsageError for a reference or a palette without color."""
    from tintype.guidance import Guidance

    values: dict[str, Any] = {}
    if reference is not None:
        values["reference"] = Guidance().with_reference(color_pixels(reference, "the reference")).reference
    if palette is not None:
        values["palette"] = Guidance(palette=read_palette(palette)).palette
    given = {"saturation": saturation, "warmth": warmth, "seed": seed}
    return values | {name: value for name, value in given.items() if value is not None}


def _colorizer(model: str, method: Method | None, device: str, size: int | None) -> Any:
    if method is not None:
        from tintype.engine.classical import ClassicalColorizer

        return ClassicalColorizer(method.value)
    from tintype.engine import Colorizer

    return Colorizer(model, device, size)


def _is_current(work: Work, source: Path, target: Path) -> bool:
    from tintype.photo import is_current

    return is_current(source, target, work.label_of(source))
