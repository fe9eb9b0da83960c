"""Unfinished outputs: written in a folder of their own, under names that a later run finds
again."""

import hashlib
from pathlib import PurePosixPath


def scratch_name(name: str) -> str:
    """The file in the scratch folder for an output of this name: short, and with the same
    ending."""
    return hashlib.sha256(name.encode()).hexdigest()[:32] + PurePosixPath(name).suffix[:16]
