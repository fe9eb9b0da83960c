"""The commands of `tintype data` that write a shard: rare materials, and label maps."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import typer

from tintype.cli import data_options
from tintype.cli.consoles import counter, notes
from tintype.cli.train_options import needing_train
from tintype.errors import UsageError


def materials(
    textures: data_options.Textures,
    output: data_options.Shard,
    cutouts: data_options.Cutouts = None,
    photos: data_options.Backgrounds = None,
    seed: data_options.Seed = 20160,
    overwrite: data_options.ReplaceShard = False,
) -> None:
    """Create a shard of what photographs seldom show close up: lawns, bricks, wood, stone, soil,
    roofs; and of rare objects.

    A texture is used if its name says what it is (grass, brick, …) and its color is one that the
    material has.

    Example: tintype data materials game/textures/ --cutouts stamps/ --photos photos/ -o
    materials.tar
    """
    with needing_train():
        from tintype.lab.data.materials import compose, write_shard

    _check_shard(output, overwrite)
    written = write_shard(compose(textures, cutouts or [], photos or [], seed), output)
    _report_shard(output, "composing", written)


def _check_shard(output: Path, overwrite: bool) -> None:
    """Raises UsageError if a shard cannot or should not be written there."""
    if not output.name.endswith(".tar"):
        raise UsageError(f"{output} should be called NAME.tar")
    if output.exists() and not overwrite:
        raise UsageError(f"{output} exists already; --overwrite replaces it")
    if not output.resolve().parent.is_dir():
        raise UsageError(f"there is no folder {output.resolve().parent}")


def _report_shard(output: Path, doing: str, keys: Iterable[str]) -> None:
    """Show progress while a shard is written; then say how many keys of each source it holds."""
    sources: Counter[str] = Counter()
    with counter(notes()) as progress:
        task = progress.add_task(doing, total=None)
        for key in keys:
            sources[key.partition("-")[0]] += 1
            progress.update(task, advance=1)
    typer.echo(f"{output}: {', '.join(f'{count} {source}' for source, count in sources.items())}")


def labels(
    folders: data_options.Segmentations,
    output: data_options.LabelShard,
    overwrite: data_options.ReplaceShard = False,
) -> None:
    """Convert segmentations drawn by people to label maps of things, kinds and parts of people.

    Beside the segmentations lie labels-SOURCE.txt for keys SOURCE-…, or labels.txt: a value and its
    name on each line.

    Example: tintype data labels segmentations/ -o labels.tar
    """
    with needing_train():
        from tintype.lab.data.human_maps import convert
        from tintype.lab.data.label_maps import write_labels
    _check_shard(output, overwrite)
    _report_shard(output, "converting", write_labels(convert(folders), output))


def people(
    photos: data_options.Photos,
    output: data_options.LabelShard,
    networks: data_options.Networks,
    outdoors: data_options.Outdoors = "",
    indoors: data_options.Indoors = "",
    overwrite: data_options.ReplaceShard = False,
) -> None:
    """Make label maps of skin, lips, eyes, mouth, hair and persons with MediaPipe's networks, and
    of the sky by its color.

    Example: tintype data people photos/ -o people.tar --networks mediapipe/
    """
    with needing_train():
        from tintype.lab.data.label_maps import write_labels
        from tintype.lab.data.people_maps import PeopleNetworks, make_people_maps
    _check_shard(output, overwrite)
    skipped: dict[str, str] = {}
    there = (frozenset(names.split(",")) for names in (outdoors, indoors))
    maps = make_people_maps(photos, PeopleNetworks.open(networks), skipped, *there)
    _report_shard(output, "labeling", write_labels(maps, output))
    for key, reason in skipped.items():
        typer.echo(f"left out {key}: {reason}", err=True)
