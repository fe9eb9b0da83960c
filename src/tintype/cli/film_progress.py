"""What `tintype film` prints of a film in work where no terminal shows a bar."""

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from tintype.film import FilmProgress

LOG_SECONDS = 60.0


class FilmLog:
    """Prints a line a minute where no terminal shows a bar."""

    def __init__(self, name: str, console: Console) -> None:
        self.name, self.console = name, console
        self.next = time.monotonic() + LOG_SECONDS

    def __call__(self, now: "FilmProgress") -> None:
        if self.console.is_terminal or time.monotonic() < self.next:
            return
        self.next = time.monotonic() + LOG_SECONDS
        of = "" if now.total is None else f" of {now.total}"
        left = "" if now.left is None else f", {timedelta(seconds=round(now.left))} left"
        self.console.print(
            f"{self.name}: {now.frames}{of} frames, {now.rate:.1f} a second{left}", markup=False
        )
