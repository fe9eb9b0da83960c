"""What the ledger holds: items, their outputs, and what became of them."""

from dataclasses import dataclass
from typing import Any

from tintype.notices import Notice, NoticeCode


@dataclass(frozen=True)
class Item:
    """A file of the source. name, target: relative to source and target. size: bytes. version:
    changes with the file, see `Stat`. source_hash, fingerprint: of the outputs that exist, or None.
    deaths: how often the program died while it worked on this item.
    """

    name: str
    target: str
    size: int
    version: str
    source_hash: str | None = None
    fingerprint: str | None = None
    deaths: int = 0


@dataclass(frozen=True)
class Output:
    """A file in the target: its name there, the SHA-256 of its bytes, its size in bytes.

    stale: newer outputs of other names replace it, and it is still to be deleted. An item that is
    done has none of these.
    """

    name: str
    hash: str
    size: int
    stale: bool = False


@dataclass(frozen=True)
class ItemOutcome:
    """What became of an item. state: "done", "failed" or "quarantined"; kind and error: why not
    done, one word and one sentence. notices: about the pictures. unchanged: the source's
    bytes are those that were colored before; nothing was done.
    """

    name: str
    state: str
    source_hash: str | None = None
    outputs: tuple[Output, ...] = ()
    pages: int = 0
    pixels: int = 0
    seconds: float = 0.0
    kind: str | None = None
    error: str | None = None
    notices: tuple[Notice, ...] = ()
    unchanged: bool = False


def outcome_from(mapping: dict[str, Any]) -> ItemOutcome:
    """An outcome from what `asdict` made of it, before or after JSON."""
    outputs = tuple(Output(**output) for output in mapping["outputs"])
    notices = tuple(notice_from(notice) for notice in mapping["notices"])
    return ItemOutcome(**{**mapping, "outputs": outputs, "notices": notices})


def notice_from(mapping: dict[str, Any]) -> Notice:
    """A notice from what `asdict` made of it, before or after JSON."""
    return Notice(NoticeCode(mapping["code"]), mapping["text"])
