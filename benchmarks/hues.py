"""How many hues networks use, and what that costs: PSNR gain against hues, by group of photographs,
several networks in one table.

python benchmarks/hues.py default other.onnx --data photos/ [--groups
imagenet,flickr,objects,scenes,faces] [--limit 60]
    [--judge mobilenet_v2:judge.safetensors --frechet imagenet,flickr] [--cache rows.jsonl]

A photograph's group is its name before the last hyphen; --limit counts in each. Shares are of the
truth's; see docs/measuring.md. The Fréchet distance is that of the groups of --frechet together:
compare it only between networks in one table, as it falls with the number of photographs. --cache
keeps what is measured, so that only new networks cost time.
"""

import argparse
import tempfile
from pathlib import Path

from rich.progress import Progress

from tintype.lab.evaluation.protocol import Protocol, find_pictures, run
from tintype.lab.evaluation.report import summarize, summarize_groups
from tintype.photo import PLAIN_SUFFIXES

COLUMNS = ("gain", "hues", "share", "of the set", "share", "chroma", "colorfulness")


def link_groups(data: Path, groups: list[str], limit: int | None, folder: Path) -> None:
    """Links to the first photographs of each group. Raises SystemExit where a group has none."""
    for group in groups:
        paths = sorted(
            path for path in data.glob(f"{group}-*") if path.suffix.lower() in PLAIN_SUFFIXES
        )
        if not paths:
            raise SystemExit(f"{data} holds no photographs of the group {group}")
        for path in paths[:limit]:
            (folder / path.name).symlink_to(path.resolve())


def shown(model: str) -> str:
    return Path(model).name if model.endswith(".onnx") else model


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="+")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--groups", default="imagenet,flickr,objects,scenes,faces")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--judge", default="")
    parser.add_argument("--frechet", default="imagenet,flickr")
    parser.add_argument("--cache", type=Path)
    args = parser.parse_args()
    groups = args.groups.split(",")
    systems = ["gray", "truth", *args.models]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "photos").mkdir()
        link_groups(args.data, groups, args.limit, folder / "photos")
        protocol = Protocol(str(folder / "photos"), judge=args.judge)
        pictures = find_pictures(protocol)
        with Progress() as progress:
            task = progress.add_task("measuring", total=len(systems) * len(pictures.paths))
            cache = args.cache or folder / "rows.jsonl"
            results = run(
                systems,
                protocol,
                pictures,
                cache,
                lambda what: progress.update(task, advance=1, description=what),
            )
    summaries = summarize_groups(results) or [
        {"group": groups[0], **row} for row in summarize(results)
    ]
    by_group = {(row["group"], row["system"]): row for row in summaries}
    print(f"{'':34}" + "".join(f"{column:>13}" for column in COLUMNS))
    for group in groups:
        gray, truth = by_group[group, "gray"], by_group[group, "truth"]
        print(
            f"{group}, {gray['pictures']} photographs: gray {gray['psnr']:.2f} dB; "
            f"hues of the truth: {truth['hues']:.2f} a picture, {truth['hues_set']:.2f} of the set"
        )
        for model in args.models:
            row = by_group[group, model]
            keys = (
                "hues",
                "hues_share",
                "hues_set",
                "hues_set_share",
                "chroma_share",
                "colorfulness_share",
            )
            print(
                f"  {shown(model):32}{row['psnr'] - gray['psnr']:+13.2f}"
                + "".join(f"{row[key]:13.2f}" for key in keys)
            )
    if args.judge:
        chosen = {
            name: [row for row in rows if row["group"] in args.frechet.split(",")]
            for name, rows in results.items()
        }
        count = len(chosen["truth"])
        print(f"Fréchet distance (judge), {args.frechet}, {count} photographs")
        for row in summarize(chosen):
            print(f"  {row['system'][-30:]:32}{row['frechet']:13.2f}")


if __name__ == "__main__":
    main()
