"""A page that is known and not yet in memory."""

from collections.abc import Callable
from dataclasses import dataclass

from tintype.photo import Photo


@dataclass(frozen=True)
class PendingPage:
    """A page that is not decoded yet. pixels: how many it will have."""

    pixels: int
    load: Callable[[], Photo]
