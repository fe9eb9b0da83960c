"""A run's ledger in; one HTML file that shows what was done, how fast, what is left, and what
failed and why."""

import base64
import html
import io
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

import cv2
import numpy as np
from PIL import Image

from tintype.archive.ledger import Ledger, queries
from tintype.archive.stores import Store, public_name
from tintype.archive.work import ArchiveJob
from tintype.arrays import Pixels
from tintype.errors import ArchiveError, TintypeError
from tintype.files import write_text
from tintype.jobs import OPTIONS
from tintype.notices import Notice, NoticeCode
from tintype.photo.isolated import isolated
from tintype.photo.photo import to_uint8

MAX_PAIRS = 24
"""Photographs shown before and after, spread evenly over all that are done."""
THUMBNAIL_SIDE = 240
"""Its longer side, pixels."""
ARCHIVE_OPTIONS = (NoticeCode.IN_COLOR, NoticeCode.NEGATIVE)
"""Notices whose option `tintype archive` has too."""
MAX_FAILURES = 200
"""Failures that are listed one by one; the ledger holds them all."""


def write_report(
    ledger: Ledger, job: ArchiveJob, path: Path, passed_over: Counter[str] | None = None
) -> None:
    """Write the report as one HTML file that needs no other. Raises ArchiveError if it cannot be
    written."""
    write_text(path, report(ledger, job, passed_over or Counter()), ArchiveError)


def report(ledger: Ledger, job: ArchiveJob, passed_over: Counter[str]) -> str:
    """The report's HTML."""
    states = ledger.states()
    page = Template((Path(__file__).parent / "report.html").read_text("utf-8"))
    return page.substitute(
        source=html.escape(public_name(job.source.uri)),
        target=html.escape(public_name(job.target.uri)),
        network=html.escape(job.settings.network),
        settings=html.escape(job.settings.to_json()),
        at=time.strftime("%Y-%m-%d %H:%M:%S"),
        states=_table(("state", "items"), sorted(states.items())),
        rate=_table(("", ""), _rates(ledger, states)),
        kinds=_table(("kind", "state", "items"), queries.failure_kinds(ledger)),
        failures=_table(
            ("file", "kind", "reason"),
            [(name, kind, why) for name, _, kind, why in queries.failures(ledger, MAX_FAILURES)],
        ),
        why=_table(("why", "items"), queries.reasons(ledger)),
        notes=_table(
            ("file", "noticed"),
            [
                (name, "; ".join(map(_sentence, notices)))
                for name, notices in queries.notices(ledger, MAX_FAILURES)
            ],
        ),
        passed_over=_table(("kind", "skipped files"), passed_over.most_common()),
        pairs="\n".join(_pairs(ledger, job)),
    )


def _sentence(notice: Notice) -> str:
    option = OPTIONS[notice.code] if notice.code in ARCHIVE_OPTIONS else None
    return f"{notice.text} ({option})" if option else notice.text


def _rates(ledger: Ledger, states: dict[str, int]) -> list[tuple[str, str]]:
    """Throughput of the last run and what it means for the rest."""
    run = queries.last_run(ledger)
    if run is None:
        return []
    wall = max(1e-3, (run.ended or time.time()) - run.started)
    left = states.get("due", 0) + states.get("running", 0)
    remaining = (
        "nothing is left"
        if not left
        else "unknown"
        if not run.done
        else duration(left * wall / run.done)
    )
    return [
        ("colored in the last run", str(run.done)),
        ("time", duration(wall)),
        (
            "throughput",
            f"{run.done / wall:.2f} files a second,"
            f" {run.pixels / wall / 1e6:.1f} megapixels a second",
        ),
        ("a file takes one worker", f"{run.seconds / run.done:.2f} s" if run.done else "unknown"),
        ("remaining time", remaining),
    ]


def duration(seconds: float) -> str:
    """For people: "2 h 05 min", "3 min 20 s", "1.4 s"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return (
        f"{minutes} min {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"
    )


def _pairs(ledger: Ledger, job: ArchiveJob) -> list[str]:
    figures = []
    for name, output in queries.pairs(ledger, MAX_PAIRS):
        pictures = [_thumbnail(job.source, name), _thumbnail(job.target, output)]
        if all(pictures):
            images = "".join(
                f'<img src="data:image/jpeg;base64,{picture}" alt="">' for picture in pictures
            )
            figures.append(f"<figure>{images}<figcaption>{html.escape(name)}</figcaption></figure>")
    return figures


def _thumbnail(store: Store, name: str) -> str | None:
    """A small JPEG as base64, or None where the file is no longer there or cannot be read."""
    try:
        with isolated(store.read(name), name) as file:
            pixels = file.read(0, "keep").pixels
    except (TintypeError, OSError):
        return None
    small = io.BytesIO()
    Image.fromarray(_small(to_uint8(pixels))).save(small, "JPEG", quality=80)
    return base64.b64encode(small.getvalue()).decode()


def _small(pixels: Pixels) -> Pixels:
    scale = THUMBNAIL_SIDE / max(pixels.shape[:2])
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    return np.asarray(
        cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    if not rows:
        return "<p>none</p>"
    heading = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{heading}</tr></thead><tbody>{body}</tbody></table>"
