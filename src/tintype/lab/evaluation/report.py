"""Rows of measures in; one table with intervals and paired differences out, as JSON, CSV, Markdown
and a page."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.color import hues
from tintype.files import write_text
from tintype.lab.evaluation.measures import cci_ratio, frechet_distance
from tintype.lab.evaluation.page import PUBLISHED_GAINS, Example, draw_page, shown
from tintype.lab.evaluation.systems import split_count

Row = dict[str, Any]
MEASURES = (
    "psnr",
    "psnr_ab",
    "ssim",
    "colorfulness",
    "delta_colorfulness",
    "colorfulness_share",
    "chroma_share",
    "hues",
    "hues_share",
    "hues_set",
    "hues_set_share",
    "cci_ratio",
    "cni",
    "ciede2000",
    "ciede2000_p95",
    "auc",
    "auc_rebalanced",
    "bleeding",
    "hint_gain",
    "hint_adherence",
    "top1",
    "top5",
    "gap_won_back",
    "frechet",
    "fid",
    "lpips",
)
PAIRED_MEASURES = (
    "psnr",
    "psnr_ab",
    "ssim",
    "hues",
    "cni",
    "ciede2000",
    "ciede2000_p95",
    "auc",
    "bleeding",
    "top1",
    "top5",
    "lpips",
)
BOOTSTRAP_DRAWS = 1000
SECTOR_NAMES = (
    *("pink", "red", "orange", "yellow", "leaf green", "green"),
    *("teal", "cyan", "azure", "sky blue", "blue", "magenta"),
)
"""Of the 12 hue sectors of 30° in CIELAB; sRGB's red lies at 40°, its blue at 306°."""


def summarize(results: Mapping[str, Sequence[Row]]) -> list[Row]:
    """One row a system: the mean of each measure and its 95 % bootstrap interval over pictures
    (Efron 1979).

    `hint_gain` is there where a system was measured with and without hints: its PSNR above its own
    without any (levin's above gray's), dB. `gap_won_back` is there where gray and truth were
    measured too, `frechet` (to the truth's features) where a judge was, and `fid` where it was
    Inception. Pictures that equal the truth have a PSNR of inf and are left out of its mean.
    """
    tables = []
    top1 = {name: _mean(rows, "top1") for name, rows in results.items()}
    truth = results.get("truth")
    for name, rows in results.items():
        row: Row = {"system": name, "pictures": len(rows), "intervals": {}}
        for key in MEASURES:
            measured = [r for r in rows if key in r]
            finite = [r for r in measured if np.isfinite(r[key])]
            if finite:
                values = np.array([r[key] for r in finite], np.float64)
                weights = (
                    np.array([r["auc_weight"] for r in finite])
                    if key == "auc_rebalanced"
                    else np.ones(len(values))
                )
                row[key] = float(np.average(values, weights=weights))
                row["intervals"][key] = bootstrap(values, weights)
            elif measured:
                row[key] = float("inf")
        row |= _shares(rows)
        row["cci_ratio"] = cci_ratio(np.array([r["colorfulness"] for r in rows]))
        low, high = top1.get("gray"), top1.get("truth")
        if low is not None and high is not None and high > low and top1[name] is not None:
            row["gap_won_back"] = (row["top1"] - low) / (high - low)
        if truth and "features" in rows[0] and len(rows) >= 2:
            row["frechet"] = frechet_distance(
                _features(rows, "features"), _features(truth, "features")
            )
        if truth and "inception" in rows[0] and len(rows) >= 2:
            row["fid"] = frechet_distance(
                _features(rows, "inception"), _features(truth, "inception")
            )
        tables.append(row)
    psnr = {row["system"]: row["psnr"] for row in tables}
    for row in tables:
        bare, count = split_count(row["system"])
        base = psnr.get("gray" if bare == "levin" else f"{bare}, 0 hints")
        if count and base is not None and np.isfinite(base):
            row["hint_gain"] = row["psnr"] - base
    return tables


def summarize_groups(results: Mapping[str, Sequence[Row]]) -> list[Row]:
    """As `summarize`, for each group of pictures (a name's part before its last `-`); empty where
    there is but one."""
    groups = sorted({row["group"] for rows in results.values() for row in rows})
    if len(groups) < 2:
        return []
    result = []
    for group in groups:
        inside = {
            name: [row for row in rows if row["group"] == group] for name, rows in results.items()
        }
        result += [
            {"group": group, **row}
            for row in summarize({name: rows for name, rows in inside.items() if rows})
        ]
    return result


def sector_shares(results: Mapping[str, Sequence[Row]]) -> list[Row]:
    """One row a system: its chroma in each hue sector over the truth's there, by SECTOR_NAMES;
    sectors without true chroma are left out."""

    def total(rows: Sequence[Row], key: str) -> NDArray[np.float64]:
        return np.sum([row[key] for row in rows], axis=0, dtype=np.float64)

    tables = []
    for name, rows in results.items():
        made, true = total(rows, "hue_histogram"), total(rows, "hue_histogram_truth")
        shares = zip(SECTOR_NAMES, made, true, strict=True)
        tables.append({"system": name} | {hue: float(m / t) for hue, m, t in shares if t > 0})
    return tables


def paired_differences(results: Mapping[str, Sequence[Row]]) -> list[Row]:
    """Each pair of systems: the mean difference of each measure with its interval; `beyond_chance`
    if that leaves out 0."""
    names = list(results)
    result = []
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            for key in PAIRED_MEASURES:
                pairs = [
                    (a[key], b[key])
                    for a, b in zip(results[one], results[other], strict=True)
                    if key in a and key in b and np.isfinite([a[key], b[key]]).all()
                ]
                if pairs:
                    gaps = np.array([a - b for a, b in pairs], np.float64)
                    low, high = bootstrap(gaps)
                    entry = {
                        "one": one,
                        "other": other,
                        "measure": key,
                        "difference": float(gaps.mean()),
                    }
                    result.append(
                        entry
                        | {
                            "interval": [low, high],
                            "beyond_chance": bool(low > 0 or high < 0),
                        }
                    )
    return result


def bootstrap(
    values: NDArray[np.float64], weights: NDArray[np.float64] | None = None, seed: int = 0
) -> tuple[float, float]:
    """95 % percentile interval of the (weighted) mean under 1000 redraws of the pictures."""
    drawn = np.random.default_rng(seed).integers(0, len(values), (BOOTSTRAP_DRAWS, len(values)))
    weight = np.ones(len(values)) if weights is None else weights
    means = (values * weight)[drawn].sum(1) / weight[drawn].sum(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def write_report(
    target: Path,
    results: Mapping[str, Sequence[Row]],
    protocol: Row,
    examples: Sequence[Example] = (),
) -> list[Path]:
    """Write TARGET.json, .csv, .md and .html (TARGET's own suffix is dropped), each whole or not at
    all. Returns the files.

    examples: pictures to be shown in the page, as `tintype.lab.evaluation.page.choose` finds them.
    """
    stem = target.with_suffix("")
    stem.parent.mkdir(parents=True, exist_ok=True)
    table, groups, differences = (
        summarize(results),
        summarize_groups(results),
        paired_differences(results),
    )
    pictures = {
        name: [
            {
                k: v
                for k, v in row.items()
                if k not in ("features", "inception", "hue_histogram", "hue_histogram_truth")
            }
            for row in rows
        ]
        for name, rows in results.items()
    }
    sectors = sector_shares(results)
    whole = {
        "protocol": protocol,
        "systems": table,
        "groups": groups,
        "differences": differences,
        "sectors": sectors,
        "pictures": pictures,
    }
    used = [key for key in MEASURES if any(key in row for row in table)]
    lines = io.StringIO(newline="")
    writer = csv.DictWriter(
        lines, ["system", "group", "pictures", *used], extrasaction="ignore", lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows([{"group": "all", **row} for row in table] + groups)
    texts = {
        ".json": json.dumps(without_inf(whole), indent=1),
        ".csv": lines.getvalue(),
        ".md": _markdown(table, groups, used, protocol, differences, sectors),
        ".html": draw_page(table, groups, used, protocol, pictures, examples),
    }
    files = []
    for suffix, text in texts.items():
        file = stem.with_suffix(suffix)
        write_text(file, text)
        files.append(file)
    return files


def _markdown(
    table: Sequence[Row],
    groups: Sequence[Row],
    used: Sequence[str],
    protocol: Row,
    differences: Sequence[Row],
    sectors: Sequence[Row],
) -> str:
    lines = ["| system | " + " | ".join(used) + " |", "|---" * (len(used) + 1) + "|"]
    for row in [*table, *groups]:
        name = f"{row['system']} ({row['group']})" if "group" in row else row["system"]
        lines.append(f"| {name} | " + " | ".join(shown(row.get(key)) for key in used) + " |")
    lines += _gains(table)
    lines += ["", "Chroma by hue, as a share of the truth's:", ""]
    lines += ["| system | " + " | ".join(SECTOR_NAMES) + " |", "|---" * 13 + "|"]
    for row in sectors:
        shares = " | ".join(shown(row.get(hue)) for hue in SECTOR_NAMES)
        lines.append(f"| {row['system']} | {shares} |")
    lines += ["", "Protocol:", "", *(f"- {key}: {value}" for key, value in protocol.items())]
    sure = [d for d in differences if d["beyond_chance"]]
    lines += ["", "Differences beyond chance (95 %, paired over pictures):", ""]
    lines += [
        f"- {d['measure']}: {d['one']} − {d['other']} = {shown(d['difference'])}" for d in sure
    ]
    return "\n".join(lines) + "\n"


def _gains(table: Sequence[Row]) -> list[str]:
    """The gain of each number of hints, beside published ones, as a Markdown table; nothing where
    no gain was measured."""
    gains: dict[str, dict[int, float]] = {}
    for row in table:
        name, count = split_count(row["system"])
        if count and "hint_gain" in row:
            gains.setdefault(name, {})[count] = row["hint_gain"]
    if not gains:
        return []
    counts = sorted({count for by_count in gains.values() for count in by_count})
    lines = [
        "",
        "PSNR gained by hints, dB:",
        "",
        "| hints | " + " | ".join(map(str, counts)) + " |",
        "|---" * (len(counts) + 1) + "|",
    ]
    for name, by_count in {**gains, **PUBLISHED_GAINS}.items():
        lines.append(
            f"| {name} | " + " | ".join(shown(by_count.get(count)) for count in counts) + " |"
        )
    return lines


def without_inf(value: Any) -> Any:
    """The same with None for inf, which JSON does not have."""
    if isinstance(value, Mapping):
        return {key: without_inf(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [without_inf(part) for part in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _shares(rows: Sequence[Row]) -> Row:
    """How much color and how many hues there are, as shares of the truth's; `hues_set` is that of
    all pictures together. `delta_colorfulness`: distance of the mean colorfulness from the truth's
    (Kang et al. 2023)."""

    def ratio(value: float, true: float) -> float:
        return value / true if true else 0.0

    result = {
        f"{key}_share": ratio(_sum(rows, key), _sum(rows, f"{key}_truth"))
        for key in ("colorfulness", "chroma", "hues")
    }
    result["delta_colorfulness"] = abs(
        _sum(rows, "colorfulness") - _sum(rows, "colorfulness_truth")
    ) / len(rows)
    result["hues_set"] = hues(np.sum([row["hue_histogram"] for row in rows], axis=0))
    true = hues(np.sum([row["hue_histogram_truth"] for row in rows], axis=0))
    return result | {"hues_set_share": ratio(result["hues_set"], true)}


def _sum(rows: Sequence[Row], key: str) -> float:
    return float(np.sum([row[key] for row in rows]))


def _mean(rows: Sequence[Row], key: str) -> float | None:
    values = [row[key] for row in rows if key in row]
    return float(np.mean(values)) if values else None


def _features(rows: Sequence[Row], key: str) -> NDArray[np.float64]:
    return np.array([row[key] for row in rows], np.float64)
