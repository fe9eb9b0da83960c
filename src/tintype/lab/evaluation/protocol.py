"""Systems and true pictures in; the measures of every picture under every system out."""

import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.color import colorfulness, hue_histogram, hues, srgb_to_lab
from tintype.engine.core.network import list_models
from tintype.errors import DataError, UsageError
from tintype.lab.evaluation import measures
from tintype.lab.evaluation.systems import (
    Case,
    System,
    open_system,
    paint,
    picture_size,
    pictures_in,
    read_picture,
    split_count,
    with_count,
)

if TYPE_CHECKING:
    from tintype.lab.evaluation.lenses import Inception, Judge, Lpips

Row = dict[str, Any]

MAX_GRAY_CHROMA = 2.0
"""A picture whose mean chroma is below this is gray: it has no truth to compare with."""
HINT_SIDE = 7
"""Side of the square over which a true hint is averaged, pixels."""
ROW_VERSION = 3
"""Raised whenever a row gains or changes a measure, so that rows cached before are measured
again."""
DEFAULT_SEED = 20160
WITHOUT_HINTS = ("gray", "truth", "reinhard", "exemplar")
"""Systems that take no hints."""


GEOMETRIES = {
    "whole": "the whole picture, brought to a square (area mean where it shrinks, cubic where it"
    " grows)",
    "center": "the square in the middle, its side the picture's shorter one, brought to size×size",
}


@dataclass(frozen=True)
class Split:
    """A set of test pictures of the literature. stem: a pattern of the names without suffix, or
    list: the file that names them. count: how many there are."""

    count: int
    stem: str = ""
    list: str = ""

    def names(self, folder: Path) -> Callable[[Path], bool]:
        """Whether a picture of the folder belongs. Raises DataError if the list is missing."""
        if self.stem:
            return lambda path: re.fullmatch(self.stem, path.stem) is not None
        stems = read_names(folder / self.list)
        return lambda path: path.stem in stems


SPLITS = {
    "imagenet-val5k": Split(5000, stem=r"ILSVRC2012_val_0000([0-4]\d{3}|5000)(?<!0{8})"),
    "imagenet-ctest10k": Split(10000, list="ctest10k.txt"),
    "coco-stuff": Split(5000, stem=r"\d{12}"),
    "ade20k": Split(2000, stem=r"ADE_val_\d{8}"),
}
"""val5k: the first 5000 of the validation pictures (Kang et al. 2023). ctest10k: Larsson et al.
2016, whose list lies beside the pictures. coco-stuff: val2017 (Caesar et al. 2018)."""


@dataclass(frozen=True)
class Protocol:
    """How pictures are measured. hints: points of true color a picture. Auxiliary networks, "" for
    none: judge, as `mobilenet_v2:FILE`; lpips, as `alex`; fid, Inception's weights. crop: a key of
    GEOMETRIES. split: a key of SPLITS, a list of names, or "" for every picture with color."""

    data: str
    size: int = 256
    hints: int = 0
    judge: str = ""
    lpips: str = ""
    fid: str = ""
    limit: int | None = None
    seed: int = DEFAULT_SEED
    crop: str = "whole"
    split: str = ""
    gray: str = (
        "CIELAB L* of the truth (D65); a network's ab are put on the true L*, drawn into sRGB,"
        " rounded to 8 bit"
    )


@dataclass
class TruePictures:
    """The true pictures. labels: ImageNet class 0..999 by name. groups: group by name, where it is
    not the name's part before its last `-`. gray: names left out because they hold no color.
    expected: how many there are in the split."""

    paths: list[Path]
    labels: dict[str, int]
    groups: dict[str, str] = field(default_factory=dict)
    gray: list[str] = field(default_factory=list)
    expected: int | None = None
    shares: Array = field(default_factory=lambda: np.zeros(measures.CELLS**2))


def find_pictures(
    protocol: Protocol, labels: Path | None = None, groups: Path | None = None
) -> TruePictures:
    """Read every true picture once: gray ones are left out, except those of a split, and the true
    colors are counted for the rebalanced measure.

    labels: a CSV with `name` and `imagenet_class`; else `sources.csv` of the folder, if there is
    one. groups: a CSV with `name` and `group`; a picture that it gives no group belongs to that of
    its name.
    Raises DataError for a folder that does not exist or holds no color picture, and for a damaged
    table.
    """
    folder = Path(protocol.data)
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder of pictures")
    belongs, expected = find_split(protocol.split, folder)
    paths = list(filter(belongs, pictures_in(folder)))[: protocol.limit]
    pictures = TruePictures(
        [], read_labels(labels or folder / "sources.csv", needed=labels is not None)
    )
    pictures.groups = read_groups(groups) if groups is not None else {}
    pictures.expected = expected
    for path in paths:
        lab = srgb_to_lab(read_picture(path, protocol.size, protocol.crop))
        if not protocol.split and np.hypot(lab[..., 1], lab[..., 2]).mean() < MAX_GRAY_CHROMA:
            pictures.gray.append(path.name)
            continue
        pictures.paths.append(path)
        pictures.shares += np.bincount(measures.ab_cells(lab).ravel(), minlength=measures.CELLS**2)
    if not pictures.paths:
        raise DataError(f"{folder} holds no color pictures to compare with")
    pictures.shares /= pictures.shares.sum()
    return pictures


def find_split(name: str, folder: Path) -> tuple[Callable[[Path], bool], int | None]:
    """Whether a picture belongs to a split, and how many do. Raises UsageError for a name that is
    neither in SPLITS nor a file, DataError for a list that cannot be read."""
    if not name:
        return lambda _: True, None
    if name in SPLITS:
        return SPLITS[name].names(folder), SPLITS[name].count
    if not Path(name).is_file():
        raise UsageError(
            f"there is no split {name!r}; choose {', '.join(SPLITS)}, or a file of names"
        )
    stems = read_names(Path(name))
    return lambda path: path.stem in stems, len(stems)


def read_names(path: Path) -> set[str]:
    """The names in a text file, one a line, without folders and suffixes. Raises DataError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"the list of the split's pictures, {path}, cannot be read as text"
        ) from error
    return {Path(line.strip()).stem for line in lines if line.strip()}


def without_truth(results: Path, pictures: TruePictures) -> list[str]:
    """The pictures in a folder of results that no true picture goes with."""
    known = {Path(name).stem for name in [*(path.name for path in pictures.paths), *pictures.gray]}
    return [path.name for path in pictures_in(results) if path.stem not in known]


def read_labels(table: Path, needed: bool) -> dict[str, int]:
    """The class of each name. Raises DataError for a table that is missing while needed, or lacks
    its columns."""
    if not table.is_file():
        if needed:
            raise DataError(f"{table} does not exist")
        return {}
    try:
        return {
            row["name"]: int(row["imagenet_class"])
            for row in _table(table, "imagenet_class")
            if row["imagenet_class"]
        }
    except ValueError as error:
        raise DataError(f"{table}: imagenet_class must be a number of 0 to 999: {error}") from error


def read_groups(table: Path) -> dict[str, str]:
    """The group of each name that has one. Raises DataError for a table that is missing or lacks
    its columns."""
    if not table.is_file():
        raise DataError(f"{table} does not exist")
    return {row["name"]: row["group"] for row in _table(table, "group") if row["group"]}


def _table(table: Path, column: str) -> list[dict[str, str]]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            if not {"name", column} <= set(rows.fieldnames or ()):
                raise DataError(f"{table} needs the columns name and {column}")
            return list(rows)
    except UnicodeDecodeError as error:
        raise DataError(f"{table} is not a CSV in UTF-8") from error


def draw_true_hints(
    lab: Array, count: int, rng: np.random.Generator
) -> tuple[Array, NDArray[np.int64], Array]:
    """`count` points, each with the mean true ab of the 7×7 pixels around it, which are set in the
    hint map.

    Returns the map H×W×3, the points N×2 (row, column) and their colors N×2.
    """
    height, width = lab.shape[:2]
    reach = HINT_SIDE // 2
    hint = np.zeros((height, width, 3), np.float32)
    points = np.stack(
        [rng.integers(reach, height - reach, count), rng.integers(reach, width - reach, count)], 1
    )
    colors = np.zeros((count, 2), np.float32)
    for n, (y, x) in enumerate(points):
        patch = np.s_[y - reach : y + reach + 1, x - reach : x + reach + 1]
        colors[n] = lab[patch][..., 1:].mean((0, 1))
        hint[patch] = (*colors[n], 1)
    return hint, points, colors


def run(
    names: Sequence[str],
    protocol: Protocol,
    pictures: TruePictures,
    cache: Path,
    show: Callable[[str], None] = lambda _: None,
) -> dict[str, list[Row]]:
    """Measure every system on every picture; rows that `cache` (JSON Lines) holds under the same
    protocol are not redone."""
    done = dict(_read_cache(cache))
    lenses = Lenses.open(protocol)
    cache.parent.mkdir(parents=True, exist_ok=True)
    results: dict[str, list[Row]] = {}
    with cache.open("a", encoding="utf-8") as file:
        for name in names:
            system: System | None = None
            results[name] = []
            for n, path in enumerate(pictures.paths):
                key = _key(name, path, protocol, pictures)
                if key not in done:
                    system = system or open_system(name, protocol.size, protocol.crop)
                    other = pictures.paths[(n + 1) % len(pictures.paths)]
                    done[key] = measure(system, path, other, protocol, pictures, lenses)
                    file.write(json.dumps({"key": key, "row": done[key]}) + "\n")
                    file.flush()
                group = pictures.groups.get(path.name, path.stem.rpartition("-")[0])
                results[name].append(done[key] | {"group": group})
                show(f"{name}: {path.name}")
    return results


def pose(path: Path, other: Path, protocol: Protocol) -> tuple[Case, NDArray[np.int64], Array]:
    """What a system is shown of one picture, with the points and colors of its hints; `other` is
    the reference."""
    lab = srgb_to_lab(read_picture(path, protocol.size, protocol.crop))
    rng = np.random.default_rng(
        [protocol.seed, int(hashlib.sha256(path.name.encode()).hexdigest()[:8], 16)]
    )
    hint, points, colors = draw_true_hints(lab, protocol.hints, rng)
    reference = srgb_to_lab(read_picture(other, protocol.size, protocol.crop))
    return Case(path.name, picture_size(path), lab, hint, reference), points, colors


def measure(
    system: System,
    path: Path,
    other: Path,
    protocol: Protocol,
    pictures: TruePictures,
    lenses: "Lenses",
) -> Row:
    """One row: the measures of one picture under one system."""
    case, points, colors = pose(path, other, protocol)
    lab = case.lab
    truth = read_picture(path, protocol.size, protocol.crop)
    rgb = system(case)
    made = srgb_to_lab(rgb)
    difference = measures.ciede2000(made, lab)
    weights = 1 / pictures.shares[measures.ab_cells(lab)]
    row: Row = {
        "name": path.name,
        "hints": protocol.hints,
        "psnr": measures.psnr(rgb, truth),
        "psnr_ab": measures.psnr_ab(made, lab),
        "ssim": measures.ssim(rgb, truth),
        "colorfulness": colorfulness(rgb),
        "colorfulness_truth": colorfulness(truth),
        **hue_measures(made, lab),
        "cni": measures.color_naturalness(rgb),
        "ciede2000": float(difference.mean()),
        "ciede2000_p95": float(np.percentile(difference, 95)),
        "auc": measures.auc(made, lab),
        "auc_rebalanced": measures.auc(made, lab, weights),
        "auc_weight": float(weights.sum()),
        "bleeding": measures.bleeding(made),
    }
    if protocol.hints:
        row["hint_adherence"] = measures.hint_adherence(made, points, colors)
    if lenses.lpips is not None:
        row["lpips"] = lenses.lpips.distance(rgb, truth)
    if lenses.inception is not None:
        row["inception"] = [round(float(v), 4) for v in lenses.inception.features(rgb)]
    judge = lenses.judge
    if judge is not None:
        # the judge sees the true lightness at its own size, not a copy that was resized twice
        shown = srgb_to_lab(read_picture(path, judge.side, protocol.crop))[..., 0]
        ab: Any = cv2.resize(made[..., 1:], (judge.side, judge.side), interpolation=cv2.INTER_AREA)
        likeliest, features = judge.top_classes(paint(shown, ab))
        row["features"] = [round(float(v), 4) for v in features]
        if path.name in pictures.labels:
            label = pictures.labels[path.name]
            row["top1"], row["top5"] = float(likeliest[0] == label), float(label in likeliest)
    return row


def hue_measures(made: Array, truth: Array) -> Row:
    """Number of hues, mean chroma and hue histogram of a colored picture and of its truth, both
    H×W×3 CIELAB."""
    row: Row = {}
    for end, lab in (("", made), ("_truth", truth)):
        histogram = hue_histogram(lab[..., 1:])
        row["hues" + end] = hues(histogram)
        row["chroma" + end] = float(np.hypot(lab[..., 1], lab[..., 2]).mean())
        row["hue_histogram" + end] = [round(float(v), 4) for v in histogram]
    return row


def run_counts(
    names: Sequence[str],
    protocol: Protocol,
    counts: Sequence[int],
    pictures: TruePictures,
    cache: Path,
    show: Callable[[str], None] = lambda _: None,
) -> dict[str, list[Row]]:
    """As `run`, for several numbers of hints: one system a name and number. Systems that take no
    hints come once."""
    if len(counts) == 1:
        return run(names, replace(protocol, hints=counts[0]), pictures, cache, show)
    results: dict[str, list[Row]] = {}
    unhinted = [name for name in names if name in WITHOUT_HINTS or name.startswith("folder:")]
    results |= run(unhinted, replace(protocol, hints=0), pictures, cache, show)
    for count in counts:
        able = [name for name in names if name not in unhinted and (count or name != "levin")]
        measured = run(able, replace(protocol, hints=count), pictures, cache, show)
        results |= {with_count(name, count): rows for name, rows in measured.items()}
    return results


class SystemPainter:
    """Colors single pictures again, to be looked at: a system as `run_counts` names it, and a
    picture's name."""

    def __init__(self, protocol: Protocol, pictures: TruePictures) -> None:
        self.protocol, self.pictures = protocol, pictures
        self.systems: dict[str, System] = {}

    def __call__(self, system: str, name: str) -> tuple[Array, Array, Array]:
        """Gray, colored and true picture, S×S×3 float32 sRGB, 0..1."""
        bare, count = split_count(system)
        protocol = self.protocol if count is None else replace(self.protocol, hints=count)
        made = self.systems.setdefault(
            bare, open_system(bare, self.protocol.size, self.protocol.crop)
        )
        at = next(i for i, path in enumerate(self.pictures.paths) if path.name == name)
        paths = self.pictures.paths
        case, _, _ = pose(paths[at], paths[(at + 1) % len(paths)], protocol)
        lightness = case.lab[..., 0]
        return (
            paint(lightness, np.zeros_like(case.lab[..., 1:])),
            made(case),
            read_picture(paths[at], self.protocol.size, self.protocol.crop),
        )


@dataclass(frozen=True)
class Lenses:
    """The auxiliary networks of a protocol, loaded."""

    judge: "Judge | None" = None
    lpips: "Lpips | None" = None
    inception: "Inception | None" = None

    @classmethod
    def open(cls, protocol: Protocol) -> "Lenses":
        """Raises UsageError and ModelError for what is none."""
        if not (protocol.judge or protocol.lpips or protocol.fid):
            return cls()
        from tintype.lab.evaluation.lenses import Inception, Judge, Lpips

        return cls(
            Judge.load(protocol.judge) if protocol.judge else None,
            Lpips(protocol.lpips) if protocol.lpips else None,
            Inception(Path(protocol.fid)) if protocol.fid else None,
        )


def _key(name: str, path: Path, protocol: Protocol, pictures: TruePictures) -> str:
    """What a row depends on; a file counts with its size and time, so that a new network or result
    is measured anew."""
    how = asdict(protocol) | {"limit": None, "data": None}
    files = [
        path,
        list_models().get(name, Path(name)),
        Path(protocol.judge.partition(":")[2]),
        Path(protocol.fid),
    ]
    if name.startswith("folder:"):
        files += sorted(Path(name.removeprefix("folder:")).glob(f"{path.stem}.*"))
    stamps = [(f.stat().st_size, f.stat().st_mtime_ns) if f.is_file() else None for f in files]
    shares = hashlib.sha256(pictures.shares.tobytes()).hexdigest()
    label = pictures.labels.get(path.name)
    return hashlib.sha256(
        json.dumps(
            [ROW_VERSION, name, path.name, how, stamps, shares, label], sort_keys=True
        ).encode()
    ).hexdigest()


def _read_cache(cache: Path) -> Iterator[tuple[str, Row]]:
    if cache.is_file():
        for line in cache.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue  # the last line of a run that was cut off
            yield entry["key"], entry["row"]
