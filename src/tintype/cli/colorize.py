"""`tintype colorize`: files, folders, patterns or a pipe in, the same in color out."""

from pathlib import Path

from tintype.cli import color_options as colors
from tintype.cli import options
from tintype.cli.album import AlbumJob, make_colorizer, run
from tintype.cli.color_options import ReachName
from tintype.cli.guidance import Area, GuidanceOptions, read_marks, read_values
from tintype.cli.options import DamagedFiles, TonesName
from tintype.guidance import Guidance
from tintype.jobs import Extras, Policy

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
        "tintype colorize photo.jpg --hint hair=auburn --hint clothes@300,500=navy",
        "tintype colorize photo.jpg --guidance photo.tintype.json",
        "tintype colorize photo.jpg --mask dress.png --hint 300,500=#7a1f3d",
        "tintype colorize photo.jpg --region hair",
        "tintype colorize photo.jpg --select 300,500 --keep 320,700 --skip 300,120",
        "tintype colorize tinted.jpg --keep-color",
        "tintype colorize photo.jpg --reference sunset.jpg",
        "tintype colorize photo.jpg --palette kodachrome-64",
        "tintype colorize photo.jpg --palette '#a1b2c3,gold,#304050'",
        "tintype colorize photo.jpg --bold --seed 7",
        "tintype colorize photo.jpg --variations 8 --seed 7 --contact-sheet variations.jpg",
        "tintype colorize photo.jpg --method levin --hint 120,80=skyblue --hint 200,300=#5a7d3a",
        "tintype colorize page.png --line-art --hint 120,80=#f2c9a8",
    )
)


def colorize(
    inputs: options.Inputs,
    output: options.Output = None,
    model: options.Model = "default",
    as_published: options.AsPublished = False,
    method: colors.Method = None,
    size: options.Size = None,
    hint: colors.Hints = None,
    stroke: colors.Strokes = None,
    reach: colors.Reach = ReachName.thing,
    line_art: colors.LineArt = None,
    reference: colors.Reference = None,
    palette: colors.Palette = None,
    saturation: colors.Saturation = None,
    warmth: colors.Warmth = None,
    tone: colors.Tone = None,
    bold: colors.Bold = False,
    variations: colors.Variations = 0,
    seed: colors.Seed = None,
    mask: colors.Mask = None,
    region: colors.RegionName = None,
    select: colors.Select = None,
    keep: colors.Keep = None,
    skip: colors.Skip = None,
    keep_color: colors.KeepColor = False,
    guidance: options.GuidanceFile = None,
    save_guidance: options.SaveGuidance = None,
    no_guidance: options.NoGuidance = False,
    format: options.Format = None,
    quality: options.Quality = None,
    compare: options.Compare = False,
    contact_sheet: options.ContactSheet = None,
    as_json: options.Json = False,
    overwrite: options.Overwrite = False,
    dates: options.KeepDates = False,
    recolor: options.Recolor = False,
    negative: options.Negative = False,
    damaged: options.Damaged = DamagedFiles.refuse,
    tones: options.Tones = TonesName.smooth,
    label: options.LabelOutputs = True,
    workers: options.Workers = 2,
    device: options.Device = "auto",
) -> None:
    """Color black-and-white photographs.

    Folders are searched recursively. Color photographs stay as they are without hints or a region.
    """
    guided = GuidanceOptions(
        Guidance() if guidance is None else Guidance.read(guidance),
        read_marks(hint or (), stroke or ()),
        reach.value,
        Area.read(mask, region, select or (), keep or (), skip or ()),
        read_values(reference, palette, saturation, warmth, seed, bold, keep_color, line_art, tone),
        () if no_guidance or guidance is not None else tuple(map(Path, inputs)),
    )
    colorizer = make_colorizer(model, method, device, size, as_published)
    policy = Policy(recolor, negative, damaged.value, format, quality, label, tones.value, dates)
    extras = Extras(compare, variations, contact_sheet)
    job = AlbumJob(colorizer, guided, policy, extras, save_guidance, as_json)
    run(job, inputs, output, workers, overwrite)
