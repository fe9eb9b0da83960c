"""Tintype puts color into black-and-white photographs. This is all of the public face:

>>> from tintype import Colorizer
>>> Colorizer().colorize("grandmother.jpg").save("grandmother.color.png")  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tintype.engine.colorizer import Colorizer
    from tintype.errors import CapabilityError, ModelError, PhotoError, TintypeError, UsageError
    from tintype.guidance import Guidance, Hint, PartColor, Region, Stroke
    from tintype.jobs import Extras, Outcome, Policy, color_files
    from tintype.photo import Photo, read_photo, write_photo

__version__ = "0.1.0"

__all__ = [
    "CapabilityError",
    "Colorizer",
    "Extras",
    "Guidance",
    "Hint",
    "ModelError",
    "Outcome",
    "PartColor",
    "Photo",
    "PhotoError",
    "Policy",
    "Region",
    "Stroke",
    "TintypeError",
    "UsageError",
    "__version__",
    "color_files",
    "read_photo",
    "write_photo",
]

# from the smallest to the largest
_HOMES = ("errors", "photo", "guidance", "jobs", "engine.colorizer")


def __getattr__(name: str) -> object:
    """Import a name when it is first used: processes that only decode need no network."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    homes = (import_module(f"{__name__}.{home}") for home in _HOMES)
    globals()[name] = value = next(vars(home)[name] for home in homes if name in vars(home))
    return value


def __dir__() -> list[str]:
    return __all__
