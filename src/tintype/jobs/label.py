"""What an output says about itself, the same for the same request from any face, so that what one
finished the others recognize."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache
from pathlib import Path

from tintype.engine import Colorizer
from tintype.files import sha256_of
from tintype.guidance import Guidance
from tintype.jobs.policy import Policy, without_places
from tintype.photo import Label, read_label

HASH_DIGITS = 12
DECIMALS = 6
"""Of numbers in a guidance: places given in pixels and in percent are the same place."""


def label_for(
    colorizers: Sequence[Colorizer], guidance: Sequence[Guidance], policy: Policy, kind: str
) -> Label:
    """The label of an output.

    colorizers: of pages in order; a single one is for all. guidance: likewise, as
    `guidance_by_page` takes it. kind: Pillow's name of the output's format.
    """
    from tintype import __version__

    names = ", ".join(dict.fromkeys(colorizer.name for colorizer in colorizers))
    return Label(names, __version__, settings_hash(colorizers, guidance, policy, kind))


def settings_hash(
    colorizers: Sequence[Colorizer], guidance: Sequence[Guidance], policy: Policy, kind: str
) -> str:
    """12 hexadecimal digits that name all that decides how an output looks: the networks' files and
    sizes, the guidance without defaults, the policy, the format and the quality."""
    networks = [
        [_file_hash(each.network.path), each.sizes, each.as_published] for each in colorizers
    ]
    while len(networks) > 1 and networks[-1] == networks[-2]:
        networks.pop()
    pages = list(guidance) or [Guidance()]
    while len(pages) > 1 and pages[-1] == without_places(pages[-2]):
        pages.pop()
    settings = {
        "networks": networks,
        "guidance": [_canonical(page) for page in pages],
        "recolor": policy.recolor,
        "negative": policy.negative,
        "damaged": policy.damaged,
        "tones": policy.tones,
        "format": kind,
        "quality": policy.quality,
    }
    text = json.dumps(settings, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS]


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
    return label is None or present is None or present.settings == label.settings


def _canonical(guidance: Guidance) -> object:
    """A guidance as JSON has it, its numbers rounded; fields of derived classes are left out."""
    mapping = json.loads(guidance.to_json(), parse_float=_rounded, parse_int=_rounded)
    return {field.name: mapping.get(field.name) for field in fields(Guidance)}


def _rounded(number: str) -> float:
    return round(float(number), DECIMALS)


def _file_hash(path: Path) -> str:
    status = path.stat()
    return _hash_of_version(path, status.st_size, status.st_mtime_ns)


@lru_cache(64)
def _hash_of_version(path: Path, size: int, modified_ns: int) -> str:
    return sha256_of(path)
