"""Outputs on their way: finished in a folder of their own, under names that a later run finds
again."""

import hashlib
from pathlib import Path, PurePosixPath


def scratch_name(name: str) -> str:
    """The file in the scratch folder for an output of this name: short, and with the same
    ending."""
    return hashlib.sha256(name.encode()).hexdigest()[:32] + PurePosixPath(name).suffix[:16]


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
