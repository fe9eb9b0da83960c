"""The ledger: what became of each item, in one SQLite file that survives the death of the program
at any moment. All SQL of the archive is here."""

from tintype.archive.ledger.ledger import Ledger
from tintype.archive.ledger.records import Item, ItemOutcome, Output

__all__ = ["Item", "ItemOutcome", "Ledger", "Output"]
