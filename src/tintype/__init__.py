"""Tintype puts color into black-and-white photographs. This is all of the public face:

>>> from tintype import Colorizer
>>> Colorizer().colorize("grandmother.jpg").save("grandmother.color.png")  # doctest: +SKIP
"""

__version__ = "0.1.0"

from tintype.engine.colorizer import Colorizer
from tintype.errors import TintypeError
from tintype.guidance import Guidance, Hint, PartColor, Region, Stroke
from tintype.jobs import Extras, Outcome, Policy, color_files
from tintype.photo import Photo, read_photo, write_photo

__all__ = [
    "Colorizer",
    "Extras",
    "Guidance",
    "Hint",
    "Outcome",
    "PartColor",
    "Photo",
    "Policy",
    "Region",
    "Stroke",
    "TintypeError",
    "__version__",
    "color_files",
    "read_photo",
    "write_photo",
]
