"""Tables, rows and pictures in; one self-contained page out: sortable tables, curves, histograms,
worst and best pictures."""

import base64
import html
import io
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from PIL import Image

from tintype.arrays import Array
from tintype.lab.evaluation.systems import split_count

Row = dict[str, Any]

COLORS = ("#3366aa", "#cc5533", "#449966", "#9955aa", "#aa8833", "#447788", "#bb4477", "#667722")
MAX_BINS = 24
HISTOGRAM_MEASURES = ("psnr", "ssim", "colorfulness", "hues", "ciede2000", "cni", "bleeding")
"""The measures whose spread over the pictures is drawn."""
PUBLISHED_GAINS = {
    "Zhang et al. 2017, published": {1: 0.94, 2: 1.77, 10: 4.0, 50: 6.0, 100: 6.7, 500: 7.7}
}
"""PSNR gained by points of true color over none, dB, on photographs and at sizes of their own;
drawn beside the measured curve."""


@dataclass(frozen=True)
class Example:
    """A picture to be looked at. gray, made, truth: H×W×3 float32 sRGB, 0..1."""

    system: str
    name: str
    why: str
    gray: Array
    made: Array
    truth: Array


def choose(
    results: Mapping[str, Sequence[Row]],
    paint: Callable[[str, str], tuple[Array, Array, Array]],
    each: int = 3,
) -> list[Example]:
    """The worst and the best pictures of each system by PSNR. paint: system and name to gray, made
    and true picture."""
    result = []
    for system, rows in results.items():
        if system in ("gray", "truth"):
            continue
        ranked = sorted(rows, key=lambda row: row["psnr"])
        chosen = [("worst", row) for row in ranked[:each]] + [
            ("best", row) for row in ranked[max(each, len(ranked) - each) :]
        ]
        result += [
            Example(
                system, row["name"], f"{why}, {row['psnr']:.1f} dB", *paint(system, row["name"])
            )
            for why, row in chosen
        ]
    return result


def shown(value: Any) -> str:
    """A number as the tables print it; a dash where there is none."""
    return "–" if value is None else f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}"


def draw_page(
    table: Sequence[Row],
    groups: Sequence[Row],
    used: Sequence[str],
    protocol: Row,
    pictures: Mapping[str, Sequence[Row]],
    examples: Sequence[Example] = (),
) -> str:
    """The page as HTML; it is self-contained and loads nothing."""
    own = [key for key in used if any(key in row for rows in pictures.values() for row in rows)]
    parts = {
        "TABLE": _grid(
            ["system", *used],
            [[row["system"], *(_with_interval(row, key) for key in used)] for row in table],
        ),
        "GROUPS": _section("By group", _group_grid(groups, used)),
        "CURVES": _section("Measures against the number of hints", _curves(table)),
        "SPREAD": _section(
            "Spread over the pictures",
            "".join(_histogram(key, pictures) for key in HISTOGRAM_MEASURES if key in used),
        ),
        "EXAMPLES": _section(
            "Worst and best pictures (drag: gray, colored; the truth beside)",
            "".join(map(_slider, examples)),
        ),
        "RANKING": _grid(
            ["system", "picture", *own],
            [
                [name, row["name"], *(row.get(key) for key in own)]
                for name, rows in pictures.items()
                for row in rows
            ],
        ),
        "HOW": "".join(
            f"<li>{html.escape(f'{key}: {value}')}</li>" for key, value in protocol.items()
        ),
    }
    page = (resources.files("tintype.lab.evaluation") / "report.html").read_text(encoding="utf-8")
    for key, part in parts.items():
        page = page.replace(f"<!--{key}-->", part)
    return page


def _section(title: str, inside: str) -> str:
    return f"<h2>{html.escape(title)}</h2>{inside}" if inside else ""


def _group_grid(groups: Sequence[Row], used: Sequence[str]) -> str:
    if not groups:
        return ""
    rows = [
        [row["group"], row["system"], row["pictures"], *(row.get(key) for key in used)]
        for row in groups
    ]
    return _grid(["group", "system", "pictures", *used], rows)


def _with_interval(row: Row, key: str) -> Any:
    if key not in row.get("intervals", {}):
        return row.get(key)
    low, high = row["intervals"][key]
    return f"{shown(row[key])}|{shown(low)} to {shown(high)}"


def _grid(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    def cell(value: Any) -> str:
        text, _, title = (value if isinstance(value, str) else shown(value)).partition("|")
        return f'<td title="{html.escape(title)}">{html.escape(text)}</td>'

    head = "".join(f'<th><button type="button">{html.escape(name)}</button></th>' for name in names)
    body = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows)
    return (
        "<div"
        f' class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _curves(table: Sequence[Row]) -> str:
    """One curve a system: the mean of a measure at each number of hints, spaced by its
    logarithm."""
    result = ""
    for key in ("psnr", "hint_gain", "hint_adherence"):
        lines: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for row in table:
            name, count = split_count(row["system"])
            if count is not None and np.isfinite(row.get(key, np.inf)):
                lines[name].append((count, row[key]))
        if lines and key == "hint_gain":
            most = max(count for points in lines.values() for count, _ in points)
            for name, gains in PUBLISHED_GAINS.items():
                lines[name] = [(count, gain) for count, gain in gains.items() if count <= most]
        if lines:
            result += _plot(key, {name: sorted(points) for name, points in lines.items()})
    return result


def _plot(key: str, lines: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    counts = sorted({count for points in lines.values() for count, _ in points})
    values = [value for points in lines.values() for _, value in points]
    low, high = min(values), max(values)
    span = (high - low) or 1
    across = {c: 50 + 420 * np.log1p(c) / max(np.log1p(counts[-1]), 1e-9) for c in counts}

    def up(value: float) -> float:
        return 190 - 170 * (value - low) / span

    ticks = [(across[c], 208.0, str(c)) for c in counts]
    ticks += [(24.0, up(v) + 4, shown(v)) for v in (low, high)]
    drawn = {name: [(across[c], up(v)) for c, v in points] for name, points in lines.items()}
    return _figure(key, drawn, ticks)


def _figure(
    key: str,
    lines: Mapping[str, Sequence[tuple[float, float]]],
    ticks: Sequence[tuple[float, float, str]],
) -> str:
    """An SVG of 640×215: lines through points, each with its name, and labels x, y, text."""
    drawn = "".join(
        f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle">{text}</text>' for x, y, text in ticks
    )
    for n, (name, points) in enumerate(lines.items()):
        color = COLORS[n % len(COLORS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        drawn += f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>'
        drawn += f'<text x="490" y="{20 + 18 * n}" fill="{color}">{html.escape(name)}</text>'
    return (
        '<figure><svg viewBox="0 0 640 215"'
        f' role="img">{drawn}</svg><figcaption>{key}</figcaption></figure>'
    )


def _histogram(key: str, pictures: Mapping[str, Sequence[Row]]) -> str:
    values = {
        name: np.array([row[key] for row in rows if np.isfinite(row.get(key, np.inf))])
        for name, rows in pictures.items()
        if name != "truth"
    }
    values = {name: v for name, v in values.items() if len(v)}
    if not values:
        return ""
    every = np.concatenate(list(values.values()))
    low, high = np.percentile(every, [0.5, 99.5])
    bins = min(MAX_BINS, max(4, len(every) // len(values) // 8))
    edges = np.linspace(low, high if high > low else low + 1, bins + 1)
    counts = {name: np.histogram(v, edges)[0] / len(v) for name, v in values.items()}
    most = max(float(c.max()) for c in counts.values()) or 1
    lines = {
        name: [
            (30 + 430 * (i + 0.5) / bins, 190 - 170 * float(share) / most)
            for i, share in enumerate(shares)
        ]
        for name, shares in counts.items()
    }
    return _figure(key, lines, [(30, 208, shown(float(low))), (460, 208, shown(float(high)))])


def _slider(example: Example) -> str:
    gray, made, truth = (
        data_url(picture) for picture in (example.gray, example.made, example.truth)
    )
    title = html.escape(f"{example.system}: {example.name} ({example.why})")
    return (
        f'<figure class="pair"><div class="slide"><img src="{made}" alt="colored"><img class="over"'
        f' src="{gray}" alt="gray"><input type="range" min="0" max="100" value="50" aria-label="how'
        f' much of the gray picture covers the colored one"></div><img src="{truth}"'
        f' alt="truth"><figcaption>{title}</figcaption></figure>'
    )


def data_url(picture: Array) -> str:
    """H×W×3 float32 sRGB, 0..1, as a JPEG inside a URL."""
    file = io.BytesIO()
    Image.fromarray(np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)).save(
        file, "JPEG", quality=88
    )
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
