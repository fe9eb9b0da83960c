"""Tintype puts color into black-and-white photographs. This is all of the public face:

>>> from tintype import Colorizer
>>> Colorizer().colorize("grandmother.jpg").save("grandmother.color.png")  # doctest: +SKIP
"""

__version__ = "0.1.0"

from tintype.engine.colorizer import Colorizer
from tintype.errors import CapabilityError, ModelError, PhotoError, TintypeError, UsageError
from tintype.guidance import Guidance, Hint, PartColor, Region, Stroke
from tintype.jobs import Extras, Outcome, Policy, color_files
from tintype.photo import Photo, read_photo, write_photo

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
