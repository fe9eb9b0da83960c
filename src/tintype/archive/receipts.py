"""Receipts: what the actors of a cluster finished, noted in the target until the ledger knows
it."""

import hashlib
import json
from dataclasses import asdict

from tintype.archive.ledger import ItemOutcome
from tintype.archive.ledger.records import outcome_from
from tintype.archive.stores import Store

FOLDER = ".tintype/receipts"
"""In the target."""


def receipt_name(item: str) -> str:
    """Where the receipt of an item lies in the target."""
    return f"{FOLDER}/{hashlib.sha256(item.encode()).hexdigest()[:32]}.json"


def begun_name(item: str) -> str:
    """Where it is noted that the batch of items which starts with this one was begun."""
    return f"{FOLDER}/begun-{hashlib.sha256(item.encode()).hexdigest()[:32]}"


def receipt_text(outcome: ItemOutcome, fingerprint: str) -> str:
    """What a receipt says: the outputs that are about to be put in place, and the settings they
    were made with."""
    return json.dumps({"fingerprint": fingerprint, "outcome": asdict(outcome)})


def read_receipt(store: Store, name: str) -> tuple[ItemOutcome, str] | None:
    """The outcome and the settings' fingerprint in a receipt; None for a file that is not there or
    is no receipt."""
    try:
        receipt = json.loads(store.read(name))
        return outcome_from(receipt["outcome"]), receipt["fingerprint"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
