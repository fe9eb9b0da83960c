"""How many hues networks use, and what that costs: PSNR gain against hues, by group of photographs,
several networks in one table.

python benchmarks/hues.py default other.onnx --data photos/ [--groups
imagenet,flickr,objects,scenes,faces] [--limit 60]
    [--judge mobilenet_v2:judge.safetensors --frechet imagenet,flickr] [--cache rows.jsonl]

A photograph's group is its name before the last hyphen; --limit counts in each. Shares are of the
truth's; see docs/measuring.md. The Fréchet distance is that of the groups of --frechet together:
compare it only between networks in one table, as it falls with the number of photographs. --cache
keeps what is measured, so that only new networks cost time.

First, first three: in places whose true chroma is above 12, the share whose true hue sector (of 12)
is the likeliest of the network's distribution, or among its three likeliest.
"""

import argparse
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image
from rich.progress import Progress

from measures import sector_ranks
from tintype.color import ab_bins, srgb_to_lab
from tintype.engine import Network
from tintype.engine.core.predict import predict_view
from tintype.engine.core.sizes import InputView, resize
from tintype.lab.evaluation.protocol import Protocol, find_pictures, run
from tintype.lab.evaluation.report import summarize, summarize_groups
from tintype.photo import PLAIN_SUFFIXES

COLUMNS = (
    "gain",
    "hues",
    "share",
    "of the set",
    "share",
    "chroma",
    "colorfulness",
    "first",
    "first three",
)


def link_groups(data: Path, groups: list[str], limit: int | None, folder: Path) -> None:
    """Links to the first photographs of each group."""
    for group in groups:
        for path in photographs_of(data, group, limit):
            (folder / path.name).symlink_to(path.resolve())


def photographs_of(data: Path, group: str, limit: int | None) -> list[Path]:
    """The first photographs of a group. Raises SystemExit if there are none."""
    paths = sorted(
        path for path in data.glob(f"{group}-*") if path.suffix.lower() in PLAIN_SUFFIXES
    )
    if not paths:
        raise SystemExit(f"{data} holds no photographs of the group {group}")
    return paths[:limit]


def sector_shares(model: str, photographs: Iterable[Path]) -> list[float]:
    """First and first three, over all colored places of some photographs; nan for a network without
    a distribution."""
    network = Network.load(model)
    ranks = [np.zeros(0, np.intp)]
    for path in photographs:
        lab = srgb_to_lab(np.asarray(Image.open(path).convert("RGB"), np.float32) / 255)
        view = InputView.of(
            np.ascontiguousarray(lab[..., 0]), network.size, network.metadata.shape == "square"
        )
        logits = predict_view(network, view).logits
        if logits is not None:
            truth = resize(np.ascontiguousarray(lab[..., 1:]), logits.shape)
            ranks.append(sector_ranks(logits, truth, ab_bins()))
    found = np.concatenate(ranks)
    return [float((found < most).mean()) if len(found) else float("nan") for most in (1, 3)]


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
            sectors = sector_shares(model, photographs_of(args.data, group, args.limit))
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
                + "".join(f"{value:13.2f}" for value in [*(row[key] for key in keys), *sectors])
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
