"""Tintype puts color into black-and-white photographs. This is all of the public face:

>>> from tintype import Colorizer
>>> Colorizer().colorize("grandmother.jpg").save("grandmother.color.png")  # doctest: +SKIP
"""

from importlib.metadata import version

from tintype.engine.colorizer import Colorizer
from tintype.errors import TintypeError
from tintype.guidance import Guidance, Hint
from tintype.photo import Photo, read_photo, write_photo

__version__ = version("tintype")
__all__ = ["Colorizer", "Guidance", "Hint", "Photo", "TintypeError", "__version__", "read_photo", "write_photo"]
