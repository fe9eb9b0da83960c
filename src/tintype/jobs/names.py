"""The names of outputs: marks that separate them from sources, endings, lengths that file systems
take."""

import hashlib
import os
from pathlib import Path, PurePath

from tintype.errors import PhotoError
from tintype.files import COLOR_MARK
from tintype.jobs.policy import written_suffix
from tintype.photo import ending_of, format_of

SHEET = ".compare"
MAX_NAME_BYTES = 255
"""Of one name on common file systems."""


def is_output(path: Path) -> bool:
    """Whether a name is that of an output beside its source."""
    return path.stem.endswith((COLOR_MARK, SHEET))


def output_ending(source: Path) -> str:
    """The ending of a source's coloring: by its own, or by its content if it has none."""
    if source.suffix:
        return written_suffix(source.suffix)
    try:
        return ending_of(format_of(source))
    except PhotoError:
        return ".png"  # coloring it raises what is wrong with it


def has_other_ending(source: PurePath, target: PurePath) -> bool:
    """Whether a source has another ending than its target. Where sources of one stem would share a
    target, these keep their own ending in its name: p.jpg and p.tif become p.jpg and p.tif.jpg."""
    return source.suffix.lower() != target.suffix.lower()


def fitting_name(stem: str, tail: str) -> str:
    """A name that file systems take: a long stem is cut, and gets a hash of the whole."""
    name = stem + tail
    if len(os.fsencode(name)) <= MAX_NAME_BYTES:
        return name
    mark = "~" + hashlib.sha256(os.fsencode(stem)).hexdigest()[:8]
    kept = os.fsencode(stem)[: MAX_NAME_BYTES - len(os.fsencode(mark + tail))]
    return kept.decode("utf-8", "ignore") + mark + tail
