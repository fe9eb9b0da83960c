"""Every error that Tintype raises for a person to read: one tree, one sentence each."""

DISTRIBUTION = "tintype-color"
"""Name on PyPI, where `tintype` is another project; the import and the command are `tintype`."""


def how_to_install(extra: str) -> str:
    """How to install one of the extras of pyproject.toml, for a message about what is missing."""
    return (
        f"install it with: pip install '{DISTRIBUTION}[{extra}]'"
        f" (from a copy of the sources: pip install '.[{extra}]')"
    )


class TintypeError(Exception):
    """The root: what was wrong with what, and what to do about it. The command prints it and exits
    with status 1."""


class UsageError(TintypeError, ValueError):
    """A wrong call: an argument of the wrong form, shape or range. The command exits with status
    2."""


class PhotoError(TintypeError):
    """A picture file that cannot be read or written."""


class NotAPictureError(PhotoError):
    """A file of a kind that is not read as a picture."""


class TooLargeError(PhotoError):
    """A file or a picture over a budget of bytes, pixels or pages."""


class DamagedError(PhotoError):
    """The photograph is cut off; what is there can be read."""


class DecoderError(PhotoError):
    """A file whose decoding was ended: it crashed, or took too long or too much memory."""


class FilmError(TintypeError):
    """A film that cannot be read, colored or written."""


class ModelError(TintypeError):
    """A network file that is missing, damaged, or lacks what was asked of it."""


class CapabilityError(ModelError, UsageError):
    """A network or a method that cannot do what is asked of it, though what is asked makes sense.
    The command exits with status 2."""


class DataError(TintypeError):
    """Training or evaluation data that is missing, empty or does not fit together."""


class RecipeError(TintypeError):
    """A recipe, an override or a run folder that does not make sense."""


class ArchiveError(TintypeError):
    """An archive's run that cannot go on: its ledger, its lock, its store or its cluster."""
