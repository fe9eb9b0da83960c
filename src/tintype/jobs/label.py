"""What an output says about itself, the same for the same request from any face, so that what one
finished the others recognize."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tintype.engine import label
from tintype.guidance import Guidance
from tintype.jobs.policy import Policy
from tintype.photo import Label, read_label

UNSEEN = ("format", "label", "keep_dates")
"""Fields of a policy that change nothing that is seen."""


def label_for(
    colorizers: Sequence[label.LabeledColorizer], guidance: Sequence[Guidance], policy: Policy
) -> Label:
    """The label of an output.

    colorizers: of pages in order; a single one is for all. guidance: likewise, as
    `guidance_by_page` takes it.
    """
    pages = list(guidance) or [Guidance()]
    while len(pages) > 1 and pages[-1] == pages[-2].without_places():
        pages.pop()
    defaults = asdict(Policy())
    changed = {
        name: value
        for name, value in asdict(policy).items()
        if value != defaults[name] and name not in UNSEEN
    }
    return label.label_for(colorizers, pages, changed)


def is_current(source: Path, target: Path, label: Label | None) -> bool:
    """Whether an output need not be made again: it is there, is not older than its source, and was
    made with the same settings.

    label: what the output would carry; None if it would carry none. An output without a label (of a
    format that holds no XMP, or another program's) counts as current by its time alone, so that
    nothing that is not known to be ours is written over.
    """
    try:
        if target.stat().st_mtime_ns < source.stat().st_mtime_ns:
            return False
    except OSError:
        return False
    present = None if label is None else read_label(target)
    return label is None or present is None or present.request == label.request
