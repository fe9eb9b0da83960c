"""Rows of measures in; one table with intervals and paired differences out, as JSON, CSV, Markdown and a page."""

import csv
import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.evaluation.measures import cci_ratio, frechet_distance

Row = dict[str, Any]
FIELDS = (
    "psnr", "psnr_ab", "ssim", "colorfulness", "colorfulness_share", "cci_ratio", "cni", "ciede2000", "ciede2000_p95", "auc",
    "auc_rebalanced", "bleeding", "hint_adherence", "top1", "top5", "gap_won_back", "frechet",
)  # fmt: skip
PAIRED = ("psnr", "psnr_ab", "ssim", "cni", "ciede2000", "ciede2000_p95", "auc", "bleeding", "top1", "top5")
DRAWS = 1000


def summarize(results: Mapping[str, Sequence[Row]]) -> list[Row]:
    """One row a system: the mean of each measure and its 95 % bootstrap interval over pictures (Efron 1979).

    `gap_won_back` is there where gray and truth were measured too, `frechet` (to the truth's features) where a judge was.
    """
    tables = []
    top1 = {name: _mean(rows, "top1") for name, rows in results.items()}
    truth = results.get("truth")
    for name, rows in results.items():
        row: Row = {"system": name, "pictures": len(rows), "intervals": {}}
        for key in FIELDS:
            values = np.array([r[key] for r in rows if key in r], np.float64)
            if len(values):
                weights = np.array([r["auc_weight"] for r in rows]) if key == "auc_rebalanced" else np.ones(len(values))
                row[key] = float(np.average(values, weights=weights))
                row["intervals"][key] = bootstrap(values, weights)
        true = float(np.mean([r["colorfulness_truth"] for r in rows]))
        row["colorfulness_share"] = row["colorfulness"] / true if true else 0.0
        row["cci_ratio"] = cci_ratio(np.array([r["colorfulness"] for r in rows]))
        low, high = top1.get("gray"), top1.get("truth")
        if low is not None and high is not None and high > low and top1[name] is not None:
            row["gap_won_back"] = (row["top1"] - low) / (high - low)
        if truth and "features" in rows[0] and len(rows) >= 2:
            row["frechet"] = frechet_distance(_features(rows), _features(truth))
        tables.append(row)
    return tables


def paired_differences(results: Mapping[str, Sequence[Row]]) -> list[Row]:
    """Each pair of systems: the mean difference of each measure with its interval; `beyond_chance` if that leaves out 0."""
    names = list(results)
    found = []
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            for key in PAIRED:
                pairs = [(a[key], b[key]) for a, b in zip(results[one], results[other], strict=True) if key in a and key in b]
                if pairs:
                    gaps = np.array([a - b for a, b in pairs], np.float64)
                    low, high = bootstrap(gaps)
                    entry = {"one": one, "other": other, "measure": key, "difference": float(gaps.mean())}
                    found.append(entry | {"interval": [low, high], "beyond_chance": bool(low > 0 or high < 0)})
    return found


def bootstrap(values: NDArray[np.float64], weights: NDArray[np.float64] | None = None, seed: int = 0) -> tuple[float, float]:
    """95 % percentile interval of the (weighted) mean under 1000 redraws of the pictures."""
    drawn = np.random.default_rng(seed).integers(0, len(values), (DRAWS, len(values)))
    weight = np.ones(len(values)) if weights is None else weights
    means = (values * weight)[drawn].sum(1) / weight[drawn].sum(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def write_report(target: Path, results: Mapping[str, Sequence[Row]], protocol: Row) -> list[Path]:
    """Write TARGET.json, .csv, .md and .html (TARGET's own suffix is dropped). Returns the files."""
    stem = target.with_suffix("")
    stem.parent.mkdir(parents=True, exist_ok=True)
    table, differences = summarize(results), paired_differences(results)
    pictures = {name: [{k: v for k, v in row.items() if k != "features"} for row in rows] for name, rows in results.items()}
    whole = {"protocol": protocol, "systems": table, "differences": differences, "pictures": pictures}
    files = [stem.with_suffix(suffix) for suffix in (".json", ".csv", ".md", ".html")]
    files[0].write_text(json.dumps(whole, indent=1), encoding="utf-8")
    used = [key for key in FIELDS if any(key in row for row in table)]
    with files[1].open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["system", "pictures", *used], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(table)
    files[2].write_text(_markdown(table, used, protocol, differences), encoding="utf-8")
    files[3].write_text(_page(table, used, protocol, pictures), encoding="utf-8")
    return files


def shown(value: Any) -> str:
    """A number as the tables print it; a dash where there is none."""
    return "–" if value is None else f"{value:.4g}" if abs(value) < 1 else f"{value:.2f}"


def _markdown(table: Sequence[Row], used: Sequence[str], protocol: Row, differences: Sequence[Row]) -> str:
    lines = ["| system | " + " | ".join(used) + " |", "|---" * (len(used) + 1) + "|"]
    lines += [f"| {row['system']} | " + " | ".join(shown(row.get(key)) for key in used) + " |" for row in table]
    lines += ["", "Protocol:", "", *(f"- {key}: {value}" for key, value in protocol.items())]
    sure = [d for d in differences if d["beyond_chance"]]
    lines += ["", "Differences beyond chance (95 %, paired over pictures):", ""]
    lines += [f"- {d['measure']}: {d['one']} − {d['other']} = {shown(d['difference'])}" for d in sure]
    return "\n".join(lines) + "\n"


def _page(table: Sequence[Row], used: Sequence[str], protocol: Row, pictures: Mapping[str, Sequence[Row]]) -> str:
    def cells(values: Sequence[Any]) -> str:
        return "<tr>" + "".join(f"<td>{html.escape(v if isinstance(v, str) else shown(v))}</td>" for v in values) + "</tr>"

    def grid(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(map(cells, rows))}</tbody></table>"

    own = [key for key in used if any(key in row for rows in pictures.values() for row in rows)]
    ranking = [[name, row["name"], *(row.get(key) for key in own)] for name, rows in pictures.items() for row in rows]
    how = "".join(f"<li>{html.escape(f'{key}: {value}')}</li>" for key, value in protocol.items())
    main = grid(["system", *used], [[row["system"], *(row.get(key) for key in used)] for row in table])
    return PAGE.replace("@TABLE@", main).replace("@HOW@", how).replace("@RANKING@", grid(["system", "picture", *own], ranking))


def _mean(rows: Sequence[Row], key: str) -> float | None:
    values = [row[key] for row in rows if key in row]
    return float(np.mean(values)) if values else None


def _features(rows: Sequence[Row]) -> NDArray[np.float64]:
    return np.array([row["features"] for row in rows], np.float64)


PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Tintype: measures</title>
<style>body{font:15px system-ui;margin:2rem}table{border-collapse:collapse}td,th{padding:.3rem .6rem;text-align:right;
border-bottom:1px solid #ddd}td:first-child{text-align:left}th{cursor:pointer;position:sticky;top:0;background:#fff}</style>
<h1>Measures</h1>@TABLE@<h2>Protocol</h2><ul>@HOW@</ul><h2>Every picture</h2>@RANKING@
<script>document.querySelectorAll("th").forEach(th => th.addEventListener("click", () => {
  const body = th.closest("table").tBodies[0], column = th.cellIndex, down = th.dataset.down !== "1";
  th.dataset.down = down ? "1" : "0";
  const value = row => { const text = row.cells[column].textContent; return isNaN(+text) ? text : +text };
  const rows = [...body.rows].sort((a, b) => value(a) < value(b) ? 1 : value(a) > value(b) ? -1 : 0);
  body.append(...(down ? rows : rows.reverse()));
}));</script></html>
"""
