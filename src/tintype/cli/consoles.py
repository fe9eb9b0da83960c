"""What a command says beside its results: notes and progress on standard error, silenced by
--quiet."""

from rich.console import Console

LOUDNESS = {"quiet": False, "verbose": False}
"""Set by the options of `tintype` itself, before a command runs."""


def notes() -> Console:
    """For notes and progress bars: standard error, nothing with --quiet. Errors have a console of
    their own."""
    return Console(stderr=True, highlight=False, soft_wrap=True, quiet=LOUDNESS["quiet"])


def errors() -> Console:
    """For what failed: standard error, always."""
    return Console(stderr=True, highlight=False, soft_wrap=True)
