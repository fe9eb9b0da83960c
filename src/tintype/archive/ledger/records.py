"""What the ledger holds: items, their outputs, and what became of them."""

from dataclasses import dataclass, field


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
    done, one word and one sentence. notes: sentences about the pictures. unchanged: the source's
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
    notes: tuple[str, ...] = field(default=())
    unchanged: bool = False
