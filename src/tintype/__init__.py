"""Tintype puts color into black-and-white photographs. This is all of the public face:

>>> from tintype import Colorizer
>>> Colorizer().colorize("grandmother.jpg").save("grandmother.color.png")  # doctest: +SKIP
"""

from tintype.engine.colorizer import Colorizer
from tintype.errors import TintypeError
from tintype.guidance import Guidance, Hint, Region, Stroke
from tintype.photo import Photo, read_photo, write_photo

__all__ = [
    "Colorizer",
    "Guidance",
    "Hint",
    "Photo",
    "Region",
    "Stroke",
    "TintypeError",
    "__version__",
    "read_photo",
    "write_photo",
]


def __getattr__(name: str) -> str:
    if name == "__version__":
        from importlib.metadata import version  # asked for seldom, and slow to import

        return version("tintype")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
